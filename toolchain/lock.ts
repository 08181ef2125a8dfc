import { readdir, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { parse } from "yaml";
import { isAlive } from "./cache.ts";
import type { Engine } from "./engine.ts";
import { Problem } from "./problem.ts";
import { say } from "./say.ts";

/** What Pulumi's file backend writes into a lock. */
export interface Lock {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  /** ISO 8601. */
  readonly timestamp: string;
}

/** What is known of the process that a lock names. */
export interface Holder {
  /** The name of this machine. */
  readonly here: string;
  /** The name of the program that now runs under the lock's process number here; nothing when none does. */
  readonly program: string | undefined;
}

export type Verdict = { readonly stale: true; readonly words: string } | { readonly stale: false; readonly words: string };

/**
 * Decide about one lock: it is stale when its process was on this machine and is no more.
 *
 * @param lock what the file says; nothing when it cannot be read as a lock
 */
export function judge(lock: Lock | undefined, holder: Holder, stack: string): Verdict {
  const clear = `If you are sure that nothing is at work on it, clear the lock: npm run pulumi -- cancel --stack ${stack}`;
  if (lock === undefined) return { stale: false, words: `The stack '${stack}' is locked, by whom cannot be read. ${clear}` };
  const who = `${lock.username}@${lock.hostname}, process ${lock.pid}, since ${lock.timestamp}`;
  if (lock.hostname !== holder.here) {
    return { stale: false, words: `The stack '${stack}' is locked by a run on another machine (${who}). Wait for it to end. ${clear}` };
  }
  if (holder.program === undefined) {
    return { stale: true, words: `A run of '${stack}' died and left its lock (${who}); clearing it.` };
  }
  if (!/^pulumi/.test(holder.program)) {
    const now = `that number is now ${holder.program}`;
    return { stale: true, words: `A run of '${stack}' died and left its lock (${who}; ${now}); clearing it.` };
  }
  return {
    stale: false,
    words: `Another run is at work on the stack '${stack}' (${who}). Wait for it to end, or stop it: kill -INT ${lock.pid}`,
  };
}

/** Read a lock file's text; nothing when it is not one. */
export function parseLock(text: string): Lock | undefined {
  try {
    const { pid, username, hostname: host, timestamp } = JSON.parse(text) as Record<string, unknown>;
    if (!Number.isInteger(pid) || typeof username !== "string" || typeof host !== "string") return undefined;
    return { pid: Number(pid), username, hostname: host, timestamp: String(timestamp) };
  } catch {
    return undefined;
  }
}

/**
 * Clear what a dead run left locked on a stack of the file backend. Other backends keep no such files here: nothing is done.
 *
 * @param project its folder and stack
 * @throws Problem when a lock may be in use
 */
export async function clearStaleLock(
  { root, stack }: { readonly root: string; readonly stack: string },
  engine: Pick<Engine, "env">,
): Promise<void> {
  const backend = engine.env.PULUMI_BACKEND_URL ?? process.env.PULUMI_BACKEND_URL ?? "";
  if (!backend.startsWith("file:///")) return;
  const { name } = parse(await readFile(join(root, "Pulumi.yaml"), "utf8")) as { name: string };
  const folder = join(fileURLToPath(backend.replace(/\?.*$/, "")), ".pulumi", "locks", "organization", name, stack);
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(".json")).map((file) => join(folder, file));
  for (const file of files) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) continue; // its run ended just now
    const lock = parseLock(text);
    const verdict = judge(lock, { here: hostname(), program: lock === undefined ? undefined : await programOf(lock.pid) }, stack);
    if (!verdict.stale) throw new Problem(verdict.words);
    say(verdict.words);
    await rm(file, { force: true });
    await rm(`${file}.attrs`, { force: true }); // the file store's own note about the lock
  }
}

/** The name of the program that runs under this number. */
async function programOf(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined;
  const asked = await execa("ps", ["-o", "stat=,comm=", "-p", String(pid)], { reject: false });
  if (asked.failed) return asked.exitCode === 1 ? undefined : "pulumi (not certain: `ps` is missing)";
  const [stat = "", ...name] = asked.stdout.trim().split(/\s+/);
  // A zombie holds nothing any more; it only waits for its parent to notice.
  return stat.startsWith("Z") ? undefined : name.join(" ").replace(/^.*\//, "");
}
