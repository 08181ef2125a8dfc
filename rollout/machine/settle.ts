import { say, toPromotion, toStep, wish } from "./moves.ts";
import {
  type Analysing,
  type Checking,
  confirmed,
  type Deploying,
  frozenAsWanted,
  inPlace,
  mayRaise,
  type State,
  type Step,
} from "./state.ts";

/** No state settles in more moves than this; the bound only keeps a mistake from hanging a rollout. */
const MOST_MOVES = 8;

/**
 * Draw the conclusions from what is known, until there are none left. Rules only note facts; every move forward is made
 * here, from facts alone, so it makes no difference in which order they came or whether the process died in between.
 */
export function settle(state: State): State {
  let current = state;
  for (let move = 0; move < MOST_MOVES; move += 1) {
    const next = conclude(current);
    if (next === current) return current;
    current = next;
  }
  return current;
}

function conclude(state: State): State {
  const { phase } = state;
  if (state.refusals > 0 && confirmed(state)) return { ...state, refusals: 0 };
  switch (phase.name) {
    case "deploying":
      return afterDeployment(state, phase);
    case "checking":
      return afterChecks(state, phase);
    case "step":
      return openWindow(state, phase);
    case "analysing":
      return afterAnalysis(state, phase);
    case "promoting":
      return afterPromotion(state);
    case "rollingBack":
      return afterRollback(state);
    default:
      return state;
  }
}

function afterDeployment(state: State, phase: Deploying): State {
  if (!phase.deployed) return state;
  return { ...state, phase: { name: "checking", since: state.now, why: "deployed", healthy: false, smoked: false } };
}

function afterChecks(state: State, phase: Checking): State {
  return phase.healthy && phase.smoked && confirmed(state) && mayRaise(state) ? toStep(state, 0, "machine") : state;
}

function openWindow(state: State, phase: Step): State {
  const length = state.rollout?.settings.windowMs;
  if (phase.window !== null || length === undefined || !inPlace(state)) return state;
  const id = `${state.rollout?.id}/w${state.windows + 1}`;
  const window = { id, from: state.now, until: state.now + length };
  return { ...state, windows: state.windows + 1, phase: { ...phase, window } };
}

function afterAnalysis(state: State, phase: Analysing): State {
  if (phase.passed === null || !confirmed(state) || !mayRaise(state)) return state;
  const last = phase.step + 1 >= (state.rollout?.steps.length ?? 0);
  return last ? toPromotion(state, phase.passed) : toStep(state, phase.step + 1, phase.passed);
}

function afterPromotion(state: State): State {
  const canary = state.rollout?.canary;
  if (canary === undefined || !confirmed(state)) return state;
  const why = `${canary.release} is the active release, in slot ${canary.slot}`;
  return say({ ...state, phase: { name: "done", since: state.now, why } }, "promoted", "machine", why);
}

function afterRollback(state: State): State {
  // A verdict may come before anybody has read the edge: then the first reading says which slot is home.
  if (state.want === null) return state.seen === null ? state : wish(state, state.seen.active, 0);
  if (!confirmed(state) || !frozenAsWanted(state)) return state;
  const { why } = state.phase;
  const said = `every client is back on slot ${state.want.active}: ${why}`;
  const name = state.open.length > 0 ? "frozen" : "failed";
  return say({ ...state, phase: { name, since: state.now, why } }, "rolledBack", "machine", said);
}
