import { DEFAULT_GUARD } from "../../rollout/analysis/index.ts";
import { ofFailures } from "../../rollout/guard/watch.ts";
import { requestsToDecide } from "../../test/support/rollout/guard.ts";
import { roll, STEPS } from "../../test/support/rollout/steps.ts";
import { flatStep } from "./analysis.ts";
import { part, type Simulation } from "./simulation.ts";

/** How soon the guard decides about a canary that is so many points worse, and how surely. */
export interface CurvePoint {
  /** Points of errors above the other slot's. */
  readonly points: number;
  /** The canary's requests until the guard's decision; Infinity when most rollouts never come to one. */
  readonly p50: number;
  readonly p95: number;
  /** Share of rollouts that the guard aborts within so many of the canary's requests, 0 to 1. */
  readonly guard: Readonly<Record<(typeof WITHIN)[number], number>>;
  /** Share of rollouts that the analysis fails at the first look, with 500 requests of the canary. */
  readonly analysis: number;
}

export interface Curve {
  /** Share of errors of the other slot. */
  readonly base: number;
  readonly points: readonly CurvePoint[];
}

export const WITHIN = [100, 500, 2500] as const;
export const POINTS = [1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 100] as const;
export const BASES = [0, 0.001, 0.01] as const;

/** Rollouts per point, at most: they take minutes. */
export const ENOUGH = 400;

/** Beyond this, a guard that has not decided is taken for one that never does. */
export const LONGEST = 20_000;

/** The test of failures as the guard runs it. */
const SETTINGS = ofFailures(DEFAULT_GUARD);

/** The guard with one request of the canary a tick and nine of the other slot: 10 %. */
export function curves(simulation: Simulation): Curve[] {
  const times = Math.min(simulation.few, ENOUGH);
  return BASES.map((base) => ({ base, points: POINTS.map((points) => pointOf(simulation, times, base, points)) }));
}

function pointOf(simulation: Simulation, times: number, base: number, points: number): CurvePoint {
  const mine = Math.min(1, base + points / 100);
  const found = simulation.repeat(times, (random) => requestsToDecide(random, mine, base, 9, LONGEST, SETTINGS));
  const looks = simulation.repeat(times, (random) => roll(random, flatStep(base, mine - base), STEPS.slice(0, 1), base));
  const within = (limit: number): number => found.filter((requests) => requests !== undefined && requests <= limit).length / times;
  return {
    points,
    p50: part(found, 0.5),
    p95: part(found, 0.95),
    guard: { 100: within(100), 500: within(500), 2500: within(2500) },
    analysis: looks.filter(({ verdict, holds }) => verdict === "FAIL" && holds === 0).length / times,
  };
}
