import type { Summary } from "./entries.ts";

/** The four figures of DORA for a stretch of time. A figure without anything to count is null, never 0. */
export interface Dora {
  /** Days that were looked at. */
  readonly days: number;
  /** Releases that were promoted. */
  readonly deployments: number;
  readonly deploymentsPerDay: number;
  /** Median and 95th percentile of commit → promoted; start → promoted where the commit's time is not known. */
  readonly leadSeconds: { readonly median: number; readonly p95: number } | null;
  /** Releases that had clients, and how many of those were taken back. */
  readonly changes: number;
  readonly failures: number;
  readonly failureRatio: number | null;
  /** First bad response (else the decision) → every client back. */
  readonly restoreSeconds: { readonly median: number; readonly p95: number } | null;
}

const DAY_MS = 86_400_000;

/**
 * @param summaries of rollouts that are over; a rollout that was promoted and taken back later has two, and the later one counts
 * @param now milliseconds; only what ended within `days` before it counts
 */
export function dora(summaries: readonly Summary[], now: number, days = 30): Dora {
  const latest = new Map<string, Summary>();
  for (const summary of summaries
    .filter(({ endedAt }) => endedAt <= now && endedAt > now - days * DAY_MS)
    .toSorted((a, b) => a.endedAt - b.endedAt))
    latest.set(summary.rollout, summary);
  const all = [...latest.values()];
  const promoted = all.filter(({ promotedAt }) => promotedAt !== null);
  const changes = all.filter(({ steppedAt, promotedAt }) => steppedAt !== null || promotedAt !== null);
  const failures = changes.filter(({ outcome }) => outcome !== "promoted");
  const leads = promoted.map(({ commitAt, startedAt, promotedAt }) => ((promotedAt ?? 0) - (commitAt ?? startedAt)) / 1000);
  const restores = failures.flatMap(({ firstBadAt, decidedAt, backAt }) => {
    const from = firstBadAt ?? decidedAt;
    return from === null || backAt === null ? [] : [Math.max(0, backAt - from) / 1000];
  });
  return {
    ...{ days, deployments: promoted.length, deploymentsPerDay: promoted.length / days },
    leadSeconds: spread(leads),
    ...{ changes: changes.length, failures: failures.length, failureRatio: changes.length === 0 ? null : failures.length / changes.length },
    restoreSeconds: spread(restores),
  };
}

function spread(values: readonly number[]): { median: number; p95: number } | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
  return { median, p95: sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0 };
}

/** The figures of every service as metrics, in Prometheus' text format. What is not known is left out. */
export function doraMetrics(figures: ReadonlyMap<string, Dora>): string {
  const metrics: [name: string, help: string, of: (dora: Dora) => number | undefined][] = [
    ["sluice_dora_deployments_per_day", "Promoted releases per day.", (one) => one.deploymentsPerDay],
    ["sluice_dora_lead_time_seconds", "Median time from commit to promotion.", (one) => one.leadSeconds?.median],
    ["sluice_dora_change_failure_ratio", "Share of releases with clients that were taken back.", (one) => one.failureRatio ?? undefined],
    [
      "sluice_dora_restore_seconds",
      "Median time from the first bad response until every client was back.",
      (one) => one.restoreSeconds?.median,
    ],
  ];
  return metrics
    .flatMap(([name, help, of]) => {
      const lines = [...figures].flatMap(([service, one]) => {
        const value = of(one);
        return value === undefined ? [] : [`${name}{service="${service}"} ${value}`];
      });
      return lines.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines];
    })
    .map((line) => `${line}\n`)
    .join("");
}
