import type { Percent, Slot } from "../../components/edge/share.ts";
import {
  DEFAULT_GUARD,
  decide,
  type GuardDecision,
  type GuardSettings,
  type GuardState,
  observe,
  START,
  type Tally,
} from "../analysis/index.ts";
import type { Decision, Watch } from "./answers.ts";
import type { GuardConfig } from "./config.ts";

/** So many connections in a row that a slot does not answer are no accident. */
const IN_A_ROW = 5;

/** What a watch knows: plain data, on disk after every block. */
export interface WatchState {
  readonly slot: Slot;
  readonly release: string;
  /** Share that the slot has now. */
  readonly weight: Percent;
  readonly since: number;
  /** Do too many of the clients' answers fail? */
  readonly test: GuardState;
  /** The same with the guard's own probes: sooner, where they ask for what fails, and all there is where hardly any clients are. */
  readonly probed: GuardState;
  /** Are too many of them slow? */
  readonly pace: GuardState;
  readonly canary: Tally;
  readonly other: Tally;
  /** How many of the canary's were the guard's own probes. */
  readonly synthetic: number;
  readonly firstBadAt: number | null;
  /** Requests of clients in a row that each side did not answer. */
  readonly unanswered: Sides;
  /** Made, and not yet carried out to its end. */
  readonly decision: Decision | null;
}

/** A number for the canary, and one for the slot it is compared with. */
export interface Sides {
  readonly canary: number;
  readonly other: number;
}

/** Length of the unbroken run of unanswered requests at a block's end, and whether an answer broke the run before it. */
export interface Run {
  readonly atEnd: number;
  readonly broken: boolean;
}

/** What the edge does with the service's clients. */
export interface Seen {
  readonly active: Slot;
  readonly weight: Percent;
  readonly releases: Readonly<Record<Slot, string | null>>;
}

/** What was heard of both slots since the last block. */
export interface Block {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Answers to clients; the bad ones failed. */
  readonly canary: Tally;
  /** Left out when the other slot gets no clients. */
  readonly other?: Tally | undefined;
  /** One answer a second, for its time: the bad ones were slow. @default nothing was looked at */
  readonly pace?: { readonly canary: Tally; readonly other: Tally | undefined };
  readonly unanswered: { readonly canary: Run; readonly other: Run };
  /** The canary's first bad response to a client, and the first bad probe. */
  readonly firstBad: { readonly client: number | null; readonly probe: number | null };
  readonly probes: { readonly canary: Tally; readonly other: Tally };
  /** Probes in a row that every container of the slot left unanswered; 0 as soon as one of them answers. */
  readonly silent: Sides;
}

/** Of a whole rollout: its three tests share alpha. */
export const guardSettings = ({ alpha, beta, floor }: Pick<GuardConfig, "alpha" | "beta" | "floor">): GuardSettings => ({
  ...{ ...DEFAULT_GUARD, alpha, beta, floor },
});

/**
 * Three tests watch at once, so they share the chance to be wrong (by Boole's inequality the sum of their shares bounds it). That of failures
 * gets most of it, and leans to releases that fail now and then: one that always fails is caught by any alternative. With three equal
 * parts, what no probe asks for would be found later (bench/judge has the seconds).
 */
export const ofFailures = (settings: GuardSettings): GuardSettings => ({
  ...{ ...settings, alpha: settings.alpha * 0.65, weights: [0.25, 0.5, 0.15, 0.1] },
});

/** Clients and probes together are twice the answers and more, and where probes do not ask for what fails, they water it down. */
const ofProbed = (settings: GuardSettings): GuardSettings => ({ ...ofFailures(settings), alpha: settings.alpha * 0.15 });

/** One answer a second of each slot is all that this one sees, so it leans to releases that are always slow. */
const ofPace = (settings: GuardSettings): GuardSettings => ({ ...settings, alpha: settings.alpha * 0.2, weights: [0.1, 0.1, 0.2, 0.6] });

/**
 * The watch that is due. One begins when the slot that is not active gets clients, or gets another release while it has them; it ends when it
 * has none. A release that changes back and forth is watched anew each time: what was seen of another one proves nothing.
 */
export function watchFor(before: WatchState | null, { active, weight, releases }: Seen, at: number): WatchState | null {
  if (weight === 0) return before?.decision ? before : null;
  const slot: Slot = active === "blue" ? "green" : "blue";
  const release = releases[slot] ?? "unknown";
  if (before && before.slot === slot && before.release === release) return { ...before, weight };
  return {
    ...{ slot, release, weight, since: at, test: START, probed: START, pace: START, canary: NONE, other: NONE },
    ...{ synthetic: 0, firstBadAt: null, unanswered: { canary: 0, other: 0 }, decision: null },
  };
}

const NONE: Tally = { bad: 0, total: 0 };

/**
 * One block of about half a second. To the test with probes, clients' requests and probes are two blocks, never one: in each the canary is
 * compared with the other slot on the same kind of questions, and a probe that fails in both slots alike says nothing.
 */
export function step(before: WatchState, block: Block, service: string, settings: GuardSettings): WatchState {
  if (before.decision) return before;
  const { at, canary, other, pace = { canary: NONE, other: undefined }, unanswered, probes, silent, firstBad } = block;
  const clients = { canary, other };
  const own = { canary: probes.canary, other: probes.other.total > 0 ? probes.other : undefined };
  const after: WatchState = {
    ...before,
    test: go(before.test, ofFailures(settings), clients),
    probed: go(before.probed, ofProbed(settings), clients, own),
    pace: go(before.pace, ofPace(settings), pace),
    canary: add(before.canary, canary, { bad: pace.canary.bad, total: 0 }, probes.canary),
    other: add(before.other, other ?? NONE, { bad: pace.other?.bad ?? 0, total: 0 }, probes.other),
    synthetic: before.synthetic + probes.canary.total,
    firstBadAt: before.firstBadAt ?? earliest(firstBad.client, firstBad.probe),
    unanswered: { canary: goOn(before.unanswered.canary, unanswered.canary), other: goOn(before.unanswered.other, unanswered.other) },
  };
  const verdict = judged(after, silent, settings);
  return verdict === null ? after : { ...after, decision: decision(after, verdict, at, service, settings) };
}

interface Heard {
  readonly canary: Tally;
  readonly other: Tally | undefined;
}

/** A test goes on with what was heard, block by block; where nothing was, it has no block. */
const go = (test: GuardState, settings: GuardSettings, ...heard: readonly Heard[]): GuardState =>
  heard
    .filter(({ canary, other }) => canary.total > 0 || (other?.total ?? 0) > 0)
    .reduce((state, { canary, other }) => observe(state, canary, other, settings), test);

const goOn = (before: number, { atEnd, broken }: Run): number => (broken ? atEnd : before + atEnd);

function earliest(...times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}

interface Verdict {
  readonly reason: Decision["reason"];
  readonly words: string;
}

function judged(state: WatchState, silent: Block["silent"], settings: GuardSettings): Verdict | null {
  const [failures, probed, pace] = testsOf(state, settings);
  if (failures.decision === "ABORT") return { reason: "sequential", words: failures.words };
  if (probed.decision === "ABORT") return { reason: "sequential", words: probed.words };
  if (pace.decision === "ABORT") {
    return { reason: "sequential", words: `Of one answer a second, looked at for its time, too many were slow: ${pace.words}` };
  }
  // Where the other slot is as silent, the trouble is one they share, and giving it the clients would help nobody.
  if (silent.other >= IN_A_ROW || state.unanswered.other >= IN_A_ROW) return null;
  if (silent.canary >= IN_A_ROW) {
    return {
      reason: "no healthy upstream",
      words: `${silent.canary} probes in a row got no answer from any container of slot ${state.slot}.`,
    };
  }
  if (state.unanswered.canary < IN_A_ROW) return null;
  return { reason: "connections", words: `${state.unanswered.canary} requests in a row got no answer from slot ${state.slot}.` };
}

/** @param at milliseconds since 1970: it becomes part of the decision's name */
function decision(state: WatchState, { reason, words }: Verdict, at: number, service: string, settings: GuardSettings): Decision {
  const { slot, release, weight, canary, other, synthetic, firstBadAt } = state;
  const { odds, needed, allowed } = loudest(state, settings);
  const probed = synthetic === 0 ? "" : ` ${synthetic} of the canary's ${canary.total} were the guard's own probes.`;
  return {
    ...{ id: `guard-${service}-${stamp(at)}`, at, service, slot, release, weight, reason, words: `${words}${probed}` },
    ...{
      firstBadAt: firstBadAt ?? at,
      decidedAt: at,
      flippedAt: at,
      canary,
      other,
      synthetic,
      odds,
      needed,
      allowed,
      alpha: settings.alpha,
    },
  };
}

/** The test that speaks loudest against the canary. */
const loudest = (state: WatchState, settings: GuardSettings): GuardDecision =>
  testsOf(state, settings).reduce((loud, test) => (test.odds / test.needed > loud.odds / loud.needed ? test : loud));

const testsOf = ({ test, probed, pace }: WatchState, settings: GuardSettings): readonly [GuardDecision, GuardDecision, GuardDecision] => [
  decide(test, ofFailures(settings)),
  decide(probed, ofProbed(settings)),
  decide(pace, ofPace(settings)),
];

/** 20261121093000123: sorts as it happened. */
const stamp = (at: number): string => new Date(at).toISOString().replaceAll(/\D/g, "");

/** The watch as people ask for it. */
export function describe(state: WatchState, settings: GuardSettings): Watch {
  const { slot, release, since, canary, other, synthetic } = state;
  const { cleared } = decide(state.test, ofFailures(settings));
  const { odds, needed, words } = loudest(state, settings);
  return { slot, release, since, canary, other, synthetic, cleared, odds, needed, words };
}

const add = (...tallies: readonly Tally[]): Tally => ({
  bad: tallies.reduce((sum, { bad }) => sum + bad, 0),
  total: tallies.reduce((sum, { total }) => sum + total, 0),
});
