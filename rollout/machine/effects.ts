import type { Percent, Slot } from "../../components/edge/share.ts";
import type { EventType, Freeze } from "./events.ts";
import type { SlotRelease } from "./plan.ts";

/** Who or what decided something. */
export type Decider = "guard" | "analysis" | "health" | "deployment" | "edge" | "machine" | `operator ${string}`;

export type Action =
  | "started"
  | "step"
  | "inconclusive"
  | "paused"
  | "resumed"
  | "promote"
  | "promoted"
  | "failed"
  | "rollback"
  | "rolledBack"
  | "acknowledged"
  | "guardStale"
  | "guardAlive"
  | "stuck";

/** One line of the append-only history. Writing the same id twice must leave one line. */
export interface RecordEffect {
  readonly type: "record";
  readonly id: string;
  readonly at: number;
  readonly service: string;
  readonly rollout: string | null;
  readonly action: Action;
  readonly by: Decider;
  readonly why: string;
  readonly active: Slot | null;
  /** The canary's weight as last seen on the edge, and as wanted from now on. */
  readonly weight: Percent | null;
  readonly wanted: Percent | null;
  readonly canary: SlotRelease | null;
  readonly stable: SlotRelease | null;
}

/** A message for people; what it says in full is the record of the same name. */
export interface NotifyEffect {
  readonly type: "notify";
  readonly id: string;
  readonly action: Action;
  readonly text: string;
}

export type Delivery = RecordEffect | NotifyEffect;

/**
 * What the shell carries out. Every effect may be asked for again, so carrying it out twice must be harmless.
 * Those that move traffic carry an `order`: whoever applies them drops one whose order is lower than the last applied.
 */
export type Effect =
  | Delivery
  | { readonly type: "deploy"; readonly rollout: string; readonly target: SlotRelease }
  | { readonly type: "check"; readonly rollout: string; readonly target: SlotRelease }
  | { readonly type: "smoke"; readonly rollout: string; readonly target: SlotRelease }
  | { readonly type: "setWeight"; readonly order: number; readonly active: Slot; readonly weight: Percent }
  | { readonly type: "startWindow"; readonly rollout: string; readonly window: string; readonly from: number; readonly until: number }
  | { readonly type: "analyse"; readonly rollout: string; readonly window: string; readonly from: number; readonly until: number }
  /** Make the canary's slot active and its weight 0, in one. */
  | { readonly type: "promote"; readonly order: number; readonly active: Slot; readonly weight: 0 }
  /** Give every client back to this slot, in one: it is the active one, the other gets 0. */
  | { readonly type: "rollBack"; readonly order: number; readonly active: Slot; readonly weight: 0 }
  | ({ readonly type: "freeze" } & Freeze)
  /** Lift this freeze, and no other. */
  | { readonly type: "unfreeze"; readonly decision: string }
  /** Nothing more happens by itself. */
  | { readonly type: "done"; readonly rollout: string | null; readonly outcome: "promoted" | "frozen" | "failed"; readonly why: string }
  /** An answer for whoever sent the event: it changed nothing. */
  | { readonly type: "refused"; readonly event: EventType; readonly why: string };

export type EffectType = Effect["type"];
