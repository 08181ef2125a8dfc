import { readFileSync } from "node:fs";

/** When a container that stays unhealthy is ended, so that Docker starts it anew. */
export interface Healing {
  /** Time that checks may have no answer without a break, seconds; ten times as long with an answer that is an error; 0: for ever. @default 120 */
  readonly afterSeconds?: number;
  /** The same before the first good check since the start, where that is more, seconds. @default 120 */
  readonly readySeconds?: number;
}

/** Times that a container is ended; each takes twice as long as the one before. Then it is left as it is, and an alert says so. */
export const HEALING_LIMIT = 5;

const SCRIPT = readFileSync(new URL("scripts/keep-healthy.sh", import.meta.url), "utf8");

/**
 * A health check that also ends what goes on failing it. It needs a shell in the image, and nothing from outside: no container has Docker's
 * socket.
 *
 * @param name of the container, without the estate's
 * @param check program and arguments
 */
export function keepHealthy(name: string, { afterSeconds = 120, readySeconds = 120 }: Healing, check: readonly string[]): string[] {
  return ["sh", "-c", SCRIPT, "keep-healthy", name, `${afterSeconds}`, `${readySeconds}`, `${HEALING_LIMIT}`, ...check];
}
