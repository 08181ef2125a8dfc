import { type Analysing, confirmed, type Phase, type State } from "./state.ts";

/** One plain sentence: where this service's rollout is, and what it waits for. */
export function explain(state: State): string {
  const { rollout } = state;
  const release = rollout === null ? "" : ` ${rollout.canary.release}`;
  return `${state.service}${release}: ${words(state, state.phase)}.`;
}

function words(state: State, phase: Phase): string {
  switch (phase.name) {
    case "idle":
      return phase.why;
    case "deploying":
      return confirmed(state) ? "being deployed to the slot without clients" : "waiting until the canary's slot has no clients";
    case "checking":
      return checkingWords(state, phase.healthy, phase.smoked);
    case "step":
      return `${stepWords(state, phase.step)}, ${phase.window === null ? "waiting for the edge to have it" : "gathering evidence"}${guardWords(state)}`;
    case "analysing":
      return analysingWords(state, phase);
    case "paused":
      return `${phase.why}; the canary keeps ${state.want?.weight ?? 0} % of clients, and a FAIL still takes it back`;
    case "promoting":
      return `good, and becoming the active release${guardWords(state)}`;
    case "rollingBack":
      return `going back to slot ${state.want?.active ?? "that is active"} because: ${phase.why}; asked until the edge has it`;
    case "frozen":
      return `rolled back and frozen because: ${phase.why}; acknowledge ${state.open.at(-1)?.id ?? ""} to go on`;
    case "done":
      return `promoted; ${phase.why}`;
    case "failed":
      return `taken back because: ${phase.why}`;
  }
}

function checkingWords(state: State, healthy: boolean, smoked: boolean): string {
  if (!healthy) return "deployed, its health is being checked";
  return smoked ? `checked and good, waiting to begin${guardWords(state)}` : "healthy, its smoke tests run";
}

function analysingWords(state: State, phase: Analysing): string {
  if (phase.passed === null) return `${stepWords(state, phase.step)}, being analysed${guardWords(state)}`;
  const waits = confirmed(state) ? guardWords(state) : ", but the edge has to confirm its weight first";
  return `${stepWords(state, phase.step)}, judged good by ${phase.passed}${waits}`;
}

const stepWords = (state: State, step: number) =>
  `step ${step + 1} of ${state.rollout?.steps.length ?? 0} with ${state.rollout?.steps[step] ?? 0} % of clients`;

const guardWords = (state: State) => (state.guard.alive ? "" : ", but the guard gives no sign of life and nothing goes up without it");
