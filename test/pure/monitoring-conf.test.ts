import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { renderMetricsLog } from "../../components/edge/metrics-log.ts";
import { renderStatusServer } from "../../components/edge/status-server.ts";
import { type OwnRole, ownAddress } from "../../components/host/addresses.ts";
import { containerInfo } from "../../components/monitoring/container-info.ts";
import { edgeMetrics, nodeMetrics } from "../../components/monitoring/exporters.ts";
import { type PlanArgs, planMonitoring, probeUrl, renderEstateRules, ruleSettings } from "../../components/monitoring/plan.ts";
import { type PrometheusArgs, prometheusConfig, renderPrometheus } from "../../components/monitoring/prometheus-conf.ts";

const slot = (name: string, release: string, address: string) => ({
  ...{ service: "api", slot: name, release, address, health: "/health", metrics: "/metrics" },
});
const args: PrometheusArgs = {
  estate: "shop",
  addressOf: (role: OwnRole) => ownAddress("10.9.0.0/20", role),
  targets: {
    slots: [slot("blue", "v1", "10.9.0.80:3000"), { ...slot("green", "v2", "10.9.0.88:3000"), metrics: undefined }],
    routes: [{ service: "api", url: "http://10.9.0.2:8080/api/health" }],
    exporters: ["edge-metrics", "node-metrics"],
  },
  scrapeSeconds: 15,
  edgeScrapeSeconds: 2,
  rules: { "rules/errors.yml": "groups: []\n" },
};
const jobs = (change: Partial<PrometheusArgs> = {}) => {
  const { scrape_configs } = prometheusConfig({ ...args, ...change });
  return Object.fromEntries(scrape_configs.map((job) => [job.job_name, job]));
};

describe("Prometheus' configuration", () => {
  it("gives each of several machines its name, and an only one none", () => {
    const node = (config: ReturnType<typeof prometheusConfig>) => config.scrape_configs.find(({ job_name }) => job_name === "node");
    const exporters = ["node-metrics"] as const;
    expect(node(prometheusConfig({ ...args, targets: { ...args.targets, exporters } }))).toMatchObject({
      static_configs: [{ targets: ["10.9.0.8:9100"] }],
    });
    const machines = [{ name: "east", address: "10.10.0.8" }];
    expect(node(prometheusConfig({ ...args, targets: { ...args.targets, exporters, machines } }))).toMatchObject({
      static_configs: [
        { targets: ["10.9.0.8:9100"], labels: { host: "main" } },
        { targets: ["10.10.0.8:9100"], labels: { host: "east" } },
      ],
    });
  });

  it("looks at the edge every two seconds and at everything else every fifteen, under the estate's name", () => {
    const { global } = prometheusConfig(args);
    expect(global).toEqual({
      ...{ scrape_interval: "15s", scrape_timeout: "10s", evaluation_interval: "15s" },
      external_labels: { estate: "shop" },
    });
    expect(jobs().edge).toMatchObject({ scrape_interval: "2s", scrape_timeout: "2s", static_configs: [{ targets: ["10.9.0.7:3903"] }] });
    expect(jobs().node).toEqual({ job_name: "node", static_configs: [{ targets: ["10.9.0.8:9100"] }] });
  });

  it("has a job for an exporter only where the estate has it", () => {
    expect(Object.keys(jobs())).toEqual(["prometheus", "alertmanager", "edge", "node", "probes", "service", "route", "slot"]);
    expect(jobs({ targets: { slots: [], routes: [], exporters: ["redis-metrics"] } })).not.toHaveProperty("service");
  });

  it("asks slots directly and routes through the edge, each with its service's labels", () => {
    const { route, slot: slots } = jobs();
    expect(slots).toMatchObject({
      metrics_path: "/probe",
      static_configs: [
        { targets: ["http://10.9.0.80:3000/health"], labels: { service: "api", slot: "blue", release: "v1" } },
        { targets: ["http://10.9.0.88:3000/health"], labels: { service: "api", slot: "green", release: "v2" } },
      ],
    });
    expect(route).toMatchObject({ static_configs: [{ targets: ["http://10.9.0.2:8080/api/health"], labels: { service: "api" } }] });
    expect(route?.relabel_configs).toContainEqual({ target_label: "__address__", replacement: "10.9.0.11:9115" });
  });

  it("reads a service's own metrics only where it says that it has any, and lets its own labels stand", () => {
    expect(jobs().service).toEqual({
      job_name: "service",
      honor_labels: true,
      static_configs: [
        { targets: ["10.9.0.80:3000"], labels: { service: "api", slot: "blue", release: "v1", __metrics_path__: "/metrics" } },
      ],
    });
  });

  it("sends samples elsewhere with a password from a file, where that is asked for", () => {
    const remoteWrite = { url: "https://metrics.example.com/w", user: "sluice", passwordFile: "/run/secrets/metrics-password" };
    expect(prometheusConfig({ ...args, remoteWrite }).remote_write).toEqual([
      { url: remoteWrite.url, basic_auth: { username: "sluice", password_file: "/run/secrets/metrics-password" } },
    ]);
    expect(prometheusConfig(args)).not.toHaveProperty("remote_write");
  });

  it("is written as YAML that says the same, beside its rules", () => {
    const files = renderPrometheus(args);
    expect(Object.keys(files)).toEqual(["prometheus.yml", "rules/errors.yml"]);
    expect(parse(files["prometheus.yml"] ?? "")).toMatchObject({ rule_files: ["rules/errors.yml"] });
    expect(parse(files["prometheus.yml"] ?? "").scrape_configs).toHaveLength(8);
  });
});

const plan: PlanArgs = {
  ...{
    estate: "shop",
    addressOf: (role: OwnRole) => ownAddress("10.9.0.0/20", role),
    tls: false,
    hasPostgres: true,
    hasRedis: false,
    port: 8090,
    owner: "platform",
    scrapeSeconds: 15,
  },
  services: [
    {
      ...{ name: "api", route: "/api", stripRoute: true, health: "/health" },
      slo: { availabilityPercent: 99.9, latencyMs: 300, latencyPercent: 99 },
    },
    { ...{ name: "worker", stripRoute: true, health: "/health" }, slo: { availabilityPercent: 99, latencyMs: 500, latencyPercent: 99 } },
  ],
  thresholds: {
    ...{ errorCriticalPercent: 7, errorWarningPercent: 2, latencyP99Ms: 250, memoryPercent: 60, cpuPercent: 70, diskPercent: 50 },
    ...{ certificateDays: 3, slowDeployMinutes: 4 },
  },
  ...{ runbooks: "https://example.com/runbooks", progressCounters: ["blocks"], backups: [{ job: "to-r2", maxAgeHours: 26 }] },
  alerting: { timeZone: "UTC", receivers: [], default: [], routes: {} },
};

describe("the plan of monitoring", () => {
  it("turns percent, milliseconds, minutes and hours into what rules count in", () => {
    expect(ruleSettings(plan)).toMatchObject({
      ...{ errorCriticalRatio: 0.07, errorWarningRatio: 0.02, latencyP99Seconds: 0.25, memoryRatio: 0.6, cpuRatio: 0.7, diskRatio: 0.5 },
      ...{ certificateDays: 3, slowDeploySeconds: 240, progressCounters: ["blocks"] },
      ...{ hasPostgres: true, hasRedis: false, owner: "platform", runbookBase: "https://example.com/runbooks" },
      backupJobs: [{ job: "to-r2", maxAgeSeconds: 93_600 }],
    });
  });

  it("takes the next bucket of the histogram for a latency objective, and has no objective for a service without a route", () => {
    const [api, worker] = ruleSettings(plan).services;
    expect(api).toEqual({
      name: "api",
      routed: true,
      probed: true,
      slo: { availability: 0.999, latencySeconds: 0.5, latencyObjective: 0.99 },
    });
    expect(worker).toMatchObject({ name: "worker", routed: false, probed: false });
    expect(worker).not.toHaveProperty("slo");
  });

  it("probes a route where the service's health path is reached through it, by HTTPS where the edge has it", () => {
    const service = { name: "x", health: "/up", slo: { availabilityPercent: 99, latencyMs: 500, latencyPercent: 99 } };
    const url = (route: string | undefined, stripRoute: boolean, health = "/up") =>
      probeUrl({ ...service, route, stripRoute, health }, "http://e");
    expect(url(undefined, true)).toBeUndefined();
    expect(url("/", true)).toBe("http://e/up");
    expect(url("/api", true)).toBe("http://e/api/up");
    expect(url("/api", false)).toBeUndefined();
    expect(url("/api", false, "/api/up")).toBe("http://e/api/up");
    expect(url("/api", false, "/apiary")).toBeUndefined();
    expect(planMonitoring({ ...plan, tls: true }).routes).toEqual([{ service: "api", url: "https://10.9.0.2:8443/api/health" }]);
  });

  it("adds the copies that tell the next in line only where there is an escalation", () => {
    const without = renderEstateRules(ruleSettings(plan), undefined);
    const escalated = renderEstateRules(ruleSettings(plan), { priorities: ["P0"], steps: [{ afterMinutes: 15, to: ["lead"] }] });
    expect(without).not.toHaveProperty(["rules/escalation.yml"]);
    expect(escalated["rules/escalation.yml"]).toContain('escalation: "1"');
    expect(Object.keys(escalated)).toEqual(expect.arrayContaining(Object.keys(without)));
  });
});

describe("the edge's log for metrics", () => {
  const text = (workflows: Parameters<typeof renderMetricsLog>[0]) => renderMetricsLog(workflows).join("\n");

  it("holds what is counted and nothing else: no path, no address, no name of a client", () => {
    const format = /log_format sluice_metrics[^;]*;/.exec(text([]).replaceAll("\n", " "))?.[0] ?? "";
    expect(format.match(/\$\w+/g)).toEqual([
      "$sluice_service",
      "$sluice_served",
      "$sluice_release",
      "$status",
      "$request_time",
      "$msec",
      "$sluice_slot",
      "$upstream_status",
    ]);
    expect(text([])).toContain("access_log /metrics/current sluice_metrics buffer=32k flush=200ms if=$sluice_counted;");
  });

  it("names a workflow by its paths and everything below them, and by no neighbour", () => {
    const lines = text([{ service: "api", workflow: "auth", paths: ["/api/log.in"] }]);
    const pattern = new RegExp(/"~(\^api [^"]*)" auth;/.exec(lines)?.[1] ?? "$^");
    for (const path of ["/api/log.in", "/api/log.in/2"]) expect(`api ${path}`).toMatch(pattern);
    for (const path of ["/api/log.inside", "/api/logXin", "/x/api/log.in"]) expect(`api ${path}`).not.toMatch(pattern);
    expect("web /api/log.in").not.toMatch(pattern);
    expect(lines).toContain('"workflow":"$sluice_workflow"');
  });
});

describe("the status page's server", () => {
  const text = renderStatusServer({ prometheus: "10.9.0.5:9090", alertmanager: "10.9.0.6:9093" }).join("\n");

  it("answers to names of this machine only and passes nothing on for another site", () => {
    expect(text).toContain('server_name localhost 127.0.0.1 "[::1]";');
    expect(text).toMatch(/listen 8082 default_server;\n {2}access_log off;\n {2}return 421;/);
    expect(text.match(/location \/(?:prometheus|alertmanager)\/ \{\n\s*if \(\$sluice_foreign\) \{ return 403; \}/g)).toHaveLength(2);
  });
});

describe("who is who among containers", () => {
  it("is one line for each, in an order that does not depend on the order they were made in", () => {
    const edge = { name: "edge", role: "edge" as const, id: "e1" };
    const api = { name: "api-blue-1", role: "service" as const, id: "a1", slot: { service: "api", slot: "blue", release: "v1" } };
    expect(containerInfo([edge, api])).toBe(containerInfo([api, edge]));
    expect(containerInfo([api])).toContain(
      'sluice_container_info{id="a1",name="api-blue-1",role="service",service="api",slot="blue",release="v1"} 1\n',
    );
  });
});

describe("exporters", () => {
  it("see the host's control groups only where that is allowed, and read-only", () => {
    const mounts = (allowed: boolean) => nodeMetrics("text", "control", allowed).mounts ?? [];
    expect(mounts(true).filter((mount) => "hostPath" in mount)).toEqual([
      { hostPath: "/sys/fs/cgroup", path: "/host/cgroup" },
      { hostPath: "/proc", path: "/host/proc" },
    ]);
    expect(mounts(false).filter((mount) => "hostPath" in mount)).toEqual([]);
    expect(edgeMetrics("log").mounts).toEqual([{ volume: "log", path: "/metrics" }]);
  });
});
