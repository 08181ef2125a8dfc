import type { Effect } from "./effects.ts";
import type { EventType } from "./events.ts";
import { confirmed, frozenAsWanted, mayRaise, type State } from "./state.ts";

/** Events after which what is not in place is asked for again; a change of the wish always asks. */
const POKES: readonly EventType[] = ["tick", "observed", "restarted", "weightRefused", "guardAlive", "acknowledge", "rollback", "resume"];

interface Job {
  /** One name per job: it is asked for once, and again after a restart. */
  readonly key: string;
  readonly effect: Effect;
}

/** What has to be carried out now. Level-triggered: it comes from what is wanted and what was seen, not from what was sent. */
export function ask(before: State, state: State, event: EventType): { readonly state: State; readonly effects: readonly Effect[] } {
  const poked = POKES.includes(event) || state.order !== before.order || state.open !== before.open;
  const job = dueJob(state);
  const fresh = job !== null && job.key !== state.asked ? [job.effect] : [];
  const known = new Set(event === "restarted" ? [] : before.outbox.map(({ id }) => id));
  const effects = [...(poked ? [...traffic(state), ...freezing(state)] : []), ...fresh, ...state.outbox.filter(({ id }) => !known.has(id))];
  return { state: job === null ? state : { ...state, asked: job.key }, effects };
}

function traffic(state: State): Effect[] {
  const { want, phase, seen } = state;
  if (want === null || confirmed(state)) return [];
  const { order, active, weight } = want;
  switch (phase.name) {
    case "rollingBack":
    case "frozen":
      return [{ type: "rollBack", order, active, weight: 0 }];
    case "promoting":
      return mayRaise(state) ? [{ type: "promote", order, active, weight: 0 }] : [];
    case "deploying":
    case "checking":
      return [{ type: "setWeight", order, active, weight }];
    case "step":
    case "analysing":
      return mayRaise(state) || lowers(state) ? [{ type: "setWeight", order, active, weight }] : [];
    case "paused":
      return seen !== null && lowers(state) ? [{ type: "setWeight", order, active, weight }] : [];
    default:
      return [];
  }
}

/** Taking clients away from the canary needs nobody's leave. */
const lowers = ({ want, seen }: State): boolean =>
  want !== null && seen !== null && seen.active === want.active && seen.weight > want.weight;

function freezing(state: State): Effect[] {
  const { open, phase, seen, acknowledged } = state;
  const latest = open.at(-1);
  if (latest !== undefined) {
    const frozen = seen?.frozen != null && frozenAsWanted(state);
    const back = phase.name === "rollingBack" || phase.name === "frozen";
    return back && !frozen ? [{ type: "freeze", decision: latest.id, release: latest.release }] : [];
  }
  const lifted = seen?.frozen?.decision;
  return lifted !== undefined && acknowledged.includes(lifted) ? [{ type: "unfreeze", decision: lifted }] : [];
}

/** The one thing that takes its time and answers with an event. */
function dueJob(state: State): Job | null {
  const { phase, rollout } = state;
  if (phase.name === "done" || phase.name === "frozen" || phase.name === "failed") {
    const outcome = phase.name === "done" ? "promoted" : phase.name;
    const key = `${phase.name} ${rollout?.id} ${state.order}`;
    return { key, effect: { type: "done", rollout: rollout?.id ?? null, outcome, why: phase.why } };
  }
  if (rollout === null) return null;
  const about = { rollout: rollout.id, target: rollout.canary };
  switch (phase.name) {
    case "deploying":
      // Never into a slot that has clients: the edge must have said that it has none.
      return confirmed(state) ? { key: "deploy", effect: { type: "deploy", ...about } } : null;
    case "checking":
      return phase.healthy ? { key: "smoke", effect: { type: "smoke", ...about } } : { key: "check", effect: { type: "check", ...about } };
    case "step":
    case "analysing": {
      if (phase.window === null) return null;
      const { id: window, from, until } = phase.window;
      const type = phase.name === "step" ? "startWindow" : "analyse";
      return { key: `${type} ${window}`, effect: { type, rollout: rollout.id, window, from, until } };
    }
    default:
      return null;
  }
}
