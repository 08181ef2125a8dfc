import type { RuleSettings } from "./settings.ts";
import type { RuleGroup } from "./types.ts";

/** A run that is this much past its limit: the runner should have ended it, and has not. Seconds. */
const PAST_LIMIT = 120;

/** What sluice-job ends with when it cannot begin a job. */
const NOT_BEGUN = 69;

/** The jobs' own label `job` arrives as `exported_job`: the machine's exporter hands it on. */
const each = (metric: string): string => `max by (exported_job) (${metric})`;
const LAST = `(${each("sluice_job_last_success_timestamp_seconds")} or ${each("sluice_job_declared_timestamp_seconds")})`;
const JOB = "{{ $labels.exported_job }}";

/** Jobs of maintenance. Absence counts, not failure alone: what was never begun reports nothing. Only what runs by itself has a deadline. */
export function maintenance({ owner, hasJobs }: RuleSettings): RuleGroup[] {
  if (!hasJobs) return [];
  const own = { area: "maintenance", owner } as const;
  return [
    {
      name: "maintenance",
      rules: [
        {
          ...own,
          name: "MaintenanceJobMissed",
          expr: `time() - ${LAST} > ${each("sluice_job_deadline_seconds")}`,
          for: 300,
          severity: "critical",
          priority: "P1",
          summary: `The job ${JOB} has not done its work for too long`,
          description:
            "Its last success, or the day it was declared, is {{ $value | humanizeDuration }} ago: more runs were missed than may be.",
        },
        {
          ...own,
          name: "MaintenanceJobsUnknown",
          expr: "absent(sluice_job_limit_seconds)",
          for: 900,
          severity: "warning",
          priority: "P2",
          summary: "Nothing is known of the jobs",
          description: "There are jobs of maintenance, and none has a number ({{ $value }}): were they missed, nobody would be told.",
        },
        {
          ...own,
          name: "MaintenanceJobFailed",
          // What failed before the job could say a word is noted by the host's own unit.
          expr: `${each("sluice_job_last_exit_code")} != 0\nor\n0 * (${each("sluice_job_unit_failed_timestamp_seconds")} > ${LAST}) + ${NOT_BEGUN}`,
          for: 0,
          severity: "warning",
          priority: "P2",
          summary: `The last run of the job ${JOB} did not end well`,
          description:
            "It ended with {{ $value }} (1 failed, 2 found something critical, 69 could not be begun, 124 ran out of time, 143 was stopped).",
        },
        {
          ...own,
          name: "MaintenanceJobStuck",
          expr: `time() - (${each("sluice_job_running_since_timestamp_seconds")} > 0) > ${each("sluice_job_limit_seconds")} + ${PAST_LIMIT}`,
          for: 60,
          severity: "warning",
          priority: "P2",
          summary: `The job ${JOB} has been running for longer than it may`,
          description: "It began {{ $value | humanizeDuration }} ago and has said nothing since: it hangs, or was killed without a word.",
        },
      ],
    },
  ];
}
