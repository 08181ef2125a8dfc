import type { EventOf } from "./events.ts";
import { lastOf, nextRecord, pastOf, pauseIn, say, takeBack, wish } from "./moves.ts";
import { PLAN_DEFAULTS, planProblems } from "./plan.ts";
import type { Refused, Rule } from "./rule.ts";
import { confirmed, frozenAsWanted, mayRaise, type State } from "./state.ts";

export const begin: Rule<"start"> = {
  says: "the rollout begins: the canary's slot is emptied of clients, then deployed",
  to: ["deploying"],
  run: (state, { plan, by }) => {
    const problems = [...planProblems(plan), ...edgeProblems(state, plan.stable.slot)];
    if (plan.service !== state.service) problems.push(`the plan is for ${plan.service}, this is ${state.service}`);
    if (problems.length > 0) return { refused: problems.join("; ") };
    const why = `${plan.canary.release} goes to slot ${plan.canary.slot}, then to ${plan.steps.join(", ")} % of clients`;
    const phase = { name: "deploying", since: state.now, why, deployed: false } as const;
    const begun = { ...wish({ ...state, rollout: plan, past: pastOf(state), applied: null, asked: null }, plan.stable.slot, 0), phase };
    return say(begun, "started", `operator ${by}`, why);
  },
};

/** A plan made for another edge than the real one would roll back to the wrong slot. */
function edgeProblems({ seen, acknowledged }: State, active: string): string[] {
  if (seen === null) return ["nobody has read the edge yet"];
  const problems: string[] = [];
  if (seen.active !== active) problems.push(`the plan says ${active} is active, the edge says ${seen.active}`);
  if (seen.frozen !== null && !acknowledged.includes(seen.frozen.decision)) {
    problems.push(`frozen by decision ${seen.frozen.decision}: acknowledge it first`);
  }
  return problems;
}

export const pause: Rule<"pause"> = {
  says: "the weight is held; a FAIL is not",
  to: ["paused"],
  run: (state, { by }) => {
    const { phase } = state;
    if (phase.name !== "deploying" && phase.name !== "checking" && phase.name !== "step" && phase.name !== "analysing") return state;
    return pauseIn(state, phase, `operator ${by}`, `paused by ${by}`);
  },
};

export const resume: Rule<"resume"> = {
  says: "it goes on where it was held, with a new window",
  to: ["deploying", "checking", "step"],
  run: (state, { by }) => {
    if (state.phase.name !== "paused") return state;
    const held = state.phase.resume;
    const phase = { ...held, since: state.now, ...(held.name === "step" ? { extensions: 0 } : {}) };
    return say({ ...state, phase, asked: null }, "resumed", `operator ${by}`, `resumed by ${by}`);
  },
};

export const promoteStep: Rule<"promote"> = {
  says: "the operator's word takes the place of a PASS for this step: on to the next, or promoted from the last",
  to: ["step", "promoting"],
  run: (state, { by }) => {
    const at = state.phase.name === "paused" ? state.phase.resume : state.phase;
    if (at.name !== "step" && at.name !== "analysing") return { refused: "it is not deployed and checked yet" };
    if (!state.guard.alive) return { refused: "the guard gives no sign of life, so nothing is promoted" };
    if (!mayRaise(state)) return { refused: "the service is frozen" };
    if (!confirmed(state)) return { refused: "the edge has not confirmed the weight of this step yet" };
    return { ...state, phase: { ...at, name: "analysing", passed: `operator ${by}` } };
  },
};

export const abort: Rule<"abort"> = {
  says: "rolled back; frozen only if the plan says so",
  to: ["rollingBack"],
  run: (state, { by }) => {
    const decision = state.rollout?.settings.abortFreezes ? ownDecision(state) : undefined;
    return takeBack(state, { action: "rollback", by: `operator ${by}`, why: `aborted by ${by}`, decision });
  },
};

export const rollBack: Rule<"rollback"> = {
  says: "every client goes to the last good release; frozen unless the plan says otherwise",
  to: ["rollingBack"],
  run: (state, { by }) => rollBackByHand(state, by, `rolled back by ${by}`),
};

export const rollBackPromoted: Rule<"rollback"> = {
  says: "flips back to the release that was active before; frozen unless the plan says otherwise",
  to: ["rollingBack"],
  run: (state, { by }) => rollBackByHand(state, by, `rolled back by ${by} to ${state.rollout?.stable.release}, which was active before`),
};

export const rollBackAgain: Rule<"rollback"> = {
  says: "asked again of the edge; nothing older than the last good release is tried",
  to: [],
  run: (state, { by }) => rollBackByHand(state, by, `rollback asked again by ${by}`),
};

function rollBackByHand(state: State, by: string, why: string): State {
  const freezes = (state.rollout?.settings ?? PLAN_DEFAULTS).rollbackFreezes && state.open.length === 0;
  return takeBack(state, { action: "rollback", by: `operator ${by}`, why, decision: freezes ? ownDecision(state) : undefined });
}

const ownDecision = (state: State) => ({ id: nextRecord(state), release: state.rollout?.canary.release ?? "" });

export const acknowledge: Rule<"acknowledge"> = {
  says: "lifts the freeze of this decision and of those before it; newer ones stay",
  to: ["failed"],
  run: (state, event) => {
    const index = state.open.findIndex(({ id }) => id === event.decision);
    if (index < 0) return unknownDecision(state, event);
    if (!confirmed(state) || !frozenAsWanted(state)) return { refused: "the edge has not confirmed the rollback yet" };
    const acknowledged = remember(state, ...state.open.slice(0, index + 1).map(({ id }) => id));
    const open = state.open.slice(index + 1);
    const phase = open.length > 0 ? state.phase : { name: "failed" as const, since: state.now, why: state.phase.why };
    const why = `decision ${event.decision} acknowledged by ${event.by}`;
    return say({ ...state, acknowledged, open, phase }, "acknowledged", `operator ${event.by}`, why);
  },
};

export const acknowledgeForeign: Rule<"acknowledge"> = {
  says: "lifts a freeze found on the edge, if that decision made it",
  to: [],
  run: (state, event) => {
    if (state.seen?.frozen?.decision !== event.decision) return unknownDecision(state, event);
    if (state.acknowledged.includes(event.decision)) return state;
    const why = `decision ${event.decision} acknowledged by ${event.by}`;
    const lifted = { ...state, acknowledged: remember(state, event.decision) };
    return say(lifted, "acknowledged", `operator ${event.by}`, why);
  },
};

function unknownDecision(state: State, { decision }: EventOf<"acknowledge">): State | Refused {
  if (state.acknowledged.includes(decision)) return state;
  const open = state.open.map(({ id }) => id).join(", ");
  return { refused: `there is no open decision ${decision}${open === "" ? "" : `; open: ${open}`}` };
}

const remember = (state: State, ...ids: string[]) => lastOf([...state.acknowledged, ...ids]);
