import type { BySecond } from "./seconds.ts";

/** How many of how many were bad. Whole numbers. */
export interface Tally {
  readonly bad: number;
  readonly total: number;
}

/** How many responses took at most `le` seconds. The last bound of a histogram is `Infinity`. */
export interface Bucket {
  readonly le: number;
  readonly count: number;
}

/** Latencies in seconds: as a cumulative histogram with rising bounds, or one by one. */
export type Latency = { readonly buckets: readonly Bucket[] } | { readonly samples: readonly number[] };

/** What one slot did in a stretch of time. */
export interface Window {
  readonly requests: number;
  readonly errors: number;
  readonly latency?: Latency;
  /** The same responses second by second, where that is known. */
  readonly bySecond?: BySecond | undefined;
  /** Length of the stretch. */
  readonly seconds: number;
}

export const share = ({ bad, total }: Tally): number => bad / total;

export const errorsOf = ({ errors, requests }: Window): Tally => ({ bad: errors, total: requests });

/** What happened between two readings of counters. A counter that went back gives a negative number: `tallyProblem` and `latencyProblem` name it. */
export function between(before: Window, after: Window): Window {
  const latency = latencyBetween(before.latency, after.latency);
  return {
    requests: after.requests - before.requests,
    errors: after.errors - before.errors,
    seconds: after.seconds - before.seconds,
    ...(latency && { latency }),
  };
}

function latencyBetween(before?: Latency, after?: Latency): Latency | undefined {
  if (after === undefined || before === undefined) return after;
  if ("samples" in after || "samples" in before) return { samples: [Number.NaN] }; // Samples are no counters: there is no difference to take.
  const same = after.buckets.length === before.buckets.length;
  return {
    buckets: after.buckets.map(({ le, count }, index) => {
      const old = before.buckets[index];
      return { le, count: same && old?.le === le ? count - old.count : Number.NaN };
    }),
  };
}

/** Prometheus extrapolates, so its increases have fractions: the nearest whole numbers. */
export const whole = ({ bad, total }: Tally): Tally => ({ bad: Math.round(bad), total: Math.max(Math.round(total), Math.round(bad)) });

/** Why these counts are not to be believed, or undefined. */
export function tallyProblem({ bad, total }: Tally): string | undefined {
  if (!Number.isFinite(bad) || !Number.isFinite(total)) return `${bad} of ${total} is not a count`;
  if (bad < 0 || total < 0) return `${bad} of ${total}: a counter went back (a restart?)`;
  if (bad > total) return `${bad} of ${total}: more bad ones than there were`;
  return undefined;
}

/** Why these latencies are not to be believed, or undefined. */
export function latencyProblem(latency: Latency): string | undefined {
  if ("samples" in latency) {
    const wrong = latency.samples.find((seconds) => !(Number.isFinite(seconds) && seconds >= 0));
    return wrong === undefined ? undefined : `${wrong} s is not a latency`;
  }
  const { buckets } = latency;
  if (buckets.at(-1)?.le !== Number.POSITIVE_INFINITY) return "the histogram has no bucket for everything (le = Infinity)";
  let [bound, below] = [0, 0];
  for (const { le, count } of buckets) {
    if (!(le > bound)) return `the histogram's bounds do not rise at ${le}`;
    if (!Number.isFinite(count) || count < below) return `the histogram falls to ${count} at le = ${le} (a restart?)`;
    [bound, below] = [le, count];
  }
  return undefined;
}
