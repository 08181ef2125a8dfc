import { SLOTS, type Slot } from "../edge/share.ts";
import type { ImageSource } from "../host/image.ts";
import type { ClusterMonitoringSpec, DiscoverySpec, GatewaySpec, JobSpec, LogsSpec, Mesh, SnapshotSpec } from "./spec.ts";
import { type SlotService, slotWorkload } from "./traffic/slot-workload.ts";
import { type Neighbours, neighbourhood } from "./workload/network.ts";
import type { WorkloadSpec } from "./workload/spec.ts";

/** A cluster's settings, as far as they decide what belongs together. */
export interface PlannedCluster {
  readonly workloads: readonly WorkloadSpec[];
  readonly jobs: readonly JobSpec[];
  readonly gateway?: GatewaySpec;
  readonly mesh: Mesh;
  readonly monitoring?: ClusterMonitoringSpec;
  readonly logs?: LogsSpec;
  readonly snapshots?: SnapshotSpec;
  readonly discovery?: DiscoverySpec;
}

/** A service's settings, likewise. */
export interface ServicePlan extends SlotService {
  readonly route?: string;
  readonly active: Slot;
  readonly canaryWeight: number;
  readonly slots: Readonly<
    Partial<
      Record<
        Slot,
        {
          readonly source: ImageSource;
          readonly release?: string;
          readonly replicas: number;
          readonly env: Readonly<Record<string, string>>;
          readonly files: Readonly<Record<string, string>>;
        }
      >
    >
  >;
}

export interface PlannedService<S extends ServicePlan = ServicePlan> {
  readonly settings: S;
  readonly slots: Readonly<Partial<Record<Slot, WorkloadSpec>>>;
}

export interface ClusterPlan<S extends ServicePlan = ServicePlan> {
  readonly own: PlannedCluster;
  readonly services: readonly PlannedService<S>[];
  readonly neighbours: Neighbours;
  /** Everything that has numbers. */
  readonly measured: readonly WorkloadSpec[];
  readonly hasSecrets: boolean;
}

/** What follows from a cluster's settings before anything is made: slots as workloads, who may talk to whom, what is measured. */
export function planCluster<S extends ServicePlan>(own: PlannedCluster, services: readonly S[]): ClusterPlan<S> {
  const planned = services.map((settings): PlannedService<S> => ({ settings, slots: slotsOf(settings) }));
  const slots = planned.flatMap((one) => SLOTS.flatMap((slot) => (one.slots[slot] ? [one.slots[slot]] : [])));
  const all = [...own.workloads, ...slots];
  const { gateway, monitoring, mesh, discovery } = own;
  return {
    own,
    services: planned,
    neighbours: {
      ...neighbourhood(all, own.jobs),
      gateway,
      routed: services.flatMap(({ name, route }) => (route === undefined ? [] : [name])),
      monitoring: monitoring?.namespace,
      istio: mesh === "istio",
      discovery: discovery !== undefined,
    },
    measured: all,
    hasSecrets: [...all, ...own.jobs].some(({ secrets }) => secrets.length > 0) || own.logs?.login !== undefined || discovery !== undefined,
  };
}

function slotsOf(settings: ServicePlan): PlannedService["slots"] {
  const entries = SLOTS.flatMap((slot) => {
    const own = settings.slots[slot];
    // Folders are not built for a cluster; the settings refuse them.
    if (own?.source.kind !== "registry") return [];
    return [[slot, slotWorkload(settings, slot, { ...own, image: own.source.reference })] as const];
  });
  return Object.fromEntries(entries);
}
