import { greenShare, SLOTS, type Slot } from "../../edge/share.ts";

/** Where requests of a service may go, and how many of a hundred. */
export interface Backend {
  readonly slot: Slot;
  /** Name of the slot's Service. */
  readonly service: string;
  readonly weight: number;
}

export interface SplitArgs {
  readonly service: string;
  readonly active: Slot;
  readonly canaryWeight: number;
  /** Slots that the settings declare. */
  readonly slots: readonly Slot[];
}

export const slotName = (service: string, slot: Slot): string => `${service}-${slot}`;

/**
 * The backends of a service with their weights: the same two numbers, by the same function, as on a host. A slot without clients stays in
 * the list with weight 0, so that the way back changes a number and nothing else.
 */
export function split({ service, active, canaryWeight, slots }: SplitArgs): Backend[] {
  const green = greenShare(active, canaryWeight);
  const weight = (slot: Slot): number => (slots.length === 1 ? 100 : slot === "green" ? green : 100 - green);
  return SLOTS.filter((slot) => slots.includes(slot)).map((slot) => ({ slot, service: slotName(service, slot), weight: weight(slot) }));
}
