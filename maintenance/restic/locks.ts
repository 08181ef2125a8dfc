import { hostname } from "node:os";
import { z } from "zod";
import type { Ended } from "../programs.ts";

const Lock = z.object({ hostname: z.string() });

/**
 * Whether there are locks, and all of them are of this container: then whoever made them has died, because it is never at work twice.
 *
 * restic itself knows a dead run of the same host by its process's number; in a container, the next run has the same numbers. Where somebody
 * else has a lock as well, theirs must stay, and so do these: restic takes away all or none.
 */
export async function areOwn(ask: (args: readonly string[]) => Promise<Ended>): Promise<boolean> {
  const { stdout } = await ask(["list", "locks", "--no-lock"]);
  const locks = stdout.split("\n").filter(Boolean);
  for (const lock of locks) {
    const { stdout: text } = await ask(["cat", "lock", lock, "--no-lock"]);
    if (Lock.parse(JSON.parse(text)).hostname !== hostname()) return false;
  }
  return locks.length > 0;
}
