import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { gateway, type OwnRole, ownAddress, slotAddress } from "./addresses.ts";
import { labelsOf, type Role, type SlotIdentity } from "./labels.ts";

export interface HostArgs {
  /**
   * What tells it from the estate's other hosts: part of the names of what would be called the same on each.
   * @default none: the first host
   */
  readonly place?: string | undefined;
  /** Name of the estate: the prefix of everything it makes in Docker. */
  readonly estate: string;
  /** Docker engine to talk to, e.g. `unix:///var/run/docker.sock` or `ssh://deploy@vps`. */
  readonly docker: string;
  /** Private IPv4 network of the estate, e.g. `10.213.0.0/16`. */
  readonly subnet: string;
}

/**
 * The Docker engine that an estate lives on, and the estate's own network on it.
 *
 * Containers have static addresses there, so recreating one never leaves the edge with a stale upstream. Changing the subnet
 * replaces the network and every container on it: an outage.
 */
export class Host extends pulumi.ComponentResource {
  public readonly estate: string;
  /** Its name among the estate's hosts; absent for the first one. */
  public readonly place: string | undefined;
  /** Where the engine is, for commands that talk to it. */
  public readonly docker: string;
  public readonly subnet: string;
  /** Engine to give to children as `provider`. */
  public readonly engine: docker.Provider;
  /** Name of the estate's network. */
  public readonly network: pulumi.Output<string>;

  constructor(name: string, args: HostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:host:Host", name, {}, opts);
    const { estate, place, docker: host, subnet } = args;
    this.estate = estate;
    this.place = place;
    this.docker = host;
    this.subnet = subnet;

    this.engine = new docker.Provider(`${name}-engine`, { host }, { parent: this });
    const network = new docker.Network(
      `${name}-network`,
      {
        name: estate,
        driver: "bridge",
        ipamConfigs: [{ subnet, gateway: gateway(subnet) }],
        labels: this.labels("network"),
      },
      { parent: this, provider: this.engine, deleteBeforeReplace: true },
    );

    this.network = network.name;
    this.registerOutputs({ network: this.network });
  }

  /** Name of a thing that each host has one of. The first host's is the plain one, so that a second host renames nothing. */
  named(name: string): string {
    return this.place === undefined ? name : `${this.place}-${name}`;
  }

  /** Name in Docker of a thing of this estate. */
  qualify(name: string): string {
    return `${this.estate}-${name}`;
  }

  labels(role: Role, slot?: SlotIdentity): { label: string; value: string }[] {
    return labelsOf(this.estate, role, slot);
  }

  /** Static address of one of the estate's own containers. */
  ownAddress(role: OwnRole): string {
    return ownAddress(this.subnet, role);
  }

  /** Static address of a slot's replica, counted from 1. */
  slotAddress(block: number, slot: "blue" | "green", replica: number): string {
    return slotAddress(this.subnet, block, slot, replica);
  }
}
