import type { Change, Project } from "../test/support/project.ts";
import { setShare, withEstate } from "./estate.ts";
import { addFastService, cpuMicroseconds, runNginx } from "./fast-service.ts";
import { type Figure, median, pairedRatio, spread } from "./figures.ts";
import type { Part } from "./part.ts";
import { logFormatOf, renderPlainNginx } from "./plain-nginx.ts";
import { hasWrk, rush } from "./wrk.ts";

/** Cores of every proxy that is compared. Half a core keeps the proxy the bottleneck on two, so the ratio is one of work per request. */
const CPUS = 0.5;
const GREEN = 10;
const SUBNET = "10.243.0.0/16";

/**
 * What the edge costs per request, against a plain nginx: the same image, limits, network and backends (an nginx that answers two bytes, so
 * that the proxy is what is measured).
 */
export const throughput: Part = {
  name: "throughput",
  title: "edge throughput, against plain nginx",
  typical: "4 minutes",
  async measure({ quick }) {
    const limited: Change = (config) => Object.assign(config["sluice:edge"] as object, { cpus: CPUS });
    return withEstate("nginx", SUBNET, limited, async (project) => {
      await addFastService(project);
      await setShare(project, "fast", GREEN);
      try {
        return await compare(project, await startTargets(project), quick);
      } finally {
        for (const name of Object.values(YARDSTICKS)) await project.docker.try(["rm", "--force", `${project.estate}-${name}`]);
      }
    });
  },
};

/** What the edge is held against, by the names of their containers. */
const YARDSTICKS = {
  "plain nginx without a log": "plain",
  "plain nginx with the same log": "logged",
  "split_clients with the same log": "split",
} as const;

/** A proxy to send requests to. */
interface Target {
  readonly url: string;
  readonly container: string;
}

async function startTargets(project: Project): Promise<Map<string, Target>> {
  const conf = await project.docker.run(["exec", `${project.estate}-edge`, "cat", "/config/nginx/current/nginx.conf"]);
  const logFormat = logFormatOf(conf);
  const options = {
    "plain nginx without a log": {},
    "plain nginx with the same log": { logFormat },
    "split_clients with the same log": { logFormat, split: GREEN },
  };
  const targets = new Map<string, Target>([["the edge", { url: `${project.url}/fast/`, container: `${project.estate}-edge` }]]);
  for (const [name, suffix] of Object.entries(YARDSTICKS)) {
    const more = options[name as keyof typeof YARDSTICKS];
    const container = `${project.estate}-${suffix}`;
    targets.set(name, {
      url: await runNginx(project, container, renderPlainNginx({ ...backendsOf(conf), ...more }), { cpus: CPUS }),
      container,
    });
  }
  return targets;
}

async function compare(project: Project, targets: ReadonlyMap<string, Target>, quick: boolean): Promise<Figure[]> {
  const withWrk = await hasWrk();
  const seconds = quick ? 2 : 4;
  const rates = new Map([...targets.keys()].map((name): [string, number[]] => [name, []]));
  const costs = new Map([...targets.keys()].map((name): [string, number[]] => [name, []]));
  for (let round = 0; round <= (quick ? 2 : 9); round++) {
    for (const [name, { url, container }] of targets) {
      const before = await cpuMicroseconds(project, container);
      const { requestsPerSecond, failed } = await rush(url, seconds, withWrk);
      const used = (await cpuMicroseconds(project, container)) - before;
      if (failed > 0) throw new Error(`${name}: ${failed} requests failed at ${url}`);
      if (round === 0) continue;
      rates.get(name)?.push(requestsPerSecond);
      costs.get(name)?.push(used / (requestsPerSecond * seconds));
    }
  }
  const note = `${CPUS} cores, ${withWrk ? "wrk" : "the tests' own client"}`;
  return [...describe("requests/s", rates, note, false), ...describe("µs of CPU per request", costs, "of the proxy itself", true)];
}

function describe(unit: string, measured: ReadonlyMap<string, readonly number[]>, note: string, perRequest: boolean): Figure[] {
  const edge = measured.get("the edge") ?? [];
  const suffix = perRequest ? ", cost" : "";
  return [...measured].flatMap(([name, all]): Figure[] => [
    { name: `${name}${suffix}`, value: median(all), unit, note: `${spread(all, perRequest ? 1 : 0)}; ${note}` },
    ...(name === "the edge" ? [] : [{ name: `the edge against ${name}${suffix}`, value: pairedRatio(edge, all), unit: "×" }]),
  ]);
}

/** The addresses that the edge itself has for the service. */
function backendsOf(conf: string): { blue: string[]; green: string[] } {
  const of = (slot: string): string[] => {
    const group = new RegExp(`upstream fast_${slot} \\{([^}]*)\\}`).exec(conf)?.[1] ?? "";
    return [...group.matchAll(/server (\S+) [^;\n]*;/g)].flatMap(([line, address]) =>
      line.includes("backup") || !address ? [] : [address],
    );
  };
  return { blue: of("blue"), green: of("green") };
}
