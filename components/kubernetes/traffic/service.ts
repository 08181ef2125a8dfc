import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import * as pulumi from "@pulumi/pulumi";
import { SLOTS, type Slot, slotsWithClients } from "../../edge/share.ts";
import type { Cluster } from "../cluster.ts";
import { createCustom } from "../custom.ts";
import { familySelector } from "../labels.ts";
import { ofWorkload } from "../metadata.ts";
import type { Mesh } from "../spec.ts";
import { disruptionBudget } from "../workload/disruption.ts";
import type { Neighbours } from "../workload/network.ts";
import type { WorkloadSpec } from "../workload/spec.ts";
import { destinationRule } from "./istio.ts";
import { ClusterShare, type ClusterShareArgs } from "./share.ts";
import { ClusterSlot } from "./slot.ts";

export interface ClusterServiceArgs {
  readonly cluster: Cluster;
  readonly neighbours: Neighbours;
  readonly mesh: Mesh;
  readonly slots: Readonly<Partial<Record<Slot, WorkloadSpec>>>;
  readonly active: Slot;
  readonly canaryWeight: number;
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  /** How requests come in. @default the service is reached from inside only */
  readonly route?: Omit<ClusterShareArgs, "cluster" | "mesh"> | undefined;
}

/**
 * A service in two slots, blue and green, in a cluster: a Deployment and a Service for each, and one route whose weights are the settings'
 * `active` and `canaryWeight`. Moving traffic changes two numbers in one object; no pod is touched.
 */
export class ClusterService extends pulumi.ComponentResource {
  constructor(name: string, args: ClusterServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:kubernetes:Service", name, {}, opts);
    const { cluster, neighbours, mesh, active, canaryWeight, secrets, route } = args;
    const own = { parent: this, provider: cluster.provider };
    const metadata = ofWorkload({ name }, cluster.home, name);

    const slots = SLOTS.flatMap((slot) => {
      const spec = args.slots[slot];
      return spec ? [new ClusterSlot(spec.name, { cluster, slot, spec, neighbours, secrets }, { parent: this })] : [];
    });
    new PodDisruptionBudget(`${name}-budget`, { metadata, spec: disruptionBudget(familySelector(name), 1) }, own);
    if (mesh === "istio") {
      for (const { spec } of slots) {
        const rule = { spec: destinationRule(spec.name) };
        createCustom(`${spec.name}-breaker`, "DestinationRule", ofWorkload(spec, cluster.home, spec.name), rule, own);
      }
    }
    if (route) {
      const served = slotsWithClients(active, canaryWeight);
      const dependsOn = slots.filter(({ slot }) => served.includes(slot)).map(({ ready }) => ready);
      new ClusterShare(`${name}-share`, { ...route, cluster, mesh }, { parent: this, dependsOn });
    }
    this.registerOutputs({});
  }
}
