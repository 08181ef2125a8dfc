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
  readonly logs?: LogsSpec;
  readonly discovery?: DiscoverySpec;
  readonly workloads: readonly WorkloadSpec[];
}
