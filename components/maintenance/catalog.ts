import type { MaintenanceJob } from "./job.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** The jobs that Sluice knows, as they run unless settings say otherwise. An estate has those that it has the parts for. */
export const CATALOG = [
  {
    name: "backup-to-r2",
    does: "backs Postgres and files up to S3-compatible storage, encrypted",
    schedule: { every: "day", at: "03:00" },
    ...{ limitSeconds: 2 * HOUR, retries: 2, alertAfterMissed: 1, looks: false, tells: "problems" },
  },
  {
    name: "rotate-logs",
    does: "checks that every log is turned, and grows to its bound at most",
    schedule: { every: "day", at: "03:30" },
    ...{ limitSeconds: 10 * MINUTE, retries: 1, alertAfterMissed: 2, looks: true, tells: "problems" },
  },
  {
    name: "health-report",
    does: "says how the estate and its host are",
    schedule: { every: "hours", hours: 4 },
    ...{ limitSeconds: 5 * MINUTE, retries: 1, alertAfterMissed: 2, looks: true, tells: "always" },
  },
  {
    name: "issue-tracker",
    does: "finds stale and broken items in the issue tracker",
    schedule: { every: "hours", hours: 1 },
    ...{ limitSeconds: 10 * MINUTE, retries: 2, alertAfterMissed: 4, looks: false, tells: "problems" },
  },
  {
    name: "security-audit",
    does: "audits the host, containers, dependencies and certificates",
    schedule: { every: "week", on: "Sunday", at: "02:00" },
    ...{ limitSeconds: HOUR, retries: 1, alertAfterMissed: 1, looks: true, tells: "always" },
  },
  {
    name: "database-review",
    does: "looks for bloat, unused indexes, slow queries and drift in the database",
    schedule: { every: "week", on: "Sunday", at: "02:00" },
    ...{ limitSeconds: HOUR, retries: 1, alertAfterMissed: 1, looks: false, tells: "always" },
  },
  {
    name: "check-updates",
    does: "lists updates of images and packages, and installs none",
    schedule: { every: "week", on: "Sunday", at: "03:00" },
    ...{ limitSeconds: HOUR, retries: 2, alertAfterMissed: 1, looks: true, tells: "always" },
  },
  {
    name: "performance-benchmark",
    does: "measures the estate against its stored baseline",
    schedule: { every: "week", on: "Sunday", at: "04:00" },
    ...{ limitSeconds: HOUR, retries: 0, alertAfterMissed: 1, looks: false, tells: "always" },
  },
  {
    name: "restore-drill",
    does: "restores the newest backup into a throw-away Postgres and compares it",
    schedule: { every: "month", on: { first: "Monday" }, at: "05:00" },
    ...{ limitSeconds: 4 * HOUR, retries: 1, alertAfterMissed: 1, looks: false, tells: "always" },
  },
  {
    name: "restore",
    does: "restores a backup, when somebody asks for it",
    ...{ limitSeconds: 12 * HOUR, retries: 0, alertAfterMissed: 1, looks: false, tells: "always" },
  },
  {
    name: "capacity-forecast",
    does: "says when disk, memory and connections run out",
    schedule: { every: "month", on: { first: "Monday" }, at: "06:00" },
    ...{ limitSeconds: 30 * MINUTE, retries: 1, alertAfterMissed: 1, looks: true, tells: "always" },
  },
  {
    name: "secret-age",
    does: "lists secrets that are older than they may be",
    schedule: { every: "month", on: { first: "Monday" }, at: "06:15" },
    ...{ limitSeconds: 10 * MINUTE, retries: 1, alertAfterMissed: 1, looks: false, tells: "problems" },
  },
  {
    name: "monthly-report",
    does: "sums up the month: availability, incidents, deployments, jobs",
    schedule: { every: "month", on: { first: "Monday" }, at: "06:30" },
    ...{ limitSeconds: 30 * MINUTE, retries: 1, alertAfterMissed: 1, looks: true, tells: "always" },
  },
  {
    name: "cost-summary",
    does: "sums up what the estate takes, and what that costs",
    schedule: { every: "month", on: { first: "Monday" }, at: "06:45" },
    ...{ limitSeconds: 10 * MINUTE, retries: 1, alertAfterMissed: 1, looks: true, tells: "always" },
  },
] as const satisfies readonly MaintenanceJob[];

export type KnownJob = (typeof CATALOG)[number]["name"];
export const KNOWN_JOBS: readonly KnownJob[] = CATALOG.map(({ name }) => name);

/** A job that Sluice knows, as it is unless settings say otherwise. */
export const knownJob = (name: string): MaintenanceJob | undefined => CATALOG.find((job) => job.name === name);
