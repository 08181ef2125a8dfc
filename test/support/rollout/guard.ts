import { DEFAULT_GUARD, type GuardSettings, observe, START } from "../../../rollout/analysis/sprt.ts";
import type { Random } from "./random.ts";

/** Share of bad responses of both slots at a second. */
export type Shares = (second: number) => readonly [canary: number, other: number];

export interface Traffic {
  /** Requests per second on both slots together. */
  readonly rate: number;
  /** Share of the requests for the canary; 1 leaves the other slot without any. */
  readonly weight: (second: number) => number;
  readonly seconds: number;
}

export interface Run {
  /** Of the decision; undefined when there was none. */
  readonly second: number | undefined;
  /** The canary's requests until then. */
  readonly requests: number;
}

/** One rollout watched by the guard, a tick a second. */
export function watch(random: Random, shares: Shares, { rate, weight, seconds }: Traffic, settings: GuardSettings = DEFAULT_GUARD): Run {
  let state = START;
  for (let second = 0; second < seconds; second++) {
    const part = weight(second);
    const [mine, theirs] = shares(second);
    const canary = random.poisson(rate * part);
    const other = random.poisson(rate * (1 - part));
    state = observe(
      state,
      { bad: random.binomial(canary, mine), total: canary },
      part < 1 ? { bad: random.binomial(other, theirs), total: other } : undefined,
      settings,
    );
    if (state.aborted) return { second, requests: state.seen.total };
  }
  return { second: undefined, requests: state.seen.total };
}

/** Requests of the canary until the guard decides, one request of the canary per tick and `others` of the other slot. */
export function requestsToDecide(
  random: Random,
  mine: number,
  theirs: number,
  others: number,
  limit: number,
  settings: GuardSettings = DEFAULT_GUARD,
): number | undefined {
  let state = START;
  for (let requests = 1; requests <= limit; requests++) {
    state = observe(state, { bad: random.binomial(1, mine), total: 1 }, { bad: random.binomial(others, theirs), total: others }, settings);
    if (state.aborted) return requests;
  }
  return undefined;
}

/** 10 %, 50 %, and the rest without the other slot, in equal parts. */
export const steps =
  (seconds: number): Traffic["weight"] =>
  (second) =>
    second < seconds / 3 ? 0.1 : second < (2 * seconds) / 3 ? 0.5 : 1;

/** 10 %, then 50 %: both slots have clients. */
export const shared =
  (seconds: number): Traffic["weight"] =>
  (second) =>
    second < seconds / 2 ? 0.1 : 0.5;

export const flat =
  (share: number): Shares =>
  () => [share, share];

/** Every 40 s, five seconds in which 30 % fail, on both slots: what they share is ill. */
export const bursts =
  (share: number): Shares =>
  (second) =>
    second % 40 >= 35 ? [0.3, 0.3] : [share, share];

/** From `share` to `top` and back, twice. */
export const drift =
  (share: number, top: number, seconds: number): Shares =>
  (second) => {
    const now = share + ((top - share) * (1 - Math.cos((4 * Math.PI * second) / seconds))) / 2;
    return [now, now];
  };
