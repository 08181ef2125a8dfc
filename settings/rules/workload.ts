import type { WrittenCluster } from "../cluster.ts";
import { type Path, shown } from "../problems.ts";
import type { Finding } from "../rules.ts";
import { FILE_NAME } from "../service.ts";
import { PORT_NAME, WORKLOAD_NAME, type WrittenWorkload } from "../workload.ts";
import { missing } from "./missing.ts";
import { envNames } from "./service.ts";

const NAME = "1 to 40 lower-case letters, digits, `-`, starting with a letter, not ending with `-`";
const IMAGE = "an image reference: [host/]path[:tag][@sha256:64 hex digits]";
/** Names of what Sluice itself puts into the namespace. */
const RESERVED = ["default", "default-deny", "allow-dns", "registry", "snapshots", "logs", "logs-lifecycle", "consul", "cluster"];

/** Everything of a workload that does not fit together. @param names whom it may talk to */
export function workloadFindings(name: string, workload: WrittenWorkload, names: readonly string[]): Finding[] {
  const at: Path = ["cluster", "workloads", name];
  return [
    ...named(at, name),
    ...whole(at, workload),
    ...ported(at, workload),
    ...ofKind(at, workload),
    ...scaled(at, workload),
    ...amounts(at, workload),
    ...talking(at, workload, names),
    ...envNames([...at, "env"], workload.env),
    ...fileNames([...at, "files"], Object.keys(workload.files)),
  ];
}

type Job = WrittenCluster["jobs"][string];

export function jobFindings(name: string, job: Job, names: readonly string[]): Finding[] {
  const at: Path = ["cluster", "jobs", name];
  return [
    ...named(at, name),
    ...(job.schedule === undefined ? [missing([...at, "schedule"], "five cron fields", "say when, for example 0 3 * * *")] : []),
    ...(job.image === undefined ? [missing([...at, "image"], IMAGE, "add it, best with its digest")] : []),
    ...amounts(at, job),
    ...talking(at, job, names),
  ];
}

/** Workloads, jobs and services share the namespace's names. */
export function clashingNames({ workloads, jobs }: Pick<WrittenCluster, "workloads" | "jobs">, services: readonly string[]): Finding[] {
  const owners = new Map<string, string>();
  for (const service of services) {
    for (const name of [service, `${service}-blue`, `${service}-green`]) owners.set(name, `the service ${service}`);
  }
  for (const [name, { loadBalancer }] of Object.entries(workloads)) {
    if (loadBalancer) owners.set(`${name}-public`, `the load balancer of workloads.${name}`);
  }
  const look = (group: "workloads" | "jobs", names: readonly string[]): Finding[] =>
    names.flatMap((name): Finding[] => {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, `${group}.${name}`);
      if (owner === undefined) return [];
      const at: Path = ["cluster", group, name];
      return [
        {
          at,
          reads: [],
          received: JSON.stringify(name),
          allowed: `a name of its own; ${owner} has it`,
          fix: `for example ${name.slice(0, 36)}-2`,
        },
      ];
    });
  return [...look("workloads", Object.keys(workloads).sort()), ...look("jobs", Object.keys(jobs).sort())];
}

/** A service's name in a cluster: what Sluice itself has put there would share its policies and its budget, and an object's name ends with no `-`. */
export const clusterServiceName = (name: string): Finding[] =>
  RESERVED.includes(name) || name.endsWith("-")
    ? named(["services", name], name).map((finding) => ({ ...finding, reads: [["services", name, "target"]] }))
    : [];

function named(at: Path, name: string): Finding[] {
  const received = JSON.stringify(name.slice(0, 60));
  if (RESERVED.includes(name)) {
    const allowed = `any name but ${RESERVED.join(", ")}: those are Sluice's own`;
    return [{ at, received, allowed, fix: `for example ${name}-app` }];
  }
  if (WORKLOAD_NAME.test(name)) return [];
  const better = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, 40)
    .replace(/-+$/, "");
  return [{ at, received, allowed: NAME, fix: `for example ${WORKLOAD_NAME.test(better) ? better : "business"}` }];
}

function whole(at: Path, { kind, image }: WrittenWorkload): Finding[] {
  return [
    ...(kind === undefined
      ? [missing([...at, "kind"], "Deployment, StatefulSet, DaemonSet", "say what it is; Deployment where pods are alike")]
      : []),
    ...(image === undefined ? [missing([...at, "image"], IMAGE, "add it, best with its digest")] : []),
  ];
}

function ported(at: Path, { ports, probes, loadBalancer }: WrittenWorkload): Finding[] {
  const known = Object.keys(ports);
  const found: Finding[] = [];
  if (known.length === 0) {
    found.push(missing([...at, "ports"], "at least one port", "add the port that the program listens on, for example `http: 9003`"));
  }
  const owners = new Map<number, string>();
  for (const [name, port] of Object.entries(ports).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!PORT_NAME.test(name)) {
      const allowed = "1 to 15 lower-case letters, digits, `-`, starting with a letter";
      found.push({ at: [...at, "ports", name], received: JSON.stringify(name.slice(0, 60)), allowed, fix: "for example http" });
    }
    const owner = owners.get(port);
    if (owner === undefined) owners.set(port, name);
    else {
      found.push({
        ...{ at: [...at, "ports", name], reads: [[...at, "ports", owner]], received: String(port) },
        ...{ allowed: `a port of its own; ${owner} has ${port}`, fix: "take one of the two out, or change it" },
      });
    }
  }
  const asked: [Path, string | undefined][] = [
    ...(["liveness", "readiness", "startup"] as const).map((kind): [Path, string | undefined] => [
      ["probes", kind, "port"],
      probes[kind]?.port,
    ]),
    ...Object.entries(loadBalancer?.ports ?? {}).map(([port, name]): [Path, string] => [["loadBalancer", "ports", port], name]),
  ];
  for (const [path, name] of asked) {
    if (name === undefined || known.includes(name)) continue;
    const allowed = known.length > 0 ? `a name from \`ports\`: ${known.join(", ")}` : "a name from `ports`, which has none";
    const here = [...at, ...path];
    found.push({ at: here, reads: [[...at, "ports"]], received: shown(name, here), allowed, fix: "write one of those, or add the port" });
  }
  return loadBalancer ? [...found, ...published([...at, "loadBalancer", "ports"], Object.keys(loadBalancer.ports))] : found;
}

function published(at: Path, ports: readonly string[]): Finding[] {
  if (ports.length === 0) {
    return [missing(at, "at least one port", 'say what leads where, for example `"80": http`, or remove `loadBalancer`')];
  }
  return ports
    .filter((port) => !/^[1-9][0-9]{0,4}$/.test(port) || Number(port) > 65_535)
    .map((port) => ({
      ...{ at: [...at, port], received: JSON.stringify(port.slice(0, 60)), allowed: "a port from 1 to 65535, in quotes" },
      fix: 'for example "443"',
    }));
}

/** Settings that only one kind of workload has. */
function ofKind(at: Path, workload: WrittenWorkload): Finding[] {
  const { kind, replicas, partition } = workload;
  if (kind === undefined) return [];
  const found: Finding[] = [];
  const refuse = (key: "replicas" | "autoscaling" | "volume" | "start" | "partition", why: string, fix: string) => {
    const value = workload[key];
    if (value === undefined) return;
    const here = [...at, key];
    found.push({ at: here, reads: [[...at, "kind"]], received: shown(value, here), allowed: `nothing in a ${kind}: ${why}`, fix });
  };
  if (kind === "DaemonSet") {
    const why = "every node has one pod";
    refuse("replicas", why, "take it out, or make it a Deployment");
    refuse("autoscaling", why, "take it out, or make it a Deployment");
  }
  if (kind !== "StatefulSet") {
    refuse("volume", "its pods have no disk of their own", "make it a StatefulSet, or take `volume` out");
    refuse("start", "its pods have no order", "take it out");
    refuse("partition", "its pods have no numbers", "take it out; a service's canary is `canaryWeight`");
  } else if (workload.volume && workload.volume.sizeGi === undefined) {
    found.push(missing([...at, "volume", "sizeGi"], "a whole number of GiB from 1 to 65536", "say how large each disk is"));
  }
  const pods = workload.autoscaling?.min ?? replicas ?? 1;
  if (kind === "StatefulSet" && partition !== undefined && partition > pods) {
    found.push({
      ...{
        at: [...at, "partition"],
        reads: [
          [...at, "replicas"],
          [...at, "autoscaling"],
        ],
        received: String(partition),
      },
      allowed: `a whole number from 0 to ${pods}, the number of pods`,
      fix: `set it to ${Math.max(0, pods - 1)} to try a release on the last pod`,
    });
  }
  return found;
}

function scaled(at: Path, { kind, replicas, autoscaling, verticalAutoscaling }: WrittenWorkload): Finding[] {
  const found: Finding[] = [];
  const vertical = [...at, "verticalAutoscaling"];
  for (const key of ["cpus", "memoryMb"] as const) {
    const { min, max } = verticalAutoscaling ?? {};
    for (const bound of ["min", "max"] as const) {
      const one = verticalAutoscaling?.[bound];
      if (one && one[key] === undefined) found.push(missing([...vertical, bound, key], "both of `cpus`, `memoryMb`", "add it"));
    }
    if (min?.[key] === undefined || max?.[key] === undefined || min[key] <= max[key]) continue;
    found.push({
      ...{ at: [...vertical, "min", key], reads: [[...vertical, "max", key]], received: String(min[key]) },
      ...{ allowed: `at most what \`max\` has (${max[key]})`, fix: "lower it, or raise `max`" },
    });
  }
  if (!autoscaling || kind === "DaemonSet") return found;
  const here = [...at, "autoscaling"];
  const { min, max, cpuPercent, memoryPercent, metrics } = autoscaling;
  if (replicas !== undefined) {
    const fix = `take it out, and set \`autoscaling.min\` to ${replicas}`;
    const allowed = "nothing beside `autoscaling`: the two would undo each other";
    found.push({ at: [...at, "replicas"], reads: [here], received: String(replicas), allowed, fix });
  }
  for (const key of ["min", "max"] as const) {
    if (autoscaling[key] === undefined) found.push(missing([...here, key], "a whole number from 1 to 1000", "add it"));
  }
  if (min !== undefined && max !== undefined && min > max) {
    found.push({
      ...{ at: [...here, "min"], reads: [[...here, "max"]], received: String(min) },
      ...{ allowed: `at most \`max\` (${max})`, fix: "lower it, or raise `max`" },
    });
  }
  if (cpuPercent === undefined && memoryPercent === undefined && Object.keys(metrics).length === 0) {
    found.push({
      ...{ at: here, reads: ["cpuPercent", "memoryPercent", "metrics"].map((key) => [...here, key]), received: "no measure" },
      ...{
        allowed: "at least one of `cpuPercent`, `memoryPercent`, `metrics`",
        fix: "say what the number of pods follows, for example `cpuPercent: 70`",
      },
    });
  }
  const { mode } = verticalAutoscaling ?? {};
  const shared = [...(cpuPercent === undefined ? [] : ["CPU"]), ...(memoryPercent === undefined ? [] : ["memory"])];
  if (mode !== undefined && mode !== "Off" && shared.length > 0) {
    found.push({
      ...{
        at: [...vertical, "mode"],
        reads: [
          [...here, "cpuPercent"],
          [...here, "memoryPercent"],
        ],
        received: mode,
      },
      allowed: `Off: \`autoscaling\` goes by ${shared.join(" and ")} already, and the two would chase each other`,
      fix: "write Off, which recommends; or let `autoscaling` go by `metrics`",
    });
  }
  return found;
}

/** What is kept free for a pod is no more than it may take. */
function amounts(at: Path, { requests, limits }: Pick<WrittenWorkload, "requests" | "limits">): Finding[] {
  return (["cpus", "memoryMb"] as const)
    .filter((key) => requests[key] > limits[key])
    .map((key) => ({
      ...{ at: [...at, "requests", key], reads: [[...at, "limits", key]], received: String(requests[key]) },
      ...{ allowed: `at most \`limits.${key}\` (${limits[key]})`, fix: `lower it, or raise \`limits.${key}\`` },
    }));
}

/** Whom something in the cluster talks to. @param names whom there is */
export function talking(at: Path, { talksTo, outside }: Pick<WrittenWorkload, "talksTo" | "outside">, names: readonly string[]): Finding[] {
  return [
    ...talksTo.flatMap((name, index): Finding[] => {
      if (names.includes(name)) return [];
      const here = [...at, "talksTo", index];
      const allowed = `a workload or service of the cluster: ${[...names].sort().join(", ")}`;
      return [
        {
          at: here,
          reads: [
            ["services", name],
            ["cluster", "workloads", name],
          ],
          received: shown(name, here),
          allowed,
          fix: "declare it, or take it off the list",
        },
      ];
    }),
    ...outside.flatMap(({ cidr }, index) =>
      cidr === undefined
        ? [missing([...at, "outside", index, "cidr"], "a range of addresses in CIDR form", "add it, for example 203.0.113.0/24")]
        : [],
    ),
  ];
}

function fileNames(at: Path, names: readonly string[]): Finding[] {
  return names
    .filter((name) => !FILE_NAME.test(name))
    .map((name) => ({
      ...{ at: [...at, name], received: JSON.stringify(name.slice(0, 60)) },
      allowed: "a relative path of letters, digits, `.`, `_`, `-`, `/`, without `..`",
      fix: "name the file as it should stand below /run/config/, for example app.json",
    }));
}
