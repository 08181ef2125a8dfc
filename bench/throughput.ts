import getPort from "get-port";
import type { Change, Project } from "../test/support/project.ts";
import { setShare, withEstate } from "./estate.ts";
import { type Figure, median, pairedRatio, spread } from "./figures.ts";
import type { Part } from "./part.ts";
import { logFormatOf, renderPlainNginx } from "./plain-nginx.ts";
import { hasWrk, rush } from "./wrk.ts";

/** Cores of every proxy that is compared. Half a core keeps the proxy the bottleneck on two, so the ratio is one of work per request. */
const CPUS = 0.5;
const GREEN = 10;
const SUBNET = "10.243.0.0/16";

const BACKEND = `worker_processes 1; pid /tmp/nginx.pid; error_log stderr warn; events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000; ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path /tmp/${kind};`).join(" ")}
server { listen 3000; location / { default_type text/plain; return 200 "ok\\n"; } } }`;

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
    targets.set(name, { url: await runNginx(project, container, renderPlainNginx({ ...backendsOf(conf), ...more })), container });
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

/** CPU time that a container has used, as its control group (version 1 or 2) counts it. */
async function cpuMicroseconds(project: Project, container: string): Promise<number> {
  const read =
    "cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2> /dev/null || sed -n 's/^usage_usec //p' /sys/fs/cgroup/cpu.stat | sed 's/$/000/'";
  return Number(await project.docker.run(["exec", container, "sh", "-c", read])) / 1000;
}

/** A service whose containers answer at once, in both slots: the edge's own image with another configuration. */
async function addFastService(project: Project): Promise<void> {
  const tag = `${project.estate}/fast:1`;
  const dockerfile = [
    `FROM ${await edgeImage(project)}`,
    "USER 0",
    `RUN printf '%s' '${BACKEND.replaceAll("\n", " ")}' > /etc/nginx/backend.conf`,
    "USER 10001:10001",
    `LABEL dev.sluice.estate=${project.estate}`,
    'ENTRYPOINT ["nginx", "-c", "/etc/nginx/backend.conf", "-g", "daemon off;"]',
  ].join("\n");
  await project.docker.run(["build", "--quiet", "--network", "host", "--tag", tag, "-"], dockerfile);
  await project.configure((config) => {
    const slot = (release: string) => ({ image: tag, release });
    const fast = { route: "/fast", port: 3000, health: "/", block: 100, cpus: 1, blue: slot("v1"), green: slot("v2") };
    Object.assign(config["sluice:services"] as object, { fast });
  });
  const added = await project.up();
  if (added.exitCode !== 0) throw new Error(added.text);
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

async function edgeImage(project: Project): Promise<string> {
  return (await project.docker.run(["inspect", "--format", "{{.Image}}", `${project.estate}-edge`])).trim();
}

/** Another nginx from the edge's image, with the edge's limits, on the estate's network. */
async function runNginx(project: Project, container: string, conf: string): Promise<string> {
  const port = await getPort({ host: "127.0.0.1" });
  const limits = ["--cpus", `${CPUS}`, "--memory", "256m"];
  const log = ["--log-driver", "json-file", "--log-opt", "max-size=10m", "--log-opt", "max-file=3"];
  const place = ["--network", project.estate, "--publish", `127.0.0.1:${port}:8080`, "--label", `dev.sluice.estate=${project.estate}`];
  const start = 'printf %s "$CONF" > /tmp/nginx.conf && exec nginx -c /tmp/nginx.conf -g "daemon off;"';
  const program = ["--env", `CONF=${conf}`, "--entrypoint", "sh", await edgeImage(project), "-c", start];
  await project.docker.run(["run", "--detach", "--name", container, ...place, ...limits, ...log, ...program]);
  return `http://127.0.0.1:${port}/`;
}
