import type { Priority } from "./priorities.ts";

/** Who is told what, when: `sluice:monitoring.alerting`, complete and checked. */
export interface AlertingSettings {
  /** IANA name; the clock of `onCall` and `quietHours`. */
  readonly timeZone: string;
  /** Sorted by name. None: alerts are shown, nobody is told. */
  readonly receivers: readonly Receiver[];
  /** Receivers of everything that no priority's route names. */
  readonly default: readonly string[];
  /** Receivers by priority; `on-call` stands for whoever is on call. A priority that is absent goes to `default`. */
  readonly routes: Readonly<Partial<Record<Priority, readonly string[]>>>;
  readonly watchdog?: WatchdogSettings;
  readonly onCall?: OnCallSettings;
  readonly escalation?: EscalationSettings;
  readonly quietHours?: QuietHours;
}

/** One person, team or machine, and every way to reach it. Whatever ends in `Secret` is the NAME of a secret, never its value. */
export interface Receiver {
  readonly name: string;
  readonly slack?: { readonly webhookSecret: string; readonly channel?: string };
  readonly pagerduty?: { readonly routingKeySecret: string };
  readonly email?: Email;
  readonly discord?: { readonly webhookSecret: string };
  readonly webhook?: Webhook;
}

export interface Email {
  readonly to: readonly string[];
  readonly from: string;
  /** `host:port`; port 465 speaks TLS from the first byte, any other by STARTTLS. */
  readonly smarthost: string;
  readonly tls: boolean;
  readonly login?: { readonly user: string; readonly passwordSecret: string };
}

/** Gets Alertmanager's own JSON (version 4) by POST. */
export interface Webhook {
  readonly address: { readonly url: string } | { readonly urlSecret: string };
  /** Name of the secret that is sent as bearer token. */
  readonly tokenSecret?: string;
}

/** The dead-man's switch: an alert that always fires, so that its silence can be noticed outside. */
export interface WatchdogSettings {
  readonly receiver: string;
  readonly repeatMinutes: number;
}

export interface OnCallSettings {
  /** Receivers in the order of their shifts. */
  readonly rotation: readonly string[];
  readonly shiftDays: number;
  /** First day of the first shift, `YYYY-MM-DD`. */
  readonly start: string;
  /** Time of day at which one shift ends and the next begins, `HH:MM`. */
  readonly handover: string;
}

export interface EscalationSettings {
  readonly priorities: readonly Priority[];
  /** In the order of their delays. */
  readonly steps: readonly EscalationStep[];
}

export interface EscalationStep {
  /** Minutes that an alert has fired. */
  readonly afterMinutes: number;
  readonly to: readonly string[];
}

export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export interface QuietHours {
  readonly priorities: readonly Priority[];
  /** `HH:MM` */
  readonly start: string;
  /** `HH:MM`; before `start`: on the next day. */
  readonly end: string;
  /** Days on which the quiet hours begin. */
  readonly days: readonly Weekday[];
  /** Days that are quiet from midnight to midnight. */
  readonly wholeDays: readonly Weekday[];
}

/** Stands for whoever is on call, wherever a list of receivers does. */
export const ON_CALL = "on-call";
/** Alertmanager wants a receiver for everything; this one reaches nobody. */
export const NOBODY = "nobody";
/** Name of the alert that always fires, and of the receiver that is told so. */
export const WATCHDOG_ALERT = "Watchdog";
export const WATCHDOG = "watchdog";

/** The part of Alertmanager's configuration file that is used here, in its own words. */
export interface AlertmanagerConfig {
  readonly templates: readonly string[];
  readonly route: Route;
  readonly inhibit_rules: readonly InhibitRule[];
  readonly receivers: readonly { readonly name: string; readonly [configs: `${string}_configs`]: readonly object[] }[];
  readonly time_intervals?: readonly NamedInterval[];
}

export interface Route {
  readonly receiver: string;
  readonly matchers?: readonly string[];
  readonly continue?: boolean;
  readonly group_by?: readonly string[];
  readonly group_wait?: string;
  readonly group_interval?: string;
  readonly repeat_interval?: string;
  readonly active_time_intervals?: readonly string[];
  readonly mute_time_intervals?: readonly string[];
  readonly routes?: readonly Route[];
}

export interface InhibitRule {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

export interface NamedInterval {
  readonly name: string;
  readonly time_intervals: readonly TimeInterval[];
}

/** A moment is inside when every key that is present has a range that holds it, on the clock of `location`. */
export interface TimeInterval {
  readonly times?: readonly { readonly start_time: string; readonly end_time: string }[];
  readonly weekdays?: readonly Weekday[];
  readonly days_of_month?: readonly string[];
  readonly months?: readonly string[];
  readonly years?: readonly string[];
  readonly location?: string;
}
