/** The three ways that Kubernetes runs a program for as long as there is one. */
export const WORKLOAD_KINDS = ["Deployment", "StatefulSet", "DaemonSet"] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

/** What one container takes: MiB of memory, and CPU time in CPUs. */
export interface Amount {
  readonly cpus: number;
  readonly memoryMb: number;
}

/** An HTTP question to a container. */
export interface ProbeSpec {
  readonly path: string;
  /** Name of the port that is asked. */
  readonly port: string;
  /** Seconds from the container's start to the first question. */
  readonly afterSeconds: number;
  readonly everySeconds: number;
  readonly timeoutSeconds: number;
  /** Bad answers in a row that count. */
  readonly failures: number;
}

/** `liveness`: not good, and the container starts anew. `readiness`: not good, and it gets no requests. `startup`: both wait for it. */
export interface ProbeSpecs {
  readonly liveness?: ProbeSpec | undefined;
  readonly readiness?: ProbeSpec | undefined;
  readonly startup?: ProbeSpec | undefined;
}

/** A disk of its own for each pod of a StatefulSet. */
export interface VolumeSpec {
  readonly sizeGi: number;
  /** Where the container finds it. */
  readonly path: string;
  /** @default the cluster's */
  readonly storageClass?: string | undefined;
}

/** How fast the number of pods may change. */
export interface PaceSpec {
  /** Seconds that are looked back on before a change, so that a ripple moves nothing. */
  readonly windowSeconds: number;
  /** Percent of the pods that may come or go in one period. */
  readonly percent: number;
  readonly periodSeconds: number;
}

export interface AutoscalingSpec {
  readonly min: number;
  readonly max: number;
  /** Average use of what is requested, percent. */
  readonly cpuPercent?: number | undefined;
  readonly memoryPercent?: number | undefined;
  /** Average per pod of the cluster's custom metrics, by name, as a Kubernetes quantity. */
  readonly metrics: Readonly<Record<string, string>>;
  readonly scaleUp: PaceSpec;
  readonly scaleDown: PaceSpec;
}

/** What the vertical autoscaler does: `Off` only recommends, `Initial` decides at a pod's start, `Recreate` and `Auto` replace pods. */
export const VERTICAL_MODES = ["Off", "Initial", "Recreate", "Auto"] as const;
export type VerticalMode = (typeof VERTICAL_MODES)[number];

export interface VerticalSpec {
  /** @default "Off" beside a horizontal autoscaler on CPU or memory, else "Auto" */
  readonly mode?: VerticalMode | undefined;
  readonly min?: Amount | undefined;
  readonly max?: Amount | undefined;
}

/** A way in from outside of the cluster. */
export interface LoadBalancerSpec {
  /** Name of a port by the number that the world asks. */
  readonly ports: Readonly<Record<string, string>>;
  /** CIDR ranges that may come in. @default everybody */
  readonly allowFrom: readonly string[];
  /** What the cloud's controller is told. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** A place outside of the cluster that a workload may talk to. */
export interface OutsideSpec {
  readonly cidr: string;
  readonly ports: readonly number[];
}

/** One workload, complete: defaults are filled in, and what is absent is meant to be. */
export interface WorkloadSpec {
  readonly name: string;
  /** What selects the workload's pods together with those of its siblings. @default `name` */
  readonly family?: string | undefined;
  /** Slot of a service. @default none */
  readonly slot?: string | undefined;
  readonly kind: WorkloadKind;
  /** Best with its digest. */
  readonly image: string;
  /** As logs, metrics and labels name what runs. */
  readonly release: string;
  /** Absent: the number of nodes decides (DaemonSet), or an autoscaler. */
  readonly replicas?: number | undefined;
  /** Container ports by name. */
  readonly ports: Readonly<Record<string, number>>;
  /** @default the image's own */
  readonly command?: readonly string[] | undefined;
  readonly args?: readonly string[] | undefined;
  readonly requests: Amount;
  readonly limits: Amount;
  /** User and group that the program runs as. */
  readonly user: number;
  readonly env: Readonly<Record<string, string>>;
  /** Text files by relative path, in `/run/config/current`. */
  readonly files: Readonly<Record<string, string>>;
  /** Names of secrets, as files in `/run/secrets`. */
  readonly secrets: readonly string[];
  readonly volume?: VolumeSpec | undefined;
  /** Whether pods of a StatefulSet come and go one after the other or all at once. */
  readonly start: "ordered" | "parallel";
  /** Pods of a StatefulSet below this number keep their release: the others are its canary. */
  readonly partition: number;
  readonly probes: ProbeSpecs;
  /** Seconds between the request to stop and the kill, for the program's own work. */
  readonly drainSeconds: number;
  /** Seconds until a rollout that gets nowhere has failed. */
  readonly readyTimeoutSeconds: number;
  /** Pods that may be away at one time when nodes are emptied. */
  readonly maxUnavailable: number;
  readonly autoscaling?: AutoscalingSpec | undefined;
  readonly verticalAutoscaling?: VerticalSpec | undefined;
  readonly loadBalancer?: LoadBalancerSpec | undefined;
  /** Whether its pods keep out of the mesh that the others are in. @default false */
  readonly outsideMesh?: boolean | undefined;
  /** Path of its own metrics. @default none */
  readonly metrics?: string | undefined;
  /** Requests per second below which something is wrong. @default no floor */
  readonly throughputFloor?: number | undefined;
  /** Workloads and services that it sends requests to; itself for its own peers. */
  readonly talksTo: readonly string[];
  readonly outside: readonly OutsideSpec[];
}
