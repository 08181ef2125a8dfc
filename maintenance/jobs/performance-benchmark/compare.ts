import { mean, median, quantileSorted, standardDeviation } from "simple-statistics";
import { z } from "zod";
import type { Finding } from "../../job.ts";
import { percent } from "../../words.ts";
import type { Shot } from "./load.ts";

/** One measurement, as it is remembered. Milliseconds. */
export const Measured = z.object({
  /** ISO 8601. */
  at: z.string(),
  /** What was sent: another load is another baseline. */
  plan: z.string(),
  requests: z.number(),
  /** Of 1. */
  failed: z.number(),
  perSecond: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  /** A query that reads no table, nine in a row. */
  query: z.number().optional(),
});
export type Measured = z.infer<typeof Measured>;

/** How many measurements a baseline is made of. */
const BASELINE = 8;
/** Fewer say too little of how much they differ by themselves. */
const LEAST = 3;
const SIGMAS = 3;
/** Differences of less are the host's own. */
const NOISE_MS = 2;
const FAILED = 0.01;

/** Figures of a load. A 5xx and no answer have failed; any other answer is one. */
export function figures(shots: readonly Shot[], plan: string, at: string, seconds: number): Measured {
  const answered = shots.filter(({ status }) => status !== "none" && status < 500);
  const times = answered.map(({ ms }) => ms).sort((a, b) => a - b);
  const at_ = (share: number): number => (times.length === 0 ? 0 : Number(quantileSorted(times, share).toFixed(2)));
  return {
    ...{ at, plan, requests: shots.length, failed: shots.length === 0 ? 1 : 1 - answered.length / shots.length },
    ...{ perSecond: Number((answered.length / seconds).toFixed(1)), p50: at_(0.5), p95: at_(0.95), p99: at_(0.99) },
  };
}

/** What this measurement is held against: the last good ones of the same load. */
export function baseline(history: readonly Measured[], plan: string): Measured[] {
  return history.filter((one) => one.plan === plan && one.failed <= FAILED).slice(-BASELINE);
}

/**
 * Slower than the baseline by more than settings allow, by more than three of its own deviations, and by more than noise: all three, so that
 * neither a quiet baseline nor a wild one cries wolf.
 */
export function compare(now: Measured, before: readonly Measured[], slowerPercent: number): Finding[] {
  const findings: Finding[] = [];
  if (now.failed > FAILED)
    findings.push({
      ...{ level: now.failed > 0.05 ? "critical" : "warning", what: `${percent(now.failed)} of ${now.requests} requests failed.` },
      todo: "See the edge's log and the service's: npm run status, docker logs.",
    });
  if (before.length < LEAST) {
    findings.push({ level: "notice", what: `There are ${before.length} measurements of this load; it is compared from ${LEAST} on.` });
    return findings;
  }
  for (const key of ["p50", "p95", "p99", "query"] as const) {
    const [value, known] = [now[key], before.flatMap((one) => one[key] ?? [])];
    if (value === undefined || known.length < LEAST) continue;
    const [usual, sigma] = [median(known), standardDeviation(known)];
    const limit = Math.max(usual * (1 + slowerPercent / 100), mean(known) + SIGMAS * sigma, usual + NOISE_MS);
    if (value > limit)
      findings.push({
        level: "warning",
        what: `${key === "query" ? "A query" : key} takes ${value.toFixed(1)} ms, ${percent(value / usual - 1)} more than usual (${usual.toFixed(1)} ms; up to ${limit.toFixed(1)} is).`,
        todo: "See what came since: npm run status (releases), the host's load, the database review.",
      });
  }
  return findings;
}
