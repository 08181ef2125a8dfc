import type { Json } from "../test/support/project.ts";
import { directPulumi, makeProject, type Pulumi } from "./estate.ts";
import { type Figure, median, slope, spread } from "./figures.ts";
import type { Part } from "./part.ts";

const SIZES = [10, 50, 200];
/** Blocks 0 to 3 of a network are the estate's own. */
const FIRST_BLOCK = 4;

/** How a preview grows with the number of services, each with two slots and a route: all of it new, which is the most work. */
export const preview: Part = {
  name: "preview",
  title: "pulumi preview without policies, by number of services",
  typical: "3 minutes",
  async measure({ engine, quick }) {
    const pulumi = directPulumi(engine);
    const sizes = quick ? SIZES.slice(0, 2) : SIZES;
    const seconds = new Map(sizes.map((size): [number, number[]] => [size, []]));
    const projects = new Map<number, Awaited<ReturnType<typeof makeProject>>>();
    try {
      for (const size of sizes) projects.set(size, await makeEstate(size, pulumi));
      for (let round = 0; round < (quick ? 1 : 5); round++)
        for (const [size, project] of projects) seconds.get(size)?.push((await pulumi(project, "preview", "--stack", "dev")).seconds);
    } finally {
      for (const project of projects.values()) await project.remove();
    }
    const figures = [...seconds].map(
      ([size, took]): Figure => ({ name: `${size} services`, value: median(took), unit: "s", note: spread(took) }),
    );
    const growth = slope([...seconds].map(([size, took]) => [size, median(took)])) * 1000;
    return [...figures, { name: "growth per service", value: growth, unit: "ms", note: "straight line through the medians" }];
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
