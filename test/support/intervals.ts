import type { TimeInterval } from "../../components/monitoring/alerting/types.ts";

/** Whether a moment lies inside one of the intervals, by the words of Alertmanager's manual: each key that is there must hold it. */
export function inside(intervals: readonly TimeInterval[], at: Date): boolean {
  const clocks = new Map([...new Set(intervals.map(({ location = "UTC" }) => location))].map((zone) => [zone, clock(zone, at)]));
  return intervals.some(({ times, weekdays, days_of_month, months, years, location = "UTC" }) => {
    const parts = clocks.get(location) ?? {};
    const time = `${parts.hour}:${parts.minute}`;
    return (
      (times === undefined || times.some(({ start_time, end_time }) => start_time <= time && time < end_time)) &&
      (weekdays === undefined || weekdays.some((day) => day === parts.weekday?.toLowerCase())) &&
      within(days_of_month, parts.day) &&
      within(months, parts.month) &&
      within(years, parts.year)
    );
  });
}

const CLOCK = { year: "numeric", month: "numeric", day: "numeric", weekday: "long", hour: "2-digit", minute: "2-digit" } as const;

function clock(timeZone: string, at: Date): Record<string, string> {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", ...CLOCK }).formatToParts(at);
  return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
}

function within(ranges: readonly string[] | undefined, value: string | undefined): boolean {
  return (
    ranges === undefined ||
    ranges.some((range) => {
      const [from = "", to = from] = range.split(":");
      return Number(from) <= Number(value) && Number(value) <= Number(to);
    })
  );
}
