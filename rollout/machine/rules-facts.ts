import type { EventOf } from "./events.ts";
import { inconclusive, nextRecord, takeBack } from "./moves.ts";
import type { Rule } from "./rule.ts";
import type { Checking, Deploying, State } from "./state.ts";

/** Deployment and checks: facts about the canary before it has clients. They count while paused, too. */
function noteBefore(state: State, note: (phase: Deploying | Checking) => Deploying | Checking): State {
  const { phase } = state;
  if (phase.name === "deploying" || phase.name === "checking") return { ...state, phase: note(phase) };
  if (phase.name !== "paused" || phase.resume.name === "step") return state;
  return { ...state, phase: { ...phase, resume: note(phase.resume) } };
}

/** The same, when it is bad news: there are no clients to protect, so it is taken back without a freeze. */
function failBefore(state: State, name: "deploying" | "checking", why: string): State {
  const at = state.phase.name === "paused" ? state.phase.resume.name : state.phase.name;
  return at === name ? takeBack(state, { action: "failed", by: name === "deploying" ? "deployment" : "health", why }) : state;
}

export const deployed: Rule<"deployed"> = {
  says: "the canary is up; its checks begin",
  to: ["checking"],
  run: (state) => noteBefore(state, (phase) => (phase.name === "deploying" ? { ...phase, deployed: true } : phase)),
};

export const deployFailed: Rule<"deployFailed"> = {
  says: "taken back without a freeze: it never had a client",
  to: ["rollingBack"],
  run: (state, { why }) => failBefore(state, "deploying", `the deployment failed: ${why}`),
};

export const healthy: Rule<"healthy"> = {
  says: "noted; smoke tests come next",
  to: ["step"],
  run: (state) => noteBefore(state, (phase) => (phase.name === "checking" ? { ...phase, healthy: true } : phase)),
};

export const smokePassed: Rule<"smokePassed"> = {
  says: "noted; with health and a live guard the first step begins",
  to: ["step"],
  run: (state) => noteBefore(state, (phase) => (phase.name === "checking" ? { ...phase, smoked: true } : phase)),
};

export const unhealthyBefore: Rule<"unhealthy"> = {
  says: "taken back without a freeze: it never had a client",
  to: ["rollingBack"],
  run: (state, { why }) => failBefore(state, "checking", `the canary is not healthy: ${why}`),
};

export const smokeFailed: Rule<"smokeFailed"> = {
  says: "taken back without a freeze: it never had a client",
  to: ["rollingBack"],
  run: (state, { why }) => failBefore(state, "checking", `a smoke test failed: ${why}`),
};

export const unhealthyLive: Rule<"unhealthy"> = {
  says: "rolled back and frozen: it has clients",
  to: ["rollingBack"],
  run: (state, { why }) => sickWithClients(state, why),
};

export const unhealthyPaused: Rule<"unhealthy"> = {
  says: "rolled back, and frozen if it has clients",
  to: ["rollingBack"],
  run: (state, event) => {
    if (state.phase.name === "paused" && state.phase.resume.name === "step") return sickWithClients(state, event.why);
    return failBefore(state, "checking", `the canary is not healthy: ${event.why}`);
  },
};

function sickWithClients(state: State, why: string): State {
  const decision = { id: nextRecord(state), release: state.rollout?.canary.release ?? "" };
  return takeBack(state, { action: "failed", by: "health", why: `the canary is not healthy: ${why}`, decision });
}

/** Only the window that is open counts for going on; a FAIL of any window of this rollout counts. */
export const judge: Rule<"verdict"> = {
  says: "PASS: on to the next step or promoted, if the guard is alive; INCONCLUSIVE: another window, then given up; FAIL: rolled back and frozen",
  to: ["analysing", "step", "promoting", "paused", "rollingBack"],
  run: (state, event) => {
    const { phase } = state;
    if (event.verdict === "FAIL") return failVerdict(state, event);
    if ((phase.name !== "step" && phase.name !== "analysing") || phase.window?.id !== event.window) return state;
    if (phase.name === "analysing" && phase.passed !== null) return state;
    if (event.verdict === "PASS") return { ...state, phase: { ...phase, name: "analysing", passed: "analysis" } };
    return inconclusive(state, phase, event.reasons.join("; "));
  },
};

export const judgeFailOnly: Rule<"verdict"> = {
  says: "FAIL: rolled back and frozen; PASS and INCONCLUSIVE change nothing here",
  to: ["rollingBack"],
  run: (state, event) => (event.verdict === "FAIL" ? failVerdict(state, event) : state),
};

export const judgeFailAgain: Rule<"verdict"> = {
  says: "FAIL: one more decision to acknowledge, the rollback goes on; PASS and INCONCLUSIVE change nothing",
  to: [],
  run: judgeFailOnly.run,
};

function failVerdict(state: State, { window, reasons }: EventOf<"verdict">): State {
  const decision = { id: window, release: state.rollout?.canary.release ?? "" };
  return takeBack(state, { action: "failed", by: "analysis", why: `the analysis says FAIL: ${reasons.join("; ")}`, decision });
}

export const guardSaysNo: Rule<"guardFailed"> = {
  says: "rolled back and frozen, if it is about this release",
  to: ["rollingBack"],
  run: (state, { release, decision, reasons }) => {
    if (state.rollout !== null && release !== state.rollout.canary.release) return state;
    const why = `the guard says FAIL: ${reasons.join("; ")}`;
    return takeBack(state, { action: "failed", by: "guard", why, decision: { id: decision, release } });
  },
};

export const guardSaysNoAgain: Rule<"guardFailed"> = {
  says: "one more decision to acknowledge; the rollback goes on",
  to: [],
  run: guardSaysNo.run,
};
