import { type AreaCases, fires, silent } from "./case.ts";

const postgres = 'job="postgres", instance="exporters:9187"';
const redis = 'job="redis", instance="exporters:9121"';
const store = (name: string, job: string, level: string) => ({
  level,
  labels: { job },
  summary: `${name} is down`,
  description: `${name} has not answered for a minute (0 of 1).`,
});
const backup = (name: string, age: string, allowed: string) => ({
  level: "critical P1",
  labels: { backup: name },
  summary: `The backup ${name} is missing`,
  description: `Its last success is ${age} ago (+Inf: none is known); allowed are ${allowed}.`,
});
const last = (label: string) => `sluice_backup_last_success_timestamp_seconds{${label}, instance="node:9100"}`;
const counter = (name: string) => `sluice_progress_total{job="node", counter="${name}"}`;

export const data: AreaCases = {
  cases: [
    {
      says: "stores that their exporters cannot reach for a minute",
      series: { [`pg_up{${postgres}}`]: "1 0x20", [`up{${postgres}}`]: "1x20", [`redis_up{${redis}}`]: "1 0x20", [`up{${redis}}`]: "1x20" },
      alerts: [
        silent("DatabaseDown", "1m"),
        fires("DatabaseDown", "1m15s", store("Postgres", "postgres", "critical P0")),
        silent("RedisDown", "1m"),
        fires("RedisDown", "1m15s", store("Redis", "redis", "critical P1")),
      ],
    },
    {
      says: "stores whose exporters are gone",
      series: {
        [`pg_up{${postgres}}`]: "1 stale",
        [`up{${postgres}}`]: "1 0x20",
        [`redis_up{${redis}}`]: "1 stale",
        [`up{${redis}}`]: "1 0x20",
      },
      alerts: [
        fires("DatabaseDown", "1m15s", store("Postgres", "postgres", "critical P0")),
        fires("RedisDown", "1m15s", store("Redis", "redis", "critical P1")),
      ],
    },
    {
      says: "stores that answer",
      series: { [`pg_up{${postgres}}`]: "1x20", [`up{${postgres}}`]: "1x20", [`redis_up{${redis}}`]: "1x20", [`up{${redis}}`]: "1x20" },
      alerts: [silent("DatabaseDown", "5m"), silent("RedisDown", "5m")],
    },
    {
      says: "a Postgres that has put itself out of the way of a full disk; one that writes is well",
      series: { [`pg_settings_default_transaction_read_only{${postgres}, server="10.9.0.3:5432"}`]: "0x3 1x3 0x10" },
      alerts: [
        silent("DatabaseReadOnly", "45s"),
        fires("DatabaseReadOnly", "1m", {
          level: "critical P0",
          labels: { job: "postgres" },
          summary: "Postgres takes no writes: its disk is almost full",
          description: "New transactions are read-only (1) until there is room on the disk. Nothing is lost; what writes fails.",
        }),
        silent("DatabaseReadOnly", "2m"),
      ],
    },
    {
      says: "backups whose last success is too old, for 10 minutes",
      // 25 hours and 8 days have passed after 30 seconds, exactly.
      series: { [last('job="nightly"')]: "-89970x60", [last('exported_job="weekly", job="node"')]: "-691170x60" },
      alerts: [
        silent("BackupMissing", "10m30s"),
        fires("BackupMissing", "10m45s", backup("nightly", "1d 1h 10m 15s", "25h"), backup("weekly", "8d 0h 10m 15s", "8d")),
      ],
    },
    {
      says: "backups that nobody has ever heard of",
      series: {},
      alerts: [
        silent("BackupMissing", "9m45s"),
        fires("BackupMissing", "10m", backup("nightly", "+Inf", "25h"), backup("weekly", "+Inf", "8d")),
      ],
    },
    {
      says: "one backup does not stand in for another",
      series: { [last('exported_job="nightly", job="node"')]: "0x60", [last('exported_job="weekly", job="node"')]: "0x60" },
      alerts: [silent("BackupMissing", "15m")],
    },
    {
      says: "a counter that has not moved for 30 seconds; one that nobody has named does not count",
      series: { [counter("orders")]: "1 2 3 3 3 3", [counter("blocks")]: "0+1x20", [counter("others")]: "7x20" },
      alerts: [
        silent("ProgressStuck", "45s"),
        fires("ProgressStuck", "1m", {
          level: "critical P1",
          labels: { counter: "orders" },
          summary: "orders makes no progress",
          description: "It stands at 3 and has not moved for 30s.",
        }),
      ],
    },
    {
      says: "a counter that starts anew moves",
      series: { [counter("orders")]: "5 6 1 2 0" },
      alerts: [silent("ProgressStuck", "30s"), silent("ProgressStuck", "1m")],
    },
  ],
};
