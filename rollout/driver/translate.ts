import { otherSlot } from "../../components/edge/share.ts";
import { type AnalysisSettings, DEFAULT_SETTINGS, type Judgement, judge, type Reason, type Window } from "../analysis/index.ts";
import type { Event, EventOf, Plan, State } from "../machine/index.ts";
import type { Judged } from "../records/judged.ts";
import type { Control, GuardDecision, Status, WindowAnswer } from "./ports.ts";
import { UNNAMED } from "./words.ts";

/**
 * How long an answer of the guard holds. Longer than its own promise of 3 s, or a host that is busy would look like a guard that is dead;
 * whatever raises the weight asks it once more.
 */
export const GUARD_LEASE_MS = 10_000;

/** When something was asked and answered, by this machine's clock. */
export interface Asked {
  readonly askedAt: number;
  readonly at: number;
}

/** A reading of the edge as the machine hears it; `order` is the machine's at the moment of asking. */
export function observedEvent(control: Control, order: number, { reading }: State, { at }: Asked): EventOf<"observed"> {
  const { active, weight, frozen } = control;
  const freeze = frozen === null ? null : { decision: frozen.decision, release: frozen.release };
  return { type: "observed", at, edge: { reading: reading + 1, order, active, weight, frozen: freeze } };
}

/** Whether a slot still has the release that a rollout left in it; where nobody can tell, it has. */
export const isStill = (release: string, found: string | null): boolean => found === null || release === UNNAMED || release === found;

/**
 * What shows that a rollout which is over is history: other releases, or other clients, than it left.
 * @returns why, in words; null when it is as the rollout left it, or the rollout is not over
 */
export function supersededBy({ active, weight, frozen, releases }: Control, { phase, rollout }: State): string | null {
  if (rollout === null || (phase.name !== "done" && phase.name !== "failed")) return null;
  const { canary, stable } = rollout;
  if (!isStill(stable.release, releases[stable.slot])) return `slot ${stable.slot} has ${releases[stable.slot]} now, not ${stable.release}`;
  if (frozen !== null && (frozen.slot !== canary.slot || !isStill(canary.release, frozen.release || null)))
    return `${frozen.release || "a release"} in slot ${frozen.slot} was taken back`;
  if (phase.name === "failed") return active === stable.slot ? null : `slot ${active} was made the active one`;
  if (!isStill(canary.release, releases[canary.slot])) return `slot ${canary.slot} has ${releases[canary.slot]} now, not ${canary.release}`;
  if (weight > 0) return `slot ${otherSlot(active)} was given ${weight} % of clients`;
  return active === canary.slot || frozen !== null ? null : `slot ${active} was made the active one`;
}

/**
 * What the guard's answer (null: there was none, and its last one holds until its time is over) means to the machine. The guard's clock
 * may be another one: of its lease only the length counts, from the moment it was asked.
 * @param since when the present rollout began: older decisions about the same release are history
 */
export function guardEvents(status: Status | null, control: Control | null, state: State, since: number, { askedAt, at }: Asked): Event[] {
  if (status === null) return [];
  const left = status.until - status.at;
  const until = Math.max(askedAt + Math.max(left, GUARD_LEASE_MS), at + 1);
  const alive: Event = left > 0 ? { type: "guardAlive", at, until } : { type: "guardStale", at };
  const { decision } = status;
  if (decision === null || !concerns(decision, control, state, since)) return [alive];
  const { id, release, words } = decision;
  return [alive, { type: "guardFailed", at, rollout: state.rollout?.id ?? "", release, decision: id, reasons: [words.replace(/\.$/, "")] }];
}

/** A decision counts while it freezes the edge, and when it is about the release that is being rolled out. */
function concerns(decision: GuardDecision, control: Control | null, { rollout }: State, since: number): boolean {
  if (control?.frozen?.decision === decision.id) return true;
  return rollout !== null && decision.slot === rollout.canary.slot && decision.release === rollout.canary.release && decision.at >= since;
}

/** What the guard counted in a window, judged. */
export function judgeWindow(answer: WindowAnswer, window: string, weight: number, plan: Plan, settings: AnalysisSettings): Judged {
  const { canary, stable } = plan;
  const about = { window, weight, slot: canary.slot, from: answer.from, until: answer.until };
  const history = answer.history?.[stable.slot];
  const auth = answer.auth;
  const judgement: Judgement = answer.complete
    ? judge(
        {
          canary: answer[canary.slot],
          ...(weight < 100 && { other: answer[stable.slot] }),
          ...(history && { history }),
          ...(auth && { auth: { canary: auth[canary.slot], ...(weight < 100 && { other: auth[stable.slot] }) } }),
        },
        settings,
      )
    : { verdict: "INCONCLUSIVE", reasons: [unwatched] };
  return { ...about, ...judgement };
}

const unwatched: Reason = {
  check: "data",
  metric: "the window",
  outcome: "INCONCLUSIVE",
  n: 0,
  words: "The guard did not watch all of this window, so it proves nothing.",
};

/** Why a promoted release has to go back, by what it did since; undefined when it is fine, or has not done enough to say. */
export function postProblem(window: Window, settings: AnalysisSettings = DEFAULT_SETTINGS): string | undefined {
  const { reasons } = judge({ canary: window }, settings);
  return reasons.find(({ check, metric, outcome }) => check === "limit" && metric === "error share" && outcome === "FAIL")?.words;
}
