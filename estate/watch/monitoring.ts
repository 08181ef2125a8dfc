import { z } from "zod";
import {
  type Alert,
  alertsOf,
  blindSpots,
  type Deployment,
  FACTS,
  picture,
  type Sample,
  samples,
  TRAFFIC,
  type Track,
  tracks,
} from "../../images/edge/status/status-model.js";
import type { MonitoringStatus } from "../status.ts";

/** Base addresses that are asked; null where there is none. */
export type MonitoringAddresses = Pick<MonitoringStatus, "prometheus" | "alertmanager">;

/** What monitoring says at one moment. */
export interface Readings {
  /** Newest value of each measure, by slot. */
  readonly live: readonly Sample[];
  /** The last minutes of each measure, by slot. */
  readonly history: readonly Track[];
  readonly alerts: readonly Alert[];
  readonly deployment: Deployment | null;
  /** What is not known, in words for people; empty when all is. */
  readonly gaps: readonly string[];
}

/** Length of the history, seconds, and its step: one sign of a sparkline each. */
export const HISTORY = { seconds: 300, step: 15 } as const;
const PATIENCE_MS = 3000;

const metric = z.record(z.string(), z.string());
const value = z.tuple([z.number(), z.string()]);
const result = <T extends z.ZodType>(type: string, one: T) =>
  z.object({ status: z.literal("success"), data: z.object({ resultType: z.literal(type), result: z.array(one) }) });
const vector = result("vector", z.object({ metric, value }));
const matrix = result("matrix", z.object({ metric, values: z.array(value) }));
const time = z.string().refine((text) => Number.isFinite(Date.parse(text)));
const ruled = z.object({
  status: z.literal("success"),
  data: z.object({
    alerts: z.array(z.object({ labels: metric, annotations: metric, state: z.enum(["pending", "firing"]), activeAt: time })),
  }),
});
const arrived = z.array(
  z.object({
    labels: metric,
    annotations: metric,
    startsAt: time,
    status: z.object({ silencedBy: z.array(z.string()), inhibitedBy: z.array(z.string()) }),
  }),
);

export type Fetch = (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;

/** Asks one address, and believes only an answer of the right shape. @throws Error with words for people */
async function ask<T>(fetch: Fetch, who: string, base: string, path: string, shape: z.ZodType<T>): Promise<T> {
  const response = await fetch(`${base.replace(/\/+$/, "")}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => null);
  if (response === null) throw new Error(`${who} does not answer at ${base}.`);
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new Error(`${who} at ${base} answers with status ${response.status}.`);
  const parsed = shape.safeParse(body);
  if (!parsed.success) throw new Error(`What answers at ${base} is not ${who}.`);
  return parsed.data;
}

async function askPrometheus(fetch: Fetch, base: string) {
  const get = <T>(path: string, parameters: Record<string, string>, shape: z.ZodType<T>) =>
    ask(fetch, "Prometheus", base, `/api/v1/${path}?${new URLSearchParams(parameters)}`, shape);
  const [facts, live, rules] = await Promise.all([
    get("query", { query: FACTS }, vector).then(samples),
    get("query", { query: TRAFFIC }, vector).then(samples),
    get("alerts", {}, ruled),
  ]);
  // Prometheus' own clock says what the last minutes are: this machine's may be another one's.
  const end = facts[0]?.at ?? Date.now() / 1000;
  const span = { start: String(end - HISTORY.seconds), end: String(end), step: String(HISTORY.step) };
  const history = await get("query_range", { query: TRAFFIC, ...span }, matrix).then(tracks);
  const { deployment, targets } = picture({ facts, live, history });
  return { live, history, rules, deployment, gaps: blindSpots(targets) };
}

/**
 * Ask an estate's monitoring for everything that the terminal shows. It never fails: what cannot be had is named in `gaps`.
 *
 * An answer that comes from another estate's monitoring (its alerts say which) counts as none.
 */
export async function readMonitoring(estate: string, addresses: MonitoringAddresses, fetch: Fetch = globalThis.fetch): Promise<Readings> {
  const nothing = { live: [], history: [], deployment: null };
  const { prometheus: prometheusAt, alertmanager: managerAt } = addresses;
  if (prometheusAt === null) return { ...nothing, alerts: [], gaps: ["Monitoring is off: shares and health only."] };
  const [prometheus, manager] = await Promise.allSettled([
    askPrometheus(fetch, prometheusAt),
    managerAt === null ? null : ask(fetch, "Alertmanager", managerAt, "/api/v2/alerts", arrived),
  ]);
  const known = prometheus.status === "fulfilled" ? prometheus.value : { ...nothing, rules: null, gaps: [] };
  const { alerts, estate: theirs } = alertsOf(known.rules, manager.status === "fulfilled" ? manager.value : null);
  if (theirs !== null && theirs !== estate) {
    return {
      ...nothing,
      alerts: [],
      gaps: [`Monitoring at ${prometheusAt} is that of '${theirs}', not of '${estate}': its numbers are left out.`],
    };
  }
  const failures = [prometheus, manager].flatMap((one) => (one.status === "rejected" ? [(one.reason as Error).message] : []));
  return { live: known.live, history: known.history, deployment: known.deployment, alerts, gaps: [...failures, ...known.gaps] };
}
