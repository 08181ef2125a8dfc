import binomialCdf from "@stdlib/stats-base-dists-binomial-cdf";
import hypergeometricCdf from "@stdlib/stats-base-dists-hypergeometric-cdf";
import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import type { Tally } from "./counts.ts";

/** Above this many events on the rarer side the normal curve replaces the exact count: uneven slots with fewer would look too certain on it. */
const EXACT_UP_TO = 1000;

/** Chance that a standard normal value is `z` or more. */
export const upperTail = (z: number): number => normalCdf(-z, 0, 1);

/**
 * Chance that the canary has so many bad ones, or more, when both have the same share: one-sided p of two proportions.
 * Few events are counted exactly, many go through the normal curve.
 */
export function moreBadThan(canary: Tally, other: Tally): number {
  const bad = canary.bad + other.bad;
  const good = canary.total + other.total - bad;
  return Math.min(bad, good) <= EXACT_UP_TO ? fisher(canary, other) : pooledZ(canary, other).p;
}

/**
 * Fisher's exact test, one-sided: with all bad ones given, those of the canary are hypergeometric
 * (R. A. Fisher, The Design of Experiments, 1935, chapter II; Agresti, Categorical Data Analysis, 3rd edition, 3.5.1).
 * The tail is summed from the side that loses no digits: P(canary's bad ones >= a) = P(the other's <= c) = P(canary's good ones <= b).
 */
export function fisher(canary: Tally, other: Tally): number {
  const total = canary.total + other.total;
  const bad = canary.bad + other.bad;
  const good = canary.total - canary.bad;
  return other.bad <= good
    ? hypergeometricCdf(other.bad, total, bad, other.total)
    : hypergeometricCdf(good, total, total - bad, canary.total);
}

/**
 * z of two proportions with the pooled variance and Yates' correction for continuity, one-sided
 * (Fleiss, Levin, Paik, Statistical Methods for Rates and Proportions, 3rd edition, 3.2): the variance is the share under "no difference".
 */
export function pooledZ(canary: Tally, other: Tally): { readonly z: number; readonly p: number } {
  const pooled = (canary.bad + other.bad) / (canary.total + other.total);
  const reach = 1 / canary.total + 1 / other.total;
  const deviation = Math.sqrt(pooled * (1 - pooled) * reach);
  const difference = canary.bad / canary.total - other.bad / other.total;
  const corrected = Math.sign(difference) * Math.max(0, Math.abs(difference) - reach / 2);
  const z = deviation > 0 ? corrected / deviation : 0;
  return { z, p: upperTail(z) };
}

/** Chance of so many bad ones, or more, when each is bad with chance `limit`: the exact binomial test, one-sided (Clopper, Pearson, 1934). */
export function moreBadThanShare({ bad, total }: Tally, limit: number): number {
  return bad <= 0 ? 1 : binomialCdf(total - bad, total, 1 - limit);
}
