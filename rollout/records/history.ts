import Table from "cli-table3";
import type { Dora } from "./dora.ts";
import type { Summary } from "./entries.ts";
import { moment, span } from "./words.ts";

/** Rollouts that are over as a table, the newest first. */
export function renderHistory(summaries: readonly Summary[], most = 20): string {
  if (summaries.length === 0) return "No rollout has ended yet.";
  const table = new Table({
    head: ["ended", "service", "release", "outcome", "took", "by", "rollout"],
    style: { head: ["bold"], border: [] },
  });
  for (const one of summaries.toSorted((a, b) => b.endedAt - a.endedAt).slice(0, most))
    table.push([
      moment(one.endedAt),
      one.service,
      `${one.previous} → ${one.release}`,
      one.outcome,
      span(one.endedAt - one.startedAt),
      one.by,
      one.rollout,
    ]);
  return `${table.toString()}\nThe report of one: npm run rollout -- report ROLLOUT`;
}

export function renderDora(figures: ReadonlyMap<string, Dora>): string {
  const table = new Table({
    head: ["service", "deployments", "per day", "lead time (median, p95)", "change failures", "time to restore (median, p95)"],
    style: { head: ["bold"], border: [] },
  });
  const pair = (value: { median: number; p95: number } | null) =>
    value === null ? "none" : `${span(value.median * 1000)}, ${span(value.p95 * 1000)}`;
  for (const [service, one] of figures) {
    const failures =
      one.failureRatio === null ? "none" : `${one.failures} of ${one.changes} (${Number((one.failureRatio * 100).toFixed(1))} %)`;
    table.push([service, one.deployments, one.deploymentsPerDay.toFixed(2), pair(one.leadSeconds), failures, pair(one.restoreSeconds)]);
  }
  const days = figures.values().next().value?.days ?? 0;
  return `The last ${days} days\n${table.toString()}`;
}
