import { HorizontalPodAutoscaler } from "@pulumi/kubernetes/autoscaling/v2/horizontalPodAutoscaler.js";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster.ts";
import { createCustom } from "../custom.ts";
import { ofWorkload } from "../metadata.ts";
import type { WorkloadSpec } from "../workload/spec.ts";
import { horizontalAutoscaler } from "./horizontal.ts";
import { verticalAutoscaler } from "./vertical.ts";

export interface AutoscalingArgs {
  readonly cluster: Cluster;
  readonly spec: WorkloadSpec;
}

/** How many pods of a workload there are, and how large each is, by what they really do. */
export class Autoscaling extends pulumi.ComponentResource {
  constructor(name: string, { cluster, spec }: AutoscalingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:kubernetes:Autoscaling", name, {}, opts);
    const { home, provider } = cluster;
    const own = { parent: this, provider };
    const { autoscaling, verticalAutoscaling } = spec;

    if (autoscaling) new HorizontalPodAutoscaler(`${spec.name}-horizontal`, horizontalAutoscaler(spec, autoscaling, home), own);
    if (verticalAutoscaling) {
      const body = { spec: verticalAutoscaler(spec, verticalAutoscaling) };
      createCustom(`${spec.name}-vertical`, "VerticalPodAutoscaler", ofWorkload(spec, home, spec.name), body, own);
    }
    this.registerOutputs({});
  }
}
