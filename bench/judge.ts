import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { type Figure, spell } from "./figures.ts";
import { catches, falseFails } from "./judge/analysis.ts";
import { type Curve, curves, ENOUGH } from "./judge/curve.ts";
import { decisionTimes, falseAborts } from "./judge/guard.ts";
import { curvePicture } from "./judge/picture.ts";
import { Simulation, type SimulationOptions, share, spelled } from "./judge/simulation.ts";
import type { Part } from "./part.ts";

/** In docs/performance.md. */
const PICTURE = resolve(import.meta.dirname, "..", "docs", "pictures", "guard-curve.svg");

const SECTIONS = [falseAborts, decisionTimes, falseFails, catches] as const;

/** How good the judges of a rollout are, by simulation: no network, no containers. */
export const judge: Part = {
  name: "judge",
  title: "judges of a rollout: false aborts, misses and requests to decide, simulated",
  typical: "4 minutes",
  async measure({ quick }) {
    return judged({ runs: quick ? 200 : 10_000, seed: 1 }, quick ? undefined : PICTURE, () => undefined);
  },
};

/** All sections and the curve. @param picture where to write the curve; @default nowhere @param told is given each section when it is done */
async function judged(
  options: SimulationOptions,
  picture: string | undefined,
  told: (figures: readonly Figure[]) => void,
): Promise<Figure[]> {
  const simulation = new Simulation(options);
  const figures: Figure[] = [];
  const add = (more: readonly Figure[]): void => {
    told(more);
    figures.push(...more);
  };
  for (const section of SECTIONS) add(section(simulation));
  // Its own numbers: the picture does not change with what is simulated before it.
  const found = curves(new Simulation(options));
  add(found.flatMap(curveFigures));
  if (picture !== undefined) {
    await mkdir(dirname(picture), { recursive: true });
    await writeFile(picture, curvePicture(found, Math.min(simulation.few, ENOUGH)));
  }
  return figures;
}

/** The points that a table needs; the picture has all. */
const NAMED = [1, 2, 5, 10, 20, 50, 100];

const curveFigures = ({ base, points }: Curve): Figure[] =>
  points
    .filter((point) => NAMED.includes(point.points))
    .map(({ points: more, p50, p95, guard, analysis }) => ({
      name: `guard: +${more} on ${base * 100} %: the canary's requests until the decision, p50`,
      value: p50,
      unit: "",
      note: `p95 ${spelled(p95)}; aborted within 500 ${share(guard[500], 1)}; failed by the analysis of 500 ${share(analysis, 1)}`,
    }));

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError("a whole number above 0 is wanted");
  return value;
};

/** Alone it needs no Docker and no engine. */
if (import.meta.main) {
  const { runs, seed, picture } = new Command("node bench/judge.ts")
    .description(
      "How good the judges of a rollout are, by simulation: false aborts, misses and requests to decide. No network, no containers.",
    )
    .option("--runs <number>", "rollouts per case; 10000 for numbers to quote", count, 10_000)
    .option("--seed <number>", "the same seed gives the same numbers", count, 1)
    .option("--picture <file>", "draw requests to decide and power per effect size, as SVG")
    .parse()
    .opts<{ runs: number; seed: number; picture?: string }>();
  await judged({ runs, seed }, picture, (figures) => {
    for (const { name, value, unit, note = "" } of figures) console.log(`  ${name}: ${spell(value)} ${unit}  ${note}`);
    console.log();
  });
}
