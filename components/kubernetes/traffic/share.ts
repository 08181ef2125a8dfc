import * as pulumi from "@pulumi/pulumi";
import type { TrafficShareFacts } from "../../edge/traffic-share.ts";
import type { Cluster } from "../cluster.ts";
import { createCustom } from "../custom.ts";
import { ofWorkload } from "../metadata.ts";
import type { Mesh } from "../spec.ts";
import { httpRoute } from "./http-route.ts";
import { virtualService } from "./istio.ts";
import type { RouteArgs } from "./route.ts";

export interface ClusterShareArgs extends RouteArgs {
  readonly cluster: Cluster;
  readonly mesh: Mesh;
  /** What a rollback has frozen: that slot gets nobody. @default nothing */
  readonly frozen?: TrafficShareFacts["frozen"];
}

/** How one service's requests are split between its two slots: one object on the gateway. */
export class ClusterShare extends pulumi.ComponentResource {
  constructor(name: string, args: ClusterShareArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:kubernetes:TrafficShare", name, {}, opts);
    const { cluster, mesh, service, active, canaryWeight, frozen } = args;
    const metadata = ofWorkload({ name: service }, cluster.home, service);
    const own = { parent: this, provider: cluster.provider };

    if (mesh === "istio") createCustom(service, "VirtualService", metadata, { spec: virtualService(args) }, own);
    else createCustom(service, "HTTPRoute", metadata, { spec: httpRoute(args) }, own);

    const facts: TrafficShareFacts = { service, active, canaryWeight, ...(frozen && { frozen }) };
    this.registerOutputs({ ...facts });
  }
}
