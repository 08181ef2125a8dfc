import type { Percent, Slot } from "../../components/edge/share.ts";
import type { Decider, Delivery } from "./effects.ts";
import type { EdgeReading } from "./events.ts";
import type { Plan } from "./plan.ts";

/** Raised when a state on disk could not be read by an older program, or means something else to it. */
export const STATE_VERSION = 1;

/** A FAIL, or a rollback that freezes: it keeps the service frozen until somebody acknowledges it. */
export interface Decision {
  readonly id: string;
  readonly by: Decider;
  readonly release: string;
  readonly why: string;
  readonly at: number;
}

/** What the edge should hold. A new wish has a new order, so a late confirmation of an old one proves nothing. */
export interface Wish {
  readonly active: Slot;
  readonly weight: Percent;
  readonly order: number;
}

export interface Window {
  readonly id: string;
  readonly from: number;
  readonly until: number;
}

interface Named<N extends string> {
  readonly name: N;
  /** Since when, in the time of the events. */
  readonly since: number;
  readonly why: string;
}

export type Deploying = Named<"deploying"> & { readonly deployed: boolean };
export type Checking = Named<"checking"> & { readonly healthy: boolean; readonly smoked: boolean };
/** `step` counts from 0. Without a window, the weight is not in place yet. */
export type Step = Named<"step"> & { readonly step: number; readonly window: Window | null; readonly extensions: number };
/** `passed`: judged good (by whom), but not allowed to go on yet. */
export type Analysing = Named<"analysing"> & {
  readonly step: number;
  readonly window: Window | null;
  readonly extensions: number;
  readonly passed: Decider | null;
};
export type Paused = Named<"paused"> & { readonly resume: Deploying | Checking | Step };

export type Phase =
  | Named<"idle">
  | Deploying
  | Checking
  | Step
  | Analysing
  | Paused
  | Named<"promoting">
  | Named<"rollingBack">
  | Named<"frozen">
  | Named<"done">
  | Named<"failed">;

export type PhaseName = Phase["name"];
export const PHASES = [
  ...(["idle", "deploying", "checking", "step", "analysing", "paused"] as const),
  ...(["promoting", "rollingBack", "frozen", "done", "failed"] as const),
] satisfies PhaseName[];

/** Everything the machine knows about one service: plain data, written to disk after every event. */
export interface State {
  readonly version: typeof STATE_VERSION;
  readonly service: string;
  readonly now: number;
  readonly phase: Phase;
  /** The rollout that runs, or the last one. */
  readonly rollout: Plan | null;
  /** Ids of earlier rollouts, so that a repeated start does not run one again. */
  readonly past: readonly string[];
  readonly order: number;
  readonly reading: number;
  readonly want: Wish | null;
  /** The last word of the edge itself; null after a restart, until somebody has looked again. */
  readonly seen: EdgeReading | null;
  /** The order that the shell says it has applied. Enough to open a window, never enough to believe a rollback. */
  readonly applied: number | null;
  /** How often in a row the edge refused the present wish. */
  readonly refusals: number;
  readonly guard: { readonly alive: boolean; readonly since: number; readonly until: number };
  /** Decisions that freeze the service, oldest first. */
  readonly open: readonly Decision[];
  readonly acknowledged: readonly string[];
  /** How many windows were opened, and how many records made: both make names that are never used twice. */
  readonly windows: number;
  readonly records: number;
  /** The one job (deploy, check, ...) asked for last, so that it is asked for once; a restart forgets it. */
  readonly asked: string | null;
  /** Records and notifications that have not been confirmed; a restart sends them again. */
  readonly outbox: readonly Delivery[];
}

/** A service that the machine has never handled. */
export function idle(service: string, at: number): State {
  return {
    ...{ version: STATE_VERSION, service, now: at, phase: { name: "idle", since: at, why: "no rollout yet" }, rollout: null, past: [] },
    ...{ order: 0, reading: 0, want: null, seen: null, applied: null, refusals: 0, guard: { alive: false, since: at, until: at } },
    ...{ open: [], acknowledged: [], windows: 0, records: 0, asked: null, outbox: [] },
  };
}

/** Read a state back from disk. @throws when another version of the program wrote it */
export function readState(text: string): State {
  const found: unknown = JSON.parse(text);
  if (typeof found === "object" && found !== null && "version" in found && found.version === STATE_VERSION) return found as State;
  const version = typeof found === "object" && found !== null && "version" in found ? String(found.version) : "none";
  throw new Error(
    `the rollout's state has version ${version}, this program reads ${STATE_VERSION}: use the program that wrote it, or roll back by hand`,
  );
}

/** Does the edge hold what is wanted? Its own word counts; the shell's only until the edge has been read. */
export function inPlace(state: State): boolean {
  const { want, seen, applied } = state;
  if (want === null) return false;
  return seen !== null && seen.order >= want.order ? matches(want, seen) : applied === want.order;
}

/** The same, by the edge's own word alone. */
export function confirmed(state: State): boolean {
  const { want, seen } = state;
  return want !== null && seen !== null && seen.order >= want.order && matches(want, seen);
}

const matches = (want: Wish, seen: EdgeReading) => want.active === seen.active && want.weight === seen.weight;

/** May the canary get more clients at all? Never without a live guard, never while anything is frozen. */
export const mayRaise = (state: State): boolean => state.guard.alive && state.open.length === 0 && (state.seen?.frozen ?? null) === null;

/** Does the edge's own word say that an open decision freezes it? */
export function frozenAsWanted(state: State): boolean {
  const decision = state.seen?.frozen?.decision;
  return state.open.length === 0 || state.open.some(({ id }) => id === decision);
}

const RUNNING: readonly PhaseName[] = ["deploying", "checking", "step", "analysing", "paused", "promoting"];

/** Is there something that the guard's silence would hold up? */
export const isRunning = (state: State): boolean => RUNNING.includes(state.phase.name);

export const isKnown = (state: State, decision: string): boolean =>
  state.acknowledged.includes(decision) || state.open.some(({ id }) => id === decision);

/**
 * Where a rollback goes. A rollout knows; without one it is the slot that is active. Where nothing runs, whoever froze the edge has given its
 * clients back already, and to the slot that was the right one then: a rollout that is over may remember an older one.
 */
export function home(state: State): Slot | null {
  const { rollout, want, seen } = state;
  if (seen !== null && seen.frozen !== null && !isRunning(state)) return seen.active;
  return rollout?.stable.slot ?? want?.active ?? seen?.active ?? null;
}
