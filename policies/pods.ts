import { type Fact, type Facts, isGiven, knownOf } from "./facts.ts";

/** As much of Kubernetes' objects as rules ask about. */
interface Probe {
  readonly httpGet?: object;
  readonly tcpSocket?: object;
  readonly exec?: object;
  readonly grpc?: object;
}

interface Container {
  readonly name?: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name?: string; readonly value?: string }[];
  readonly ports?: readonly { readonly hostPort?: number }[];
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly securityContext?: {
    readonly privileged?: boolean;
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
    readonly seccompProfile?: { readonly type?: string };
  };
}

interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly { readonly name?: string; readonly hostPath?: { readonly path?: string } }[];
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly automountServiceAccountToken?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly seccompProfile?: { readonly type?: string };
  };
}

interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: PodSpec;
}

/** Everything in a cluster that makes pods, by the engine's name for its type. */
export const MAKE_PODS = [
  "kubernetes:apps/v1:Deployment",
  "kubernetes:apps/v1:StatefulSet",
  "kubernetes:apps/v1:DaemonSet",
  "kubernetes:batch/v1:CronJob",
] as const;

/** An object that makes pods. */
export type Workload = Facts<{ readonly spec?: { readonly template?: Template; readonly volumeClaimTemplates?: readonly object[] } }>;
/** One that makes them on a schedule. */
export type Scheduled = Facts<{ readonly spec?: { readonly jobTemplate?: { readonly spec?: { readonly template?: Template } } } }>;

export type PodFacts = Facts<PodSpec>;
export type ContainerFacts = Facts<Container>;

/** The pods of an object. */
export interface Pods {
  readonly spec: PodFacts;
  /** What the pod is to the estate, by its label; absent where it does not say. */
  readonly component: string | undefined;
  readonly annotations: Readonly<Record<string, unknown>>;
  /** Whether they end by themselves. */
  readonly ends: boolean;
  /** Every container that is known, those that come first too. */
  readonly containers: readonly ContainerFacts[];
}

const COMPONENT = "app.kubernetes.io/component";

/** What an object says of its pods; nothing where it does not say, or where nobody can know yet. */
export function podsOf(object: Workload | Scheduled): Pods | undefined {
  const spec = object.spec as Fact<object> | undefined;
  if (!isGiven(spec)) return undefined;
  const ends = "jobTemplate" in spec;
  const template = (ends ? inside(inside(spec, "jobTemplate"), "spec") : spec) as Facts<{ template?: Template }> | undefined;
  const pod = template?.template;
  if (!isGiven(pod) || !isGiven(pod.spec)) return undefined;
  const metadata = isGiven(pod.metadata) ? pod.metadata : {};
  const labels = isGiven(metadata.labels) ? metadata.labels : {};
  const component = (labels as Record<string, unknown>)[COMPONENT];
  return {
    spec: pod.spec,
    component: typeof component === "string" ? component : undefined,
    annotations: isGiven(metadata.annotations) ? (metadata.annotations as Record<string, unknown>) : {},
    ends,
    containers: [...knownOf(pod.spec.initContainers), ...knownOf(pod.spec.containers)],
  };
}

function inside(object: unknown, key: string): unknown {
  return isGiven(object) && typeof object === "object" ? (object as Record<string, unknown>)[key] : undefined;
}
