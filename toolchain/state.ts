import { randomBytes } from "node:crypto";
import { access, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Problem } from "./problem.ts";

/** Where the stacks of a checkout are kept, as the engine wants to hear it. */
export interface State {
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Make the checkout's own state: a folder of stacks and a random passphrase that only this user can read.
 *
 * What the person has set goes first: with `PULUMI_BACKEND_URL` nothing is made and their passphrase is theirs to give, as everybody who
 * shares those stacks needs the same one.
 *
 * @param folder the checkout's `.sluice`
 * @throws Problem when there are stacks but the passphrase that they were made with is gone
 */
export async function ensureState(folder: string, env: NodeJS.ProcessEnv = process.env): Promise<State> {
  if (env.PULUMI_BACKEND_URL) return { env: {} };
  const state = resolve(folder, "state");
  await mkdir(state, { recursive: true });
  // Beside each file the engine's file store would keep a note, which it does not write at once: a run that is killed in that moment leaves
  // it empty, and then the stack cannot be read any more ("failed to load checkpoint: EOF").
  const backend = { PULUMI_BACKEND_URL: `${pathToFileURL(state).href}?metadata=skip` };
  await dropNotes(join(state, ".pulumi"));
  // An empty PULUMI_CONFIG_PASSPHRASE is an answer as well: "without one".
  if (env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE) return { env: backend };

  const passphrase = resolve(folder, "passphrase");
  if (!(await exists(passphrase))) {
    const stacks = await readdir(join(state, ".pulumi", "stacks"), { recursive: true }).catch(() => []);
    if (stacks.some((name) => name.endsWith(".json"))) {
      throw new Problem(
        `${passphrase} is gone, but there are stacks in ${state} that were made with it. Put it back, or give it in PULUMI_CONFIG_PASSPHRASE; if it is lost, remove what runs and then ${state}.`,
      );
    }
    // wx: of two first starts at once, one writes it and the other takes that.
    await writeFile(passphrase, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" }).catch(ignoreExists);
  }
  return { env: { ...backend, PULUMI_CONFIG_PASSPHRASE_FILE: passphrase } };
}

/** Take away the file store's notes that an engine without `metadata=skip` has left: one that is cut short is in the way, and none is needed. */
async function dropNotes(store: string): Promise<void> {
  // Its history, which only grows, is not asked for here.
  for (const part of [".", "stacks", "locks"]) {
    const files = await readdir(join(store, part), { recursive: part !== "." }).catch(() => []);
    const notes = files.filter((name) => name.endsWith(".attrs"));
    await Promise.all(notes.map((name) => rm(join(store, part, name), { force: true })));
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function ignoreExists(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
}
