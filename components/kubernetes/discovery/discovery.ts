import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster.ts";
import type { DiscoverySpec } from "../spec.ts";
import type { Neighbours } from "../workload/network.ts";
import type { WorkloadSpec } from "../workload/spec.ts";
import { Workload } from "../workload/workload.ts";
import { agentPolicy, agentService, consulWorkload, GOSSIP_FILE, gossipConfig } from "./consul.ts";

export interface DiscoveryArgs {
  readonly cluster: Cluster;
  readonly own: DiscoverySpec;
  readonly namespace: string;
  /** What is registered. */
  readonly workloads: readonly WorkloadSpec[];
  readonly neighbours: Neighbours;
  /** Key of the gossip. @default one that is made at the first update */
  readonly gossipKey?: pulumi.Input<string> | undefined;
}

/** Consul's agents in this cluster, so that workloads find those of other clouds, and are found. */
export class Discovery extends pulumi.ComponentResource {
  /** What the servers must be given. */
  public readonly gossipKey: pulumi.Output<string>;

  constructor(name: string, args: DiscoveryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:kubernetes:Discovery", name, {}, opts);
    const { cluster, own, namespace, workloads, neighbours, gossipKey } = args;

    this.gossipKey = gossipKey === undefined ? cluster.random(`${name}-gossip-key`, this) : pulumi.secret(gossipKey);
    const spec = consulWorkload(own, namespace, workloads);
    new Workload(
      spec.name,
      {
        ...{ cluster, spec, neighbours },
        secrets: { [GOSSIP_FILE]: this.gossipKey.apply(gossipConfig) },
        network: agentPolicy(spec, own, cluster.home.estate),
        service: agentService(spec, cluster.home),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
