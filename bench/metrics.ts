import { planMonitoring } from "../components/monitoring/plan.ts";
import { renderPrometheus } from "../components/monitoring/prometheus-conf.ts";
import type { Change, Project } from "../test/support/project.ts";
import { setShare, withEstate } from "./estate.ts";
import { addFastService, cpuMicroseconds, runNginx } from "./fast-service.ts";
import { type Figure, median, pairedRatio, spread } from "./figures.ts";
import type { Part } from "./part.ts";
import { hasWrk, rush } from "./wrk.ts";

const SUBNET = "10.246.0.0/16";

/** Cores of the edge: half of one keeps the edge the bottleneck; two let everything on the machine compete, the counting included. */
const CORES = [0.5, 2] as const;

/**
 * What counting costs: the edge with its log for metrics, the collector and Prometheus at work, against a copy of it that writes no such
 * log. Same image, limits, network, control volume and backends, in turns.
 */
export const metrics: Part = {
  name: "metrics",
  title: "monitoring: what it costs",
  typical: "6 minutes",
  async measure({ quick }) {
    const figures: Figure[] = [];
    for (const cpus of CORES) {
      const change: Change = (config) => Object.assign(config["sluice:edge"] as object, { cpus });
      figures.push(
        ...(await withEstate(`metrics${cpus * 10}`, SUBNET, change, async (project) => {
          await addFastService(project);
          await setShare(project, "fast", 10);
          const throughput = await compare(project, cpus, quick);
          return cpus === CORES[0] ? throughput : [...throughput, ...(await memory(project)), ...(await series(project))];
        })),
      );
    }
    return [...figures, ...[10, 50, 200].map(rendering)];
  },
};

async function compare(project: Project, cpus: number, quick: boolean): Promise<Figure[]> {
  const copy = `${project.estate}-uncounted`;
  const edge = `${project.estate}-edge`;
  const conf = await project.docker.run(["exec", edge, "cat", "/config/nginx/current/nginx.conf"]);
  const without = conf.replace(/^ *access_log \/metrics\/current .*\n/m, "");
  if (without === conf) throw new Error("the edge's configuration has no log for metrics: there is nothing to compare");
  const more = ["--volume", `${project.estate}-edge-control:/control:ro`];
  try {
    const other = new URL("fast/", await runNginx(project, copy, without, { cpus, more })).href;
    const withWrk = await hasWrk();
    const rates: Record<"on" | "off", number[]> = { on: [], off: [] };
    const costs: number[] = [];
    const seconds = quick ? 2 : 5;
    for (let round = 0; round <= (quick ? 2 : 10); round++) {
      // In turns, and in turns first: whatever drifts meets both alike.
      const turns = round % 2 === 0 ? (["on", "off"] as const) : (["off", "on"] as const);
      for (const turn of turns) {
        const before = await cpuMicroseconds(project, `${project.estate}-edge-metrics`);
        const { requestsPerSecond, failed } = await rush(turn === "on" ? `${project.url}/fast/` : other, seconds, withWrk);
        const used = (await cpuMicroseconds(project, `${project.estate}-edge-metrics`)) - before;
        if (failed > 0) throw new Error(`${turn}: ${failed} requests failed`);
        if (round === 0) continue;
        rates[turn].push(requestsPerSecond);
        if (turn === "on") costs.push(used / (requestsPerSecond * seconds));
      }
    }
    const note = `edge of ${cpus} cores`;
    return [
      { name: `metrics on, ${note}`, value: median(rates.on), unit: "requests/s", note: spread(rates.on, 0) },
      { name: `metrics off, ${note}`, value: median(rates.off), unit: "requests/s", note: spread(rates.off, 0) },
      { name: `on against off, ${note}`, value: pairedRatio(rates.on, rates.off), unit: "×", note: "0.95 is promised" },
      { name: `the collector, ${note}`, value: median(costs), unit: "µs of CPU per request" },
    ];
  } finally {
    await project.docker.try(["rm", "--force", copy]);
  }
}

const OWN = ["prometheus", "alertmanager", "edge-metrics", "node-metrics", "postgres-metrics", "redis-metrics", "probes"];

async function memory(project: Project): Promise<Figure[]> {
  const query = `sum by (name) (container:memory_working_set_bytes{name=~"${OWN.join("|")}"}) / 2^20`;
  const each = await ask(project, query);
  const figures = each.map(({ labels, value }): Figure => ({ name: `memory of ${labels.name ?? "?"}`, value, unit: "MiB" }));
  return [...figures, { name: "memory of monitoring in all", value: each.reduce((sum, { value }) => sum + value, 0), unit: "MiB" }];
}

async function series(project: Project): Promise<Figure[]> {
  const [all] = await ask(project, 'count({__name__=~".+"})');
  const [one] = await ask(project, 'count({service="api"})');
  return [
    { name: "series of the dev estate", value: all?.value ?? 0, unit: "" },
    { name: "series of one service with two slots", value: one?.value ?? 0, unit: "", note: "its own metrics included" },
  ];
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

async function ask(project: Project, query: string): Promise<Sample[]> {
  const url = `http://127.0.0.1:${project.monitoringPort}/prometheus/api/v1/query?${new URLSearchParams({ query })}`;
  const answer = (await (await fetch(url)).json()) as { data: { result: { metric: Record<string, string>; value: [number, string] }[] } };
  return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** How large the rendered configuration of many services is, and how long it takes to render. */
function rendering(count: number): Figure {
  const names = Array.from({ length: count }, (_, index) => `s${index + 1}`);
  const started = performance.now();
  const { rules, routes } = planMonitoring({
    ...{ estate: "bench", subnet: SUBNET, tls: false, hasPostgres: true, hasRedis: true, port: 8090, scrapeSeconds: 15 },
    services: names.map((name) => ({
      ...{ name, route: `/${name}`, stripRoute: true, health: "/health" },
      slo: { availabilityPercent: 99.9, latencyMs: 500, latencyPercent: 99 },
    })),
    thresholds: {
      ...{ errorCriticalPercent: 5, errorWarningPercent: 1, latencyP99Ms: 500, memoryPercent: 85, cpuPercent: 90, diskPercent: 80 },
      ...{ certificateDays: 14, slowDeployMinutes: 15 },
    },
    ...{ runbooks: "https://example.com", owner: "platform", progressCounters: [], backups: [] },
    alerting: { timeZone: "UTC", receivers: [], default: [], routes: {} },
  });
  const slots = names.flatMap((service) =>
    ["blue", "green"].map((slot) => ({ service, slot, release: "v1", address: "10.0.0.1:3000", health: "/health", metrics: "/metrics" })),
  );
  const files = renderPrometheus({
    ...{ estate: "bench", subnet: SUBNET, scrapeSeconds: 15, edgeScrapeSeconds: 2, rules },
    targets: { slots, routes, exporters: ["edge-metrics", "node-metrics"] },
  });
  const bytes = Object.values(files).reduce((sum, text) => sum + text.length, 0);
  const milliseconds = performance.now() - started;
  return { name: `rendering ${count} services`, value: milliseconds, unit: "ms", note: `${Math.round(bytes / 1024)} KiB` };
}
