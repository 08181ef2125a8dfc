import type { Stack } from "./ports.ts";
import type { StackEdit } from "./stack-file.ts";

/** One change of the configuration, and what its end means. */
export interface Change {
  /** The same key is the same change: it is not asked for twice. */
  readonly key: string;
  /** The machine's order: of two that wait, the higher one is carried out and the other never was. */
  readonly order: number;
  readonly what: string;
  readonly edit: StackEdit;
  /** @param problem null when it is in place */
  readonly ended: (problem: string | null) => void;
}

/** Changes of the configuration, one at a time: `up` takes seconds, and only the latest wish is worth waiting for. */
export class Changes {
  readonly #stack: Stack;
  #running: Change | null = null;
  #waiting: Change | null = null;

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  /** What `up` is at work on; until it ends, what the edge holds may still change to that. */
  get running(): Change | null {
    return this.#running;
  }

  get idle(): boolean {
    return this.#running === null;
  }

  ask(change: Change): void {
    const latest = this.#waiting ?? this.#running;
    if (latest?.key === change.key) return;
    const [kept, dropped] = latest !== null && change.order < latest.order ? [this.#waiting, change] : [change, this.#waiting];
    this.#waiting = kept;
    dropped?.ended("something else was wanted meanwhile");
    if (this.#running === null) void this.#work();
  }

  async #work(): Promise<void> {
    while (this.#waiting !== null) {
      const change = this.#waiting;
      this.#running = change;
      this.#waiting = null;
      const problem = await this.#stack.apply(change.edit, change.what).then(
        () => null,
        (error: unknown) => wordsOf(error),
      );
      this.#running = null;
      change.ended(problem);
    }
  }
}

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
