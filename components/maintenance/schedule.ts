/** When a job runs, as people say it. What computers read is rendered from it: systemd's calendar, and cron where a cluster runs it. */

export const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** `HH:MM`, 00:00 to 23:59. */
export type TimeOfDay = `${number}:${number}`;

/** Numbers that divide an hour, and a day: every run is as far from the next. */
export const MINUTES = [1, 2, 5, 10, 15, 20, 30] as const;
export const HOURS = [1, 2, 3, 4, 6, 8, 12] as const;

/** A moment of a clock on a wall. */
interface OnTheClock {
  readonly at: string;
  /** IANA name. @default "UTC" */
  readonly timeZone?: string;
}

/**
 * When a job runs. Minutes and hours are counted from midnight UTC, wherever people live: on the day that a clock is turned they would else be
 * skipped or doubled.
 */
export type Schedule =
  | { readonly every: "minutes"; readonly minutes: number }
  | { readonly every: "hours"; readonly hours: number }
  | ({ readonly every: "day" } & OnTheClock)
  | ({ readonly every: "week"; readonly on: Weekday } & OnTheClock)
  /** The first such day of the month, or a date: 1 to 28, which every month has. */
  | ({ readonly every: "month"; readonly on: { readonly first: Weekday } | number } & OnTheClock);

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The zone whose clock a schedule goes by. */
export const zoneOf = (schedule: Schedule): string => ("timeZone" in schedule ? (schedule.timeZone ?? "UTC") : "UTC");

const short = (day: Weekday): string => day.slice(0, 3);
const first = (schedule: Schedule): Weekday | undefined =>
  schedule.every === "month" && typeof schedule.on === "object" ? schedule.on.first : undefined;

/** A schedule as systemd's `OnCalendar=` takes it. */
export function onCalendar(schedule: Schedule): string {
  switch (schedule.every) {
    case "minutes":
      return `*-*-* *:00/${schedule.minutes}:00 UTC`;
    case "hours":
      return `*-*-* 00/${schedule.hours}:00:00 UTC`;
    case "day":
      return `*-*-* ${clock(schedule)}`;
    case "week":
      return `${short(schedule.on)} *-*-* ${clock(schedule)}`;
    case "month":
      return typeof schedule.on === "number"
        ? `*-*-${two(schedule.on)} ${clock(schedule)}`
        : `${short(schedule.on.first)} *-*-01..07 ${clock(schedule)}`;
  }
}

const two = (number: number): string => String(number).padStart(2, "0");
const clock = (schedule: Schedule & OnTheClock): string => `${schedule.at}:00 ${zoneOf(schedule)}`;

/** A schedule as cron and its zone. */
export interface Cron {
  readonly schedule: string;
  readonly timeZone: string;
  /**
   * Cron knows no "first Monday": where it names both a date and a weekday, either will do. So it comes every day of the first week, and the
   * job itself goes home unless it is this day.
   */
  readonly onlyOn?: Weekday;
}

export function cron(schedule: Schedule): Cron {
  const timeZone = zoneOf(schedule);
  if (schedule.every === "minutes") return { schedule: `*/${schedule.minutes} * * * *`, timeZone };
  if (schedule.every === "hours") return { schedule: `0 */${schedule.hours} * * *`, timeZone };
  const [hour = 0, minute = 0] = schedule.at.split(":").map(Number);
  const at = `${minute} ${hour}`;
  if (schedule.every === "day") return { schedule: `${at} * * *`, timeZone };
  if (schedule.every === "week") return { schedule: `${at} * * ${short(schedule.on).toUpperCase()}`, timeZone };
  const onlyOn = first(schedule);
  return onlyOn === undefined
    ? { schedule: `${at} ${String(schedule.on)} * *`, timeZone }
    : { schedule: `${at} 1-7 * *`, timeZone, onlyOn };
}

/** Seconds between two runs; of months, the longest. */
export function intervalSeconds(schedule: Schedule): number {
  switch (schedule.every) {
    case "minutes":
      return schedule.minutes * MINUTE;
    case "hours":
      return schedule.hours * HOUR;
    case "day":
      return DAY;
    case "week":
      return 7 * DAY;
    case "month":
      // Five weeks lie between two first Mondays at most, 31 days between two dates.
      return typeof schedule.on === "number" ? 31 * DAY : 35 * DAY;
  }
}

/** A schedule in words: `every Sunday at 02:00 UTC`. */
export function inWords(schedule: Schedule): string {
  switch (schedule.every) {
    case "minutes":
      return schedule.minutes === 1 ? "every minute" : `every ${schedule.minutes} minutes`;
    case "hours":
      return schedule.hours === 1 ? "every hour, on the hour" : `every ${schedule.hours} hours, from 00:00 UTC`;
    case "day":
      return `every day at ${schedule.at} ${zoneOf(schedule)}`;
    case "week":
      return `every ${schedule.on} at ${schedule.at} ${zoneOf(schedule)}`;
    case "month":
      return `on the ${typeof schedule.on === "number" ? ordinal(schedule.on) : `first ${schedule.on.first}`} of every month at ${schedule.at} ${zoneOf(schedule)}`;
  }
}

const ordinal = (day: number): string => {
  const rest = day % 10;
  if (day > 10 && day < 14) return `${day}th`;
  return `${day}${rest === 1 ? "st" : rest === 2 ? "nd" : rest === 3 ? "rd" : "th"}`;
};
