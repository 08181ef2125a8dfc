import { type Latency, latencyProblem, share, type Tally, type Window } from "./counts.ts";
import { moreBadThan } from "./proportions.ts";
import { countOf, groups, quantile, slowerThan } from "./quantiles.ts";
import { mannWhitney, type Ties } from "./ranks.ts";
import { compareSeconds, type Seconds } from "./seconds.ts";
import type { AnalysisSettings } from "./settings.ts";
import { isWorse, overLimit, tooFew, unlessShared } from "./success-rate.ts";
import type { Outcome, Reason } from "./verdict.ts";
import { chance, duration, percent } from "./words.ts";

/** All that latency has to say about a canary: the fixed limit, and against the other slot its middle and its tail. */
export function judgeLatency(canary: Window, other: Window | undefined, settings: AnalysisSettings): readonly Reason[] {
  const metric = "latency";
  const mine = canary.latency;
  if (mine === undefined) return [unusable(metric, "none was measured")];
  const problem = latencyProblem(mine);
  if (problem) return [unusable(metric, problem)];
  const theirs = other?.latency;
  const theirProblem = theirs && latencyProblem(theirs);
  const limit = slowest(mine, theirProblem ? undefined : theirs, settings);
  if (theirProblem) return [limit, unusable("latency of the other slot", theirProblem)];
  if (countOf(mine) < settings.minimumRequests) return [limit];
  if (theirs === undefined || countOf(theirs) < settings.minimumRequests) return [limit, noComparison(countOf(mine), theirs)];
  const ties = groups(mine, theirs);
  if (ties === undefined) return [limit, unusable(metric, "the slots are not measured with the same buckets")];
  const lasting = (above: number) => compareSeconds(canary.bySecond, other?.bySecond, above);
  const [middle, end] = [shift(mine, theirs, ties, settings), tail(mine, theirs, ties, settings)];
  return [limit, unlessBunched(middle, lasting(middleOf(ties)), settings), unlessBunched(end.reason, lasting(end.above), settings)];
}

/**
 * A difference that lies in a few seconds is the doing of those seconds: a canary that is slower is slower in most of them. The tests
 * above take every response for evidence of its own and cannot see that (measured: good releases on two busy cores failed by them, P99 145 ms
 * against 72 ms, from one pause of one container).
 */
function unlessBunched(reason: Reason, seconds: Seconds | undefined, { suspicion, bunched }: AnalysisSettings): Reason {
  if (reason.outcome === "PASS" || seconds === undefined || seconds.p < suspicion) return reason;
  const words = `${reason.words} But it was the slower one in ${seconds.worse} seconds and the faster one in ${seconds.better}: ${
    seconds.p < bunched ? "not certain." : "a pause, not a slower release."
  }`;
  return { ...reason, outcome: seconds.p < bunched ? "INCONCLUSIVE" : "PASS", words };
}

/** The bucket that holds the median of both slots together; slower than it is what lies above. */
function middleOf(ties: readonly Ties[]): number {
  const half = ties.reduce((total, { canary, other }) => total + canary + other, 0) / 2;
  let below = 0;
  return ties.findIndex(({ canary, other }) => {
    below += canary + other;
    return below >= half;
  });
}

/** P99 over its limit is the same as more than 1 % of the responses being slower: so it is counted, not read off a bucket. */
function slowest(mine: Latency, theirs: Latency | undefined, settings: AnalysisSettings): Reason {
  const slow = slowerThan(mine, settings.p99Seconds);
  if (slow.total < settings.minimumRequests) return tooFew("limit", "P99", slow, settings);
  const reason = overLimit("limit", "P99", slow, 0.01, settings);
  const words = `P99 is ${duration(quantile(mine, 0.99))}. Slower than ${duration(settings.p99Seconds)}: ${reason.words}`;
  const worse = theirs && isWorse(slow, slowerThan(theirs, settings.p99Seconds), settings);
  return unlessShared({ ...reason, value: quantile(mine, 0.99), threshold: settings.p99Seconds, words }, worse);
}

/** Is the whole canary slower? Certain (rank test), clear (effect size) and worth a rollback (median). */
function shift(mine: Latency, theirs: Latency, ties: readonly Ties[], settings: AnalysisSettings): Reason {
  const { p, z, cles } = mannWhitney(ties);
  const [value, baseline] = [quantile(mine, 0.5), quantile(theirs, 0.5)];
  const matters = isSlower(value, baseline, settings) && cles >= settings.latency.shiftEffect;
  const outcome = outcomeOf(matters, p, settings);
  const words =
    `Median ${duration(value)}, ${duration(baseline)} on the other slot; ` +
    `a response of the canary is the slower one in ${percent(cles)} of pairs: ${ending(outcome, matters, p)}`;
  return {
    check: "shift",
    metric: "median",
    outcome,
    n: countOf(mine),
    value,
    baseline,
    threshold: highest(baseline, settings),
    p,
    sigma: z,
    words,
  };
}

/**
 * Is the slow end slower, whatever the middle does? Ranks do not see a canary that spreads around the same median (kayenta#780), so the
 * shares above each bound are compared, and p is multiplied by the number of bounds tried (Bonferroni). The bounds come from both
 * slots together, so they favour neither, and each single p stays exact.
 */
function tail(mine: Latency, theirs: Latency, ties: readonly Ties[], settings: AnalysisSettings): { reason: Reason; above: number } {
  const tried = tails(ties).map(({ canary, other, above }) => ({ canary, other, above, p: moreBadThan(canary, other) }));
  const worst = tried.toSorted((a, b) => a.p - b.p)[0];
  const p = Math.min(1, (worst?.p ?? 1) * tried.length);
  const [p95, p99] = [0.95, 0.99].map((part) => [quantile(mine, part), quantile(theirs, part)] as const) as [Pair, Pair];
  const { tailSeconds } = settings.latency;
  const high = isSlower(...p95, settings, tailSeconds) ? p95 : isSlower(...p99, settings, tailSeconds) ? p99 : undefined;
  const [value, baseline] = high ?? p99;
  const metric = high === p95 ? "P95" : "P99";
  const outcome = outcomeOf(high !== undefined, p, settings);
  const above = worst ? `; above one bound lie ${percent(share(worst.canary))} here, ${percent(share(worst.other))} there` : "";
  const words = `${metric} ${duration(value)}, ${duration(baseline)} on the other slot${above}: ${ending(outcome, high !== undefined, p)}`;
  const threshold = highest(baseline, settings, tailSeconds);
  return { reason: { check: "tail", metric, outcome, n: countOf(mine), value, baseline, threshold, p, words }, above: worst?.above ?? 0 };
}

type Pair = readonly [canary: number, other: number];

/** At most so many bounds are tried: single values would be as many as there are responses. */
const TAILS = 12;

interface Tail {
  readonly canary: Tally;
  readonly other: Tally;
  /** Index of the last group below. */
  readonly above: number;
}

/** The shares above each bound, where both slots together have at most half of their responses. */
function tails(ties: readonly Ties[]): readonly Tail[] {
  const [n, m] = [sum(ties, "canary"), sum(ties, "other")];
  const found: Tail[] = [];
  let [canary, other, next] = [0, 0, 1];
  for (const [index, tie] of [...ties.entries()].toReversed()) {
    canary += tie.canary;
    other += tie.other;
    const above = canary + other;
    if (above > (n + m) / 2 || found.length === TAILS) break;
    // Single values: the upper half, quarter, … so that the number of tries does not grow with the sample.
    if (above < next) continue;
    found.push({ canary: { bad: canary, total: n }, other: { bad: other, total: m }, above: index - 1 });
    if (ties.length > TAILS) next = above * 2;
  }
  return found;
}

const sum = (ties: readonly Ties[], side: keyof Ties): number => ties.reduce((total, tie) => total + tie[side], 0);

/** Slower by a part and by an amount that anybody would notice. @param least seconds; @default what holds for the median */
export const isSlower = (value: number, baseline: number, settings: AnalysisSettings, least?: number): boolean =>
  value > highest(baseline, settings, least);

const highest = (baseline: number, { latency }: AnalysisSettings, least = latency.minimumSeconds): number =>
  Math.max(baseline * (1 + latency.tolerance), baseline + least);

function outcomeOf(matters: boolean, p: number, { alpha, suspicion }: AnalysisSettings): Outcome {
  if (!matters) return "PASS";
  return p < alpha ? "FAIL" : p < suspicion ? "INCONCLUSIVE" : "PASS";
}

function ending(outcome: Outcome, matters: boolean, p: number): string {
  if (!matters) return "no difference that matters.";
  return outcome === "FAIL" ? `${chance(p)}.` : `not certain (${chance(p)}).`;
}

const unusable = (metric: string, problem: string): Reason => ({
  check: "data",
  metric,
  outcome: "INCONCLUSIVE",
  n: 0,
  words: `The ${metric} cannot be judged: ${problem}.`,
});

function noComparison(n: number, theirs: Latency | undefined): Reason {
  const had = theirs === undefined ? "no traffic" : `only ${countOf(theirs)} responses`;
  return {
    check: "shift",
    metric: "latency",
    outcome: "ABSTAIN",
    n,
    words: `No comparison of latency: the other slot had ${had}. The fixed limit decides alone.`,
  };
}
