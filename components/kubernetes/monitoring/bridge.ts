import { anyOf, labelled, quoted } from "../../monitoring/rules/promql.ts";
import type { RecordingRule, RuleGroup } from "../../monitoring/rules/types.ts";
import { familyOf } from "../labels.ts";
import type { WorkloadSpec } from "../workload/spec.ts";

export interface BridgeArgs {
  readonly namespace: string;
  /** Every workload and slot. */
  readonly measured: readonly WorkloadSpec[];
  /** Whether Istio's sidecars count requests. Nothing else in a cluster counts them alike everywhere. */
  readonly requests: boolean;
}

/** What says how many good pods a workload has, by its kind: kube-state-metrics' own names. */
const AVAILABLE = {
  Deployment: ["kube_deployment_status_replicas_available", "deployment"],
  StatefulSet: ["kube_statefulset_status_replicas_ready", "statefulset"],
  DaemonSet: ["kube_daemonset_status_number_available", "daemonset"],
} as const;

/** `expr` of one workload, with the labels that rules go by. */
const named = (expr: string, spec: WorkloadSpec): string => labelled(labelled(expr, "service", familyOf(spec)), "slot", spec.slot ?? "");

const each = (measured: readonly WorkloadSpec[], expr: (spec: WorkloadSpec) => string): string =>
  anyOf(measured.map((spec) => named(expr(spec), spec)));

/** With the name that people know it by, as a container on a host has one. */
const byName = (expr: (spec: WorkloadSpec) => string) => (spec: WorkloadSpec) => labelled(expr(spec), "name", spec.name);

/**
 * What a host's exporters measure, from what a cluster measures: the same names and labels. So the rules that were tried on a host, with cases
 * that fire each of them and cases that do not, hold here word for word.
 */
export function bridge({ namespace, measured, requests }: BridgeArgs): RuleGroup {
  const here = `namespace=${quoted(namespace)}`;
  const containers =
    (metric: string, more = "") =>
    (spec: WorkloadSpec) =>
      `max(${metric}{${here}, pod=~${quoted(`${spec.name}-.+`)}, container=${quoted(familyOf(spec))}${more}})`;
  const rules: RecordingRule[] = [
    {
      record: "probe_success",
      expr: each(measured, (spec) => {
        const [metric, label] = AVAILABLE[spec.kind];
        return `sum(${metric}{${here}, ${label}=${quoted(spec.name)}} > bool 0)`;
      }),
      labels: { job: "slot" },
    },
    { record: "container:memory_working_set_bytes", expr: each(measured, byName(containers("container_memory_working_set_bytes"))) },
    {
      record: "container:memory_limit_bytes",
      expr: each(measured, byName(containers("kube_pod_container_resource_limits", ', resource="memory"'))),
    },
    { record: "container:memory_used:ratio", expr: "container:memory_working_set_bytes / container:memory_limit_bytes" },
  ];
  return { name: "cluster", rules: requests ? [...rules, ...counted(here, measured)] : rules };
}

/**
 * Requests as Istio counts them where they arrive: a load balancer of the cloud is no part of the mesh, and counts nothing. What reaches no pod at
 * all is `ServiceDown`'s to tell.
 */
function counted(here: string, measured: readonly WorkloadSpec[]): RecordingRule[] {
  // Pod by pod: the sum of counters falls when a pod goes, and whoever takes the rate of a sum that falls sees a flood of requests.
  const to = (metric: string, by: string) => (spec: WorkloadSpec) =>
    `sum by (instance, pod, ${by}) (${metric}{reporter="destination", destination_workload_${here}, destination_workload=${quoted(spec.name)}})`;
  return [
    {
      record: "sluice_edge_requests_total",
      expr: each(
        measured,
        (spec) => `label_replace(${to("istio_requests_total", "response_code")(spec)}, "code", "$1", "response_code", "(.*)")`,
      ),
    },
    {
      // From what happens, not from the settings: a weight in a rule would make a changed weight two changed objects.
      record: "sluice_share_percent",
      expr: `100 * sum by (service, slot) (rate(sluice_edge_requests_total{slot!=""}[5m])) / on (service) group_left sum by (service) (rate(sluice_edge_requests_total{slot!=""}[5m]))`,
    },
    { record: "slot:timed_requests:increase1m", expr: `sum by (service, slot) (increase(sluice_edge_requests_total[1m]))` },
    ...[95, 99].map((percent) => ({
      record: `slot:latency_p${percent}_seconds:rate1m`,
      expr: each(
        measured,
        (spec) =>
          `histogram_quantile(${percent / 100}, sum by (le) (rate(istio_request_duration_milliseconds_bucket{reporter="destination", destination_workload_${here}, destination_workload=${quoted(spec.name)}}[1m]))) / 1000`,
      ),
    })),
  ];
}
