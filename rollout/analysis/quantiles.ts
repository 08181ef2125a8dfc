import type { Bucket, Latency, Tally } from "./counts.ts";
import type { Ties } from "./ranks.ts";

export const countOf = (latency: Latency): number => ("samples" in latency ? latency.samples.length : (latency.buckets.at(-1)?.count ?? 0));

/**
 * The latency that a share of the responses does not exceed, in seconds. In a histogram the values are taken as spread evenly over
 * their bucket, and what is above the last bound counts as that bound, as Prometheus' `histogram_quantile` has it. NaN without responses.
 */
export function quantile(latency: Latency, part: number): number {
  if ("samples" in latency) {
    const sorted = latency.samples.toSorted((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
  }
  const rank = part * countOf(latency);
  let [bound, below] = [0, 0];
  for (const { le, count } of latency.buckets) {
    if (count >= rank && count > below)
      return le === Number.POSITIVE_INFINITY ? bound : bound + ((le - bound) * (rank - below)) / (count - below);
    [bound, below] = [le, count];
  }
  return Number.NaN;
}

/** How many responses took longer; inside a bucket as `quantile` has it, to the nearest whole response. */
export function slowerThan(latency: Latency, seconds: number): Tally {
  const total = countOf(latency);
  if ("samples" in latency) return { bad: latency.samples.filter((sample) => sample > seconds).length, total };
  let [bound, below] = [0, 0];
  for (const { le, count } of latency.buckets) {
    if (seconds < le) {
      // The last bucket is endless, so all of it counts as slower: nobody knows by how much.
      const inside = (seconds - bound) / (le - bound);
      return { bad: Math.round(total - below - inside * (count - below)), total };
    }
    [bound, below] = [le, count];
  }
  return { bad: 0, total };
}

/** Both sides' latencies as groups of equal ones, rising. Undefined when they are not measured alike. */
export function groups(canary: Latency, other: Latency): readonly Ties[] | undefined {
  if ("buckets" in canary && "buckets" in other) return bucketGroups(canary.buckets, other.buckets);
  if ("samples" in canary && "samples" in other) return sampleGroups(canary.samples, other.samples);
  return undefined;
}

function bucketGroups(canary: readonly Bucket[], other: readonly Bucket[]): readonly Ties[] | undefined {
  if (canary.length !== other.length || canary.some(({ le }, index) => le !== other[index]?.le)) return undefined;
  const inside = (buckets: readonly Bucket[], index: number): number => (buckets[index]?.count ?? 0) - (buckets[index - 1]?.count ?? 0);
  return canary.map((_, index) => ({ canary: inside(canary, index), other: inside(other, index) }));
}

function sampleGroups(canary: readonly number[], other: readonly number[]): readonly Ties[] {
  const found = new Map<number, { canary: number; other: number }>();
  const count = (side: keyof Ties) => (value: number) => {
    const tie = found.get(value) ?? { canary: 0, other: 0 };
    tie[side] += 1;
    found.set(value, tie);
  };
  canary.forEach(count("canary"));
  other.forEach(count("other"));
  return [...found].sort(([a], [b]) => a - b).map(([, tie]) => tie);
}
