import { roll, SMALL_STEPS, STEPS, type Step, type StepShares } from "../../test/support/rollout/steps.ts";
import type { Figure } from "../figures.ts";
import { type Simulation, share } from "./simulation.ts";

/** Both slots at the same base, the canary with so much more. */
export const flatStep =
  (base: number, more = 0): StepShares =>
  () => [base + more, base];

const both = (one: number) => [one, one] as const;

/** Rollouts that the analysis fails although both slots are alike: 10, 50, 100 % with 500, 2500, 5000 requests, up to 4 looks each. */
export function falseFails(simulation: Simulation): Figure[] {
  const { runs } = simulation;
  const same: readonly (readonly [name: string, shares: StepShares, past: number, steps: readonly Step[]])[] = [
    ["no errors", flatStep(0), 0, STEPS],
    ["0.1 %", flatStep(0.001), 0.001, STEPS],
    ["1 %: as much as the limit", flatStep(0.01), 0.01, STEPS],
    ["1 %, 500 requests on either slot, one step", flatStep(0.01), 0.01, SMALL_STEPS],
    ["0.1 %, and a burst of 5 % on both at every other look", (_, look) => both(look % 2 ? 0.001 : 0.05), 0.001, STEPS.slice(0, 2)],
    [
      "drift: 0.1 % when history was made, then 0.5 to 2 %",
      (step, look) => both(0.005 + 0.0025 * (step * 2 + look)),
      0.001,
      STEPS.slice(0, 2),
    ],
  ];
  return same.map(([name, shares, past, sizes]) => {
    const found = simulation.repeat(runs, (random) => roll(random, shares, sizes, past));
    const of = (verdict: string): number => found.filter((rollout) => rollout.verdict === verdict).length;
    const note = `${share(of("FAIL"), runs)}, to be below 1 %; held to the end ${share(of("INCONCLUSIVE"), runs)}`;
    return { name: `analysis, slots alike: ${name}: failed`, value: of("FAIL"), unit: `of ${runs}`, note };
  });
}

/** A canary at +5 points with 500 requests: caught at the first look, caught in the end, let through. */
export function catches(simulation: Simulation): Figure[] {
  const { runs } = simulation;
  const cases = [
    ["no errors on the other slot, 4500 requests", 0, STEPS],
    ["0.1 %, 4500 requests", 0.001, STEPS],
    ["1 %, 4500 requests", 0.01, STEPS],
    ["1 %, 500 requests on the other slot", 0.01, SMALL_STEPS],
  ] as const;
  return cases.map(([name, base, sizes]) => {
    const found = simulation.repeat(runs, (random) => roll(random, flatStep(base, 0.05), sizes, base));
    const caught = found.filter(({ verdict }) => verdict === "FAIL").length;
    const first = found.filter(({ verdict, step, holds }) => verdict === "FAIL" && step === 0 && holds === 0).length;
    const passed = found.filter(({ verdict }) => verdict === "PASS").length;
    const note = `${share(caught, runs)}, to be above 99 %; at the first look ${share(first, runs)}; promoted ${passed}`;
    return { name: `analysis, +5 points on 500 requests: ${name}: caught`, value: caught, unit: `of ${runs}`, note };
  });
}
