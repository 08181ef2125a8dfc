import type { Finding, Gauge, JobOutcome, Section } from "../../job.ts";
import { type DatabaseManifest, rowsOf } from "../../postgres/manifest.ts";
import type { Backup } from "../../restic/snapshots.ts";
import { ago, bytes, seconds } from "../../words.ts";
import type { BackupFacts } from "./facts.ts";
import type { Taken } from "./take.ts";

/** What a backup came to. */
export interface BackupFigures {
  readonly facts: BackupFacts;
  readonly taken: Taken;
  /** Every whole backup that is kept now, the newest first. */
  readonly kept: readonly Backup[];
  readonly repositoryBytes: number;
  /** Which packs were read again, e.g. `3/7`. */
  readonly part: string;
  /** Seconds that this machine's clock is ahead of the store's. */
  readonly aheadSeconds?: number | undefined;
  readonly now: number;
  /** What went wrong after the backup was safe. */
  readonly findings: readonly Finding[];
}

/** A clock that is this far off is on its way to be refused (15 minutes). */
const WORTH_A_WORD_SECONDS = 120;
const MOST_TABLES = 30;

/** The report and the numbers of a backup that succeeded. */
export function report({ facts, taken, kept, repositoryBytes, part, aheadSeconds, now, findings }: BackupFigures): JobOutcome {
  const { manifest } = taken;
  const rows = manifest.database ? rowsOf(manifest.database) : 0;
  const oldest = kept.at(-1);
  const store = `${facts.store.endpoint}/${facts.store.bucket}/${facts.store.prefix}`;
  return {
    summary: `${bytes(taken.bytes)} are safe in ${store}: ${manifest.database ? `${rows} rows in ${manifest.database.tables.length} tables` : "no database"}, ${facts.files.length} folders; ${bytes(taken.addedBytes)} were new.`,
    findings: [...findings, ...clock(aheadSeconds), ...future(kept, now)],
    sections: [
      {
        title: "This backup",
        table: {
          head: ["", ""],
          rows: [
            ["name", manifest.run],
            ["taken", manifest.at],
            ["backed up", bytes(taken.bytes)],
            ["new in the store", bytes(taken.addedBytes)],
            ["took", seconds(taken.seconds)],
            ["checked", `everything is there; part ${part} of the content was read again`],
          ],
        },
      },
      ...(manifest.database ? [tables(manifest.database)] : []),
      {
        title: "Kept backups",
        text: `${kept.length} backups take ${bytes(repositoryBytes)} in the store. Kept are ${facts.keep.daily} daily, ${facts.keep.weekly} weekly and ${facts.keep.monthly} monthly ones.`,
        table: {
          head: ["name", "age", "database", "files"],
          rows: kept.map(({ run, at, database, set }) => [
            run,
            ago(now - at),
            bytes(database?.summary?.total_bytes_processed ?? 0),
            bytes(set.summary?.total_bytes_processed ?? 0),
          ]),
        },
      },
    ],
    metrics: [
      gauge(
        "sluice_backup_last_success_timestamp_seconds",
        "When the last whole backup was taken, seconds since 1970.",
        Math.round(Date.parse(manifest.at) / 1000),
      ),
      gauge("sluice_backup_size_bytes", "Size of what the last backup holds.", taken.bytes),
      gauge("sluice_backup_added_bytes", "Bytes that the last backup added to the store.", taken.addedBytes),
      gauge("sluice_backup_repository_bytes", "Bytes that all backups take in the store.", repositoryBytes),
      gauge("sluice_backup_snapshots", "Whole backups that are kept.", kept.length),
      gauge("sluice_backup_seconds", "How long the last backup took, without checks.", taken.seconds),
      ...(oldest
        ? [
            gauge(
              "sluice_backup_oldest_timestamp_seconds",
              "When the oldest backup that is kept was taken, seconds since 1970.",
              Math.round(oldest.at / 1000),
            ),
          ]
        : []),
    ],
  };
}

const gauge = (name: string, help: string, value: number): Gauge => ({ name, help, value });

function tables({ tables, largeObjects }: DatabaseManifest): Section {
  const largest = [...tables].sort((a, b) => b.rows - a.rows || (a.name < b.name ? -1 : 1));
  const rest = largest.slice(MOST_TABLES);
  return {
    title: "Tables",
    ...(rest.length > 0 && {
      text: `The ${MOST_TABLES} with the most rows; ${rest.length} others have ${rest.reduce((sum, { rows }) => sum + rows, 0)} together.`,
    }),
    table: {
      head: ["table", "rows", "sum"],
      rows: [
        ...largest.slice(0, MOST_TABLES).map(({ name, rows, sum }) => [name, `${rows}`, sum]),
        ...(largeObjects.count > 0 ? [["large objects", `${largeObjects.count}`, largeObjects.sum]] : []),
      ],
    },
  };
}

function clock(aheadSeconds = 0): Finding[] {
  if (Math.abs(aheadSeconds) < WORTH_A_WORD_SECONDS) return [];
  const by = `${Math.abs(aheadSeconds)} seconds ${aheadSeconds > 0 ? "ahead of" : "behind"}`;
  return [
    {
      level: "warning",
      what: `This machine's clock is ${by} the store's; from 900 on, every request is refused.`,
      todo: "Set the host's clock: timedatectl set-ntp true.",
    },
  ];
}

/** A backup from the future would be the newest one for as long as it is. */
function future(kept: readonly Backup[], now: number): Finding[] {
  return kept.flatMap(({ run, at }): Finding[] =>
    at > now + WORTH_A_WORD_SECONDS * 1000
      ? [
          {
            level: "warning",
            what: `The backup ${run} is from a time that is yet to come: a clock was wrong when it was taken.`,
            todo: "See whether the host's clock is right now (timedatectl).",
          },
        ]
      : [],
  );
}
