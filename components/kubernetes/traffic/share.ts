import * as pulumi from "@pulumi/pulumi";
import type { TrafficShareFacts } from "../../edge/traffic-share.ts";
import type { Cluster } from "../cluster.ts";
import { createCustom } from "../custom.ts";
import { LABEL } from "../labels.ts";
import { ofWorkload, TAKE_OVER } from "../metadata.ts";
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
    // A rollout moves weights at once, and `up` after it. A route's rules are one list with one owner, so `up` must take them over from the
    // rollout; nothing else that Sluice makes has two writers. Which slot is active stands beside them: a share alone does not say it.
    const metadata = ofWorkload({ name: service }, cluster.home, service, { [TAKE_OVER]: "true", [LABEL.active]: active });
    const own = { parent: this, provider: cluster.provider };

    if (mesh === "istio") createCustom(service, "VirtualService", metadata, { spec: virtualService(args) }, own);
    else createCustom(service, "HTTPRoute", metadata, { spec: httpRoute(args) }, own);

    const facts: TrafficShareFacts = { service, active, canaryWeight, ...(frozen && { frozen }) };
    this.registerOutputs({ ...facts });
  }
}
