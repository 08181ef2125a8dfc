import { prometheusRule } from "../../../components/kubernetes/monitoring/prometheus-rule.ts";
import { plannedCluster } from "../planned.ts";
import { fires, type RuleCase, renderCases, silent } from "./case.ts";
import type { Job } from "./promtool.ts";

/** What kube-state-metrics, the kubelet and Istio measure of prod's cluster. */
const available = (slot: string) =>
  `kube_deployment_status_replicas_available{namespace="network", deployment="explorer-${slot}", job="ksm"}`;
const ready = `kube_statefulset_status_replicas_ready{namespace="network", statefulset="validators", job="ksm"}`;
const requests = (workload: string, pod: string, code: number) =>
  `istio_requests_total{reporter="destination", destination_workload_namespace="network", destination_workload="${workload}", response_code="${code}", pod="${workload}-${pod}", instance="10.0.0.${pod}:15020"}`;
const memory = (metric: string, more = "") => `${metric}{namespace="network", pod="business-7d9f-abcde", container="business"${more}}`;

const down = (service: string) => ({
  ...{ level: "critical P0", labels: { service, area: "availability" } },
  summary: `${service} is down`,
  description: `0 probes of ${service} succeed: its route, or every slot that has clients, has been failing for 2 minutes.`,
});

const CASES: readonly RuleCase[] = [
  {
    says: "a workload none of whose pods is ready is an outage",
    series: { [ready]: "4 4 0x20" },
    alerts: [silent("ServiceDown", "2m15s"), fires("ServiceDown", "2m30s", down("validators"))],
  },
  {
    says: "a workload of which some pods are ready is none",
    series: { [ready]: "4 4 1x20" },
    alerts: [silent("ServiceDown", "4m")],
  },
  {
    says: "the slot that has every client is down: it is named, and the good one that has none hides nothing",
    series: {
      [available("blue")]: "3x20 0x20",
      [available("green")]: "3x40",
      [requests("explorer-blue", "1", 200)]: "0+100x40",
      [requests("explorer-green", "2", 200)]: "0x40",
    },
    alerts: [
      silent("SlotDown", "6m45s"),
      fires("SlotDown", "7m30s", {
        ...{ level: "warning P1", labels: { service: "explorer", slot: "blue", area: "availability" } },
        summary: "Slot blue of explorer is down while it has clients",
        description: "0 containers of slot blue of explorer have answered for 2 minutes. The other slot takes its requests, if it is up.",
      }),
      fires("ServiceDown", "7m30s", down("explorer")),
    ],
  },
  {
    says: "a share is what happens: nine requests of ten are blue's",
    series: { [requests("explorer-blue", "1", 200)]: "0+90x40", [requests("explorer-green", "2", 200)]: "0+10x40" },
    queries: [
      {
        ...{ expr: "sluice_share_percent", at: "9m" },
        gives: {
          'sluice_share_percent{service="explorer", slot="blue"}': 90,
          'sluice_share_percent{service="explorer", slot="green"}': 10,
        },
      },
    ],
  },
  {
    says: "a pod that goes with all that it has counted is no flood of requests",
    series: {
      [requests("business", "1", 200)]: "1000000+150x20 stale",
      [requests("business", "2", 200)]: "1000000+150x60",
      [requests("business", "3", 200)]: "_x20 0+150x40",
    },
    queries: [
      // 10 a second from each of two pods, for the minute before and long after.
      { expr: "service:requests:rate1m > 25", at: "5m30s", gives: {} },
      { expr: "service:requests:rate1m > 0", at: "10m", gives: { 'service:requests:rate1m{service="business"}': 20 } },
    ],
  },
  {
    says: "errors above 5 % of requests, for 5 minutes",
    series: { [requests("business", "1", 200)]: "0+90x60", [requests("business", "1", 503)]: "0+10x60" },
    alerts: [
      silent("HighErrorRate", "5m"),
      fires("HighErrorRate", "8m", {
        ...{ level: "critical P1", labels: { service: "business", area: "errors" } },
        summary: "Many requests to business fail",
        description: "10% of its requests in the last minute ended in a 5xx; above 5 % for 5 minutes.",
      }),
    ],
  },
  {
    says: "a container near its limit is named",
    series: {
      [memory("container_memory_working_set_bytes")]: "3900000000x60",
      [memory("kube_pod_container_resource_limits", ', resource="memory", unit="byte"')]: "4294967296x60",
    },
    alerts: [
      silent("HighMemoryUsage", "9m45s"),
      fires("HighMemoryUsage", "11m", {
        ...{ level: "warning P2", labels: { service: "business", name: "business", area: "resources" } },
        summary: "Container business is short of memory",
        description: "It has taken 90.8% of its limit; above 85 % for 10 minutes. At 100 % the kernel kills it.",
      }),
    ],
  },
];

/** What promtool is asked about the rules of prod's cluster: every lint, and whether the host's alerts speak of what a cluster measures. */
export function clusterJobs(rules: string): Job[] {
  const groups = clusterGroups().map(({ name }) => name);
  const files = { "rules/cluster.yml": rules };
  return [
    { id: "check-cluster", files, command: "promtool check rules --lint=all --lint-fatal rules/*.yml" },
    {
      id: "test-cluster",
      files: { ...files, ...renderCases("availability", CASES, ["rules/cluster.yml"], groups) },
      command: "promtool test rules *.yml",
    },
  ];
}

/** The groups of prod's PrometheusRule. */
export function clusterGroups() {
  const { cluster, plan } = plannedCluster();
  if (!cluster.monitoring) throw new Error("prod's cluster is not watched");
  const own = { ...cluster.monitoring, runbooks: "docs/runbooks" };
  return prometheusRule(own, { namespace: cluster.namespace, measured: plan.measured, requests: cluster.mesh === "istio" }).groups;
}
