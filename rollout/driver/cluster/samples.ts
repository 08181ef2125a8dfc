import { z } from "zod";
import type { Slot } from "../../../components/edge/share.ts";
import type { RequestNames } from "../../../settings/cluster-types.ts";
import type { Bucket, History, Tally } from "../../analysis/index.ts";
import type { WindowAnswer } from "../../guard/answers.ts";
import { slotOf } from "./queries.ts";

const Value = z.tuple([z.number(), z.string()]);
const Labels = z.record(z.string(), z.string());

/** Answers of Prometheus' HTTP API to one query: now, and over a stretch. */
export const VectorAnswer = z.object({
  status: z.literal("success"),
  data: z.object({ resultType: z.literal("vector"), result: z.array(z.object({ metric: Labels, value: Value })) }),
});
export const MatrixAnswer = z.object({
  status: z.literal("success"),
  data: z.object({ resultType: z.literal("matrix"), result: z.array(z.object({ metric: Labels, values: z.array(Value) })) }),
});

/** One series and its values in order; the times in seconds since 1970. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

export const seriesOf = ({ data }: z.infer<typeof MatrixAnswer>): Series[] =>
  data.result.map(({ metric, values }) => ({ labels: metric, points: values.map(([at, value]) => ({ at, value: Number(value) })) }));

/** What is known of counters: each one's last value. */
export type Known = ReadonlyMap<string, number>;

interface Grown {
  readonly labels: Readonly<Record<string, string>>;
  readonly by: number;
}

/** A counter that fell was started anew: what it has counted since is what it shows. */
const step = (before: number, now: number): number => (now >= before ? now - before : now);

/**
 * How much counters have grown since they were last seen. One that was not there before has grown from nothing; one that is gone for now is
 * remembered.
 * @param known null: the first look, which is where counting begins
 */
export function grown(known: Known | null, answer: z.infer<typeof VectorAnswer>): { readonly known: Known; readonly grown: Grown[] } {
  const all = new Map(known ?? []);
  const found = answer.data.result.map(({ metric, value }) => {
    const key = JSON.stringify(Object.entries(metric).sort());
    const now = Number(value[1]);
    const by = known === null ? 0 : step(all.get(key) ?? 0, now);
    all.set(key, now);
    return { labels: metric, by };
  });
  return { known: all, grown: found };
}

/**
 * The same of a stretch: from the last value before it (none: nothing yet) to the one at its end, over every fall in between.
 * @param series with a few minutes of what was before, where a look that failed has left a hole
 * @param from seconds since 1970
 */
export function grownOver(series: readonly Series[], from: number): Grown[] {
  return series.map(({ labels, points }) => {
    let [before, by] = [0, 0];
    for (const { at, value } of points) {
      if (at > from + GRID) by += step(before, value);
      before = value;
    }
    return { labels, by };
  });
}

/** Times come back with a rounding of their own, seconds. */
const GRID = 0.002;

/** Whether anything was known when a stretch began: else what was counted before cannot be told from what was counted in it. */
export const knownBefore = (series: readonly Series[], from: number): boolean =>
  series.length === 0 || series.some(({ points }) => points.some(({ at }) => at <= from + GRID));

type BySlot<T> = Readonly<Record<Slot, T>>;

const bySlot = <T>(make: (slot: Slot) => T): BySlot<T> => ({ blue: make("blue"), green: make("green") });

/** Statuses that are the release's fault. Anything that is no status is a client that went away, and says nothing of either slot. */
const BAD = /^5\d\d$/;
const STATUS = /^[1-5]\d\d$/;

/** Requests by slot, and how many of them failed. */
export function tallies(found: readonly Grown[], names: RequestNames, service: string): BySlot<Tally> {
  return bySlot((slot) => {
    const own = found.filter(({ labels }) => slotOf(labels, names, service) === slot && STATUS.test(labels[names.status] ?? ""));
    const sum = (of: readonly Grown[]) => of.reduce((total, { by }) => total + by, 0);
    return { bad: sum(own.filter(({ labels }) => BAD.test(labels[names.status] ?? ""))), total: sum(own) };
  });
}

/** Durations by slot, as a cumulative histogram in seconds. */
export function histograms(found: readonly Grown[], names: RequestNames, service: string): BySlot<Bucket[]> {
  const scale = names.unit === "milliseconds" ? 1000 : 1;
  return bySlot((slot) => {
    const counts = new Map<number, number>();
    for (const { labels, by } of found) {
      if (slotOf(labels, names, service) !== slot) continue;
      const le = Number((labels.le ?? "").replace("+Inf", "Infinity")) / scale;
      counts.set(le, (counts.get(le) ?? 0) + by);
    }
    return [...counts].sort(([a], [b]) => a - b).map(([le, count]) => ({ le, count }));
  });
}

/** Of so many answers, those that certainly took longer than `seconds`: the bucket that the limit lies in is given the benefit of the doubt. */
export function slowOf(buckets: readonly Bucket[], seconds: number): Tally {
  const total = buckets.at(-1)?.count ?? 0;
  const within = buckets.find(({ le }) => le >= seconds)?.count ?? total;
  return { bad: Math.max(0, total - within), total };
}

/** Times of the newest samples by slot, milliseconds since 1970; none where nothing was ever counted. */
export function newestOf({ data }: z.infer<typeof VectorAnswer>, names: RequestNames, service: string): BySlot<number | null> {
  const at = (slot: Slot) => data.result.find(({ metric }) => slotOf(metric, names, service) === slot)?.value[1];
  return bySlot((slot) => (at(slot) === undefined ? null : Number(at(slot)) * 1000));
}

/** What both slots did in a stretch, as the analysis takes it. */
export function windowOf(
  { from, until, complete }: Pick<WindowAnswer, "from" | "until" | "complete">,
  counted: { readonly requests: readonly Series[]; readonly latency: readonly Series[]; readonly history?: BySlot<History> | undefined },
  names: RequestNames,
  service: string,
): WindowAnswer {
  const requests = tallies(grownOver(counted.requests, from / 1000), names, service);
  const latency = histograms(grownOver(counted.latency, from / 1000), names, service);
  const slots = bySlot((slot) => ({
    ...{ requests: requests[slot].total, errors: requests[slot].bad, seconds: (until - from) / 1000 },
    latency: { buckets: latency[slot] },
  }));
  const history = counted.history && bySlot((slot) => copied(counted.history?.[slot]));
  return { from, until, complete, ...slots, ...(history && { history }) };
}

const copied = (history: History | undefined) => ({
  errorShares: [...(history?.errorShares ?? [])],
  p95Seconds: [...(history?.p95Seconds ?? [])],
});

/** Of a minute with fewer requests, a share says nothing. */
const ENOUGH = 20;

/** Error shares and P95 of earlier minutes, slot by slot. */
export function historyOf(requests: readonly Series[], p95: readonly Series[], names: RequestNames, service: string): BySlot<History> {
  const scale = names.unit === "milliseconds" ? 1000 : 1;
  return bySlot((slot) => {
    const minutes = new Map<number, { bad: number; total: number }>();
    for (const { labels, points } of requests) {
      const status = labels[names.status] ?? "";
      if (slotOf(labels, names, service) !== slot || !STATUS.test(status)) continue;
      for (const { at, value } of points) {
        const minute = minutes.get(at) ?? { bad: 0, total: 0 };
        minutes.set(at, { bad: minute.bad + (BAD.test(status) ? value : 0), total: minute.total + value });
      }
    }
    const told = [...minutes].filter(([, { total }]) => total >= ENOUGH);
    const times = new Set(told.map(([at]) => at));
    const own = p95.find(({ labels }) => slotOf(labels, names, service) === slot)?.points ?? [];
    return {
      errorShares: told.map(([, { bad, total }]) => bad / total),
      p95Seconds: own.filter(({ at, value }) => times.has(at) && Number.isFinite(value)).map(({ value }) => value / scale),
    };
  });
}
