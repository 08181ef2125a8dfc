import type { Bucket, Window } from "../../../rollout/analysis/counts.ts";
import type { History } from "../../../rollout/analysis/history.ts";
import { judge } from "../../../rollout/analysis/judge.ts";
import { upperTail } from "../../../rollout/analysis/proportions.ts";
import { quantile } from "../../../rollout/analysis/quantiles.ts";
import type { Verdict } from "../../../rollout/analysis/verdict.ts";
import type { Random } from "./random.ts";

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, Number.POSITIVE_INFINITY];

/** Latencies are log-normal: most within 20 ms to 100 ms. */
const [MEDIAN, SPREAD] = [0.04, 0.6];

/** Chance of each bucket among those that are left above it. */
function chances(median: number, spread: number): readonly number[] {
  const above = [1, ...BOUNDS.map((le) => upperTail((Math.log(le) - Math.log(median)) / spread))];
  return BOUNDS.map((_, index) => ((above[index] ?? 0) > 0 ? 1 - (above[index + 1] ?? 0) / (above[index] ?? 1) : 1));
}
const USUAL = chances(MEDIAN, SPREAD);

/** Requests of the canary and the other slot at the first look of a step, and seconds that it took. */
export interface Step {
  readonly canary: number;
  readonly other: number;
  readonly seconds: number;
}

export const STEPS: readonly Step[] = [
  { canary: 500, other: 4500, seconds: 60 },
  { canary: 2500, other: 2500, seconds: 60 },
  { canary: 5000, other: 0, seconds: 60 },
];

/** Equal shares of both slots: few requests on either. */
export const SMALL_STEPS: readonly Step[] = [{ canary: 500, other: 500, seconds: 60 }];

/** Error shares of canary and other slot in a stretch of a step. */
export type StepShares = (step: number, look: number) => readonly [canary: number, other: number];

export interface Rollout {
  readonly verdict: Verdict;
  readonly step: number;
  /** Looks that held. */
  readonly holds: number;
}

/** A whole rollout: each step is judged, and judged again with more requests while it holds, up to four looks. */
export function roll(random: Random, shares: StepShares, steps: readonly Step[], past: number): Rollout {
  const history = historyOf(random, past);
  let holds = 0;
  for (const [step, size] of steps.entries()) {
    let canary = nothing();
    let other = nothing();
    for (let look = 0; ; look++) {
      const [mine, theirs] = shares(step, look);
      canary = grown(random, canary, size.canary, mine, size.seconds);
      other = grown(random, other, size.other, theirs, size.seconds);
      const { verdict } = judge({ canary, other, history });
      if (verdict === "FAIL") return { verdict, step, holds };
      if (verdict === "PASS") break;
      holds += 1;
      if (look === 3) return { verdict, step, holds };
    }
  }
  return { verdict: "PASS", step: steps.length, holds };
}

const nothing = (): Window => ({ requests: 0, errors: 0, seconds: 0, latency: { buckets: BOUNDS.map((le) => ({ le, count: 0 })) } });

function grown(random: Random, window: Window, requests: number, share: number, seconds: number): Window {
  const before = window.latency && "buckets" in window.latency ? window.latency.buckets : [];
  const added = latencies(random, requests, USUAL);
  return {
    requests: window.requests + requests,
    errors: window.errors + random.binomial(requests, share),
    seconds: window.seconds + seconds,
    latency: { buckets: added.map(({ le, count }, index) => ({ le, count: count + (before[index]?.count ?? 0) })) },
  };
}

function latencies(random: Random, requests: number, parts: readonly number[]): readonly Bucket[] {
  let seen = 0;
  return BOUNDS.map((le, index) => {
    seen += random.binomial(requests - seen, parts[index] ?? 1);
    return { le, count: seen };
  });
}

/** An hour of minutes, 3000 requests each, seen through the same buckets. */
function historyOf(random: Random, share: number): History {
  const minutes = Array.from({ length: 60 });
  return {
    errorShares: minutes.map(() => random.binomial(3000, share) / 3000),
    p95Seconds: minutes.map(() => quantile({ buckets: latencies(random, 3000, USUAL) }, 0.95)),
  };
}
