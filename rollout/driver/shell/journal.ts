import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { dora, doraMetrics } from "../../records/dora.ts";
import { type Entry, readEntries, summariesOf } from "../../records/entries.ts";
import { report } from "../../records/report.ts";
import type { Journal } from "../ports.ts";
import type { Saved } from "../saved.ts";
import { writeWhole } from "./files.ts";
import type { Inside } from "./inside.ts";

/** Appends lines whose id the copy does not have yet. */
const MIRROR = 'touch "$1" && while IFS= read -r line; do grep -qF "$2" "$1" || printf "%s\\n" "$line" >> "$1"; done';
const COPY = "/state/records.jsonl";

/** Records of a stack: the file here, and a copy with the estate, so that a pipeline that starts from nothing knows them too. */
export class FileJournal implements Journal {
  readonly #file: string;
  readonly #inside: Inside | undefined;
  readonly #summaryFile: string | undefined;
  #known: Set<string> | undefined;

  /** @param inside the estate's containers; an estate without a host has none, and its records are here alone */
  constructor(folder: string, inside: Inside | undefined, summaryFile = process.env.GITHUB_STEP_SUMMARY) {
    this.#file = join(folder, "records.jsonl");
    this.#inside = inside;
    this.#summaryFile = summaryFile;
    mkdirSync(dirname(this.#file), { recursive: true });
  }

  async append(entry: Entry): Promise<void> {
    this.#known ??= new Set(this.local().map(({ id }) => id));
    const line = JSON.stringify(entry);
    if (!this.#known.has(entry.id)) {
      // A line that a crash cut off must not swallow this one.
      const text = existsSync(this.#file) ? readFileSync(this.#file, "utf8") : "";
      appendFileSync(this.#file, `${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`);
      this.#known.add(entry.id);
    }
    await this.#inside?.run("guard", ["sh", "-c", MIRROR, "sh", COPY, `"id":"${entry.id}"`], { input: `${line}\n` }).catch(() => undefined);
  }

  local(): Entry[] {
    return existsSync(this.#file) ? readEntries(readFileSync(this.#file, "utf8")) : [];
  }

  /** What is known here and with the estate. */
  async all(): Promise<Entry[]> {
    const there = await this.#inside?.run("guard", ["cat", COPY]).catch(() => null);
    const here = existsSync(this.#file) ? readFileSync(this.#file, "utf8") : "";
    return readEntries(`${here}\n${there?.exitCode === 0 ? there.stdout : ""}`);
  }

  async finish({ run }: Saved): Promise<void> {
    if (run === null) return;
    const entries = await this.all();
    const text = report(entries, run.id);
    if (text !== undefined) {
      const notes = run.notes.length === 0 ? "" : `\n## Not done\n\n${run.notes.map((note) => `- ${note}`).join("\n")}\n`;
      mkdirSync(join(dirname(this.#file), "reports"), { recursive: true });
      writeWhole(join(dirname(this.#file), "reports", `${run.id}.md`), `${text}${notes}`);
      if (this.#summaryFile) appendFileSync(this.#summaryFile, `${text}${notes}\n`);
    }
    await putDora(this.#inside, entries, Date.now());
  }
}

/** Give the figures to monitoring; an estate that is not measured has nobody to give them to. */
export async function putDora(inside: Inside | undefined, entries: readonly Entry[], now: number): Promise<void> {
  if (inside === undefined) return;
  const text = doraMetrics(figuresOf(entries, now));
  await inside.run("node-metrics", ["put-metrics", "dora"], { input: text }).catch(() => undefined);
}

/** DORA figures by service. */
export function figuresOf(entries: readonly Entry[], now: number, days = 30): Map<string, ReturnType<typeof dora>> {
  const byService = Map.groupBy(summariesOf(entries), ({ service }) => service);
  return new Map([...byService].sort(([a], [b]) => (a < b ? -1 : 1)).map(([service, own]) => [service, dora(own, now, days)]));
}
