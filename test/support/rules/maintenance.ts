import { type AreaCases, fires, silent } from "./case.ts";

const of = (metric: string, job: string) => `sluice_job_${metric}{exported_job="${job}", job="node"}`;
const missed = (job: string, ago: string) => ({
  level: "critical P1",
  labels: { exported_job: job },
  summary: `The job ${job} has not done its work for too long`,
  description: `Its last success, or the day it was declared, is ${ago} ago: more runs were missed than may be.`,
});
const failed = (job: string, value: string) => ({
  level: "warning P2",
  labels: { exported_job: job },
  summary: `The last run of the job ${job} did not end well`,
  description: `It ended with ${value} (1 failed, 2 found something critical, 69 could not be begun, 124 ran out of time, 143 was stopped).`,
});
const stuck = (job: string, ago: string) => ({
  level: "warning P2",
  labels: { exported_job: job },
  summary: `The job ${job} has been running for longer than it may`,
  description: `It began ${ago} ago and has said nothing since: it hangs, or was killed without a word.`,
});

export const maintenance: AreaCases = {
  cases: [
    {
      says: "a job whose last success is older than it may be, beside one that is in time",
      every: "1m",
      series: {
        [of("last_success_timestamp_seconds", "backup-to-r2")]: "0x60",
        [of("deadline_seconds", "backup-to-r2")]: "1200x60",
        [of("declared_timestamp_seconds", "backup-to-r2")]: "-9000x60",
        [of("last_success_timestamp_seconds", "rotate-logs")]: "0x60",
        [of("deadline_seconds", "rotate-logs")]: "90000x60",
      },
      alerts: [silent("MaintenanceJobMissed", "25m"), fires("MaintenanceJobMissed", "26m", missed("backup-to-r2", "26m 0s"))],
    },
    {
      says: "a last success that is exactly as old as it may be, for an hour",
      every: "1m",
      series: {
        [of("last_success_timestamp_seconds", "backup-to-r2")]: "-1200+60x60",
        [of("deadline_seconds", "backup-to-r2")]: "1200x60",
      },
      alerts: [silent("MaintenanceJobMissed", "50m")],
    },
    {
      says: "a job that was never begun since it was declared",
      every: "1m",
      series: { [of("declared_timestamp_seconds", "restore-drill")]: "0x60", [of("deadline_seconds", "restore-drill")]: "600x60" },
      alerts: [silent("MaintenanceJobMissed", "10m"), fires("MaintenanceJobMissed", "20m", missed("restore-drill", "20m 0s"))],
    },
    {
      says: "a job that nobody begins by itself",
      every: "1m",
      series: { [of("declared_timestamp_seconds", "restore")]: "0x60", [of("limit_seconds", "restore")]: "600x60" },
      alerts: [silent("MaintenanceJobMissed", "50m"), silent("MaintenanceJobsUnknown", "50m")],
    },
    {
      says: "jobs of which nothing is known, for a quarter of an hour",
      every: "1m",
      series: { 'up{job="node"}': "1x60" },
      alerts: [
        silent("MaintenanceJobsUnknown", "14m"),
        fires("MaintenanceJobsUnknown", "15m", {
          level: "warning P2",
          summary: "Nothing is known of the jobs",
          description: "There are jobs of maintenance, and none has a number (1): were they missed, nobody would be told.",
        }),
      ],
    },
    {
      says: "a run that failed, one that was killed at its limit, and one that ended well",
      series: {
        [of("last_exit_code", "backup-to-r2")]: "0 1 1 0",
        [of("last_exit_code", "security-audit")]: "0 0 124 124",
        [of("last_exit_code", "rotate-logs")]: "0x3",
      },
      alerts: [
        silent("MaintenanceJobFailed", "0s"),
        fires("MaintenanceJobFailed", "15s", failed("backup-to-r2", "1")),
        fires("MaintenanceJobFailed", "30s", failed("backup-to-r2", "1"), failed("security-audit", "124")),
        fires("MaintenanceJobFailed", "45s", failed("security-audit", "124")),
      ],
    },
    {
      says: "a run that the host could not begin, until the next success; one that failed before the last success",
      series: {
        [of("unit_failed_timestamp_seconds", "rotate-logs")]: "1000x4",
        [of("last_success_timestamp_seconds", "rotate-logs")]: "500 500 2000 2000 2000",
        [of("unit_failed_timestamp_seconds", "backup-to-r2")]: "1000x4",
        [of("last_success_timestamp_seconds", "backup-to-r2")]: "1000x4",
      },
      alerts: [fires("MaintenanceJobFailed", "15s", failed("rotate-logs", "69")), silent("MaintenanceJobFailed", "30s")],
    },
    {
      says: "a run that is two minutes past its limit and has said nothing, beside none and one that is in time",
      every: "1m",
      series: {
        [of("running_since_timestamp_seconds", "backup-to-r2")]: "0x4 300x60",
        [of("limit_seconds", "backup-to-r2")]: "600x60",
        [of("running_since_timestamp_seconds", "rotate-logs")]: "0x60",
        [of("limit_seconds", "rotate-logs")]: "600x60",
        [of("running_since_timestamp_seconds", "restore")]: "300x60",
        [of("limit_seconds", "restore")]: "43200x60",
      },
      alerts: [
        silent("MaintenanceJobStuck", "17m"),
        silent("MaintenanceJobStuck", "18m"),
        fires("MaintenanceJobStuck", "20m", stuck("backup-to-r2", "15m 0s")),
      ],
    },
  ],
};
