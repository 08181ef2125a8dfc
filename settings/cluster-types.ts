import type {
  ClusterMonitoringSpec,
  DiscoverySpec,
  GatewaySpec,
  JobSpec,
  LogsSpec,
  Mesh,
  SnapshotSpec,
  StorageSpec,
} from "../components/kubernetes/spec.ts";
import type { WorkloadSpec } from "../components/kubernetes/workload/spec.ts";

/** Names of metrics and labels by which requests are counted in a cluster. */
export interface RequestNames {
  /** Counter of requests, and its label with the HTTP status. */
  readonly requests: string;
  readonly status: string;
  /** Histogram of durations, without `_bucket`, and the unit of its bounds. */
  readonly latency: string;
  readonly unit: "milliseconds" | "seconds";
  /** Labels that hold `<service>-<slot>` and its namespace. */
  readonly workload: string;
  readonly namespace: string;
  /** Further labels that a series must have. */
  readonly where: Readonly<Record<string, string>>;
}

/** The Prometheus that rollouts in a cluster go by. */
export interface ClusterPrometheus {
  readonly url: string;
  /** Names in `Settings.secrets`. @default nobody signs in */
  readonly login?: { readonly tokenSecret: string } | { readonly user: string; readonly passwordSecret: string };
  /** Seconds between two looks of it at a pod. */
  readonly scrapeSeconds: number;
  readonly names: RequestNames;
}

/** A Kubernetes cluster, and what of the estate runs in it besides services. */
export interface ClusterSettings {
  /** Name in `Settings.secrets`; absent: the machine's own. */
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  /** Whether the namespace is the estate's own. */
  readonly createNamespace: boolean;
  readonly gateway?: GatewaySpec;
  readonly mesh: Mesh;
  /** Name in `Settings.secrets`. */
  readonly pullSecret?: string;
  readonly storageClass?: string;
  readonly storage?: StorageSpec;
  readonly snapshots?: SnapshotSpec;
  /** Sorted by name, as the workloads. */
  readonly jobs: readonly JobSpec[];
  readonly monitoring?: ClusterMonitoringSpec;
  /** Absent: nobody can say how a canary in the cluster does. */
  readonly prometheus?: ClusterPrometheus;
  readonly logs?: LogsSpec;
  readonly discovery?: DiscoverySpec;
  readonly workloads: readonly WorkloadSpec[];
}
