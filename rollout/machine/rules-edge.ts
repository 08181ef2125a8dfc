import { inconclusive, pastOf, say, takeBack, windowless } from "./moves.ts";
import type { Rule } from "./rule.ts";
import { confirmed, isKnown, isRunning, type State } from "./state.ts";

/** How far a clock may be set back before what it timed is started anew. */
export const CLOCK_SLACK_MS = 5_000;

export const applied: Rule<"weightApplied"> = {
  says: "noted, if it is the weight wanted now; the step's window opens",
  to: [],
  run: (state, { order }) => (order === state.want?.order ? { ...state, applied: order } : state),
};

export const refusedWhileRunning: Rule<"weightRefused"> = {
  says: "asked again; taken back after the agreed number of times",
  to: ["rollingBack"],
  run: (state, event) => {
    const counted = countRefusal(state, event.order);
    const limit = state.rollout?.settings.attempts ?? 1;
    if (counted === state || counted.refusals < limit) return counted;
    const why = `the edge refused the weight ${counted.refusals} times: ${event.why}`;
    return takeBack(counted, { action: "rollback", by: "edge", why });
  },
};

export const refusedWhileBack: Rule<"weightRefused"> = {
  says: "asked again until the edge has it; people are told once it has failed the agreed number of times",
  to: [],
  run: (state, event) => {
    const counted = countRefusal(state, event.order);
    if (counted === state || counted.refusals !== (state.rollout?.settings.attempts ?? 3)) return counted;
    return say(counted, "stuck", "edge", `the edge refuses the rollback (${event.why}); it is asked again until it obeys`);
  },
};

const countRefusal = (state: State, order: number): State =>
  order === state.want?.order ? { ...state, refusals: state.refusals + 1 } : state;

export const alive: Rule<"guardAlive"> = {
  says: "noted; whatever waited for the guard goes on",
  to: [],
  run: (state, { at, until }) => {
    // An old sign of life that comes late proves nothing about now.
    if (at < state.guard.since || until <= state.now) return state;
    const noted = { ...state, guard: { alive: true, since: at, until } };
    return state.guard.alive || !isRunning(state) ? noted : say(noted, "guardAlive", "guard", "the guard is alive");
  },
};

export const aliveBeforeStep: Rule<"guardAlive"> = { ...alive, to: ["step"] };
export const aliveAfterWindow: Rule<"guardAlive"> = { ...alive, to: ["step", "promoting"] };

export const stale: Rule<"guardStale"> = {
  says: "nothing is raised or promoted until the guard is back; nothing is rolled back either",
  to: [],
  run: (state, { at }) => (at < state.guard.since ? state : loseGuard(state)),
};

export function loseGuard(state: State): State {
  const lost = { ...state, guard: { alive: false, since: state.now, until: state.now } };
  if (!state.guard.alive || !isRunning(state)) return lost;
  return say(lost, "guardStale", "guard", "the guard gives no sign of life: nothing goes up until it does");
}

export const deadline: Rule<"tick"> = {
  says: "taken back without a freeze when it takes too long",
  to: ["rollingBack"],
  run: (state) => {
    const { phase, rollout, now } = state;
    if (rollout === null || (phase.name !== "deploying" && phase.name !== "checking")) return state;
    if (now < phase.since - CLOCK_SLACK_MS) return { ...state, phase: { ...phase, since: now } };
    // Checked and good, it only waits for the guard: that may take as long as it takes.
    if (phase.name === "checking" && phase.healthy && phase.smoked) return state;
    const [what, limit] =
      phase.name === "deploying" ? ["the deployment", rollout.settings.deployMs] : ["checking the canary", rollout.settings.checkMs];
    if (now - phase.since <= limit) return state;
    return takeBack(state, { action: "failed", by: "deployment", why: `${what} took longer than ${limit / 1000} s` });
  },
};

export const windowEnd: Rule<"tick"> = {
  says: "at the end of the window, it is analysed",
  to: ["analysing"],
  run: (state) => {
    const { phase, now } = state;
    if (phase.name !== "step" || phase.window === null) return state;
    if (now < phase.window.from - CLOCK_SLACK_MS) return { ...state, phase: windowless(phase) };
    return now < phase.window.until ? state : { ...state, phase: { ...phase, name: "analysing", since: now, passed: null } };
  },
};

export const analysisEnd: Rule<"tick"> = {
  says: "an analysis that takes too long counts as INCONCLUSIVE",
  to: ["step", "paused", "rollingBack"],
  run: (state) => {
    const { phase, now } = state;
    if (phase.name !== "analysing" || phase.passed !== null) return state;
    if (now < phase.since - CLOCK_SLACK_MS) return { ...state, phase: { ...phase, since: now } };
    if (now - phase.since <= (state.rollout?.settings.analyseMs ?? 0)) return state;
    return inconclusive(state, phase, "the analysis gave no verdict in time");
  },
};

/** Note a reading of the edge, unless it is an old one; then let `then` compare it with what was known before. */
const reading = (then: (next: State, before: State) => State): Rule<"observed">["run"] => {
  return (state, { edge }) => (edge.reading <= state.reading ? state : then({ ...state, seen: edge, reading: edge.reading }, state));
};

export const observeOnly: Rule<"observed"> = {
  says: "noted",
  to: [],
  run: reading((state) => state),
};

export const observeAtRest: Rule<"observed"> = {
  says: "noted; a freeze by an unknown decision is taken over as if its FAIL had arrived",
  to: ["rollingBack"],
  run: reading(adoptFreeze),
};

/** After a promotion somebody may freeze the service for a reason of their own: only one about this release flips it back. */
export const observeDone: Rule<"observed"> = {
  says: "noted; a freeze that is about this release is taken over as if its FAIL had arrived",
  to: ["rollingBack"],
  run: reading((state) => (state.seen?.frozen?.release === state.rollout?.canary.release ? adoptFreeze(state) : state)),
};

export const observeBack: Rule<"observed"> = {
  says: "every client is back, and frozen if a decision asks for it: over; else the rollback is asked again",
  to: ["frozen", "failed"],
  run: reading(adoptFreeze),
};

export const observeFrozen: Rule<"observed"> = {
  says: "noted; if the canary has clients again or the freeze is gone, the rollback is asked again",
  to: [],
  run: reading(adoptFreeze),
};

const watch = reading((state, before) => {
  const adopted = adoptFreeze(state);
  return adopted === state ? compare(state, before) : adopted;
});

/** What every running phase does with a reading. */
const OUTSIDE_HANDS = "an unknown freeze, a canary taken back or a slot flipped by somebody else ends it";

export const observeRunning: Rule<"observed"> = { says: `noted; ${OUTSIDE_HANDS}`, to: ["rollingBack"], run: watch };

export const observeBeforeStep: Rule<"observed"> = {
  says: `checked, and the edge still without clients for the canary: the first step; ${OUTSIDE_HANDS}`,
  to: ["step", "rollingBack"],
  run: watch,
};

export const observeAnalysing: Rule<"observed"> = {
  says: `a PASS that waited goes on; another weight than wanted starts the step's window anew; ${OUTSIDE_HANDS}`,
  to: ["step", "promoting", "rollingBack"],
  run: watch,
};

export const observePaused: Rule<"observed"> = {
  says: `noted; a weight above the held one is taken down; ${OUTSIDE_HANDS}`,
  to: ["rollingBack"],
  run: watch,
};

export const observePromoting: Rule<"observed"> = {
  says: "the canary's slot is active with every client: done; an unknown freeze or a canary taken back by somebody else ends it",
  to: ["done", "rollingBack"],
  run: watch,
};

function adoptFreeze(state: State): State {
  const freeze = state.seen?.frozen ?? null;
  if (freeze === null || isKnown(state, freeze.decision)) return state;
  const why = `the service was found frozen by decision ${freeze.decision}${freeze.release === "" ? "" : ` about ${freeze.release}`}`;
  return takeBack(state, { action: "failed", by: "edge", why, decision: { id: freeze.decision, release: freeze.release } });
}

/** What the edge holds against what it held: a weight that somebody else took away is not fought for. */
function compare(state: State, before: State): State {
  const { want, seen, phase, rollout } = state;
  if (want === null || seen === null || rollout === null || seen.order < want.order || confirmed(state)) return state;
  const outside = (why: string) => takeBack(state, { action: "rollback", by: "edge", why });
  if (phase.name !== "promoting" && seen.active !== want.active) return outside(`somebody else made slot ${seen.active} active`);
  const at = phase.name === "paused" ? phase.resume : phase;
  const hadClients = confirmed(before) || at.name === "promoting" || ((at.name === "step" || at.name === "analysing") && at.step > 0);
  const wantsClients = want.weight > 0 || at.name === "promoting";
  if (wantsClients && hadClients && seen.weight === 0) return outside("somebody else took every client from the canary");
  return phase.name === "step" || phase.name === "analysing" ? { ...state, phase: windowless(phase) } : state;
}

/** Its way back leads to a release that is no longer there: a later rollback must go by the edge alone. */
export const superseded: Rule<"superseded"> = {
  says: "that rollout is history: a later rollback goes by what the edge holds",
  to: ["idle"],
  run: (state, { why }) => ({
    ...{ ...state, past: pastOf(state), rollout: null, want: null, applied: null, asked: null, refusals: 0 },
    phase: { name: "idle", since: state.now, why },
  }),
};

/** The process is new: what was seen, asked for and promised by the guard must be seen, asked for and promised again. */
export const restarted: Rule<"restarted"> = {
  says: "everything still open is asked for again; nothing goes up before the edge and the guard have been heard",
  to: [],
  run: (state) => ({ ...state, seen: null, applied: null, asked: null, guard: { alive: false, since: state.now, until: state.now } }),
};

export const delivered: Rule<"delivered"> = {
  says: "taken off the list of what is still to be written or sent",
  to: [],
  run: (state, { id }) => ({ ...state, outbox: state.outbox.filter((delivery) => delivery.id !== id) }),
};
