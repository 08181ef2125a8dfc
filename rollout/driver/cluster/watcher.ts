import { otherSlot, type Slot } from "../../../components/edge/share.ts";
import type { GuardSettings, Tally } from "../../analysis/index.ts";
import type { Decision, Frozen, Watch } from "../../guard/answers.ts";
import { describe, type Seen, step, type WatchState, watchFor } from "../../guard/watch.ts";

/** What one look at Prometheus and at the pods has found since the look before. */
export interface Look {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly seconds: number;
  readonly requests: Readonly<Record<Slot, Tally>>;
  readonly slow: Readonly<Record<Slot, Tally>>;
  /** Pods that are ready; null where nobody could say. */
  readonly ready: Readonly<Record<Slot, number | null>>;
}

/** So many looks in a row without a pod that is ready are no accident. */
const IN_A_ROW = 3;

/** What watching one service remembers. */
export interface Watched {
  readonly state: WatchState | null;
  /** Looks in a row at which the canary had no ready pod while the other slot had one. */
  readonly empty: number;
}

export const NOTHING: Watched = { state: null, empty: 0 };

/** The watch that is due: a new one begins when a slot gets clients, and forgets what was before. */
export function due(before: Watched, seen: Seen, at: number): Watched {
  const state = watchFor(before.state, seen, at);
  return state?.since === before.state?.since ? { ...before, state } : { state, empty: 0 };
}

/**
 * One look more: the guard's own tests, on what Prometheus has counted instead of on the edge's log. There are no probes: each node asks its own
 * pods, and a slot without a ready one is told by the Deployment.
 */
export function look(before: Watched, { at, seconds, requests, slow, ready }: Look, service: string, settings: GuardSettings): Watched {
  const { state } = before;
  if (state === null || state.decision) return before;
  const { slot, weight } = state;
  const home = otherSlot(slot);
  const alone = weight >= 100;
  const empty = ready[slot] === 0 && (ready[home] ?? 0) > 0 ? before.empty + 1 : 0;
  const after = step(
    state,
    {
      at,
      canary: requests[slot],
      other: alone ? undefined : requests[home],
      pace: { canary: paced(slow[slot], seconds), other: alone ? undefined : paced(slow[home], seconds) },
      ...{ unanswered: { canary: ANSWERED, other: ANSWERED }, probes: { canary: NONE, other: NONE }, silent: { canary: 0, other: 0 } },
      firstBad: { client: requests[slot].bad > 0 ? at : null, probe: null },
    },
    service,
    settings,
  );
  if (after.decision || empty < IN_A_ROW) return { state: after, empty };
  const words = `Slot ${slot} had no pod that is ready at ${empty} looks in a row, while slot ${home} had.`;
  return { state: { ...after, decision: emptied(after, words, at, service, settings) }, empty };
}

const NONE: Tally = { bad: 0, total: 0 };
const ANSWERED = { atEnd: 0, broken: true };

/**
 * One answer a second for its time, as the guard takes them: slow ones come in bunches. Which one it would have been nobody knows here, so it is as
 * many as their share, rounded down.
 */
function paced({ bad, total }: Tally, seconds: number): Tally {
  const looked = Math.min(total, Math.max(1, Math.floor(seconds)));
  return total === 0 ? NONE : { bad: Math.floor((looked * bad) / total), total: looked };
}

function emptied(state: WatchState, words: string, at: number, service: string, settings: GuardSettings): Decision {
  const { slot, release, weight, canary, other } = state;
  const { odds, needed } = describe(state, settings);
  return {
    ...{ id: `driver-${service}-${new Date(at).toISOString().replaceAll(/\D/g, "")}`, at, service, slot, release, weight },
    ...{ reason: "no healthy upstream", words, firstBadAt: state.firstBadAt ?? at, decidedAt: at, flippedAt: at, canary, other },
    ...{ synthetic: 0, odds, needed, alpha: settings.alpha, allowed: settings.floor },
  };
}

/** The order that a decision is carried out by. */
export const freezeOf = ({ id, release, slot, words, at }: Decision): Frozen => ({
  ...{ decision: id, release, slot, by: "the driver's watch", why: words, at },
});

export const watchOf = ({ state }: Watched, settings: GuardSettings): Watch | null => (state === null ? null : describe(state, settings));
