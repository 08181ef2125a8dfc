import { DEFAULT_GUARD, type Tally } from "../../rollout/analysis/index.ts";
import { guardSettings, step, watchFor } from "../../rollout/guard/watch.ts";
import type { Run, Shares, Traffic } from "../../test/support/rollout/guard.ts";
import type { Random } from "../../test/support/rollout/random.ts";

const SETTINGS = guardSettings(DEFAULT_GUARD);
const SILENT = { canary: 0, other: 0 };
const NOTHING = { bad: 0, total: 0 };
/** Which answer of a row broke it is not simulated: only the two tests judge. */
const ANSWERED = { atEnd: 0, broken: true };
const SEEN = { active: "blue", weight: 10, releases: { blue: "v1", green: "v2" } } as const;

/**
 * One rollout watched by the guard's own code, a block a second: the test of failures on every request, and the test of times on one answer a
 * second of each slot. Answers fail and are slow by the same shares, so that either test has its chance to be wrong.
 */
export function watchBoth(random: Random, shares: Shares, { rate, weight, seconds }: Traffic): Run {
  let state = watchFor(null, SEEN, 0);
  for (let second = 0; state !== null && second < seconds; second++) {
    const part = weight(second);
    const [mine, theirs] = shares(second);
    const drawn = (requests: number, bad: number): Tally => ({ bad: random.binomial(requests, bad), total: requests });
    const [canary, other] = [random.poisson(rate * part), random.poisson(rate * (1 - part))];
    state = step(
      state,
      {
        at: second * 1000,
        canary: drawn(canary, mine),
        other: part < 1 ? drawn(other, theirs) : undefined,
        pace: { canary: drawn(Math.min(1, canary), mine), other: part < 1 ? drawn(Math.min(1, other), theirs) : undefined },
        unanswered: { canary: ANSWERED, other: ANSWERED },
        firstBad: { client: null, probe: null },
        probes: { canary: NOTHING, other: NOTHING },
        silent: SILENT,
      },
      "api",
      SETTINGS,
    );
    if (state.decision !== null) return { second, requests: state.test.seen.total };
  }
  return { second: undefined, requests: state?.test.seen.total ?? 0 };
}
