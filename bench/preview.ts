import { gatesOf } from "../estate/policy.ts";
import type { Json } from "../test/support/project.ts";
import { directPulumi, makeProject, type Pulumi } from "./estate.ts";
import { type Figure, median, pairedRatio, slope, spread } from "./figures.ts";
import type { Part } from "./part.ts";

const SIZES = [10, 50, 200];
/** Blocks 0 to 3 of a network are the estate's own. */
const FIRST_BLOCK = 4;

/** How a preview grows with the number of services, each with two slots and a route: all of it new, which is the most work. Without and with the quality gates. */
export const preview: Part = {
  name: "preview",
  title: "pulumi preview without and with the policy pack, by number of services",
  typical: "7 minutes",
  async measure({ engine, quick }) {
    const pulumi = directPulumi(engine);
    const measured = SIZES.map((size) => ({ size, plain: [] as number[], gated: [] as number[] }));
    const projects = new Map<number, Awaited<ReturnType<typeof makeProject>>>();
    try {
      for (const size of SIZES) projects.set(size, await makeEstate(size, pulumi));
      for (let round = 0; round < (quick ? 1 : 5); round++) {
        for (const { size, plain, gated } of measured) {
          const project = projects.get(size);
          if (!project) continue;
          plain.push((await pulumi(project, "preview", "--stack", "dev")).seconds);
          const { args, env } = gatesOf(project.root, "dev");
          gated.push((await directPulumi(engine, env)(project, "preview", "--stack", "dev", ...args)).seconds);
        }
      }
    } finally {
      for (const project of projects.values()) await project.remove();
    }
    const growth = (name: string, pick: (one: (typeof measured)[number]) => readonly number[]): Figure => {
      const line = slope(measured.map((one) => [one.size, median(pick(one))]));
      return { name, value: line * 1000, unit: "ms", note: "straight line through the medians" };
    };
    return [
      ...measured.flatMap(({ size, plain, gated }): Figure[] => [
        { name: `${size} services`, value: median(plain), unit: "s", note: spread(plain) },
        { name: `${size} services, with the pack`, value: median(gated), unit: "s", note: spread(gated) },
        {
          name: `${size} services, with against without`,
          value: pairedRatio(gated, plain),
          unit: "×",
          note: size === 50 ? "to be at most 1.6" : "",
        },
      ]),
      growth("growth per service", ({ plain }) => plain),
      growth("growth per service, with the pack", ({ gated }) => gated),
    ];
  },
};

async function makeEstate(size: number, pulumi: Pulumi) {
  const project = await makeProject(`${size}`, "10.242.0.0/16", (config) => {
    const services = Array.from({ length: size }, (_, index) => {
      const slot = (release: string) => ({ build: "images/api", release });
      return [
        `s${index}`,
        { route: `/s${index}`, port: 3000, block: FIRST_BLOCK + index, uses: ["postgres"], blue: slot("v1"), green: slot("v2") },
      ] satisfies [string, Json];
    });
    config["sluice:services"] = Object.fromEntries(services);
  });
  // The first command through the wrapper prepares what images are built from.
  const listed = await project.script("pulumi", "stack", "select", "--create", "dev");
  if (listed.exitCode !== 0) throw new Error(listed.text);
  await pulumi(project, "preview", "--stack", "dev");
  return project;
}
