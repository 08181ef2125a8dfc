import picocolors from "picocolors";
import { nextRun, onTheWall, skippedDays } from "../components/maintenance/next-runs.ts";
import { inWords, zoneOf } from "../components/maintenance/schedule.ts";
import type { RunRecord } from "../maintenance/runner/config.ts";
import { span } from "../rollout/records/words.ts";
import type { JobSettings, MaintenanceSettings } from "../settings/types.ts";
import type { JobFacts } from "./jobs.ts";

export interface JobRow {
  readonly job: string;
  readonly does: string;
  readonly schedule: string;
  readonly next: string;
  readonly last: string;
  /** Why it is not there, or what is odd about its schedule; empty: nothing. */
  readonly note: string;
}

export interface JobsSeen {
  readonly maintenance: MaintenanceSettings;
  readonly containers: readonly JobFacts[];
  readonly history: readonly RunRecord[];
  /** Why the estate cannot have a job, in words. */
  readonly lacks: (job: JobSettings) => string | undefined;
  readonly now: Date;
}

/** What people want to know of every job. */
export function jobRows({ maintenance, containers, history, lacks, now }: JobsSeen): JobRow[] {
  return maintenance.jobs.map((job) => {
    const { name, does, schedule, enabled } = job;
    const there = containers.find((one) => one.job === name);
    const last = history.findLast((one) => one.job === name);
    const missing = !enabled ? "switched off" : (lacks(job) ?? (there ? undefined : "not made yet: npm run up"));
    const skipped = schedule === undefined ? [] : skippedDays(schedule, now);
    const next = schedule && nextRun(schedule, now);
    const idle = maintenance.scheduler === "none" ? "only by hand: `scheduler` is none" : "";
    return {
      ...{ job: name, does },
      schedule: schedule === undefined ? "only by hand" : inWords(schedule),
      next: missing !== undefined || schedule === undefined || !next ? "-" : idle || onTheWall(next, zoneOf(schedule)),
      last: there?.running
        ? `running since ${there.startedAt.slice(0, 16).replace("T", " ")} UTC`
        : last === undefined
          ? "never"
          : lastWords(last, now),
      note:
        missing ??
        (skipped.length > 0
          ? `not on ${skipped.join(", ")}: the clock has no ${schedule && "at" in schedule ? schedule.at : ""} that day`
          : ""),
    };
  });
}

const lastWords = ({ result, began, seconds }: RunRecord, now: Date): string =>
  `${result}, ${span(Math.max(0, now.getTime() - Date.parse(began)))} ago, took ${span(seconds * 1000)}`;

/** Rows as columns of text; two spaces lie between them. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => (row[index] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The list of jobs, those that are not there behind the others. */
export function renderJobs(estate: string, rows: readonly JobRow[], scheduler: MaintenanceSettings["scheduler"]): string {
  const [there, away] = [
    rows.filter(({ next, note }) => next !== "-" || note === ""),
    rows.filter(({ next, note }) => next === "-" && note !== ""),
  ];
  const head = scheduler === "systemd" ? "The host's systemd begins them." : "Nothing begins them by itself here: npm run job -- run NAME.";
  return [
    `Jobs of ${estate}. ${head}`,
    "",
    columns([
      ["job", "runs", "next", "last", "note"],
      ...there.map(({ job, schedule, next, last, note }) => [job, schedule, next, last, note]),
    ]),
    ...(away.length > 0 ? ["", "Left out:", columns(away.map(({ job, note }) => [`  ${job}`, note]))] : []),
  ].join("\n");
}

const COLOURS: Readonly<Partial<Record<RunRecord["result"], (text: string) => string>>> = {
  ok: picocolors.green,
  found: picocolors.yellow,
  failed: picocolors.red,
  "timed out": picocolors.red,
  stopped: picocolors.yellow,
};

/** Runs, the newest last. */
export function renderHistory(records: readonly RunRecord[]): string {
  if (records.length === 0) return "No run yet. Begin one: npm run job -- run NAME";
  const rows = records.map(({ began, job, result, seconds, summary }) => [
    began.slice(0, 19).replace("T", " "),
    job,
    result,
    span(seconds * 1000),
    summary.split("\n")[0] ?? "",
  ]);
  const text = columns([["began (UTC)", "job", "ended", "took", "summary"], ...rows]).split("\n");
  return [text[0], ...text.slice(1).map((line, index) => COLOURS[records[index]?.result ?? "ok"]?.(line) ?? line)].join("\n");
}
