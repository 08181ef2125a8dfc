import { z } from "zod";
import { PRIORITIES } from "../components/monitoring/alerting/priorities.ts";
import { type AlertingSettings, WEEKDAYS } from "../components/monitoring/alerting/types.ts";
import { completeReceiver, receiver } from "./alerting-receiver.ts";
import { field, text, whole } from "./field.ts";

/** Also the name of time intervals in Alertmanager, and part of no path. */
export const RECEIVER_NAME = /^[a-z][a-z0-9-]{0,30}$/;
const TIME = /^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/;
/** Pulumi reads a date without quotes as a moment, and hands it over as one. */
const DATE = /^(\d{4}-\d{2}-\d{2})(?:T00:00:00Z| 00:00:00 \+0000 UTC)?$/;
const REGIONS = "Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific";
const TIME_ZONE = new RegExp(String.raw`^(?:UTC|(?:${REGIONS})(?:\/[A-Z][A-Za-z_-]*)+)$`);

const names = (means: string, example: readonly string[], whenAbsent?: string) =>
  field(z.array(field(z.string(), { means: "A receiver.", allowed: "a name from `receivers`", example: "team" })), {
    means,
    allowed: "a list of receivers' names",
    example,
    ...(whenAbsent !== undefined && { whenAbsent }),
  });

export const time = (means: string, example: string) =>
  text(TIME, {
    means,
    allowed: "a time of day, HH:MM, 00:00 to 23:59",
    example,
    fix: (received) => (typeof received === "string" && TIME.test(`0${received}`) ? `write 0${received}` : undefined),
  });

const priority = (means: string) => field(z.enum(PRIORITIES), { means, allowed: "P0, P1, P2 or P3", example: "P2" });
const weekday = field(z.enum(WEEKDAYS), { means: "A day of the week.", allowed: WEEKDAYS.join(", "), example: "saturday" });
const onCall = field(
  z.strictObject({
    rotation: names("Receivers in the order of their shifts; `on-call` in a list of receivers stands for the one whose shift it is.", [
      "anna",
      "ben",
    ]).default([]),
    shiftDays: whole(1, 366, "days", "Length of a shift.", 7).default(7),
    start: field(
      z.string().refine((value) => isDate(value)),
      { means: "First day of the first shift.", allowed: "a date, YYYY-MM-DD", example: "2026-01-05" },
    ).optional(),
    handover: time("When a shift ends and the next begins.", "09:00").default("09:00"),
  }),
  {
    means: "Who is on call when. Holds for ten years from the year of `start` without a new `up`; after that everybody is on call.",
    allowed: "a map with `rotation` and `start`",
    example: { rotation: ["anna", "ben"], start: "2026-01-05" },
    whenAbsent: "nobody is on call",
    jsonSchema: { required: ["rotation", "start"] },
  },
);

const step = field(
  z.strictObject({
    afterMinutes: whole(1, 10_080, "minutes", "How long an alert has fired without a silence.", 15).optional(),
    to: names("Who is told then.", ["platform-lead"]).default([]),
  }),
  {
    means: "One step.",
    allowed: "a map with `afterMinutes` and `to`",
    example: { afterMinutes: 15, to: ["platform-lead"] },
    jsonSchema: { required: ["afterMinutes", "to"] },
  },
);

const ROUTES = "Receivers of this priority; `on-call` is whoever is on call.";
const route = (example: readonly string[]) => names(ROUTES, example, "`default`").optional();

export const alerting = field(
  z.strictObject({
    timeZone: field(
      z.string().refine((value) => isTimeZone(value)),
      {
        means: "Clock of `onCall` and `quietHours`.",
        allowed: "UTC, or an IANA time zone such as Europe/Berlin",
        example: "Europe/Berlin",
        fix: (received) => betterTimeZone(received),
      },
    ).default("UTC"),
    receivers: field(z.record(z.string(), receiver), {
      means: "Everybody who can be told, by name.",
      allowed: "a map of names to receivers",
      example: { team: { slack: { webhookSecret: "slack-webhook" } } },
      whenAbsent: "alerts are shown, nobody is told",
      jsonSchema: { propertyNames: { pattern: RECEIVER_NAME.source } },
    }).default({}),
    default: names("Receivers of every alert whose priority has no route.", ["team"]).default([]),
    routes: field(z.strictObject({ P0: route(["pager", "on-call"]), P1: route(["on-call"]), P2: route(["team"]), P3: route(["team"]) }), {
      means: "Receivers by priority. P0 service down, P1 critical feature broken, P2 major degradation, P3 minor.",
      allowed: "a map of P0, P1, P2, P3 to lists of receivers",
      example: { P0: ["pager", "team"] },
      whenAbsent: "`default`",
    }).default({}),
    watchdog: field(
      z.strictObject({
        receiver: field(z.string(), {
          means: "Receiver that notices when the messages stop: a service outside of the estate.",
          allowed: "a name from `receivers`",
          example: "dead-man",
        }).optional(),
        repeatMinutes: whole(1, 1440, "minutes", "Minutes between two signs of life.", 5).default(5),
      }),
      {
        means: "The dead-man's switch: a message again and again as long as monitoring works.",
        allowed: "a map with `receiver`",
        example: { receiver: "dead-man" },
        whenAbsent: "nobody notices when monitoring itself is down",
        jsonSchema: { required: ["receiver"] },
      },
    ).optional(),
    onCall: onCall.optional(),
    escalation: field(
      z.strictObject({
        priorities: field(z.array(priority("A priority.")), {
          means: "Priorities whose alerts are escalated.",
          allowed: "a list of P0, P1",
          example: ["P0"],
        }).default(["P0"]),
        steps: field(z.array(step), {
          means: "Who is told next, the soonest first.",
          allowed: "a list of steps",
          example: [{ afterMinutes: 15, to: ["platform-lead"] }],
        }).default([]),
      }),
      {
        means: "Who is told when an alert goes on firing and nobody has silenced it.",
        allowed: "a map with `steps`",
        example: { steps: [{ afterMinutes: 15, to: ["platform-lead"] }] },
        whenAbsent: "no escalation",
        jsonSchema: { required: ["steps"] },
      },
    ).optional(),
    quietHours: field(
      z.strictObject({
        priorities: field(z.array(priority("A priority.")), {
          means: "Priorities that wait until the quiet hours are over.",
          allowed: "a list of P2, P3",
          example: ["P2", "P3"],
        }).default(["P2", "P3"]),
        start: time("When they begin.", "20:00").default("20:00"),
        end: time("When they end; before `start`: on the next day.", "08:00").default("08:00"),
        days: field(z.array(weekday), {
          means: "Days on which they begin.",
          allowed: "a list of weekdays",
          example: ["monday", "friday"],
        }).default([...WEEKDAYS]),
        wholeDays: field(z.array(weekday), {
          means: "Days that are quiet from midnight to midnight.",
          allowed: "a list of weekdays",
          example: ["saturday", "sunday"],
        }).default([]),
      }),
      {
        means: "When P2 and P3 wait. What still fires afterwards is told then; what is over by then is not told at all.",
        allowed: "a map",
        example: { start: "20:00", end: "08:00", wholeDays: ["saturday", "sunday"] },
        whenAbsent: "no quiet hours",
      },
    ).optional(),
  }),
  { means: "Who is told what, and when.", allowed: "a map", example: { receivers: {}, default: [] } },
);

export type WrittenAlerting = z.output<typeof alerting>;

/** The settings as the components take them. Only for what the rules have let through: what they require is there. */
export function completeAlerting(written: WrittenAlerting): AlertingSettings {
  const { timeZone, receivers, routes, watchdog, onCall, escalation, quietHours } = written;
  const named = Object.entries(receivers).sort(([a], [b]) => (a < b ? -1 : 1));
  const routed = PRIORITIES.flatMap((priority) => (routes[priority] ? [[priority, routes[priority]] as const] : []));
  return {
    timeZone,
    receivers: named.map(([name, receiver]) => completeReceiver(name, receiver)),
    default: written.default,
    routes: Object.fromEntries(routed),
    ...(watchdog && { watchdog: { ...watchdog, receiver: watchdog.receiver ?? "" } }),
    ...(onCall && { onCall: { ...onCall, start: (onCall.start ?? "").slice(0, "YYYY-MM-DD".length) } }),
    ...(escalation && {
      escalation: { ...escalation, steps: escalation.steps.map(({ afterMinutes = 0, to }) => ({ afterMinutes, to })) },
    }),
    ...(quietHours && { quietHours }),
  };
}

function isDate(value: string): boolean {
  const day = DATE.exec(value)?.[1];
  // `Date` moves 30 February to March; a date that stays what it was exists.
  return day !== undefined && !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);
}

const canonical = (zone: string): string | undefined => {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
};

/** Alertmanager finds a zone as a file, so its letters must be written as the file's are; `Intl` does not mind. */
export function isTimeZone(zone: string): boolean {
  const known = TIME_ZONE.test(zone) ? canonical(zone) : undefined;
  return known !== undefined && (known === zone || known.toLowerCase() !== zone.toLowerCase());
}

export function betterTimeZone(received: unknown): string | undefined {
  const known = typeof received === "string" ? canonical(received) : undefined;
  return known !== undefined && isTimeZone(known) ? `write ${known}` : undefined;
}
