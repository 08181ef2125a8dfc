import type { Latency, Window } from "../../../rollout/analysis/counts.ts";
import type { Reason } from "../../../rollout/analysis/verdict.ts";

/** Latencies spread evenly around a middle. */
export const spread = (count: number, middle: number, reach: number): { readonly samples: number[] } => ({
  samples: Array.from({ length: count }, (_, index) => middle + reach * ((2 * index + 1) / count - 1)),
});

/** 40 ms to 60 ms. */
export const fast = (count: number): { readonly samples: number[] } => spread(count, 0.05, 0.01);

/** A minute of a slot; without latencies of its own it answers fast. */
export const window = (requests: number, errors: number, latency: Latency = fast(Math.min(requests, 2000))): Window => ({
  requests,
  errors,
  seconds: 60,
  latency,
});

/** The one reason of a check. @throws when there is none or more than one */
export function named(reasons: readonly Reason[], check: Reason["check"], metric?: string): Reason {
  const found = reasons.filter((reason) => reason.check === check && (metric === undefined || reason.metric === metric));
  const [reason] = check === "history" && metric === undefined ? found : found.length === 1 ? found : [];
  if (reason === undefined) throw new Error(`${found.length} reasons of ${check} ${metric ?? ""}: ${JSON.stringify(reasons)}`);
  return reason;
}
