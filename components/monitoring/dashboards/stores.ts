import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { type DashboardSettings, dashboard } from "./dashboard.ts";
import { fullLimits } from "./limits.ts";
import { graph, number, type Panel, UP_DOWN } from "./panels.ts";

/** Databases that hold data: templates do not. */
const DATABASES = 'datname!~"template.*|"';

/** Do the data stores keep up? Made only where there is one. */
export function stores(settings: DashboardSettings): Dashboard {
  const names = [...(settings.hasPostgres ? ["Postgres"] : []), ...(settings.hasRedis ? ["Redis"] : [])];
  return dashboard(
    {
      name: "stores",
      title: "Data stores",
      description: `Do the data stores keep up, and what do they wait for? ${names.join(" and ")}.`,
      variables: [],
      services: [],
      rows: [
        { title: "Postgres", panels: settings.hasPostgres ? [...postgres(), ...memory("postgres", "Postgres", settings)] : [] },
        { title: "Redis", panels: settings.hasRedis ? [...redis(), ...memory("redis", "Redis", settings)] : [] },
      ],
    },
    settings,
  );
}

const memory = (role: "postgres" | "redis", name: string, { limits }: DashboardSettings): Panel[] => [
  graph({
    title: `Memory of ${name}'s container, of its limit`,
    unit: "percentunit",
    queries: { [role]: `container:memory_used:ratio{role="${role}"}` },
    limits: fullLimits(limits.memoryRatio),
    max: 1,
    description: `Yellow for 10 min: somebody is told. At 100 % the kernel kills ${name}, and every service that uses it fails.`,
  }),
];

const postgres = (): Panel[] => [
  number({
    title: "Postgres answers",
    unit: "none",
    queries: { "": "pg_up" },
    words: UP_DOWN,
    description: "Down: its exporter cannot log in. It is dead, full, or out of connections: docker logs of the container says which.",
  }),
  number({
    title: "Connections in use",
    unit: "percentunit",
    queries: { "": "sum(pg_stat_activity_count) / max(pg_settings_max_connections)" },
    limits: { warning: 0.8, critical: 0.9 },
    description: "At 100 % new ones are refused. Replicas times pool size must fit into maxConnections, both slots counted.",
  }),
  number({
    title: "Longest transaction",
    unit: "s",
    queries: { "": `max(pg_stat_activity_max_tx_duration{${DATABASES}})` },
    limits: { warning: 60, critical: 600 },
    description: "Minutes: somebody holds locks and keeps old rows from being cleared away. Migrations are allowed to.",
  }),
  number({
    title: "Reads answered from memory",
    unit: "percentunit",
    queries: {
      "": `sum(pg_stat_database_blks_hit{${DATABASES}}) / (sum(pg_stat_database_blks_hit{${DATABASES}}) + sum(pg_stat_database_blks_read{${DATABASES}}))`,
    },
    limits: { warning: 0.99, critical: 0.9, lowIsBad: true },
    description: "Since the statistics began. Below 99 % and falling: the data no longer fits in memory. Low just after a start is normal.",
  }),
  graph({
    title: "Connections by state",
    unit: "short",
    queries: { "{{state}}": `sum by (state) (pg_stat_activity_count{${DATABASES}}) > 0` },
    stack: true,
    description: "Many 'idle in transaction': a service opens transactions and does not end them. Many 'active': slow queries or locks.",
  }),
  graph({
    title: "Transactions",
    unit: "ops",
    queries: {
      "{{datname}} committed": `rate(pg_stat_database_xact_commit{${DATABASES}}[$__rate_interval])`,
      "{{datname}} rolled back": `rate(pg_stat_database_xact_rollback{${DATABASES}}[$__rate_interval])`,
    },
    description: "Rolled back rises with errors at the edge: failing statements. Committed falls while requests go on: it waits.",
  }),
  graph({
    title: "Rows",
    unit: "ops",
    queries: {
      read: `sum(rate(pg_stat_database_tup_returned{${DATABASES}}[$__rate_interval]))`,
      written: `sum(rate(pg_stat_database_tup_inserted{${DATABASES}}[$__rate_interval]) + rate(pg_stat_database_tup_updated{${DATABASES}}[$__rate_interval]) + rate(pg_stat_database_tup_deleted{${DATABASES}}[$__rate_interval]))`,
    },
    description: "Far more rows read than a moment ago for the same requests: an index is missing or no longer used.",
  }),
  graph({
    title: "Deadlocks and conflicts",
    unit: "short",
    queries: {
      deadlocks: `sum(increase(pg_stat_database_deadlocks{${DATABASES}}[5m]))`,
      conflicts: `sum(increase(pg_stat_database_conflicts{${DATABASES}}[5m]))`,
    },
    limits: { critical: 1 },
    description:
      "In the last 5 min. Two transactions that wait for each other; Postgres ended one. New after a deployment: the order of its writes.",
  }),
  graph({
    title: "Size",
    unit: "bytes",
    queries: { "{{datname}}": `pg_database_size_bytes{${DATABASES}}` },
    description: "Steeper than requests grow: a table that nobody clears, or rows that cannot be cleared.",
  }),
  graph({
    title: "Temporary files",
    unit: "Bps",
    queries: { "{{datname}}": `rate(pg_stat_database_temp_bytes{${DATABASES}}[$__rate_interval])` },
    description: "Sorts and joins that did not fit in memory. Steady: a query to look at.",
  }),
];

const redis = (): Panel[] => [
  number({
    title: "Redis answers",
    unit: "none",
    queries: { "": "redis_up" },
    words: UP_DOWN,
    description: "Down: it does not answer its exporter. docker logs of the container says whether it was killed for memory.",
  }),
  number({
    title: "Data of what it may hold",
    unit: "percentunit",
    queries: { "": "redis_memory_used_bytes / (redis_memory_max_bytes > 0)" },
    limits: { warning: 0.9, critical: 1 },
    description: "At 100 % it throws away what was not used for long. Right for a cache, wrong for sessions and queues.",
  }),
  number({
    title: "Reads that found something",
    unit: "percentunit",
    queries: { "": "redis_keyspace_hits_total / (redis_keyspace_hits_total + redis_keyspace_misses_total > 0)" },
    limits: { warning: 0.8, critical: 0.5, lowIsBad: true },
    description: "Since its start. Low after it was emptied or started; low for long: times to live too short, or keys nobody asks for.",
  }),
  number({
    title: "Connections refused",
    unit: "short",
    queries: { "": "increase(redis_rejected_connections_total[1h])" },
    limits: { critical: 1 },
    description: "In the last hour. Anything but 0: a service opens connections and does not close them.",
  }),
  graph({
    title: "Commands",
    unit: "ops",
    queries: { commands: "rate(redis_commands_processed_total[$__rate_interval])" },
    description: "Falls to nothing while requests go on: services no longer reach it, and ask the database instead.",
  }),
  graph({
    title: "Hits and misses",
    unit: "ops",
    queries: {
      hits: "rate(redis_keyspace_hits_total[$__rate_interval])",
      misses: "rate(redis_keyspace_misses_total[$__rate_interval])",
    },
    description: "Misses above hits: the database does the work. Expect it for a while after the cache was cleared.",
  }),
  graph({
    title: "Memory",
    unit: "bytes",
    queries: { used: "redis_memory_used_bytes", allowed: "redis_memory_max_bytes" },
    description: "Used lies on allowed: things are thrown away. See the next panel.",
  }),
  graph({
    title: "Keys thrown away and expired",
    unit: "ops",
    queries: {
      "thrown away": "rate(redis_evicted_keys_total[$__rate_interval])",
      expired: "rate(redis_expired_keys_total[$__rate_interval])",
    },
    description: "Thrown away: it is too small. Expired: normal, in waves when many keys were written together.",
  }),
  graph({
    title: "Clients",
    unit: "short",
    queries: { connected: "redis_connected_clients", blocked: "redis_blocked_clients" },
    description: "Connected climbs without end: connections leak. It drops to 1: only the exporter is left.",
  }),
];
