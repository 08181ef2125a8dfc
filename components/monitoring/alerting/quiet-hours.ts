import { type NamedInterval, type QuietHours, type TimeInterval, WEEKDAYS, type Weekday } from "./types.ts";

export const QUIET_HOURS = "quiet-hours";

/** The quiet hours. Those that cross midnight are two intervals, the second one on the day after: Friday's night ends on Saturday. */
export function quietIntervals({ start, end, days, wholeDays }: QuietHours, location: string): NamedInterval {
  const from = { start_time: start, end_time: end > start ? end : "24:00" };
  const intervals: TimeInterval[] = [{ times: [from], weekdays: days, location }];
  if (end < start && end !== "00:00")
    intervals.push({ times: [{ start_time: "00:00", end_time: end }], weekdays: days.map(dayAfter), location });
  if (wholeDays.length > 0) intervals.push({ weekdays: wholeDays, location });
  return { name: QUIET_HOURS, time_intervals: intervals };
}

const dayAfter = (day: Weekday): Weekday => WEEKDAYS[(WEEKDAYS.indexOf(day) + 1) % WEEKDAYS.length] ?? day;
