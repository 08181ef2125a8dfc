import { type NamedInterval, ON_CALL, type OnCallSettings, type TimeInterval } from "./types.ts";

/** Years that the table of shifts covers, the year of `start` included. */
export const YEARS_COVERED = 10;
const DAY_MS = 86_400_000;

/** Name of the intervals in which `receiver` is on call. */
export const shiftsOf = (receiver: string): string => `${ON_CALL}-${receiver}`;

/** Everybody who is on call at some time, once. */
export const peopleOf = ({ rotation }: OnCallSettings): string[] => [...new Set(rotation)].sort();

/**
 * Who is on call when, for each receiver of the rotation.
 *
 * Alertmanager knows calendar days, months, years and times of day, and no "every third week". So the shifts are written out as dates,
 * for ten calendar years from the year of `start`. That needs no new `up` at a handover, and no clock: the same settings always give the
 * same text. Dates and times of day are read on the clock of `location`, so a day of 23 or 25 hours is one day here too.
 *
 * A shift that is handed over at 09:00 is two statements for each month: before 09:00 those dates whose day before is the receiver's,
 * from 09:00 those that are its own. At every moment of the ten years exactly one receiver is on call (before `start`, the rotation is
 * counted backwards). Outside of them everybody is: an alert that reaches all is noticed, one that reaches nobody is not.
 */
export function onCallIntervals(onCall: OnCallSettings, location: string): NamedInterval[] {
  const first = Number(onCall.start.slice(0, 4));
  const last = first + YEARS_COVERED - 1;
  const dates = datesOf(onCall, first, last);
  return peopleOf(onCall).map((receiver) => ({
    name: shiftsOf(receiver),
    time_intervals: [
      { years: [`1970:${first - 1}`], location },
      ...shifts(onCall.handover, dates, receiver).map((shift) => ({ ...shift, location })),
      { years: [`${last + 1}:2999`], location },
    ],
  }));
}

interface DateOnCall {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Who is on call until the handover, and from it on. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Every date from the first of `first` to the last of `last`. Dates are midnights in UTC here: only the calendar counts. */
function datesOf({ rotation, shiftDays, start }: OnCallSettings, first: number, last: number): DateOnCall[] {
  const begin = Date.UTC(first, 0, 1);
  const firstShift = (Date.parse(start) - begin) / DAY_MS;
  const turnOf = (index: number): string | undefined => rotation.at(Math.floor((index - firstShift) / shiftDays) % rotation.length);
  return Array.from({ length: (Date.UTC(last + 1, 0, 1) - begin) / DAY_MS }, (_, index) => {
    const date = new Date(begin + index * DAY_MS);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    return { year, month, day, before: turnOf(index - 1), after: turnOf(index) };
  });
}

function shifts(handover: string, dates: readonly DateOnCall[], receiver: string): TimeInterval[] {
  const late = byMonth(dates.filter(({ after }) => after === receiver));
  if (handover === "00:00") return late;
  const early = byMonth(dates.filter(({ before }) => before === receiver));
  return [
    ...early.map((month) => ({ ...month, times: [{ start_time: "00:00", end_time: handover }] })),
    ...late.map((month) => ({ ...month, times: [{ start_time: handover, end_time: "24:00" }] })),
  ];
}

function byMonth(dates: readonly DateOnCall[]): TimeInterval[] {
  const months = Map.groupBy(dates, ({ year, month }) => year * 12 + month);
  return [...months.values()].map((its) => ({
    years: [`${its[0]?.year}`],
    months: [`${its[0]?.month}`],
    days_of_month: ranges(its.map(({ day }) => day)),
  }));
}

/** `[1, 2, 3, 7]` as `["1:3", "7"]`. */
function ranges(numbers: readonly number[]): string[] {
  const starts = numbers.filter((number) => !numbers.includes(number - 1));
  const ends = numbers.filter((number) => !numbers.includes(number + 1));
  return starts.map((start, index) => (start === ends[index] ? `${start}` : `${start}:${ends[index]}`));
}
