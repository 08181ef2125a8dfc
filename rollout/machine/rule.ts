import type { EventOf, EventType } from "./events.ts";
import type { PhaseName, State } from "./state.ts";

/** An event that changes nothing, with the answer for whoever sent it. */
export interface Refused {
  readonly refused: string;
}

/** What one event does in one phase: the words and the phases are what docs show, and what the tests hold `run` to. */
export interface Rule<T extends EventType> {
  readonly says: string;
  /** The phases it can lead to, apart from staying. */
  readonly to: readonly PhaseName[];
  readonly run: (state: State, event: EventOf<T>) => State | Refused;
}

export type Row<T extends EventType> = Readonly<Record<PhaseName, Rule<T>>>;

/** A rule that needs to know nothing of the event. */
export interface PlainRule {
  readonly says: string;
  readonly to: readonly PhaseName[];
  readonly run: (state: State) => State | Refused;
}

export const ignore = (says: string): PlainRule => ({ says: `nothing: ${says}`, to: [], run: (state) => state });

export const refuse = (why: string): PlainRule => ({ says: `refused: ${why}`, to: [], run: () => ({ refused: why }) });
