import type { Bucket, History, Tally, Window } from "../analysis/index.ts";
import { quantile } from "../analysis/quantiles.ts";
import type { Answer } from "./requests.ts";

/** Upper bounds in seconds; the last bucket has none. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, Number.POSITIVE_INFINITY] as const;

/** Seconds that are kept: the longest window that can be judged. */
export const KEPT_SECONDS = 3600;
/** Minutes of history that are kept, and that are left out of it because they are the present. */
const HISTORY_MINUTES = 120;
const PRESENT_MINUTES = 5;

interface Second {
  requests: number;
  failed: number;
  readonly buckets: number[];
  auth: { bad: number; total: number };
}

/** A finished minute of one slot. */
export interface Minute {
  readonly at: number;
  readonly errorShare: number;
  readonly p95: number;
}

/** What one slot answered, second by second, and its history by minutes. The time is that of reading, at most half a second late. */
export class SlotTallies {
  readonly #seconds = new Map<number, Second>();
  #minutes: Minute[];

  constructor(minutes: readonly Minute[] = []) {
    this.#minutes = [...minutes];
  }

  get minutes(): readonly Minute[] {
    return this.#minutes;
  }

  /** @param at milliseconds since 1970 */
  add({ failed, seconds, workflow }: Answer, at: number): void {
    const second = this.#at(Math.floor(at / 1000));
    second.requests++;
    if (failed) second.failed++;
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
    second.buckets[bucket] = (second.buckets[bucket] ?? 0) + 1;
    if (workflow === "auth") {
      second.auth.total++;
      if (failed) second.auth.bad++;
    }
  }

  /** From `from` up to and without `until`, milliseconds. */
  window(from: number, until: number): Window & { readonly auth: Tally } {
    const [first, end] = [Math.floor(from / 1000), Math.ceil(until / 1000)];
    const sum = { requests: 0, failed: 0, buckets: BOUNDS.map(() => 0), auth: { bad: 0, total: 0 } };
    const bySecond: number[][] = Array.from({ length: Math.max(0, end - first) }, () => []);
    for (const [at, second] of this.#seconds) {
      if (at < first || at >= end) continue;
      bySecond[at - first] = [...second.buckets];
      sum.requests += second.requests;
      sum.failed += second.failed;
      sum.auth.bad += second.auth.bad;
      sum.auth.total += second.auth.total;
      second.buckets.forEach((count, index) => {
        sum.buckets[index] = (sum.buckets[index] ?? 0) + count;
      });
    }
    const buckets = cumulative(sum.buckets);
    return { requests: sum.requests, errors: sum.failed, seconds: (until - from) / 1000, latency: { buckets }, bySecond, auth: sum.auth };
  }

  /** Error shares and P95 of the minutes before the last few. */
  history(now: number): History {
    const known = this.#minutes.filter(({ at }) => at < now - PRESENT_MINUTES * 60_000);
    return { errorShares: known.map(({ errorShare }) => errorShare), p95Seconds: known.map(({ p95 }) => p95) };
  }

  /** Call once a minute: what is over becomes history, what is too old is forgotten. */
  turn(now: number): void {
    const { requests, errors, latency } = this.window(now - 60_000, now);
    // A minute of a few requests says nothing about a share.
    if (requests >= 20 && latency) {
      this.#minutes = [...this.#minutes, { at: now, errorShare: errors / requests, p95: quantile(latency, 0.95) }].slice(-HISTORY_MINUTES);
    }
    const oldest = Math.floor(now / 1000) - KEPT_SECONDS;
    for (const at of this.#seconds.keys()) if (at < oldest) this.#seconds.delete(at);
  }

  #at(second: number): Second {
    const known = this.#seconds.get(second);
    if (known) return known;
    const fresh = { requests: 0, failed: 0, buckets: BOUNDS.map(() => 0), auth: { bad: 0, total: 0 } };
    this.#seconds.set(second, fresh);
    return fresh;
  }
}

function cumulative(counts: readonly number[]): Bucket[] {
  let below = 0;
  return BOUNDS.map((le, index) => {
    below += counts[index] ?? 0;
    return { le, count: below };
  });
}
