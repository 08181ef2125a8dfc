import type { Percent, Slot } from "../../components/edge/share.ts";
import type { Plan } from "./plan.ts";

export type Verdict = "PASS" | "FAIL" | "INCONCLUSIVE";

/** What freezes a service: which decision, about which release. */
export interface Freeze {
  readonly decision: string;
  readonly release: string;
}

/** What the edge's control volume really holds, as read by somebody. */
export interface EdgeReading {
  /** Counts readings: the next one is `state.reading + 1`. A late or repeated reading is told from a new one by it. */
  readonly reading: number;
  /** `state.order` at the moment of reading: a reading from before a request proves nothing about it. */
  readonly order: number;
  readonly active: Slot;
  /** The share of clients that the slot which is not active gets. */
  readonly weight: Percent;
  readonly frozen: Freeze | null;
}

interface Timed<T extends string> {
  readonly type: T;
  /** Milliseconds since 1970. The machine has no clock of its own. */
  readonly at: number;
}

interface Ours<T extends string> extends Timed<T> {
  /** The rollout it is about. */
  readonly rollout: string;
}

interface Command<T extends string> extends Ours<T> {
  /** Who asks, for the record. */
  readonly by: string;
}

export type Event =
  | (Timed<"start"> & { readonly plan: Plan; readonly by: string })
  | Ours<"deployed">
  | (Ours<"deployFailed"> & { readonly why: string })
  | Ours<"healthy">
  | (Ours<"unhealthy"> & { readonly why: string })
  | Ours<"smokePassed">
  | (Ours<"smokeFailed"> & { readonly why: string })
  | (Ours<"weightApplied"> & { readonly order: number })
  | (Ours<"weightRefused"> & { readonly order: number; readonly why: string })
  | (Ours<"verdict"> & { readonly window: string; readonly verdict: Verdict; readonly reasons: readonly string[] })
  | (Ours<"guardFailed"> & { readonly release: string; readonly decision: string; readonly reasons: readonly string[] })
  | (Timed<"guardAlive"> & { readonly until: number })
  | Timed<"guardStale">
  | Command<"pause">
  | Command<"resume">
  | Command<"promote">
  | Command<"abort">
  /** Needs no rollout: in an emergency nobody should have to look up a name. */
  | (Timed<"rollback"> & { readonly by: string })
  /** The edge shows that somebody has put other releases in the place of this rollout's since it ended. */
  | (Ours<"superseded"> & { readonly why: string })
  | (Timed<"acknowledge"> & { readonly decision: string; readonly by: string })
  | Timed<"tick">
  | Timed<"restarted">
  | (Timed<"observed"> & { readonly edge: EdgeReading })
  /** A record or a notification has reached its place. */
  | (Timed<"delivered"> & { readonly id: string });

export type EventType = Event["type"];
export type EventOf<T extends EventType> = Extract<Event, { readonly type: T }>;
