import { type OwnRole, ownAddress } from "../components/host/addresses.ts";
import { planMonitoring } from "../components/monitoring/plan.ts";
import { renderPrometheus } from "../components/monitoring/prometheus-conf.ts";
import type { Change, Project } from "../test/support/project.ts";
import { prometheusImage, runJobs } from "../test/support/rules/promtool.ts";
import { setShare, withEstate } from "./estate.ts";
import { addFastService, cpuMicroseconds, runNginx } from "./fast-service.ts";
import { type Figure, median, pairedRatio, spread } from "./figures.ts";
import type { Part } from "./part.ts";
import { hasWrk, rush } from "./wrk.ts";

const SUBNET = "10.246.0.0/16";
const addressOf = (role: OwnRole): string => ownAddress(SUBNET, role);

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
          if (cpus === CORES[0]) return throughput;
          return [...throughput, ...(await memory(project)), ...(await series(project)), ...(await rendering(project))];
        })),
      );
    }
    return figures;
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

/** Sizes that configurations are rendered and judged for. */
const SIZES = [10, 50, 200] as const;

async function series(project: Project): Promise<Figure[]> {
  const count = async (promql: string): Promise<number> => (await ask(project, promql))[0]?.value ?? 0;
  const all = await count('count({__name__=~".+"})');
  const [seen, own] = [await count('count({service="api"})'), await count('count({service="api", job="service"})')];
  const services = await count('count(count by (service) ({service!=""}))');
  const base = all - (await count('count({service!=""})'));
  return [
    { name: "series of the estate", value: all, unit: "", note: `${services} services, seen as they are` },
    { name: "series of one service: edge, probes, rules, containers", value: seen - own, unit: "" },
    { name: "series of one service: its own metrics", value: own, unit: "", note: "two slots of the demo's api" },
    ...SIZES.map(
      (size): Figure => ({
        name: `series at ${size} services`,
        value: base + size * seen,
        unit: "",
        note: "worked out: the rest of the estate, and as many as the api has for each",
      }),
    ),
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

/** How long the configuration of many services takes to render, and promtool to judge it, rules and all. */
async function rendering(project: Project): Promise<Figure[]> {
  const image = await prometheusImage(project.estate);
  const figures: Figure[] = [];
  for (const count of SIZES) {
    const started = performance.now();
    const files = render(count);
    const milliseconds = performance.now() - started;
    const bytes = Object.values(files).reduce((sum, text) => sum + text.length, 0);
    figures.push({ name: `rendering ${count} services`, value: milliseconds, unit: "ms", note: `${Math.round(bytes / 1024)} KiB` });
    const command = "date +%s%N; promtool check config prometheus.yml > /dev/null; code=$?; date +%s%N; exit $code";
    const judged = (await runJobs(image, [{ id: `config-${count}`, files, command }])).get(`config-${count}`);
    const [from = 0, to = 0] = (judged?.text ?? "").split("\n").map(Number);
    if (judged?.exitCode !== 0) throw new Error(`promtool refuses the configuration of ${count} services:\n${judged?.text}`);
    figures.push({ name: `promtool's judgement of ${count} services`, value: (to - from) / 1e9, unit: "s", note: "2 s are promised" });
  }
  return figures;
}

function render(count: number): Record<string, string> {
  const names = Array.from({ length: count }, (_, index) => `s${index + 1}`);
  const { rules, routes } = planMonitoring({
    ...{ estate: "bench", addressOf, tls: false, hasPostgres: true, hasRedis: true, port: 8090, scrapeSeconds: 15 },
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
  return renderPrometheus({
    ...{ estate: "bench", addressOf, scrapeSeconds: 15, edgeScrapeSeconds: 2, rules },
    targets: { slots, routes, exporters: ["edge-metrics", "node-metrics"] },
  });
}
