/** The two places a routed service runs in. */
export const SLOTS = ["blue", "green"] as const;
export type Slot = (typeof SLOTS)[number];

/** A whole percentage, 0 to 100. */
export type Percent = number;

export const otherSlot = (slot: Slot): Slot => (slot === "blue" ? "green" : "blue");

/**
 * Translate what people say (which slot is active, what the other one gets) into what the edge stores: green's share.
 * Promotion is therefore free of traffic change: `blue, 100` and `green, 0` are the same share.
 */
export function greenShare(active: Slot, canaryWeight: Percent): Percent {
  return active === "blue" ? canaryWeight : 100 - canaryWeight;
}

/** The way back, for reading the weight from a running edge. */
export function canaryWeight(active: Slot, green: Percent): Percent {
  return active === "blue" ? green : 100 - green;
}

/** The slots that get clients. At weight 0 that is the active one alone: the way back never waits for the slot it leaves. */
export function slotsWithClients(active: Slot, weight: Percent): Slot[] {
  return SLOTS.filter((slot) => (slot === active ? weight < 100 : weight > 0));
}
