import { moreBadThanShare } from "./proportions.ts";

/** Responses per bucket of one slot, second by second: both slots' lists begin at the same second and have the same bounds. */
export type BySecond = readonly (readonly number[])[];

export interface Seconds {
  /** Seconds in which the canary had the larger share of slow responses, and in which the other slot had. */
  readonly worse: number;
  readonly better: number;
  /** Chance of so many worse ones, or more, when either slot is as likely to be the slower one. */
  readonly p: number;
}

/**
 * In how many seconds was the canary the slower one? The sign test (Dixon, Mood, The Statistical Sign Test, 1946): it takes no response
 * for evidence of its own, only each second. One pause of one container makes hundreds of responses slow, and is one second here.
 *
 * @param above index of the last bucket that is not slow
 * @returns undefined when it is not known second by second
 */
export function compareSeconds(canary: BySecond | undefined, other: BySecond | undefined, above: number): Seconds | undefined {
  if (canary === undefined || other === undefined || canary.length !== other.length) return undefined;
  let [worse, better] = [0, 0];
  for (const [second, mine] of canary.entries()) {
    const theirs = other[second] ?? [];
    const [all, allTheirs] = [sum(mine), sum(theirs)];
    if (all === 0 || allTheirs === 0) continue;
    const difference = sum(mine.slice(above + 1)) * allTheirs - sum(theirs.slice(above + 1)) * all;
    if (difference > 0) worse++;
    if (difference < 0) better++;
  }
  return { worse, better, p: worse === 0 ? 1 : moreBadThanShare({ bad: worse, total: worse + better }, 0.5) };
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
