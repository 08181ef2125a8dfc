import { intervalSeconds, type Schedule } from "./schedule.ts";

/** Names are part of units' and containers' names. */
export const JOB_NAME = /^[a-z][a-z0-9-]{0,30}$/;

export const TELLS = ["always", "problems"] as const;
export type Tells = (typeof TELLS)[number];

/** Something that is done for an estate on a schedule: one definition, rendered for systemd on a host and for a cluster. */
export interface MaintenanceJob {
  readonly name: string;
  /** One line: what it does. */
  readonly does: string;
  /** @default only when somebody asks for it */
  readonly schedule?: Schedule | undefined;
  /** Seconds after which a run is ended, with everything that it has started; further tries count. */
  readonly limitSeconds: number;
  /** Further tries of a run that fails, inside of its limit. */
  readonly retries: number;
  /** How many runs in a row may be missed, or fail, before somebody is told. */
  readonly alertAfterMissed: number;
  /** Whom to tell of a run: `always`, or only of what it found or broke. */
  readonly tells: Tells;
  /** Whether the host is looked at first, and the job told what was seen. */
  readonly looks: boolean;
}

/** A job that runs by itself. */
export interface ScheduledJob extends MaintenanceJob {
  readonly schedule: Schedule;
}
export const isScheduled = (job: MaintenanceJob): job is ScheduledJob => job.schedule !== undefined;

/** How long a run may wait so that not every job of every estate on a host begins in the same second. */
export const SPREAD_SECONDS = 120;

/** Seconds that the last success may be old: the runs that may be missed, and the time that the last one takes to begin and end. */
export const deadlineSeconds = ({ schedule, alertAfterMissed, limitSeconds }: ScheduledJob): number =>
  alertAfterMissed * intervalSeconds(schedule) + limitSeconds + SPREAD_SECONDS;
