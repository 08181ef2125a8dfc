import * as pulumi from "@pulumi/pulumi";
import type { Slot } from "../../edge/share.ts";
import type { SlotFacts } from "../../service/slot.ts";
import type { WorkloadSpec } from "../workload/spec.ts";
import { Workload, type WorkloadArgs } from "../workload/workload.ts";

export interface ClusterSlotArgs extends Omit<WorkloadArgs, "budget"> {
  readonly slot: Slot;
}

/** One slot of a service in a cluster. It says of itself to policies what a slot on a host does. */
export class ClusterSlot extends pulumi.ComponentResource {
  public readonly slot: Slot;
  public readonly spec: WorkloadSpec;
  /** To be awaited by what sends clients here. */
  public readonly ready: pulumi.Resource;

  constructor(name: string, args: ClusterSlotArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:kubernetes:Slot", name, {}, opts);
    const { slot, spec } = args;
    this.slot = slot;
    this.spec = spec;
    // The service has one budget for both slots: what moves is traffic, not the number of pods that may be away.
    this.ready = new Workload(name, { ...args, budget: false }, { parent: this }).ready;
    const { family = name, release, image: reference, replicas = 1 } = spec;
    const facts: SlotFacts = { service: family, slot, release, reference, replicas };
    this.registerOutputs({ ...facts });
  }
}
