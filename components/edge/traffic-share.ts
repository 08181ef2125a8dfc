import * as pulumi from "@pulumi/pulumi";
import { hostCommand } from "../host/command.ts";
import type { Host } from "../host/host.ts";
import { greenShare, type Percent, type Slot } from "./share.ts";

/** What a split says of itself to policies. */
export interface TrafficShareFacts {
  readonly service: string;
  readonly active: Slot;
  readonly canaryWeight: number;
  readonly frozen?: { readonly slot: Slot; readonly release: string; readonly decision: string } | undefined;
}

export interface TrafficShareArgs {
  readonly host: Host;
  /** Name of the routed service, as in `sluice:services`. */
  readonly service: string;
  /** Slot that carries the stable release. */
  readonly active: Slot;
  /** Percentage of clients sent to the other slot. */
  readonly canaryWeight: Percent;
  /** What a rollback has frozen: that slot gets nobody. @default nothing */
  readonly frozen?: TrafficShareFacts["frozen"];
  /** Id of the running edge container that owns the control volume. */
  readonly edgeContainer: pulumi.Input<string>;
}

/**
 * How one service's clients are split between its two slots.
 *
 * Changing it swaps one symlink inside the running edge: no reload, no container touched, in-flight requests unharmed.
 */
export class TrafficShare extends pulumi.ComponentResource {
  /** The active slot and green's percentage, as the edge has them. */
  public readonly applied: pulumi.Output<string>;

  constructor(name: string, args: TrafficShareArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:edge:TrafficShare", name, {}, opts);
    const { host, service, active, canaryWeight, edgeContainer, frozen } = args;

    const set = hostCommand(
      name,
      {
        host,
        run: pulumi.interpolate`docker exec -i ${edgeContainer} set-share ${service}`,
        // An edge that is gone has forgotten the service already.
        undo: pulumi.interpolate`docker exec ${edgeContainer} drop-service ${service} || ! docker inspect ${edgeContainer} > /dev/null 2>&1`,
        // The share travels on stdin: a change runs `update` in place. In `triggers` it would replace the resource.
        stdin: `${active} ${greenShare(active, canaryWeight)}`,
      },
      { parent: this },
    );

    this.applied = set.stdout;
    const facts: TrafficShareFacts = { service, active, canaryWeight, ...(frozen && { frozen }) };
    this.registerOutputs({ applied: this.applied, ...facts });
  }
}
