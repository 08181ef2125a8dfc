import { upperTail } from "./proportions.ts";

/** Values that are equal, or fell into the same bucket: how many of them on each side. */
export interface Ties {
  readonly canary: number;
  readonly other: number;
}

export interface Ranks {
  /** How many pairs the canary's value is the higher one of; a tie is half a pair. */
  readonly u: number;
  readonly z: number;
  /** Chance of ranks like these, or higher ones, when both sides are alike. */
  readonly p: number;
  /** Common language effect size: chance that a value of the canary is higher than one of the other side. 0.5 is no difference. */
  readonly cles: number;
}

/**
 * Mann-Whitney U, one-sided, by its normal approximation with corrections for ties and continuity
 * (Mann, Whitney, 1947; Lehmann, Nonparametrics, 1975, chapter 1.4 for the ties; McGraw, Wong, 1992, for the effect size).
 * `groups` are in rising order; each is one tie. A histogram is such groups already: what is inside a bucket counts as equal, which
 * costs power but never invents a difference.
 */
export function mannWhitney(groups: readonly Ties[]): Ranks {
  let [u, below, n, ties] = [0, 0, 0, 0];
  for (const { canary, other } of groups) {
    u += canary * (below + other / 2);
    below += other;
    n += canary;
    ties += (canary + other) ** 3 - (canary + other);
  }
  const total = n + below;
  const variance = ((n * below) / 12) * (total + 1 - ties / (total * (total - 1)));
  const difference = u - (n * below) / 2;
  const z = variance > 0 ? (Math.sign(difference) * Math.max(0, Math.abs(difference) - 0.5)) / Math.sqrt(variance) : 0;
  return { u, z, p: upperTail(z), cles: u / (n * below) };
}
