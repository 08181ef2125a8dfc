import type { Slot } from "../../components/edge/share.ts";
import type { Action, Decider, Delivery, RecordEffect } from "./effects.ts";
import { type Analysing, type Decision, home, isKnown, type Paused, type Phase, type State, type Step } from "./state.ts";

/** Actions that people are told about; the others are only written down. */
const TOLD: readonly Action[] = ["started", "step", "paused", "promoted", "failed", "rollback", "rolledBack", "guardStale", "stuck"];

const PAST_KEPT = 50;

/** The last of a list that would grow for ever. */
export const lastOf = <T>(list: readonly T[]): readonly T[] => list.slice(-PAST_KEPT);

/** Ids of the rollouts before the next one. */
export const pastOf = ({ past, rollout }: State): readonly string[] => (rollout === null ? past : lastOf([...past, rollout.id]));

/** The name of the next record, and of a decision the machine makes itself: never used twice. */
export const nextRecord = (state: State): string => `${state.rollout?.id ?? state.service}/${state.records + 1}`;

/** Write down what happened and why. It stays in the outbox until its delivery is confirmed. */
export function say(state: State, action: Action, by: Decider, why: string, id: string = nextRecord(state)): State {
  const { rollout, service } = state;
  const record: RecordEffect = {
    ...{ type: "record", id, at: state.now, service, rollout: rollout?.id ?? null, action, by, why },
    ...{ active: state.seen?.active ?? null, weight: state.seen?.weight ?? null, wanted: state.want?.weight ?? null },
    ...{ canary: rollout?.canary ?? null, stable: rollout?.stable ?? null },
  };
  const told: Delivery[] = TOLD.includes(action) ? [{ type: "notify", id: `${id}/told`, action, text: `${service}: ${why}` }] : [];
  return { ...state, records: state.records + 1, outbox: [...state.outbox, record, ...told] };
}

export interface TakeBack {
  readonly action: "failed" | "rollback";
  readonly by: Decider;
  readonly why: string;
  /** Freezes the service until it is acknowledged. Without one, it is only taken back. */
  readonly decision?: { readonly id: string; readonly release: string } | undefined;
}

/**
 * Give every client back. Asking twice changes nothing but the history; the wish keeps its order, so that what the edge
 * already confirmed stays confirmed.
 */
export function takeBack(state: State, { action, by, why, decision }: TakeBack): State {
  if (decision !== undefined && isKnown(state, decision.id)) return state;
  const again = state.phase.name === "rollingBack" || state.phase.name === "frozen";
  const opened: Decision[] = decision === undefined ? [] : [{ id: decision.id, release: decision.release, by, why, at: state.now }];
  const wished = again ? state : wish(state, home(state), 0);
  const phase: Phase = again
    ? { ...state.phase, why: decision === undefined ? state.phase.why : why }
    : { name: "rollingBack", since: state.now, why };
  return say({ ...wished, phase, open: [...state.open, ...opened] }, action, by, why, decision?.id);
}

/** Want something else of the edge. The order goes up, so confirmations of the old wish no longer count. */
export function wish(state: State, active: Slot | null, weight: number): State {
  if (active === null) return { ...state, want: null, refusals: 0 };
  const order = state.order + 1;
  return { ...state, order, want: { active, weight, order }, refusals: 0 };
}

/** Give the canary the clients of this step. */
export function toStep(state: State, step: number, by: Decider): State {
  const { rollout } = state;
  const weight = rollout?.steps[step];
  if (rollout === null || weight === undefined) return state;
  const why = `step ${step + 1} of ${rollout.steps.length}: ${weight} % of clients for ${rollout.canary.release}`;
  const phase: Step = { name: "step", since: state.now, why, step, window: null, extensions: 0 };
  return say({ ...wish(state, rollout.stable.slot, weight), phase }, "step", by, why);
}

/** Make the canary's slot the active one. */
export function toPromotion(state: State, by: Decider): State {
  const { rollout } = state;
  if (rollout === null) return state;
  const why = `slot ${rollout.canary.slot} with ${rollout.canary.release} becomes the active one`;
  return say({ ...wish(state, rollout.canary.slot, 0), phase: { name: "promoting", since: state.now, why } }, "promote", by, why);
}

/** Hold. The evidence so far is dropped: after the break it would be evidence about another time. */
export function pauseIn(state: State, resume: Paused["resume"] | Analysing, by: Decider, why: string): State {
  const held: Paused["resume"] = resume.name === "analysing" || resume.name === "step" ? windowless(resume) : resume;
  return say({ ...state, phase: { name: "paused", since: state.now, why, resume: held } }, "paused", by, why);
}

/** The same step, waiting for its next window. */
export function windowless({ since, why, step, extensions }: Step | Analysing): Step {
  return { name: "step", since, why, step, window: null, extensions };
}

/** A window that proves nothing: look longer, and give up after the agreed number of times. Never a reason to go on. */
export function inconclusive(state: State, phase: Step | Analysing, reasons: string): State {
  const settings = state.rollout?.settings;
  if (settings === undefined) return state;
  if (phase.extensions < settings.extensions) {
    const longer = { ...windowless(phase), extensions: phase.extensions + 1 };
    const why = `nothing proven (${reasons}): window ${longer.extensions + 1} of ${settings.extensions + 1} begins`;
    return say({ ...state, phase: longer }, "inconclusive", "analysis", why);
  }
  const why = `nothing proven in ${phase.extensions + 1} windows (${reasons})`;
  if (settings.giveUp === "pause") return pauseIn(state, phase, "analysis", why);
  return takeBack(state, { action: "rollback", by: "analysis", why });
}
