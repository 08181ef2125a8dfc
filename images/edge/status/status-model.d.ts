export function samples(answer: unknown): Sample[];
export function tracks(answer: unknown): Track[];
export function picture({
  facts,
  live,
  history,
}: {
  facts: readonly Sample[];
  live: readonly Sample[];
  history: readonly Track[];
}): Picture;
export function alertsOf(rules: unknown, manager: unknown): Alerts;
export function verdict(
  services: readonly ServiceView[],
  alerts: readonly Alert[],
): {
  readonly level: "good" | "warning" | "critical" | "unknown";
  readonly words: string;
};
export const SLOTS: readonly Slot[];
export const MEASURES: readonly Measure[];
export const FACTS: string;
export const TRAFFIC: string;
export function roleOf(active: boolean, share: number | null): "no route" | "active" | "canary" | "standby";
export function blindSpots({ down }: Picture["targets"]): string[];
export type Slot = "blue" | "green";
export type Measure = "rate" | "errors" | "p50" | "p95" | "p99";
export type Sample = {
  readonly labels: Readonly<Record<string, string>>;
  readonly at: number;
  readonly value: number;
};
export type Point = {
  readonly at: number;
  readonly value: number;
};
export type Track = {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly Point[];
};
export type SlotView = {
  readonly slot: Slot;
  readonly role: string;
  readonly share: number | null;
  readonly releases: readonly string[];
  readonly answering: number;
  readonly copies: number;
  readonly tracks: Readonly<Record<Measure, readonly Point[]>>;
};
export type ServiceView = {
  readonly name: string;
  readonly frozen: boolean;
  readonly answers: boolean | null;
  readonly slots: readonly SlotView[];
};
export type Deployment = {
  readonly at: number;
  readonly ok: boolean | null;
  readonly seconds: number | null;
};
export type Picture = {
  readonly services: readonly ServiceView[];
  readonly targets: {
    readonly total: number;
    readonly down: readonly string[];
  };
  readonly deployment: Deployment | null;
};
export type Alert = {
  readonly name: string;
  readonly state: "firing" | "pending" | "silenced" | "inhibited";
  readonly severity: string;
  readonly priority: string;
  readonly where: string;
  readonly summary: string;
  readonly since: number;
  readonly runbook: string | null;
};
export type Alerts = {
  readonly alerts: readonly Alert[];
  readonly heartbeat: boolean;
  readonly estate: string | null;
};
