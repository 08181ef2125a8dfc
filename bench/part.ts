import type { Engine } from "../toolchain/engine.ts";
import type { Figure } from "./figures.ts";

/** What a part is given. */
export interface Bench {
  readonly engine: Engine;
  /** Fewer rounds and requests: for seeing that a part works, not for numbers that are quoted. */
  readonly quick: boolean;
  /** Of a part with several cases, these alone. @default all */
  readonly cases?: readonly string[];
}

/** One question about speed or losses, and how it is answered. */
export interface Part {
  /** As in `--only`. */
  readonly name: string;
  readonly title: string;
  /** How long it takes on two cores, for the person who waits. */
  readonly typical: string;
  /** Whether it needs a Docker engine. @default true */
  readonly docker?: boolean;
  /** Names of its cases, where one can be asked for alone. */
  readonly cases?: readonly string[];
  measure(bench: Bench): Promise<Figure[]>;
}
