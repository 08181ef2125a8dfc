import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { changes, type Project } from "../test/support/project.ts";
import { directPulumi, makeProject, npmPulumi, type Pulumi, setWeight, withEstate } from "./estate.ts";
import { type Figure, median, pairedRatio, spread } from "./figures.ts";
import type { Part } from "./part.ts";

const UP = ["up", "--yes", "--skip-preview", "--stack", "dev"];
const EMPTY = 'import * as pulumi from "@pulumi/pulumi";\n\nexport const stack = pulumi.getStack();\n';

const SERIES = ["an empty program", "nothing changed", "one weight changed"] as const;
type Series = (typeof SERIES)[number];

/**
 * What the engine asks for an `up` at all, and what the estate adds: an empty program, the demo estate with no change, and with one
 * changed weight, in turn within each round.
 */
export const up: Part = {
  name: "up",
  title: "pulumi up --skip-preview, against an empty program",
  typical: "3 minutes",
  async measure({ engine, quick }) {
    const direct = directPulumi(engine);
    return withEstate(
      "up",
      "10.240.0.0/16",
      () => undefined,
      async (estate) => {
        const empty = await makeEmpty(direct);
        try {
          return [
            ...(await measureWay("", direct, estate, empty, quick ? 3 : 11)),
            ...(await measureWay(", by npm run pulumi", npmPulumi, estate, empty, quick ? 2 : 9)),
          ];
        } finally {
          await empty.remove();
        }
      },
    );
  },
};

/** The same checkout, engine, packages and wrapper, with a program that makes nothing. */
async function makeEmpty(pulumi: Pulumi): Promise<Project> {
  const empty = await makeProject("empty", "10.241.0.0/16");
  await writeFile(join(empty.root, "index.ts"), EMPTY);
  await pulumi(empty, "stack", "select", "--create", "dev");
  return empty;
}

async function measureWay(way: string, pulumi: Pulumi, estate: Project, empty: Project, rounds: number): Promise<Figure[]> {
  const seconds: Record<Series, number[]> = { "an empty program": [], "nothing changed": [], "one weight changed": [] };
  let resources = 0;
  for (let round = 0; round <= rounds; round++) {
    const idle = await pulumi(empty, ...UP);
    const noop = await pulumi(estate, ...UP);
    await setWeight(estate, "api", 10 + round);
    const weight = await pulumi(estate, ...UP);
    const { updated, unchanged = 0, ...others } = changes(weight.text);
    if (updated !== 1 || Object.keys(others).length > 0) throw new Error(`a weight should change one resource:\n${weight.text}`);
    resources = unchanged + 1;
    // The first round warms caches.
    if (round > 0) for (const [index, { seconds: took }] of [idle, noop, weight].entries()) seconds[SERIES[index] as Series].push(took);
  }
  const floor = seconds["an empty program"];
  return SERIES.flatMap((series) => [
    { name: `${series}${way}`, value: median(seconds[series]), unit: "s", note: spread(seconds[series]) },
    ...(series === "an empty program"
      ? []
      : [
          { name: `${series}${way}, against empty`, value: pairedRatio(seconds[series], floor), unit: "×", note: `${resources} resources` },
        ]),
  ]);
}
