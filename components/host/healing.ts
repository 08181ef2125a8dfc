import { readFileSync } from "node:fs";

/** When a container that stays unhealthy is ended, so that Docker starts it anew. Times are seconds; 0: never. */
export interface Healing {
  /** Time that its check may have no answer without a break. */
  readonly silent: number;
  /** The same before the first good check since the start: it may only be slow. */
  readonly starting: number;
  /** Time that its check may be answered with an error: what it needs may be away, and ending it would not help. */
  readonly answering: number;
}

/**
 * A program that comes up within so many seconds, and ends well whenever it is told to. What did not get well after a start is ended ten
 * times as rarely: another start may help when what it needs has come back, and somebody wants to look at it meanwhile.
 */
export function quickStart(silent: number, ready: number): Healing {
  if (silent === 0) return NEVER;
  const longer = Math.max(silent * 10, ready);
  return { silent, starting: longer, answering: longer };
}

/**
 * A data store is never ended while it comes up: it may replay its log for an hour, and would begin again. Later only when it does not
 * answer at all.
 */
export const STORE: Healing = { silent: 120, starting: 0, answering: 0 };

const NEVER: Healing = { silent: 0, starting: 0, answering: 0 };

const SCRIPT = readFileSync(new URL("scripts/keep-healthy.sh", import.meta.url), "utf8");

/**
 * A health check that also ends what goes on failing it. It needs a shell in the image, and nothing from outside: no container has Docker's
 * socket.
 *
 * @param check program and arguments; it exits with 22 when it had an answer that is an error, as `curl --fail` does
 */
export function keepHealthy({ silent, starting, answering }: Healing, check: readonly string[]): string[] {
  return ["sh", "-c", SCRIPT, "keep-healthy", ...[silent, starting, answering].map(String), ...check];
}
