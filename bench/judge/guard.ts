import { DEFAULT_GUARD } from "../../rollout/analysis/sprt.ts";
import { bursts, drift, flat, type Shares, shared, steps, type Traffic } from "../../test/support/rollout/guard.ts";
import type { Figure } from "../figures.ts";
import { half, type Simulation, share } from "./simulation.ts";
import { watchAll } from "./tests.ts";

const SECONDS = 300;
const RATE = 50;

/** Rollouts that the guard aborts although both slots are alike; all but the last are held to alpha. */
export function falseAborts(simulation: Simulation): Figure[] {
  const { runs, few } = simulation;
  const alike: readonly (readonly [name: string, shares: Shares, weight: Traffic["weight"]])[] = [
    ["no errors; 10, 50, 100 %", flat(0), steps(SECONDS)],
    ["0.1 %; 10, 50, 100 %", flat(0.001), steps(SECONDS)],
    ["1 %; 10, 50, 100 %", flat(0.01), steps(SECONDS)],
    ["3 %: six times the floor; 10, 50 %", flat(0.03), shared(SECONDS)],
    ["0.1 % and bursts of 30 % on both slots; 10, 50 %", bursts(0.001), shared(SECONDS)],
    ["drift from 0.1 % to 8 % and back, twice; 10, 50 %", drift(0.001, 0.08, SECONDS), shared(SECONDS)],
  ];
  const aborted = (times: number, shares: Shares, weight: Traffic["weight"]): number =>
    simulation
      .repeat(times, (random) => watchAll(random, shares, { rate: RATE, weight, seconds: SECONDS }, true))
      .filter(({ second }) => second !== undefined).length;
  const figure = (name: string, found: number, of: number, note: string): Figure => ({
    name: `guard, slots alike: ${name}: aborted`,
    value: found,
    unit: `of ${of}`,
    note: `${share(found, of)}; ${note}`,
  });
  const bound = `alpha ${DEFAULT_GUARD.alpha}: ${DEFAULT_GUARD.alpha * runs} expected at most`;
  return [
    ...alike.map(([name, shares, weight]) => figure(name, aborted(runs, shares, weight), runs, bound)),
    // Nobody can tell a shared burst from a bad release when one slot alone has clients.
    figure("bursts of 30 % while 100 % are on the canary", aborted(few, bursts(0.001), steps(SECONDS)), few, "no promise"),
  ];
}

/** Seconds and requests until the guard's decision about a canary that is, or turns, bad; the other slot at 0.1 %. */
export function decisionTimes(simulation: Simulation): Figure[] {
  const fromStart = [
    ["all fail from the start, 10 %", 1, 0.1, RATE, true],
    ["20 % fail from the start, 10 %", 0.2, 0.1, RATE, true],
    ["20 % fail from the start, but no probe, 10 %", 0.2, 0.1, RATE, false],
    ["20 % fail from the start, 50 %", 0.2, 0.5, RATE, true],
    ["all fail from the start, 10 % of 2 requests/s", 1, 0.1, 2, true],
  ] as const;
  const later = [
    ["all fail after 2 minutes of good answers, 10 %", 1, 0.1, true],
    ["20 % fail after 2 minutes of good answers, 10 %", 0.2, 0.1, true],
    ["20 % fail after 2 minutes of good answers, but no probe, 10 %", 0.2, 0.1, false],
  ] as const;
  const { few } = simulation;
  return [
    ...fromStart.flatMap(([name, bad, weight, rate, probed]) => {
      const found = simulation.repeat(few, (random) =>
        watchAll(random, () => [bad, 0.001], { rate, weight: () => weight, seconds: 600 }, probed),
      );
      const seconds = found.map(({ second }) => second);
      const sinceBad = found.map((run) => run.sinceBad);
      const requests = found.map((run) => (run.second === undefined ? undefined : run.requests));
      return [
        half(`guard: ${name}: decision`, seconds, "s"),
        half("  since its first bad response", sinceBad, "s"),
        half("  its requests until then", requests, ""),
      ];
    }),
    ...later.map(([name, bad, weight, probed]) => {
      const shares: Shares = (now) => [now < 120 ? 0.001 : bad, 0.001];
      const found = simulation.repeat(few, (random) =>
        watchAll(random, shares, { rate: RATE, weight: () => weight, seconds: 600 }, probed),
      );
      const seconds = found.map(({ second }) => (second === undefined ? undefined : second - 120));
      return half(`guard: ${name}: decision`, seconds, "s");
    }),
  ];
}
