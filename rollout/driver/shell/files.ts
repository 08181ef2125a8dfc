import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { idle } from "../../machine/index.ts";
import type { InboxCommand, Store } from "../ports.ts";
import { readSaved, type Saved } from "../saved.ts";

/** Where rollouts of a stack are kept on this machine. */
export const folderOf = (root: string, stack: string): string => join(root, ".sluice", "rollouts", stack);

/** All or nothing, and on the disk when this returns. */
export function writeWhole(file: string, text: string): void {
  const next = `${file}.${process.pid}.new`;
  const handle = openSync(next, "w", 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(next, file);
}

/** One service's state and its inbox. */
export class Files implements Store {
  readonly #file: string;
  readonly #inbox: string;

  constructor(folder: string, service: string) {
    mkdirSync(folder, { recursive: true });
    this.#file = join(folder, `${service}.json`);
    this.#inbox = join(folder, `${service}.inbox`);
  }

  /** @throws Error when another version of the program wrote it */
  load(service: string, now: number): Saved {
    if (!existsSync(this.#file)) return { version: 1, state: idle(service, now), run: null, applied: null, finished: null };
    return readSaved(readFileSync(this.#file, "utf8"));
  }

  save(saved: Saved): void {
    writeWhole(this.#file, `${JSON.stringify(saved, undefined, 1)}\n`);
  }

  take(): { command: InboxCommand; answer: (refused: string | null) => void }[] {
    const names = existsSync(this.#inbox) ? readdirSync(this.#inbox).filter((name) => name.endsWith(".json")) : [];
    return names.sort().flatMap((name) => {
      const file = join(this.#inbox, name);
      const command = readCommand(file);
      rmSync(file, { force: true });
      if (command === undefined) return [];
      const answer = (refused: string | null) => writeWhole(file.replace(/\.json$/, ".answer"), JSON.stringify({ refused }));
      return [{ command, answer }];
    });
  }

  /** Leave a command for the driver that runs. @returns a look at its answer: undefined until there is one */
  put(command: InboxCommand): { readonly answered: () => { refused: string | null } | undefined; readonly withdraw: () => void } {
    mkdirSync(this.#inbox, { recursive: true });
    const file = join(this.#inbox, `${command.at}-${process.pid}.json`);
    writeWhole(file, JSON.stringify(command));
    const answer = file.replace(/\.json$/, ".answer");
    return {
      answered: () => {
        if (!existsSync(answer)) return undefined;
        const found = JSON.parse(readFileSync(answer, "utf8")) as { refused: string | null };
        rmSync(answer, { force: true });
        return found;
      },
      withdraw: () => rmSync(file, { force: true }),
    };
  }

  /** What a driver that is gone never took is not for the next one. */
  clearInbox(): void {
    rmSync(this.#inbox, { recursive: true, force: true });
  }
}

function readCommand(file: string): InboxCommand | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as InboxCommand;
  } catch {
    return undefined;
  }
}

/** Services of a stack that something is kept of here. */
export function knownServices(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .sort();
}
