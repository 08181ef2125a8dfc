import { Random } from "../../test/support/rollout/random.ts";
import type { Figure } from "../figures.ts";

export interface SimulationOptions {
  /** Rollouts per case; 10,000 for numbers to quote. */
  readonly runs: number;
  /** The same seed gives the same numbers. */
  readonly seed: number;
}

/** Many rollouts of many cases, by random numbers that are the same for the same seed. */
export class Simulation {
  readonly runs: number;
  /** Where fewer will do: times and sizes. */
  readonly few: number;
  readonly #seed: number;
  #cases = 0;

  constructor({ runs, seed }: SimulationOptions) {
    this.runs = runs;
    this.few = Math.max(20, Math.floor(runs / 10));
    this.#seed = seed;
  }

  /** Every case has random numbers of its own: a longer one changes no other. */
  repeat<T>(times: number, run: (random: Random) => T): T[] {
    const random = new Random(this.#seed * 1000 + this.#cases++);
    return Array.from({ length: times }, () => run(random));
  }
}

export const share = (hits: number, of: number): string => `${Number(((100 * hits) / of).toPrecision(3))} %`;

/** The value below which a part of the values lies; what never came counts as longest. */
export function part(values: readonly (number | undefined)[], of: number): number {
  const sorted = values.map((value) => value ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(of * sorted.length) - 1)] ?? Number.NaN;
}

/** What never came is no number. */
export const spelled = (value: number): string => (value === Number.POSITIVE_INFINITY ? "never" : String(Number(value.toPrecision(3))));

/** p50, with p95 beside it. */
export function half(name: string, values: readonly (number | undefined)[], unit: string, note = ""): Figure {
  const rest = `p95 ${spelled(part(values, 0.95))}, ${values.length} rollouts`;
  return { name: `${name}, p50`, value: part(values, 0.5), unit, note: note === "" ? rest : `${rest}; ${note}` };
}
