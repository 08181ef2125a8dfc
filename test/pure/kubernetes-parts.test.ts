import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { agentConfig, agentPolicy, agentService, consulWorkload, gossipConfig } from "../../components/kubernetes/discovery/consul.ts";
import { fluentBitConfig, fluentBitParsers } from "../../components/kubernetes/logging/fluent-bit.ts";
import { lifecycle } from "../../components/kubernetes/logging/lifecycle.ts";
import { lifecycleJob, shipper, shipperPolicy } from "../../components/kubernetes/logging/shipper.ts";
import { bridge } from "../../components/kubernetes/monitoring/bridge.ts";
import { prometheusRule } from "../../components/kubernetes/monitoring/prometheus-rule.ts";
import { serviceMonitor } from "../../components/kubernetes/monitoring/service-monitor.ts";
import { namespaceLabels } from "../../components/kubernetes/namespace.ts";
import { cronJob } from "../../components/kubernetes/storage/job.ts";
import { snapshotClass, snapshotJob } from "../../components/kubernetes/storage/snapshots.ts";
import { diskClass } from "../../components/kubernetes/storage/storage.ts";
import { HOME, plannedCluster, specOf } from "../support/planned.ts";

// biome-ignore lint/suspicious/noExplicitAny: typed as inputs, in which everything may be an Output; here everything is plain.
type Plain = any;
const { cluster, plan } = plannedCluster();
const part = <K extends "logs" | "snapshots" | "discovery" | "monitoring" | "storage">(key: K) => {
  const own = cluster[key];
  if (!own) throw new Error(`the example has no ${key}`);
  return own as NonNullable<(typeof cluster)[K]>;
};
const podOf = (job: Plain): Plain => job.spec.jobTemplate.spec.template.spec;

describe("storage", () => {
  it("declares a kind of disk that grows, is made where its pod is, and stays", () => {
    expect(diskClass("fast", part("storage"), "network")).toMatchObject({
      metadata: { name: "fast" },
      provisioner: "ebs.csi.aws.com",
      parameters: { type: "gp3" },
      reclaimPolicy: "Retain",
      allowVolumeExpansion: true,
      volumeBindingMode: "WaitForFirstConsumer",
    });
  });

  it("takes snapshots of every StatefulSet's disks, and of nothing else", () => {
    expect(snapshotClass(part("snapshots"))).toEqual({ driver: "ebs.csi.aws.com", deletionPolicy: "Delete" });
    const { env, outside } = snapshotJob(part("snapshots"), "network", cluster.workloads);
    expect(env).toEqual({
      ...{ ESTATE: "network", CLASS: "network-snapshots", KEEP: "28" },
      SELECTORS: "app.kubernetes.io/name=validators,app.kubernetes.io/instance=validators",
    });
    expect(outside).toEqual([{ cidr: "0.0.0.0/0", ports: [443, 6443] }]);
  });
});

describe("a job", () => {
  const backup = cluster.jobs.find(({ name }) => name === "ledger-backup");
  if (!backup) throw new Error("there is no backup");

  it("is hardened like a workload, does not overlap itself, and is ended when it hangs", () => {
    const job = cronJob(backup, HOME) as Plain;
    expect(job.spec).toMatchObject({ schedule: "30 3 * * *", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid" });
    expect(job.spec.jobTemplate.spec).toMatchObject({ activeDeadlineSeconds: 3600, backoffLimit: 2 });
    const pod = podOf(job);
    expect(pod).toMatchObject({
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 10_001 },
    });
    expect(pod.containers[0].securityContext).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } });
    expect(pod.containers[0].resources).toEqual({ requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "500m", memory: "256Mi" } });
    expect(job.metadata.labels["sluice.dev/purpose"]).toBe("backup");
  });

  it("has a login to the API server only where it asks it, for an hour", () => {
    expect(JSON.stringify(podOf(cronJob(backup, HOME)))).not.toContain("serviceAccountToken");
    const { volumes, automountServiceAccountToken } = podOf(cronJob(backup, { ...HOME, asksApi: true }));
    expect(automountServiceAccountToken).toBe(false);
    expect(volumes[1].projected.sources[0]).toEqual({ serviceAccountToken: { path: "token", expirationSeconds: 3600 } });
  });
});

describe("log shipping", () => {
  const logs = part("logs");

  it("reads the estate's containers, takes their JSON apart, and writes an index a day, by TLS", () => {
    const { pipeline } = parse(fluentBitConfig(logs, "network"));
    expect(pipeline.inputs[0]).toMatchObject({ name: "tail", path: "/var/log/containers/*_network_*.log", "multiline.parser": "cri" });
    expect(pipeline.filters[0]).toMatchObject({ name: "parser", key_name: "log", parser: "json" });
    expect(pipeline.outputs[0]).toMatchObject({
      name: "es",
      host: "logs.example.com",
      port: 9200,
      tls: "on",
      "tls.verify": "on",
      logstash_prefix: "network",
    });
    expect(pipeline.outputs[0]).not.toHaveProperty("http_user");
    expect(parse(fluentBitConfig({ ...logs, to: "opensearch" }, "network")).pipeline.outputs[0].name).toBe("opensearch");
    expect(parse(fluentBitParsers()).parsers).toMatchObject([{ name: "json", format: "json", time_key: "time" }]);
  });

  it("signs in where the store asks for it", () => {
    const login = { user: "sluice", passwordSecret: "logs-password" };
    const { outputs } = parse(fluentBitConfig({ ...logs, login }, "network", "planted")).pipeline;
    expect(outputs[0]).toMatchObject({ http_user: "sluice", http_passwd: "planted" });
    const { env, secrets } = lifecycleJob({ ...logs, login });
    expect([env.LOGIN, env.PASSWORD_FILE, secrets]).toEqual(["sluice", "/run/secrets/logs-password", ["logs-password"]]);
    expect(JSON.stringify(env)).not.toContain("planted");
  });

  it("keeps an index for 30 days, in Elasticsearch's words and in OpenSearch's", () => {
    const [policy, template] = lifecycle(logs) as Plain[];
    expect(policy.body.policy.phases.delete).toEqual({ min_age: "30d", actions: { delete: {} } });
    expect(template.body).toMatchObject({
      index_patterns: ["network-*"],
      template: { settings: { "index.lifecycle.name": "network-logs" } },
    });
    const [ism] = lifecycle({ ...logs, to: "opensearch" }) as Plain[];
    expect(ism.path).toBe("_plugins/_ism/policies/network-logs");
    expect(ism.body.policy.states[1].transitions).toEqual([{ state_name: "delete", conditions: { min_index_age: "30d" } }]);
    expect(ism.body.policy.ism_template).toEqual([{ index_patterns: ["network-*"], priority: 200 }]);
  });

  it("is root without a capability, with the node's logs read-only and one folder of its own, and says so to scanners", () => {
    const { metadata, spec } = shipper(logs, HOME, { configMap: "logs-config-1" }) as Plain;
    const { template } = spec;
    const [container] = template.spec.containers;
    expect(container.securityContext).toMatchObject({
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
    });
    expect(template.spec.volumes.flatMap(({ hostPath }: Plain) => hostPath?.path ?? [])).toEqual(["/var/log", "/var/lib/sluice-logs"]);
    expect(container.volumeMounts).toContainEqual({ name: "logs", mountPath: "/var/log", readOnly: true });
    expect(Object.values(metadata.annotations).filter((value) => `${value}`.startsWith("CKV"))).toHaveLength(2);
    expect(template.metadata.labels["app.kubernetes.io/component"]).toBe("log-shipper");
    expect(namespaceLabels("network", "none", "privileged")["pod-security.kubernetes.io/enforce"]).toBe("privileged");
  });

  it("may ask for names and tell the store, and nothing else", () => {
    const { ingress, egress, podSelector } = shipperPolicy(logs) as Plain;
    expect([ingress, podSelector]).toEqual([undefined, { matchLabels: {} }]);
    expect(egress).toHaveLength(2);
    expect(egress[1]).toEqual({ to: [{ ipBlock: { cidr: "198.51.100.0/24" } }], ports: [{ protocol: "TCP", port: 9200 }] });
  });
});

describe("discovery", () => {
  const own = part("discovery");
  const agents = consulWorkload(own, "network", cluster.workloads);

  it("joins the servers, and registers every workload at its Service", () => {
    const config = agentConfig(own, "network", plan.measured) as Plain;
    expect(config).toMatchObject({ server: false, datacenter: "eu-1", retry_join: own.servers, enable_script_checks: false });
    expect(config.services.map(({ id, name, address, port, tags }: Plain) => [id, name, address, port, tags])).toEqual([
      ["business", "business", "business.network.svc", 9003, []],
      ["slim", "slim", "slim.network.svc", 9003, []],
      ["validators", "validators", "validators.network.svc", 9003, []],
      ["explorer-blue", "explorer", "explorer-blue.network.svc", 9003, ["blue"]],
      ["explorer-green", "explorer", "explorer-green.network.svc", 9003, ["green"]],
    ]);
  });

  it("has its key in a file of its own, and in nothing else", () => {
    expect(JSON.parse(gossipConfig("planted"))).toEqual({ encrypt: "planted" });
    expect(agents.secrets).toEqual(["gossip.json"]);
    expect(agents.files["agent.json"]).not.toContain("encrypt");
  });

  it("answers pods on its own node, and gossips with agents by TCP and UDP", () => {
    expect(agentService(agents, HOME).spec).toMatchObject({ internalTrafficPolicy: "Local", ports: [{ port: 8500 }] });
    const { ingress, egress } = agentPolicy(agents, own, "network") as Plain;
    expect(ingress[0].from).toEqual([
      { podSelector: { matchLabels: { "app.kubernetes.io/part-of": "network", "app.kubernetes.io/managed-by": "sluice" } } },
    ]);
    expect(ingress[1].ports).toEqual([
      { protocol: "TCP", port: 8301 },
      { protocol: "UDP", port: 8301 },
    ]);
    expect(egress.map(({ ports }: Plain) => ports.map(({ port }: Plain) => port))).toEqual([[8301, 8301], [8300]]);
  });
});

describe("monitoring", () => {
  const args = { namespace: "network", measured: plan.measured, requests: true };

  it("scrapes every 15 s, with the labels that everything on a host carries", () => {
    expect(serviceMonitor(specOf("explorer-green"), 15)).toEqual({
      selector: { matchLabels: { "app.kubernetes.io/name": "explorer", "app.kubernetes.io/instance": "explorer-green" } },
      endpoints: [
        {
          ...{ port: "http", path: "/q/metrics", interval: "15s" },
          relabelings: [
            { sourceLabels: ["__meta_kubernetes_pod_label_app_kubernetes_io_name"], targetLabel: "service" },
            { sourceLabels: ["__meta_kubernetes_pod_label_sluice_dev_slot"], targetLabel: "slot" },
            { sourceLabels: ["__meta_kubernetes_pod_label_app_kubernetes_io_version"], targetLabel: "release" },
          ],
        },
      ],
    });
    expect(serviceMonitor({ ...specOf("slim"), metrics: undefined }, 15)).toBeUndefined();
  });

  const alerts = (requests: boolean) =>
    prometheusRule(part("monitoring"), { ...args, requests }).groups.flatMap(({ rules }) =>
      rules.flatMap(({ alert }) => (alert === undefined ? [] : [alert])),
    );

  it("raises the host's alerts whose numbers a cluster has: more with a mesh that counts requests", () => {
    expect(new Set(alerts(false))).toEqual(new Set(["ServiceDown", "SlotDown", "HighMemoryUsage", "HeapAlmostFull"]));
    expect(new Set(alerts(true))).toEqual(
      new Set([
        "ServiceDown",
        "SlotDown",
        "HighMemoryUsage",
        "HeapAlmostFull",
        "HighErrorRate",
        "HighLatencyP99",
        "ResponseTimeSlow",
        "ThroughputBelowBaseline",
      ]),
    );
  });

  it("takes the team's thresholds, and a workload's floor", () => {
    const { cluster: own, plan: planned } = plannedCluster((raw) => {
      raw.cluster.monitoring.thresholds = { latencyP99Ms: 100 };
      raw.cluster.workloads.business.throughputFloor = 2_500_000;
    });
    if (!own.monitoring) throw new Error("there is no monitoring");
    const text = JSON.stringify(prometheusRule(own.monitoring, { ...args, measured: planned.measured }));
    expect(text).toContain("slot:latency_p99_seconds:rate1m > 0.1 and");
    expect(text).toContain('service:requests:rate1m{service=\\"business\\"} < 2500000');
  });

  it("translates first: every series that an alert reads is recorded in the group before it, once", () => {
    const { groups } = prometheusRule(part("monitoring"), args);
    expect(groups[0]?.name).toBe("cluster");
    const recorded = groups.flatMap(({ rules }) => rules.flatMap(({ record }) => (record === undefined ? [] : [record])));
    expect(recorded.filter((one, index) => recorded.indexOf(one) !== index)).toEqual([]);
    for (const series of ["probe_success", "sluice_share_percent", "container:memory_used:ratio", "sluice_edge_requests_total"])
      expect(recorded).toContain(series);
  });

  it("knows a slot's share of requests by what happens, so that neither a weight nor a release is in a rule", () => {
    const share = bridge(args).rules.find((rule) => "record" in rule && rule.record === "sluice_share_percent");
    expect(share?.expr).toContain('sum by (service, slot) (rate(sluice_edge_requests_total{slot!=""}[5m]))');
    const spoken = (change?: Parameters<typeof plannedCluster>[0]) =>
      JSON.stringify(prometheusRule(part("monitoring"), { ...args, measured: plannedCluster(change).plan.measured }));
    expect(spoken((raw) => Object.assign(raw.services.explorer, { canaryWeight: 10 }))).toBe(spoken());
    expect(spoken((raw) => Object.assign(raw.services.explorer.green, { release: "2" }))).toBe(spoken());
  });
});
