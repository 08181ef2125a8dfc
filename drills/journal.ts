import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { Step } from "./step.ts";

const Journal = z.object({ scenario: z.string(), began: z.string(), steps: z.array(Step) });
export type Journal = z.infer<typeof Journal>;

/** What a drill has to put back, on disk as long as it is not done. */
export class JournalFile {
  readonly #path: string;

  /** @param folder of the checkout's own files, `.sluice` */
  constructor(folder: string, stack: string) {
    this.#path = join(folder, "drills", `${stack}.json`);
  }

  /** What a run that died has left; nothing when none did. */
  async read(): Promise<Journal | undefined> {
    const text = await readFile(this.#path, "utf8").catch(() => undefined);
    return text === undefined ? undefined : Journal.parse(JSON.parse(text));
  }

  async write(journal: Journal): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    await writeFile(`${this.#path}.new`, `${JSON.stringify(journal, null, 2)}\n`);
    await rename(`${this.#path}.new`, this.#path);
  }

  async clear(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}
