import { errorsOf, latencyProblem, share, tallyProblem, type Window, whole } from "./counts.ts";
import { isSlower } from "./latency.ts";
import { moreBadThanShare } from "./proportions.ts";
import { quantile, slowerThan } from "./quantiles.ts";
import type { AnalysisSettings } from "./settings.ts";
import { isWorse, unlessShared } from "./success-rate.ts";
import type { Outcome, Reason } from "./verdict.ts";
import { duration, percent } from "./words.ts";

/** One value of the past, e.g. the error share of a minute. `at` is in seconds of any clock. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** What the service did before: error shares and P95 of minutes, of the stable slot. Empty means: no history. */
export interface History {
  readonly errorShares: readonly number[];
  readonly p95Seconds: readonly number[];
}

/** The values of `length` seconds that ended `offset` seconds ago: the present, and a spike that began just now, stay out of their own baseline. */
export function rolling(points: readonly Point[], now: number, offset: number, length: number): readonly number[] {
  return points
    .filter(({ at, value }) => at >= now - offset - length && at < now - offset && Number.isFinite(value))
    .map(({ value }) => value);
}

/** Middle and spread of a baseline. */
export interface Baseline {
  readonly center: number;
  readonly sigma: number;
}

/** Mean and standard deviation of a sample (n - 1). */
export function meanBaseline(values: readonly number[]): Baseline {
  const center = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return { center, sigma: Math.sqrt(squares / (values.length - 1)) };
}

/**
 * Median and median absolute deviation, times 1.4826 so that it equals sigma for normal values
 * (Rousseeuw, Croux, Alternatives to the Median Absolute Deviation, 1993): up to half of the values may be outliers.
 */
export function medianBaseline(values: readonly number[]): Baseline {
  const center = middle(values);
  return { center, sigma: 1.4826 * middle(values.map((value) => Math.abs(value - center))) };
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2;
}

/**
 * The error share against its own history: 3 sigma above the mean, above the absolute floor, and more than the sample's own noise
 * explains (exact binomial test), because the canary has fewer requests per minute than history had.
 */
export function errorsAgainstHistory(canary: Window, other: Window | undefined, history: History, settings: AnalysisSettings): Reason {
  const metric = "error share";
  const { minimumPoints, sigmas, shareSigmaFloor, shareFloor } = settings.history;
  const values = history.errorShares.filter((value) => value >= 0 && value <= 1);
  if (values.length < minimumPoints) return abstain(metric, `history has only ${values.length} of the ${minimumPoints} points it needs`);
  const measured = errorsOf(canary);
  if (tallyProblem(measured) || measured.total < settings.minimumRequests) return abstain(metric, "the canary has too few good counts");
  const tally = whole(measured);
  const { center, sigma: spread } = meanBaseline(values);
  const sigma = (share(tally) - center) / Math.max(spread, shareSigmaFloor);
  const p = moreBadThanShare(tally, center);
  const high = sigma > sigmas && share(tally) > shareFloor;
  const outcome: Outcome = !high ? "PASS" : p < settings.alpha ? "FAIL" : "INCONCLUSIVE";
  const words = `Error share ${percent(share(tally))}, usually ${percent(center)}: ${spoken(sigma)}.`;
  const reason: Reason = {
    check: "history",
    metric,
    outcome,
    n: tally.total,
    value: share(tally),
    baseline: center,
    threshold: sigmas,
    p,
    sigma,
    words,
  };
  return unlessShared(reason, isWorse(tally, other && errorsOf(other), settings));
}

/** P95 against the median of its own history, in units of its MAD; certain when more responses are above that line than the usual 5 % explain. */
export function latencyAgainstHistory(canary: Window, other: Window | undefined, history: History, settings: AnalysisSettings): Reason {
  const metric = "P95";
  const { minimumPoints, sigmas, secondsSigmaFloor, secondsFloor } = settings.history;
  const values = history.p95Seconds.filter((value) => Number.isFinite(value) && value >= 0);
  if (values.length < minimumPoints) return abstain(metric, `history has only ${values.length} of the ${minimumPoints} points it needs`);
  const { latency } = canary;
  if (latency === undefined || latencyProblem(latency)) return abstain(metric, "the canary has no good latencies");
  const { center, sigma: spread } = medianBaseline(values);
  const unit = Math.max(spread, secondsSigmaFloor);
  const line = Math.max(center + sigmas * unit, secondsFloor);
  const slow = slowerThan(latency, line);
  if (slow.total < settings.minimumRequests) return abstain(metric, "the canary has too few responses");
  const value = quantile(latency, 0.95);
  const sigma = (value - center) / unit;
  const p = moreBadThanShare(slow, 0.05);
  const high = value > line && isSlower(value, center, settings);
  const outcome: Outcome = !high ? "PASS" : p < settings.alpha ? "FAIL" : "INCONCLUSIVE";
  const words = `P95 ${duration(value)}, usually ${duration(center)}: ${spoken(sigma)}.`;
  const reason: Reason = { check: "history", metric, outcome, n: slow.total, value, baseline: center, threshold: sigmas, p, sigma, words };
  const theirs = other?.latency;
  return unlessShared(reason, isWorse(slow, theirs && !latencyProblem(theirs) ? slowerThan(theirs, line) : undefined, settings));
}

const spoken = (sigma: number): string => `${Math.abs(sigma).toFixed(1)} standard deviations ${sigma < 0 ? "below" : "above"} history`;

const abstain = (metric: string, why: string): Reason => ({
  check: "history",
  metric,
  outcome: "ABSTAIN",
  n: 0,
  words: `Not held against history: ${why}.`,
});
