import { type Tally, tallyProblem } from "./counts.ts";
import { counted, percent } from "./words.ts";

/** What the guard's sequential test goes by. Shares are 0 to 1. */
export interface GuardSettings {
  /** Chance to abort a rollout whose canary is no worse than allowed: per rollout, however long it takes and however often one looks. */
  readonly alpha: number;
  /** Chance that a canary with the smallest share that matters is called `cleared`. */
  readonly beta: number;
  /** A share of bad responses up to this is always allowed. */
  readonly floor: number;
  /** The smallest share that matters is the allowed one plus this… */
  readonly margin: number;
  /** …or times this, whichever is more. */
  readonly factor: number;
  /** Never abort on fewer bad responses. It only makes the test stricter. */
  readonly minimumBad: number;
  /** So many requests of the canary wait for one of the other slot before they are judged alone. */
  readonly patience: number;
  /**
   * How much of the odds each of the four alternatives carries, from the smallest share that matters to nearly all; together 1, or the bound
   * does not hold. What has less is found later.
   */
  readonly weights: readonly [number, number, number, number];
  /** The other slot's usual share is that of about so many of its latest requests. */
  readonly memory: number;
}

export const DEFAULT_GUARD: GuardSettings = {
  alpha: 1e-4,
  beta: 0.01,
  floor: 0.005,
  margin: 0.05,
  factor: 2,
  minimumBad: 5,
  patience: 50,
  weights: [0.25, 0.25, 0.25, 0.25],
  memory: 2000,
};

/** Plain data: `JSON.parse(JSON.stringify(state))` goes on exactly where it was. */
export interface GuardState {
  /** Blocks judged: stretches in which both slots answered, mostly one tick each. */
  readonly blocks: number;
  /**
   * Per alternative: how many times likelier it is that the canary turned bad at some block than that it is fine, averaged over the blocks
   * it could have begun at. Against the floor, and against the other slot; the lower one counts.
   */
  readonly odds: readonly { readonly floor: number; readonly other: number }[];
  /** The classical ratio for the smallest alternative, as a logarithm: far below 0 means that this alternative is ruled out. */
  readonly ruling: number;
  /** The canary's requests that wait for one of the other slot. */
  readonly waiting: Tally;
  /** The other slot, fading. */
  readonly other: Tally;
  /** The canary since the start. */
  readonly seen: Tally;
  /** Once true, true for the rest of the rollout. */
  readonly aborted: boolean;
}

/** How far into what the allowed share leaves free the alternatives lie; the first is `margin` and `factor`. Few, so each costs little. */
const DEPTHS = [0, 0.15, 0.5, 0.95] as const;

/** Blocks between two settlements of which null is the one to beat. */
const CHUNK = 60;

export const START: GuardState = {
  blocks: 0,
  odds: DEPTHS.map(() => ({ floor: 0, other: 0 })),
  ruling: 0,
  waiting: { bad: 0, total: 0 },
  other: { bad: 0, total: 0 },
  seen: { bad: 0, total: 0 },
  aborted: false,
};

export interface GuardDecision {
  /** A guard never accepts: there is no third answer. */
  readonly decision: "ABORT" | "CONTINUE";
  /** Enough has been seen to rule the smallest alternative out, with error `beta`. Needed for a promotion; no promise about what comes next. */
  readonly cleared: boolean;
  /** Odds against the canary; it is aborted at `needed` (1 / alpha). */
  readonly odds: number;
  readonly needed: number;
  /** The share that is allowed now, and the smallest one that matters. */
  readonly allowed: number;
  readonly alternative: number;
  readonly words: string;
}

/**
 * One tick: what both slots answered since the last one. `other` is left out when that slot gets no clients.
 *
 * The test is Wald's sequential probability ratio test (A. Wald, Sequential Analysis, 1947, chapter 5) in the form that stays
 * valid when the allowed share moves. The null hypothesis: in every stretch of `CHUNK` blocks (about a minute), the canary's share is
 * at most the floor, or at most the other slot's at the same time. Two ratios are kept per block:
 * - against the floor: (p1 / floor)^bad * ((1 - p1) / (1 - floor))^good. Its mean is at most 1 for every share up to the floor.
 * - against the other slot: likelihood of (p1, p0) over that of the mixed share m = (n p1 + k p0) / (n + k) on both sides, n and k being the
 *   requests of either (Turner, Ly, Grünwald, Generic E-variables for exact sequential k-sample tests, 2021). Its mean is at most 1
 *   whenever both have the same share, whatever it is: by ln(1 + x) <= x its logarithm is at most a sum that is 0. With p1 > p0 the
 *   mean only falls when the canary is better. So p0 and p1 may be guesses; they come from earlier blocks alone. A wrong guess costs
 *   requests, never a false abort, and the other slot's share may drift and burst from block to block.
 * The lower product counts at every look, and both go on from it after each stretch: so it may be now the one null that holds, now the other.
 *
 * Products of such ratios are supermartingales from 1, and so is their weighted mean over fixed alternatives and over the block k at which
 * the canary may have turned bad, with weights 1 / (k (k + 1)) that add up to 1. By Ville's inequality (1939) the mean ever reaches 1 / alpha with
 * chance alpha at most: for all looks, steps and restarts of a rollout together. The weights are what a restart would spend of alpha, and why an hour of
 * good answers does not hide a bad minute: the requests to decide grow with ln(k (k + 1)) only.
 *
 * Assumed: inside a block, a slot's requests fail independently of each other. One client that fails again and again is not that.
 * Without the other slot the bound holds only while the canary's share is at most what that slot last was (plus 3 standard errors): a burst that
 * would have hit both cannot be told from a bad release.
 */
export function observe(state: GuardState, canary: Tally, other: Tally | undefined, settings: GuardSettings = DEFAULT_GUARD): GuardState {
  if (!isCount(canary) || (other && !isCount(other))) return state; // Garbage says nothing. `observationProblem` tells the guard, which must not call this an observation.
  const waiting = add(state.waiting, canary);
  const held = { ...state, seen: add(state.seen, canary), other: remember(state.other, other, settings) };
  if (waiting.total === 0) return held;
  if (other?.total === 0 && waiting.total < settings.patience) return { ...held, waiting };

  const control = other?.total ? other : undefined;
  const shares = hypotheses(state, settings, control === undefined);
  const block = state.blocks + 1;
  const begun = 1 / (block * (block + 1));
  const odds = shares.alternatives.map((p1, index) => {
    const before = state.odds[index] ?? { floor: 0, other: 0 };
    const ratio = ratios(waiting, control, p1, shares.allowed, settings);
    const [floor, rest] = [grow(before.floor + begun, ratio.floor), grow(before.other + begun, ratio.other)];
    return block % CHUNK === 0 ? { floor: Math.min(floor, rest), other: Math.min(floor, rest) } : { floor, other: rest };
  });
  const ruling = state.ruling + against(waiting, shares.alternatives[0], shares.allowed);
  const judged = { ...held, blocks: block, odds, ruling: Math.max(-1e6, Math.min(ruling, 1e6)), waiting: { bad: 0, total: 0 } };
  const aborted = state.aborted || (lower(odds, settings) >= 1 / settings.alpha && judged.seen.bad >= settings.minimumBad);
  return { ...judged, aborted };
}

/** Why a tick cannot be used, or undefined. A guard that gets only such ticks is blind and must let its lease run out. */
export function observationProblem(canary: Tally, other: Tally | undefined): string | undefined {
  const problem = tallyProblem(canary) ?? (other && tallyProblem(other));
  if (problem) return problem;
  return isCount(canary) && (!other || isCount(other)) ? undefined : "requests are counted in whole numbers";
}

/** What the state amounts to. */
export function decide(state: GuardState, settings: GuardSettings = DEFAULT_GUARD): GuardDecision {
  const { allowed, alternatives } = hypotheses(state, settings);
  const odds = lower(state.odds, settings);
  const needed = Math.round(1 / settings.alpha);
  const numbers = { odds, needed, allowed, alternative: alternatives[0] };
  const facts = `${counted(state.seen)} responses of the canary were bad, ${percent(allowed)} are allowed`;
  if (state.aborted) return { decision: "ABORT", cleared: false, ...numbers, words: `${facts}: odds of ${spoken(odds)} to 1 against it.` };
  const cleared = state.seen.total > 0 && state.ruling <= Math.log(settings.beta);
  const rest = cleared ? `a share of ${percent(alternatives[0])} is ruled out` : `too few to rule out ${percent(alternatives[0])}`;
  return { decision: "CONTINUE", cleared, ...numbers, words: `${facts}: ${rest}.` };
}

interface Hypotheses {
  readonly allowed: number;
  readonly alternatives: readonly [smallest: number, ...larger: number[]];
}

/** From what is known before the block: that is what keeps the bound. */
function hypotheses({ other }: GuardState, { floor, margin, factor }: GuardSettings, alone = false): Hypotheses {
  // Alone, the share is all there is to go by, so it is the highest that the other slot's counts leave likely: 3 standard errors, of one more.
  const slack = alone ? 1 + 3 * Math.sqrt(other.bad + 1) : 0;
  const usual = other.total > 0 ? (other.bad + slack) / other.total : 0;
  const allowed = Math.min(0.98, Math.max(floor, usual));
  const [smallest, ...larger] = DEPTHS.map((depth) =>
    Math.min(0.99, Math.max(allowed + margin, allowed * factor, allowed + depth * (1 - allowed))),
  ) as [number, ...number[]];
  return { allowed, alternatives: [smallest, ...larger] };
}

/** Logarithms of the block's two ratios. Without the other slot, the share that was last allowed stands in for both. */
function ratios(
  canary: Tally,
  other: Tally | undefined,
  p1: number,
  p0: number,
  { floor }: GuardSettings,
): { floor: number; other: number } {
  if (other === undefined || other.total === 0) return { floor: against(canary, p1, p0), other: against(canary, p1, p0) };
  const mixed = (canary.total * p1 + other.total * p0) / (canary.total + other.total);
  return { floor: against(canary, p1, floor), other: against(canary, p1, mixed) + against(other, p0, mixed) };
}

/** Kept finite, so that the state stays plain JSON. */
const grow = (odds: number, logarithm: number): number => Math.min(odds * Math.exp(Math.min(logarithm, 700)), 1e300);

/** Logarithm of how much likelier the counts are under one share than under the other. */
const against = ({ bad, total }: Tally, p1: number, p0: number): number =>
  bad * Math.log(p1 / p0) + (total - bad) * Math.log((1 - p1) / (1 - p0));

/** The other slot's counts, scaled down as a whole when they grow over `memory`: old ones fade. */
function remember(known: Tally, latest: Tally | undefined, { memory }: GuardSettings): Tally {
  if (latest === undefined) return known;
  const { bad, total } = add(known, latest);
  const scale = total > memory ? memory / total : 1;
  return { bad: bad * scale, total: total * scale };
}

const add = (a: Tally, b: Tally): Tally => ({ bad: a.bad + b.bad, total: a.total + b.total });
const isCount = (tally: Tally): boolean =>
  tallyProblem(tally) === undefined && Number.isSafeInteger(tally.bad) && Number.isSafeInteger(tally.total);
const lower = (odds: GuardState["odds"], { weights }: GuardSettings): number =>
  odds.reduce((sum, { floor, other }, index) => sum + Math.min(floor, other) * (weights[index] ?? 0), 0);
const spoken = (odds: number): string => (odds > 1e9 ? "more than a billion" : Math.round(odds).toLocaleString("en"));
