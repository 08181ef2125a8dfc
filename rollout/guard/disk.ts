import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Decision } from "./answers.ts";
import type { Offsets } from "./log-tail.ts";
import type { Minute } from "./tallies.ts";
import type { WatchState } from "./watch.ts";

/** Raised when what an older guard wrote means something else. */
const VERSION = 4;

/** What one service's guard remembers over a restart. */
export interface Remembered {
  readonly version: typeof VERSION;
  readonly watch: WatchState | null;
  readonly minutes: { readonly blue: readonly Minute[]; readonly green: readonly Minute[] };
}

/** The guard's own volume. Whatever is read whole is written whole: beside it first, then renamed. */
export class Disk {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(join(folder, "services"), { recursive: true });
  }

  /** @returns nothing where there is nothing, or nothing that this guard can read */
  service(name: string): Remembered | undefined {
    const found = this.#read(join("services", `${name}.json`)) as Remembered | undefined;
    return found?.version === VERSION ? found : undefined;
  }

  keepService(name: string, kept: Omit<Remembered, "version">): void {
    this.#write(join("services", `${name}.json`), { version: VERSION, ...kept });
  }

  offsets(): Offsets | undefined {
    return this.#read("offsets.json") as Offsets | undefined;
  }

  keepOffsets(offsets: Offsets): void {
    this.#write("offsets.json", offsets);
  }

  /** Oldest first; a line that was cut off by the end of the world is left out. */
  decisions(): Decision[] {
    const file = join(this.#folder, "decisions.jsonl");
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line) => {
        const parsed = Decision.safeParse(parse(line));
        return parsed.success ? [parsed.data] : [];
      });
  }

  /** Append-only, and flushed: a decision that was acted on must be found again. */
  append(decision: Decision): void {
    appendFileSync(join(this.#folder, "decisions.jsonl"), `${JSON.stringify(decision)}\n`, { flush: true });
  }

  #read(name: string): unknown {
    const file = join(this.#folder, name);
    return existsSync(file) ? parse(readFileSync(file, "utf8")) : undefined;
  }

  #write(name: string, value: unknown): void {
    const file = join(this.#folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, JSON.stringify(value));
    renameSync(`${file}.new`, file);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
