import { deadlineSeconds, isScheduled, type MaintenanceJob } from "./job.ts";
import { intervalSeconds } from "./schedule.ts";

/**
 * One line per job for `declare-jobs` (images/jobs): name, seconds between two runs, seconds that the last success may be old, seconds that a run
 * may take. Of a job that nobody begins by itself the first two are `-`: its absence is no alert.
 */
export const declarations = (jobs: readonly MaintenanceJob[], runByThemselves: boolean): string =>
  jobs
    .map((job) => {
      const times = runByThemselves && isScheduled(job) ? [intervalSeconds(job.schedule), deadlineSeconds(job)] : ["-", "-"];
      return `${[job.name, ...times, job.limitSeconds].join(" ")}\n`;
    })
    .join("");
