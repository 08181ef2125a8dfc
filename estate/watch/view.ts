import { SLOTS, type Slot } from "../../components/edge/share.ts";
import { type Alert, type Deployment, MEASURES, type Measure, roleOf } from "../../images/edge/status/status-model.js";
import type { EstateStatus, ServiceStatus } from "../status.ts";
import type { Readings } from "./monitoring.ts";

/** One slot of one service, now. Measures are null where they are not known. */
export interface SlotRow {
  readonly service: string;
  readonly slot: Slot;
  /** `active`, `canary`, `standby`, or `no route`. */
  readonly role: string;
  /** Percent of the service's clients; null without a route. */
  readonly share: number | null;
  readonly release: string;
  readonly health: string;
  readonly copies: number;
  /** Requests per second. */
  readonly rate: number | null;
  /** Part of requests that end in 5xx, 0-1. */
  readonly errors: number | null;
  /** Latencies, seconds. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** Requests per second over the last minutes, oldest first; null where nothing was measured. */
  readonly trend: readonly (number | null)[];
}

/** Everything the terminal shows at one moment; `--json` prints it as it is. */
export interface View {
  readonly estate: string;
  /** ISO 8601. */
  readonly at: string;
  readonly edge: { readonly url: string | null; readonly health: string };
  readonly stores: readonly { readonly name: string; readonly health: string }[];
  readonly slots: readonly SlotRow[];
  readonly frozen: readonly string[];
  readonly alerts: readonly Alert[];
  readonly deployment: Deployment | null;
  /** What is not known, and why. */
  readonly gaps: readonly string[];
}

function shareOf({ active, canaryWeight }: ServiceStatus, slot: string): number | null {
  if (active === null || canaryWeight === null) return null;
  return slot === active ? 100 - canaryWeight : canaryWeight;
}

/** Put together what Docker and the edge say with what monitoring says. */
export function viewOf(estate: string, at: Date, status: EstateStatus, readings: Readings, step: { seconds: number; step: number }): View {
  const rowsOf = (service: ServiceStatus): SlotRow[] =>
    SLOTS.flatMap((name) => {
      const slot = service.slots.find((one) => one.name === name);
      if (!slot) return [];
      const share = shareOf(service, name);
      const isOwn = (measure: Measure) => (one: { readonly labels: Readonly<Record<string, string>> }) =>
        one.labels.service === service.name && one.labels.slot === name && one.labels.measure === measure;
      const now = (measure: Measure) => readings.live.find(isOwn(measure))?.value ?? null;
      const [rate, errors, p50, p95, p99] = MEASURES.map(now);
      return [
        {
          service: service.name,
          slot: name,
          role: roleOf(name === service.active, share),
          share,
          release: slot.release,
          health: slot.health,
          copies: slot.containers.length,
          rate: rate ?? null,
          errors: errors ?? null,
          p50: p50 ?? null,
          p95: p95 ?? null,
          p99: p99 ?? null,
          trend: trendOf(readings.history.find(isOwn("rate"))?.points ?? [], endOf(readings), step),
        },
      ];
    });
  return {
    estate,
    at: at.toISOString(),
    edge: status.edge,
    stores: status.stores.map(({ name, health }) => ({ name, health })),
    slots: status.services.flatMap(rowsOf),
    frozen: status.services.filter(({ frozen }) => frozen).map(({ name }) => name),
    alerts: readings.alerts,
    deployment: readings.deployment,
    gaps: readings.gaps,
  };
}

/** The newest moment that any series of the history has: all of them share its steps. */
const endOf = ({ history }: Readings): number => Math.max(0, ...history.map(({ points }) => points.at(-1)?.at ?? 0));

/** Values at each step up to the end; null where none was measured. */
function trendOf(points: readonly { at: number; value: number }[], end: number, { seconds, step }: { seconds: number; step: number }) {
  if (points.length === 0) return [];
  const steps = Math.floor(seconds / step);
  return Array.from({ length: steps }, (_, index) => {
    const at = end - (steps - 1 - index) * step;
    return points.find((point) => Math.abs(point.at - at) < step / 2)?.value ?? null;
  });
}

/** Whether something needs a person now: a critical alert fires, or the edge is not there. It is the exit code of `--once`. */
export function needsAttention({ alerts, edge }: View): boolean {
  const fires = alerts.some(({ state, severity }) => state === "firing" && severity === "critical");
  return fires || edge.url === null || !["healthy", "starting", "running"].includes(edge.health);
}
