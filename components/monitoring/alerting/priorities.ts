import type { Priority } from "../rules/types.ts";

export { PRIORITIES, type Priority } from "../rules/types.ts";

/** How long Alertmanager waits before it speaks, and before it says the same again. Seconds. */
export interface Waits {
  /** From the first alert of a group to its message: what comes with it goes into the same message, what inhibits it has time to arrive. */
  readonly first: number;
  /** From a message to the next one when the group has changed; also how late a message may be after quiet hours or a handover. */
  readonly changed: number;
  /** From a message to the same one again, while nothing has changed. */
  readonly again: number;
}

/** What a priority means to a person and to the tools that carry its messages. */
export interface Meaning {
  readonly means: string;
  /** Time to answer, in words. */
  readonly answer: string;
  readonly colour: string;
  /** One of the four severities that PagerDuty takes. */
  readonly pagerduty: "critical" | "error" | "warning" | "info";
  readonly waits: Waits;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

export const MEANINGS: Readonly<Record<Priority, Meaning>> = {
  P0: {
    means: "service down",
    answer: "5 minutes",
    colour: "#b71c1c",
    pagerduty: "critical",
    waits: { first: 10, changed: MINUTE, again: 15 * MINUTE },
  },
  P1: {
    means: "critical feature broken",
    answer: "30 minutes",
    colour: "#e65100",
    pagerduty: "error",
    waits: { first: 20, changed: 2 * MINUTE, again: HOUR },
  },
  P2: {
    means: "major degradation",
    answer: "4 hours",
    colour: "#f9a825",
    pagerduty: "warning",
    waits: { first: 30, changed: 5 * MINUTE, again: 8 * HOUR },
  },
  P3: {
    means: "minor",
    answer: "2 days",
    colour: "#1565c0",
    pagerduty: "info",
    waits: { first: MINUTE, changed: 10 * MINUTE, again: 24 * HOUR },
  },
};
