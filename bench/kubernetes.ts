import { rm } from "node:fs/promises";
import { join } from "node:path";
import { gatesOf } from "../estate/policy.ts";
import { ensurePlugin } from "../toolchain/on-demand.ts";
import { directPulumi, makeProject } from "./estate.ts";
import { type Figure, median, slope, spread } from "./figures.ts";
import type { Part } from "./part.ts";

const SIZES = [50, 100, 200];

/**
 * How a preview grows with the number of workloads in a cluster, in turns a StatefulSet with disks, a Deployment with an autoscaler and a
 * DaemonSet. There is no cluster: nobody is asked what is there, so this is what the program, the engine and the plugin take.
 */
export const kubernetes: Part = {
  name: "kubernetes",
  title: "pulumi preview of a cluster's workloads, without a cluster, by their number",
  typical: "5 minutes",
  docker: false,
  async measure({ engine, quick }) {
    await ensurePlugin(engine, "kubernetes");
    const measured = SIZES.map((size) => ({ size, resources: 0, plain: [] as number[], gated: [] as number[] }));
    const projects = new Map<number, Awaited<ReturnType<typeof makeEstate>>>();
    try {
      for (const { size } of measured) projects.set(size, await makeEstate(size));
      for (let round = 0; round < (quick ? 1 : 5); round++) {
        for (const one of measured) {
          const project = projects.get(one.size);
          if (!project) continue;
          // No kubeconfig, also where the machine has one.
          const alone = { KUBECONFIG: join(project.root, "none") };
          const preview = ["preview", "--stack", "dev"];
          const { seconds, text } = await directPulumi(engine, alone)(project, ...preview);
          one.plain.push(seconds);
          one.resources = Number(/\+ (\d+) to create/.exec(text)?.[1]);
          const { args, env } = gatesOf(project.root, "dev");
          one.gated.push((await directPulumi(engine, { ...env, ...alone })(project, ...preview, ...args)).seconds);
        }
      }
    } finally {
      for (const { root } of projects.values()) await rm(root, { recursive: true, force: true });
    }
    const growth = (name: string, pick: (one: (typeof measured)[number]) => readonly number[]): Figure => ({
      ...{ name, unit: "ms", note: "straight line through the medians" },
      value: 1000 * slope(measured.map((one) => [one.size, median(pick(one))])),
    });
    return [
      ...measured.flatMap(({ size, resources, plain, gated }): Figure[] => [
        { name: `${size} workloads`, value: median(plain), unit: "s", note: `${resources} resources; ${spread(plain)}` },
        { name: `${size} workloads, with the pack`, value: median(gated), unit: "s", note: spread(gated) },
      ]),
      growth("growth per workload", ({ plain }) => plain),
      growth("growth per workload, with the pack", ({ gated }) => gated),
    ];
  },
};

/** Nothing but a cluster, full of workloads that each talk to the one before. */
async function makeEstate(size: number) {
  const project = await makeProject(`kubernetes-${size}`, "10.242.0.0/16", (config) => {
    for (const part of ["postgres", "redis", "monitoring", "rollout"]) delete config[`sluice:${part}`];
    config["sluice:services"] = {};
    config["sluice:cluster"] = { monitoring: {}, workloads: Object.fromEntries(Array.from({ length: size }, workload)) };
  });
  // The first command through the wrapper prepares what images are built from.
  const made = await project.script("pulumi", "stack", "select", "--create", "dev");
  if (made.exitCode !== 0) throw new Error(made.text);
  return project;
}

const KINDS = [
  { kind: "StatefulSet", replicas: 4, volume: { sizeGi: 100 } },
  { kind: "Deployment", autoscaling: { min: 6, max: 20, cpuPercent: 70, memoryPercent: 80 } },
  { kind: "DaemonSet" },
] as const;

const workload = (_: unknown, index: number) =>
  [
    `w${index}`,
    {
      ...KINDS[index % KINDS.length],
      image: `ghcr.io/example/w${index}@sha256:${"1".repeat(64)}`,
      ports: { http: 9003 },
      metrics: "/q/metrics",
      talksTo: index === 0 ? [] : [`w${index - 1}`],
    },
  ] as const;
