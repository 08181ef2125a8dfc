import type { Finding, Gauge, JobOutcome, Section } from "../../job.ts";
import { type DatabaseManifest, rowsOf } from "../../postgres/manifest.ts";
import { ago, bytes, seconds } from "../../words.ts";
import type { Found } from "../backup/find.ts";

/** What a drill came to. */
export interface DrillFigures {
  readonly found: Found;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Absent: the backup has no database. */
  readonly database?: {
    readonly recorded: DatabaseManifest;
    readonly found: DatabaseManifest;
    readonly differences: readonly string[];
    readonly restoreSeconds: number;
    readonly compareSeconds: number;
  };
  /** Absent: the backup has no files. `expected` is what restic counted when it was taken. */
  readonly files?: { readonly there: number; readonly expected: number | undefined; readonly seconds: number } | undefined;
  /** What kept the drill from being carried through. */
  readonly broken?: Finding;
}

const MOST_TABLES = 50;

/** The report and the numbers of a drill. What differs is critical: a backup that cannot be restored is none. */
export function report({ found: { backup, manifest }, now, database, files, broken }: DrillFigures): JobOutcome {
  const wrong = [...(database?.differences ?? []), ...filesWrong(files)];
  const good = wrong.length === 0 && broken === undefined;
  const restoreSeconds = (database?.restoreSeconds ?? 0) + (files?.seconds ?? 0);
  return {
    summary: good
      ? `The backup ${backup.run} can be restored, in ${seconds(restoreSeconds)}: ${database ? `${rowsOf(database.recorded)} rows in ${database.recorded.tables.length} tables are as they were` : "no database"}${files ? `, ${files.there} files` : ""}.`
      : `The backup ${backup.run} is NO GOOD: it does not come back as it was.`,
    findings: [
      ...(broken ? [broken] : []),
      ...wrong.map(
        (what): Finding => ({
          level: "critical",
          what,
          todo: 'See "A drill that failed" in docs/backups.md; older backups may be whole: npm run job -- run restore shows them.',
        }),
      ),
      ...(good ? [{ level: "ok", what: "Every table and every file came back as it was." } as const] : []),
    ],
    sections: [
      {
        title: "The backup",
        table: {
          head: ["", ""],
          rows: [
            ["name", backup.run],
            ["taken", `${manifest.at} (${ago(now - backup.at)} ago)`],
            ["database", backup.database ? bytes(backup.database.summary?.total_bytes_processed ?? 0) : "none"],
            ["time to restore", broken ? "it could not be restored" : seconds(restoreSeconds)],
            ...(database ? [["time to compare", seconds(database.compareSeconds)]] : []),
            ...(files ? [["files", `${files.there}, read again and compared`]] : []),
          ],
        },
      },
      ...(database ? [tables(database)] : []),
    ],
    metrics: [
      gauge("sluice_restore_drill_good", "Whether the last drill found the newest backup as it was: 1, else 0.", good ? 1 : 0),
      ...(good
        ? [
            gauge("sluice_restore_drill_seconds", "How long the last drill took to restore the newest backup.", restoreSeconds),
            gauge("sluice_restore_drill_rows", "Rows that the last drill found as they were.", database ? rowsOf(database.recorded) : 0),
            gauge(
              "sluice_restore_drill_backup_timestamp_seconds",
              "When the backup was taken that was last restored, seconds since 1970.",
              Math.round(backup.at / 1000),
            ),
          ]
        : []),
    ],
  };
}

const gauge = (name: string, help: string, value: number): Gauge => ({ name, help, value });

function filesWrong(files: DrillFigures["files"]): string[] {
  if (files === undefined || files.expected === undefined || files.there === files.expected) return [];
  return [`${files.there} files came back instead of ${files.expected}`];
}

function tables({ recorded, found }: NonNullable<DrillFigures["database"]>): Section {
  const there = new Map(found.tables.map((table) => [table.name, table]));
  const shown = [...recorded.tables].sort((a, b) => b.rows - a.rows || (a.name < b.name ? -1 : 1)).slice(0, MOST_TABLES);
  return {
    title: "Tables",
    ...(shown.length < recorded.tables.length && {
      text: `The ${MOST_TABLES} with the most rows of ${recorded.tables.length}; all were compared.`,
    }),
    table: {
      head: ["table", "rows backed up", "rows restored", "content"],
      rows: shown.map(({ name, rows, sum }) => {
        const now = there.get(name);
        return [name, `${rows}`, now ? `${now.rows}` : "-", now === undefined ? "MISSING" : now.sum === sum ? "the same" : "DIFFERS"];
      }),
    },
  };
}
