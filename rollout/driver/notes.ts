import { otherSlot } from "../../components/edge/share.ts";
import type { Effect, Event, State } from "../machine/index.ts";
import type { Summary } from "../records/entries.ts";
import type { Run, Saved } from "./saved.ts";
import type { StackEdit } from "./stack-file.ts";

/** The times of a rollout, as its states go by. */
export function noted(run: Run | null, before: State, { phase, now, rollout }: State, event: Event): Run | null {
  if (run === null || rollout?.id !== run.id) return run;
  const entered = phase.name !== before.phase.name;
  return {
    ...run,
    deployed: run.deployed || event.type === "deployed",
    steppedAt: run.steppedAt ?? (phase.name === "step" ? now : null),
    promotedAt: run.promotedAt ?? (entered && phase.name === "done" ? now : null),
    backAt:
      run.backAt ?? (entered && before.phase.name === "rollingBack" && (phase.name === "frozen" || phase.name === "failed") ? now : null),
  };
}

/** What the stack file must say once a rollout is taken back; null while it is not (yet). */
export function settledEdit({ state, run }: Saved): StackEdit | null {
  const { phase, want, open, seen, rollout } = state;
  if ((phase.name !== "frozen" && phase.name !== "failed") || want === null) return null;
  // The edge keeps the first decision; the file names the same one.
  const holds = open.find(({ id }) => id === seen?.frozen?.decision) ?? open.at(-1);
  const frozen = holds === undefined ? null : { decision: holds.id, release: holds.release, slot: otherSlot(want.active) };
  const never = run !== null && !run.deployed && rollout?.id === run.id ? { slot: { name: rollout.canary.slot, content: run.former } } : {};
  return { active: want.active, canaryWeight: 0, frozen, ...never };
}

/**
 * The name of that change, for what was applied already. It has the order of the edge's state in it: two rollouts that end alike ask for the same
 * words in the file, and between them the file said something else.
 */
export function settledKey(saved: Saved): string | null {
  const edit = settledEdit(saved);
  return edit === null ? null : JSON.stringify([saved.state.order, edit]);
}

/** Does a difference between two states have to outlive this process? What was only read or heard is read and heard again. */
export function matters(before: Saved, after: Saved): boolean {
  const kept = ({ state: { now: _, seen: __, reading: ___, guard: ____, ...state }, ...rest }: Saved) => JSON.stringify([state, rest]);
  return kept(before) !== kept(after);
}

export type Ended = "promoted" | "reverted" | "back";

/** How a rollout ended, if it did. A promoted one may end once more. */
export function endOf({ state: { phase }, run }: Saved): Ended | null {
  if (run === null) return null;
  if (phase.name === "done") return "promoted";
  if (phase.name !== "frozen" && phase.name !== "failed") return null;
  return run.promotedAt === null ? "back" : "reverted";
}

export function summaryOf({ state, run }: Saved, stack: string): Summary | null {
  const end = endOf({ state, run } as Saved);
  const { rollout, phase, open } = state;
  if (run === null || rollout === null || end === null) return null;
  const outcome = end === "back" ? (open.length > 0 ? "frozen" : "failed") : end;
  const decision = open.at(-1) ?? null;
  const about = run.decision !== null && run.decision.id === decision?.id ? run.decision : null;
  return {
    kind: "summary",
    ...{ id: `${run.id}/${end}`, at: state.now, service: state.service, rollout: run.id, stack, by: run.by, outcome },
    ...{ release: rollout.canary.release, image: rollout.canary.image, previous: rollout.stable.release, why: phase.why },
    ...{ commit: run.commit, commitAt: run.commitAt, startedAt: run.startedAt, endedAt: state.now },
    ...{ steppedAt: run.steppedAt, promotedAt: run.promotedAt, backAt: run.backAt },
    ...{ firstBadAt: about?.firstBadAt ?? null, decidedAt: about?.decidedAt ?? decision?.at ?? null, decision: decision?.id ?? null },
  };
}

/** Did a process end before what it had begun was over? */
export function isUnfinished(saved: Saved): boolean {
  const { state, run, finished, applied } = saved;
  if (!RESTING.includes(state.phase.name)) return true;
  const key = settledKey(saved);
  const end = endOf(saved);
  return (key !== null && key !== applied) || (end !== null && finished !== `${run?.id} ${end}`);
}

/** How a driver's work ends. */
export type Ending = "promoted" | "frozen" | "failed" | "idle" | "paused" | "interrupted" | "lost";

export const RUNNING = ["deploying", "checking", "step", "analysing", "promoting"];
export const RESTING = ["idle", "done", "frozen", "failed"];

export function endingOf({ state: { phase } }: Saved): Ending {
  if (phase.name === "done") return "promoted";
  return phase.name === "frozen" || phase.name === "failed" || phase.name === "idle" || phase.name === "paused"
    ? phase.name
    : "interrupted";
}

/** Why an event was refused; null when it was not. */
export const refusalOf = (effects: readonly Effect[]): string | null =>
  effects.flatMap((effect) => (effect.type === "refused" ? [effect.why] : [])).join("; ") || null;
