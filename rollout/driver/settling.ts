import type { Changes } from "./changes.ts";
import { settledEdit, settledKey } from "./notes.ts";
import type { Saved } from "./saved.ts";

const TRIES = 3;
const AGAIN_MS = 5_000;

/** What settling needs of its driver. */
export interface Settled {
  readonly saved: () => Saved;
  /** Note which change was applied. */
  readonly amend: (change: Partial<Saved>) => void;
  readonly wake: () => void;
  readonly now: () => number;
}

/** Makes the configuration say what the edge holds, after a rollback: `up` must not bring the canary back. */
export class Settling {
  readonly #changes: Changes;
  readonly #driver: Settled;
  #attempt: { key: string; tries: number; notBefore: number; gaveUp: string | null } = { key: "", tries: 0, notBefore: 0, gaveUp: null };

  constructor(changes: Changes, driver: Settled) {
    this.#changes = changes;
    this.#driver = driver;
  }

  /** Why the configuration does not say what the edge holds, once that was tried often enough; null when it does. */
  get problem(): string | null {
    return this.#attempt.gaveUp;
  }

  /** Whether there is nothing left to do, or nothing that would help. */
  get isOver(): boolean {
    const saved = this.#driver.saved();
    const key = settledKey(saved);
    return this.#changes.idle && (key === null || key === saved.applied || this.#attempt.gaveUp !== null);
  }

  /** Ask for the change that is due, if one is. */
  goOn(): void {
    const { saved, now, amend, wake } = this.#driver;
    const edit = settledEdit(saved());
    if (edit === null || !this.#changes.idle) return;
    const key = settledKey(saved()) ?? "";
    if (key !== this.#attempt.key) this.#attempt = { key, tries: 0, notBefore: 0, gaveUp: null };
    const { tries, notBefore, gaveUp } = this.#attempt;
    if (key === saved().applied || gaveUp !== null || now() < notBefore) return;
    const ended = (problem: string | null): void => {
      if (problem === null) amend({ applied: key });
      else this.#attempt = { key, tries: tries + 1, notBefore: now() + AGAIN_MS, gaveUp: tries + 1 >= TRIES ? problem : null };
      wake();
    };
    this.#changes.ask({ key, order: saved().state.order, what: "the configuration is brought in line", edit, ended });
  }
}
