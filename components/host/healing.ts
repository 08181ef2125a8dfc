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

/** A program that comes up within so many seconds, and ends well whenever it is told to. */
export const quickStart = (silent: number, ready: number): Healing =>
  silent === 0 ? NEVER : { silent, starting: Math.max(silent, ready), answering: silent * 10 };

/**
 * A data store is never ended while it comes up: it may replay its log for an hour, and would begin again. Later only when it does not
 * answer at all.
 */
export const STORE: Healing = { silent: 120, starting: 0, answering: 0 };

const NEVER: Healing = { silent: 0, starting: 0, answering: 0 };

/** Times that a container is ended; each takes twice as long as the one before. Then it is left as it is, and an alert says so. */
export const HEALING_LIMIT = 5;

const SCRIPT = readFileSync(new URL("scripts/keep-healthy.sh", import.meta.url), "utf8");

/**
 * A health check that also ends what goes on failing it. It needs a shell in the image, and nothing from outside: no container has Docker's
 * socket.
 *
 * @param name of the container, without the estate's
 * @param check program and arguments; it exits with 22 when it had an answer that is an error, as `curl --fail` does
 */
export function keepHealthy(name: string, { silent, starting, answering }: Healing, check: readonly string[]): string[] {
  const times = [silent, starting, answering, HEALING_LIMIT].map(String);
  return ["sh", "-c", SCRIPT, "keep-healthy", name, ...times, ...check];
}
