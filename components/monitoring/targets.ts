import type { OwnRole } from "../host/addresses.ts";

/** One container of a service's slot, as monitoring reaches it. */
export interface SlotTarget {
  readonly service: string;
  readonly slot: string;
  readonly release: string;
  /** `address:port`. */
  readonly address: string;
  /** Path that answers below 400 when the container can do its work. */
  readonly health: string;
  /** Path of the service's own metrics; absent: it has none. */
  readonly metrics?: string | undefined;
}

/** A path at the edge that is asked end to end. */
export interface RouteTarget {
  readonly service: string;
  /** Whole address as the edge hears it on the estate's network: the service's health path below its route. */
  readonly url: string;
}

/** Everything of an estate that is watched. */
export interface Targets {
  readonly slots: readonly SlotTarget[];
  readonly routes: readonly RouteTarget[];
  /** The estate's own exporters that exist, by role. */
  readonly exporters: readonly Exporter[];
  /** Machines beside the first, with the addresses of their exporters. @default the estate is on one machine */
  readonly machines?: readonly { readonly name: string; readonly address: string }[];
  /** Whether a guard watches canaries. @default false */
  readonly guard?: boolean;
}

/** A program of the estate that turns something into metrics. */
export type Exporter = Extract<OwnRole, "edge-metrics" | "node-metrics" | "postgres-metrics" | "redis-metrics">;

/** Port that each program listens on, inside the estate's network. */
export const PORTS = {
  prometheus: 9090,
  alertmanager: 9093,
  "edge-metrics": 3903,
  "node-metrics": 9100,
  "postgres-metrics": 9187,
  "redis-metrics": 9121,
  probes: 9115,
  guard: 9700,
} as const;

/** Prometheus' name of the job that an exporter's numbers come under. */
export const JOBS: Readonly<Record<Exporter, string>> = {
  "edge-metrics": "edge",
  "node-metrics": "node",
  "postgres-metrics": "postgres",
  "redis-metrics": "redis",
};
