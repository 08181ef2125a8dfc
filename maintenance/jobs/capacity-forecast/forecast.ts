import { linearRegression, linearRegressionLine, rSquared } from "simple-statistics";
import type { Finding } from "../../job.ts";
import type { Line } from "../../prometheus.ts";
import { percent } from "../../words.ts";

/** Something that has an end. */
export interface Resource {
  /** In words, e.g. `disk /`. */
  readonly name: string;
  /** Used shares of 1, by time. */
  readonly line: Line["points"];
}

/** Where a resource goes. */
export interface Forecast {
  readonly name: string;
  /** Of 1, now and as the line has it. */
  readonly used: number;
  /** Of 1, in thirty days; negative: it gets less. */
  readonly perMonth: number;
  /** How well a straight line tells what was measured, of 1. */
  readonly fit: number;
  /** Days of measurement behind it. */
  readonly days: number;
  /** Days until all is used; absent: it does not grow, or nobody can say. */
  readonly daysLeft?: number;
  /** Why nothing can be said. */
  readonly unknown?: string;
}

const DAY = 86_400;
/** A month's trend is not read out of less. */
const LEAST_DAYS = 3;
const LEAST_POINTS = 24;
/** Below, the line says little of what was measured, and its end is a guess. */
const GOOD_FIT = 0.5;
/** Growth of less in a month is noise. */
const LEAST_GROWTH = 0.001;
const SOON_DAYS = 30;
const HORIZON_DAYS = 90;

/** Lay a straight line through what was measured, and see where it ends. @param now seconds since 1970 */
export function forecast({ name, line }: Resource, now: number): Forecast {
  const points = line.filter(([, value]) => Number.isFinite(value)).map(([at, value]) => [(at - now) / DAY, value] as [number, number]);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return { name, used: 0, perMonth: 0, fit: 0, days: 0, unknown: "nothing was measured" };
  const days = last[0] - first[0];
  const base = { name, used: last[1], days };
  if (days < LEAST_DAYS || points.length < LEAST_POINTS)
    return { ...base, perMonth: 0, fit: 0, unknown: `only ${days.toFixed(1)} days were measured; ${LEAST_DAYS} are needed` };
  const fitted = linearRegression(points);
  const perMonth = fitted.m * 30;
  // A line without any slope explains everything and nothing.
  const fit = Math.max(0, Math.min(1, rSquared(points, linearRegressionLine(fitted)) || 0));
  // From what is used now, not from where the line is: a clean-up yesterday counts.
  const daysLeft = perMonth < LEAST_GROWTH ? undefined : Math.max(0, (1 - last[1]) / fitted.m);
  return { ...base, perMonth, fit, ...(daysLeft !== undefined && { daysLeft }) };
}

/** What a forecast asks of people. */
export function judge({ name, used, daysLeft, fit, unknown }: Forecast, now: number): Finding[] {
  if (unknown !== undefined) return [{ level: "notice", what: `Nothing can be said of ${name}: ${unknown}.` }];
  if (daysLeft === undefined || daysLeft > HORIZON_DAYS)
    return used > 0.9
      ? [{ level: "warning", what: `${name} is at ${percent(used)}, and does not grow.`, todo: "One bad day fills it: make room." }]
      : [];
  const guess = fit < GOOD_FIT ? " (a guess: it goes up and down)" : "";
  return [
    {
      level: daysLeft <= SOON_DAYS && fit >= GOOD_FIT ? "critical" : "warning",
      what: `${name} is full on ${dayOf(daysLeft, now)}, in ${Math.floor(daysLeft)} days${guess}; now ${percent(used)}.`,
      todo: TODO[Object.keys(TODO).find((kind) => name.startsWith(kind)) ?? ""] ?? "Make more of it, or use less.",
    },
  ];
}

const TODO: Readonly<Record<string, string>> = {
  disk: "See what grows (docker system df, the database review), and make the disk larger before then.",
  memory: "See what grows (docker stats), and give the host more, or containers less.",
  connections: "Put a pool in between, or raise sluice:postgres.maxConnections with its memory.",
};

/** @param now seconds since 1970 */
export const dayOf = (daysLeft: number, now: number): string => new Date((now + daysLeft * DAY) * 1000).toISOString().slice(0, 10);
