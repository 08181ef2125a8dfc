import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster.ts";
import { createCustom } from "../custom.ts";
import { ofWorkload } from "../metadata.ts";
import { mainPort } from "../workload/ports.ts";
import type { WorkloadSpec } from "../workload/spec.ts";
import { destinationRule, insideMesh } from "./istio.ts";

export interface MeshPolicyArgs {
  readonly cluster: Cluster;
  readonly spec: WorkloadSpec;
}

/** Seconds that one workload of a mesh waits for another. */
const TIMEOUT_SECONDS = 15;

/** A circuit breaker before a workload; retries and a time limit where its pods are alike. */
export class MeshPolicy extends pulumi.ComponentResource {
  constructor(name: string, { cluster, spec }: MeshPolicyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:kubernetes:MeshPolicy", name, {}, opts);
    const own = { parent: this, provider: cluster.provider };
    const metadata = ofWorkload(spec, cluster.home, spec.name);

    createCustom(`${spec.name}-breaker`, "DestinationRule", metadata, { spec: destinationRule(spec.name) }, own);
    const port = spec.ports[mainPort(spec.ports) ?? ""];
    // Pods of a StatefulSet are asked by their own names: to ask another one in place of a peer that is gone would be an answer of the wrong one.
    if (port !== undefined && spec.kind !== "StatefulSet") {
      createCustom(`${spec.name}-routes`, "VirtualService", metadata, { spec: insideMesh(spec.name, port, TIMEOUT_SECONDS) }, own);
    }
    this.registerOutputs({});
  }
}
