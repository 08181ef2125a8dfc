import type { PlannedThresholds } from "../monitoring/plan.ts";
import type { Amount } from "./workload/spec.ts";

/** The gateway that routed services hang their routes on; it is there before Sluice comes. */
export interface GatewaySpec {
  readonly name: string;
  readonly namespace: string;
  /** Where the pods that carry its traffic run. */
  readonly podsNamespace: string;
  /** @default every host that the gateway serves */
  readonly hosts: readonly string[];
}

/** What moves requests: the Gateway API alone, or Istio's own routes and circuit breakers. */
export const MESHES = ["none", "istio"] as const;
export type Mesh = (typeof MESHES)[number];

/** A kind of disk that Sluice declares. */
export interface StorageSpec {
  readonly provisioner: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** What becomes of a disk whose claim is gone. */
  readonly reclaim: "Retain" | "Delete";
}

/** Snapshots of every StatefulSet's disks. */
export interface SnapshotSpec {
  /** CSI driver that makes them. */
  readonly driver: string;
  /** Cron, UTC. */
  readonly schedule: string;
  /** Snapshots of each disk that are kept. */
  readonly keep: number;
  /** An image with `kubectl` and a shell. */
  readonly image: string;
}

export const JOB_PURPOSES = ["backup", "maintenance"] as const;

/** Something that is done on a schedule. */
export interface JobSpec {
  readonly name: string;
  readonly purpose: (typeof JOB_PURPOSES)[number];
  readonly schedule: string;
  /** IANA name. */
  readonly timeZone: string;
  readonly image: string;
  readonly command?: readonly string[] | undefined;
  readonly args?: readonly string[] | undefined;
  readonly requests: Amount;
  readonly limits: Amount;
  readonly user: number;
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  /** Seconds after which a run is ended. */
  readonly timeoutSeconds: number;
  /** Further tries of a run that fails. @default 2 */
  readonly retries?: number;
  /** Seconds that a run may begin late. @default 600 */
  readonly startWithinSeconds?: number;
  /** What a run ends with that no further try would change. @default nothing */
  readonly finalExitCodes?: readonly number[];
  readonly talksTo: readonly string[];
  readonly outside: readonly { readonly cidr: string; readonly ports: readonly number[] }[];
}

/** The cluster's Prometheus, run by its operator. */
export interface ClusterMonitoringSpec {
  /** Where it runs. */
  readonly namespace: string;
  /** Labels that it finds its monitors and rules by. */
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapeSeconds: number;
  /** Limits that alerts are raised at. */
  readonly thresholds: PlannedThresholds;
  /** Counters that must never stand still. */
  readonly progressCounters: readonly string[];
  /** Address that runbooks are read at, without a slash at the end. */
  readonly runbooks: string;
  readonly owner: string;
}

/** Where logs go. */
export interface LogsSpec {
  readonly to: "elasticsearch" | "opensearch";
  readonly host: string;
  readonly port: number;
  /** Ranges that `host` lives in, for the network policy. */
  readonly cidrs: readonly string[];
  readonly login?: { readonly user: string; readonly passwordSecret: string } | undefined;
  /** Beginning of the indices' names. */
  readonly index: string;
  readonly keepDays: number;
  /** Fluent Bit. */
  readonly image: string;
  /** An image with `curl` and a shell. */
  readonly toolImage: string;
}

/** Consul's agents on every node, and who is registered with them. */
export interface DiscoverySpec {
  readonly servers: readonly string[];
  readonly datacenter: string;
  /** Ranges that the servers, and agents of other clouds, live in. */
  readonly cidrs: readonly string[];
  /** @default one that is made at the first `up` */
  readonly gossipSecret?: string | undefined;
  readonly image: string;
}
