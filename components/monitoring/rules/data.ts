import { duration, oneOf, quoted } from "./promql.ts";
import type { BackupJob, RuleSettings } from "./settings.ts";
import type { AlertRule, RuleGroup } from "./types.ts";

/**
 * A store is down when its exporter cannot reach it, or when nobody can say: the exporter's own word counts where there is one, else
 * whether the exporter answers at all.
 */
function storeDown(
  name: string,
  store: string,
  job: string,
  word: string,
  owner: string,
  loudness: Pick<AlertRule, "priority">,
): AlertRule {
  return {
    name,
    expr: `min by (job) (${word}{job=${quoted(job)}} or up{job=${quoted(job)}}) == 0`,
    for: 60,
    severity: "critical",
    ...loudness,
    area: "data",
    owner,
    summary: `${store} is down`,
    description: `${store} has not answered for a minute ({{ $value }} of 1).`,
  };
}

/**
 * No success of a backup within its time, or none at all. It counts successes, not failures: a job that was never started reports nothing.
 * A pushed label `job` arrives as `exported_job` where the scrape does not honour it; both are read.
 */
function backupMissing({ job, maxAgeSeconds }: BackupJob, owner: string): AlertRule {
  const metric = "sluice_backup_last_success_timestamp_seconds";
  const last = `max(${metric}{exported_job=${quoted(job)}} or ${metric}{job=${quoted(job)}})`;
  return {
    name: "BackupMissing",
    expr: `time() - ${last} > ${maxAgeSeconds}\nor\nabsent(${last}) * Inf`,
    for: 600,
    severity: "critical",
    priority: "P1",
    area: "data",
    owner,
    labels: { backup: job },
    summary: `The backup ${job} is missing`,
    description: `Its last success is {{ $value | humanizeDuration }} ago (+Inf: none is known); allowed are ${duration(maxAgeSeconds)}.`,
  };
}

/** Postgres protects itself from a full disk (images/postgres/bin/disk-watch). */
function readOnly(owner: string): AlertRule {
  return {
    name: "DatabaseReadOnly",
    expr: "max by (job) (pg_settings_default_transaction_read_only) == 1",
    for: 0,
    severity: "critical",
    priority: "P0",
    area: "data",
    owner,
    summary: "Postgres takes no writes: its disk is almost full",
    description: "New transactions are read-only ({{ $value }}) until there is room on the disk. Nothing is lost; what writes fails.",
  };
}

/** Stores, backups, and work that must go on. */
export function data({ owner, hasPostgres, hasRedis, backupJobs, progressCounters, scrapeSeconds }: RuleSettings): RuleGroup[] {
  const progress = `sluice_progress_total{${oneOf("counter", progressCounters)}}`;
  // Between two scrapes nothing moves: that is no standstill.
  const still = duration(Math.max(30, 2 * scrapeSeconds));
  return [
    {
      name: "data",
      rules: [
        ...(hasPostgres ? [storeDown("DatabaseDown", "Postgres", "postgres", "pg_up", owner, { priority: "P0" })] : []),
        ...(hasPostgres ? [readOnly(owner)] : []),
        ...(hasRedis ? [storeDown("RedisDown", "Redis", "redis", "redis_up", owner, { priority: "P1" })] : []),
        ...backupJobs.map((job) => backupMissing(job, owner)),
      ],
    },
    {
      name: "data-progress",
      // Half a minute is two scrapes of the default: looking more often does not wait for a third.
      interval: 5,
      rules:
        progressCounters.length === 0
          ? []
          : [
              {
                name: "ProgressStuck",
                // A counter that is lower than before was started anew: it moves.
                expr: `sum by (counter) (${progress}) == sum by (counter) (${progress} offset ${still})`,
                for: 0,
                severity: "critical",
                priority: "P1",
                area: "data",
                owner,
                summary: "{{ $labels.counter }} makes no progress",
                description: `It stands at {{ $value }} and has not moved for ${still}.`,
              },
            ],
    },
  ];
}
