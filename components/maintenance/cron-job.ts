import type { JobSpec } from "../kubernetes/spec.ts";
import type { ScheduledJob } from "./job.ts";
import { jobConfig, type Telling } from "./job-config.ts";
import { cron } from "./schedule.ts";
import { GRACE_SECONDS } from "./units.ts";

export interface ClusterJob extends ScheduledJob {
  readonly command?: readonly string[] | undefined;
  readonly memoryMb: number;
  readonly cpus: number;
  readonly facts: unknown;
  /** Names that it asks for; mounted as files. */
  readonly secrets: readonly string[];
}

/** A controller that was away begins a run that is this late, seconds; a later one waits for the next. */
const LATEST = 600;
/** What the runner ends with when the job did its work and found something critical: to do it again would find the same. */
const FOUND = 2;
/** User of the image. */
const USER = 10_001;

/**
 * A job of maintenance as a cluster runs it: begun by a CronJob, tried again by it, and ended by it where the runner does not. What cron cannot
 * say ("the first Monday") comes every day of the first week, and the runner goes home on all but one of them.
 *
 * In a cluster nothing is kept between two runs: the report is in the pod's log, and goes to the channels.
 *
 * @param image from a registry, with Sluice's runner in it
 */
export function clusterJob(estate: string, job: ClusterJob, image: string, telling: Telling): JobSpec {
  const { schedule, timeZone, onlyOn } = cron(job.schedule);
  const day = onlyOn === undefined ? undefined : { weekday: onlyOn, timeZone };
  // Kubernetes begins the further tries, so that one is made elsewhere when a node is lost.
  const config = jobConfig(estate, { ...job, retries: 0 }, telling, day);
  return {
    ...{ name: job.name, purpose: "maintenance", schedule, timeZone, image, user: USER },
    requests: { cpus: Math.min(0.05, job.cpus), memoryMb: Math.min(64, job.memoryMb) },
    limits: { cpus: job.cpus, memoryMb: job.memoryMb },
    env: { SLUICE_JOB: JSON.stringify(config), SLUICE_JOBS: "/tmp/jobs" },
    secrets: job.secrets,
    timeoutSeconds: job.limitSeconds + GRACE_SECONDS,
    ...{ retries: job.retries, startWithinSeconds: LATEST, finalExitCodes: [FOUND] },
    talksTo: [],
    // Trackers and channels: where they are changes without a word.
    outside: [{ cidr: "0.0.0.0/0", ports: [443] }],
  };
}
