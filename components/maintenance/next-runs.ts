import { Cron } from "croner";
import { cron, type Schedule } from "./schedule.ts";

/** A moment that a schedule names. */
export interface Run {
  readonly at: Date;
  /** The clock of the zone has no such time on this day: it is turned forward over it, and systemd does not run the job. */
  readonly skipped: boolean;
}

const LOOK_AHEAD = 400;

/**
 * The next moments of a schedule, and those that a turned clock takes away.
 *
 * An hour that the clock has twice is counted once, the first time: as systemd does.
 */
export function nextRuns(schedule: Schedule, from: Date, count: number): Run[] {
  const { schedule: pattern, timeZone, onlyOn } = cron(schedule);
  // What cron cannot say, this library's cron can.
  const own = onlyOn === undefined ? pattern : pattern.replace(" 1-7 * *", ` * * ${onlyOn.slice(0, 3).toUpperCase()}#1`);
  const at = "at" in schedule ? schedule.at : undefined;
  return new Cron(own, { timezone: timeZone, paused: true })
    .nextRuns(count, from)
    .map((moment) => ({ at: moment, skipped: at !== undefined && wallClock(moment, timeZone) !== at }));
}

/** The next run that really happens. */
export const nextRun = (schedule: Schedule, from: Date): Date | undefined =>
  nextRuns(schedule, from, 3).find(({ skipped }) => !skipped)?.at;

/** Days of the coming year on which the clock has no such time, `YYYY-MM-DD`. */
export function skippedDays(schedule: Schedule, from: Date): string[] {
  if (!("at" in schedule) || (schedule.timeZone ?? "UTC") === "UTC") return [];
  const end = from.getTime() + LOOK_AHEAD * 86_400_000;
  const zone = schedule.timeZone ?? "UTC";
  return nextRuns(schedule, from, LOOK_AHEAD)
    .filter(({ at, skipped }) => skipped && at.getTime() < end)
    .map(({ at }) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(at));
}

/** `HH:MM` on the wall. */
const wallClock = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);

/** A moment on a zone's wall: `Sun 2026-11-29 03:00 Europe/Berlin`. */
export function onTheWall(at: Date, timeZone: string): string {
  const day = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short" }).format(at);
  const date = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" }).format(at);
  return `${day} ${date} ${wallClock(at, timeZone)} ${timeZone}`;
}
