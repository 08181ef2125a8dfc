import { DaemonSet } from "@pulumi/kubernetes/apps/v1/daemonSet.js";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { StatefulSet } from "@pulumi/kubernetes/apps/v1/statefulSet.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import type * as inputs from "@pulumi/kubernetes/types/input.js";
import type * as outputs from "@pulumi/kubernetes/types/output.js";
import * as pulumi from "@pulumi/pulumi";
import { Autoscaling } from "../autoscaling/autoscaling.ts";
import type { Cluster } from "../cluster.ts";
import { selectorOf } from "../labels.ts";
import { ofWorkload } from "../metadata.ts";
import type { Mesh } from "../spec.ts";
import { MeshPolicy } from "../traffic/mesh-policy.ts";
import { inside, loadBalancer } from "../traffic/services.ts";
import { configData, configMapName, encoded } from "./content.ts";
import { disruptionBudget, hasBudget } from "./disruption.ts";
import { type Neighbours, workloadPolicy } from "./network.ts";
import { daemonSet, deployment, statefulSet, type WorkloadPlace } from "./objects.ts";
import type { WorkloadSpec } from "./spec.ts";

export interface WorkloadArgs {
  readonly cluster: Cluster;
  readonly spec: WorkloadSpec;
  readonly neighbours: Neighbours;
  /** What moves requests between workloads. @default "none" */
  readonly mesh?: Mesh;
  /** Values of the secrets that `spec` names. */
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  /** What it may hear and say. @default what `spec` and `neighbours` say */
  readonly network?: inputs.networking.v1.NetworkPolicySpec;
  /** How it is reached. @default by the ports of `spec` */
  readonly service?: inputs.core.v1.Service;
  /** Whether it has a disruption budget of its own. @default true */
  readonly budget?: boolean;
}

/**
 * One program in a cluster, hardened: its pods, its name, its files and secrets, what it may say and hear, and how many of it there are.
 *
 * It is there when its rollout is done; one that gets nowhere fails the update, while the pods that were there serve on.
 */
export class Workload extends pulumi.ComponentResource {
  /** To be awaited by what sends requests here. */
  public readonly ready: pulumi.Resource;
  /** Address of the load balancer; absent where there is none. */
  public readonly address?: pulumi.Output<string>;

  constructor(name: string, args: WorkloadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:kubernetes:Workload", name, {}, opts);
    const { cluster, spec, neighbours, secrets, budget = true, mesh = "none" } = args;
    const { network = workloadPolicy(spec, neighbours), service: reached = inside(spec, cluster.home) } = args;
    const { home } = cluster;
    const own = { parent: this, provider: cluster.provider };
    const metadata = ofWorkload(spec, home, spec.name);

    const place: WorkloadPlace = {
      ...home,
      configMap: this.files(name, spec, cluster),
      secret: this.secrets(name, spec, cluster, secrets),
      pullSecret: cluster.pullSecret,
    };
    const account = new ServiceAccount(`${name}-account`, { metadata, automountServiceAccountToken: false }, own);
    const policy = new NetworkPolicy(`${name}-network`, { metadata, spec: network }, own);
    const service = new Service(`${name}-service`, reached, own);
    this.ready = createPods(name, spec, place, { ...own, dependsOn: [account, policy, service, ...cluster.closed] });

    if (budget && hasBudget(spec)) {
      const allowed = disruptionBudget(selectorOf(spec), spec.maxUnavailable);
      new PodDisruptionBudget(`${name}-budget`, { metadata, spec: allowed }, own);
    }
    if (spec.autoscaling || spec.verticalAutoscaling) new Autoscaling(`${name}-autoscaling`, { cluster, spec }, { parent: this });
    if (mesh === "istio") new MeshPolicy(`${name}-mesh`, { cluster, spec }, { parent: this });
    if (spec.loadBalancer) {
      const outside = new Service(`${name}-public`, loadBalancer(spec, spec.loadBalancer, home), own);
      this.address = outside.status.apply(addressOf);
    }
    this.registerOutputs({});
  }

  /** Name of the ConfigMap with the workload's files. */
  private files(name: string, spec: WorkloadSpec, { home, provider }: Cluster): pulumi.Output<string> | undefined {
    if (Object.keys(spec.files).length === 0) return undefined;
    const metadata = ofWorkload(spec, home, configMapName(spec.name, spec.files));
    const made = new ConfigMap(`${name}-config`, { metadata, immutable: true, data: configData(spec.files) }, { parent: this, provider });
    return made.metadata.name;
  }

  /** Name of the Secret with the workload's secrets. */
  private secrets(name: string, spec: WorkloadSpec, cluster: Cluster, values: WorkloadArgs["secrets"]): pulumi.Output<string> | undefined {
    if (spec.secrets.length === 0) return undefined;
    const metadata = ofWorkload(spec, cluster.home, cluster.secretName(spec.name, values));
    const own = { parent: this, provider: cluster.provider };
    const data = Object.fromEntries(Object.entries(values).map(([file, value]) => [file, pulumi.secret(value).apply(encoded)]));
    return new Secret(`${name}-secrets`, { metadata, immutable: true, type: "Opaque", data }, own).metadata.name;
  }
}

/** A manifest that is only written has no status. */
function addressOf(status: outputs.core.v1.ServiceStatus | undefined): string {
  const [at] = status?.loadBalancer?.ingress ?? [];
  return at?.ip ?? at?.hostname ?? "";
}

function createPods(name: string, spec: WorkloadSpec, place: WorkloadPlace, opts: pulumi.CustomResourceOptions): pulumi.Resource {
  if (spec.kind === "StatefulSet") return new StatefulSet(name, statefulSet(spec, place), opts);
  if (spec.kind === "DaemonSet") return new DaemonSet(name, daemonSet(spec, place), opts);
  return new Deployment(name, deployment(spec, place), opts);
}
