import { DEFAULT_GUARD, type Tally } from "../../rollout/analysis/index.ts";
import { guardSettings, step, watchFor } from "../../rollout/guard/watch.ts";
import type { Run, Shares, Traffic } from "../../test/support/rollout/guard.ts";
import type { Random } from "../../test/support/rollout/random.ts";

const SETTINGS = guardSettings(DEFAULT_GUARD);
/** Blocks a second, as in rollout/guard/guard.ts. */
const BLOCKS = 2;
const SILENT = { canary: 0, other: 0 };
/** The guard's own probes of one container in a block, as in rollout/guard/probes.ts. */
const PROBES = 2;
/** Which answer of a row broke it is not simulated: only the three tests judge. */
const ANSWERED = { atEnd: 0, broken: true };
const SEEN = { active: "blue", weight: 10, releases: { blue: "v1", green: "v2" } } as const;

/** A decision, as the bench with real containers measures it. */
export interface Watched extends Run {
  /** Seconds from the first bad response of the canary to the decision. */
  readonly sinceBad: number | undefined;
}

/**
 * One rollout watched by the guard's own code, two blocks a second: the test of failures on every request, that with probes of one container
 * of each slot, and the test of times on one answer a second. Answers fail and are slow by the same shares, so that each test has its
 * chance to be wrong.
 * @param probed whether probes ask for what fails, or always get a good answer
 */
export function watchAll(random: Random, shares: Shares, { rate, weight, seconds }: Traffic, probed: boolean): Watched {
  let state = watchFor(null, SEEN, 0);
  let firstBad: number | undefined;
  for (let block = 0; state !== null && block < seconds * BLOCKS; block++) {
    const second = Math.floor(block / BLOCKS);
    const part = weight(second);
    const [mine, theirs] = shares(second);
    const drawn = (requests: number, bad: number): Tally => ({ bad: random.binomial(requests, bad), total: requests });
    const [canary, other] = [random.poisson((rate * part) / BLOCKS), random.poisson((rate * (1 - part)) / BLOCKS)];
    const heard = drawn(canary, mine);
    // A bad one lies anywhere in its block.
    if (heard.bad > 0) firstBad ??= (block + random.uniform()) / BLOCKS;
    const isLooked = block % BLOCKS === 0;
    const pace = (requests: number, bad: number): Tally => drawn(isLooked ? Math.min(1, requests) : 0, bad);
    const probe = (bad: number): Tally => drawn(PROBES, probed ? bad : 0);
    state = step(
      state,
      {
        at: (1000 * block) / BLOCKS,
        canary: heard,
        other: part < 1 ? drawn(other, theirs) : undefined,
        pace: { canary: pace(canary, mine), other: part < 1 ? pace(other, theirs) : undefined },
        unanswered: { canary: ANSWERED, other: ANSWERED },
        firstBad: { client: null, probe: null },
        probes: { canary: probe(mine), other: probe(theirs) },
        silent: SILENT,
      },
      "api",
      SETTINGS,
    );
    const now = (block + 1) / BLOCKS;
    if (state.decision !== null) return { second: now, requests: state.test.seen.total, sinceBad: now - (firstBad ?? now) };
  }
  return { second: undefined, requests: state?.test.seen.total ?? 0, sinceBad: undefined };
}
