import { createHash } from "node:crypto";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";

/** Where a person's checkouts share what is costly to make: `SLUICE_CACHE`, else `XDG_CACHE_HOME/sluice`, else `~/.cache/sluice`. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return env.SLUICE_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "sluice");
}

/** A short name for what a cached thing was made from: 12 hex digits that change when any part does. */
export function cacheKey(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(`${part.length}:`); // so that ["ab", "c"] and ["a", "bc"] differ
    hash.update(part);
  }
  return hash.digest("hex").slice(0, 12);
}

/**
 * Make a folder of the cache, all or nothing: `fill` works in a folder beside it, which then takes the name in one rename.
 *
 * Two processes may do so at once (the first to end wins, the other's work is dropped), and one that is killed leaves only a folder that
 * the next one clears away.
 */
export async function makeFolder(target: string, fill: (folder: string) => Promise<void>): Promise<void> {
  await clearAbandoned(target);
  const working = `${target}.making-${process.pid}`;
  await rm(working, { recursive: true, force: true });
  await mkdir(working, { recursive: true });
  try {
    await fill(working);
    await rename(working, target);
  } catch (error) {
    await rm(working, { recursive: true, force: true });
    const taken = error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "EEXIST");
    if (!taken) throw error;
  }
}

/** Remove the working folders of this target whose makers are dead. */
async function clearAbandoned(target: string): Promise<void> {
  const prefix = `${basename(target)}.making-`;
  for (const name of await readdir(dirname(target)).catch(() => [])) {
    const maker = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN;
    if (Number.isInteger(maker) && !isAlive(maker)) await rm(join(dirname(target), name), { recursive: true, force: true });
  }
}

/** Whether a process of this number runs on this machine, be it another person's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
