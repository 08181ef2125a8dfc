import { ask } from "./ask.ts";
import type { Effect } from "./effects.ts";
import type { Event } from "./events.ts";
import type { Refused, Rule } from "./rule.ts";
import { CLOCK_SLACK_MS, loseGuard } from "./rules-edge.ts";
import { settle } from "./settle.ts";
import type { State } from "./state.ts";
import { TABLE } from "./table.ts";

export interface Next {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/**
 * What one event makes of a state, and what has to be carried out. Write the state to disk before carrying out anything:
 * a process that dies in between then asks again, with the event `restarted`.
 */
export function next(state: State, event: Event): Next {
  if (isForeign(state, event)) return { state, effects: [] };
  const timed = keepTime(state, event);
  const rule = TABLE[event.type][timed.phase.name] as unknown as Rule<Event["type"]>;
  const outcome = rule.run(timed, event);
  if (isRefused(outcome)) return refusal(ask(state, timed, event.type), event, outcome.refused);
  return ask(state, settle(outcome), event.type);
}

/**
 * About another rollout, or a start that was heard before. Where there is no rollout, a command still gets its answer,
 * and a FAIL counts: it is about the service.
 */
function isForeign(state: State, event: Event): boolean {
  if (event.type === "start") return state.rollout?.id === event.plan.id || state.past.includes(event.plan.id);
  if (!("rollout" in event) || event.rollout === state.rollout?.id) return false;
  return state.rollout !== null || !(event.type === "guardFailed" || "by" in event);
}

/**
 * Ticks are the clock, and it may be set back. Other events only move time forward: they can come late.
 * A lease that ran out, or that comes from a clock since set back, is no sign of life.
 */
function keepTime(state: State, event: Event): State {
  const absolute = event.type === "tick" || event.type === "restarted";
  const now = absolute ? event.at : Math.max(state.now, event.at);
  const timed = { ...state, now };
  const { alive, since, until } = timed.guard;
  if (now < since - CLOCK_SLACK_MS) return { ...loseGuard(timed), guard: { alive: false, since: now, until: now } };
  return alive && now >= until ? loseGuard(timed) : timed;
}

const isRefused = (outcome: State | Refused): outcome is Refused => "refused" in outcome;

function refusal({ state, effects }: Next, event: Event, why: string): Next {
  return { state, effects: [...effects, { type: "refused", event: event.type, why }] };
}
