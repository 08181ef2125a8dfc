import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDone, RunRecord } from "./config.ts";

/** Runs that are remembered of each job, and reports that are kept. */
const KEPT_RUNS = 2000;
const KEPT_REPORTS = 100;

/** The jobs' volume, as far as one job writes to it. Every file appears as a whole; of one job there is one run at a time. */
export class Store {
  readonly #root: string;
  readonly #job: string;

  constructor(root: string, job: string) {
    this.#root = root;
    this.#job = job;
    for (const folder of [this.folder, this.#reports, join(root, ".metrics"), join(root, "history")])
      mkdirSync(folder, { recursive: true });
  }

  /** Where the job keeps what it needs the next time. */
  get folder(): string {
    return join(this.#root, "work", this.#job);
  }
  get #reports(): string {
    return join(this.#root, "reports", this.#job);
  }
  get #history(): string {
    return join(this.#root, "history", `${this.#job}.jsonl`);
  }

  /** Runs, oldest first. A line that was cut by a crash is left out. */
  history(): RunRecord[] {
    return readRecords(read(this.#history) ?? "");
  }

  /** Seconds since 1970 at which the job last did its work. */
  lastSuccess(): number | undefined {
    const last = this.history().findLast(({ result }) => isDone(result));
    return last === undefined ? undefined : Math.round(Date.parse(last.began) / 1000 + last.seconds);
  }

  add(record: RunRecord): void {
    const before = read(this.#history);
    // After a line that was cut short, the next begins a new one.
    const separator = before === undefined || before === "" || before.endsWith("\n") ? "" : "\n";
    appendFileSync(this.#history, `${separator}${JSON.stringify(record)}\n`);
    const all = this.history();
    if (all.length > KEPT_RUNS * 1.1)
      write(
        this.#history,
        `${all
          .slice(-KEPT_RUNS)
          .map((one) => JSON.stringify(one))
          .join("\n")}\n`,
      );
  }

  /** The report of a run, and its pictures by file name; `latest.md` leads to it. */
  report(id: string, text: string, pictures: Readonly<Record<string, string>>): string {
    for (const [name, svg] of Object.entries(pictures)) write(join(this.#reports, name), svg);
    const path = join(this.#reports, `${id}.md`);
    write(path, text);
    const link = join(this.#reports, `.latest.${process.pid}`);
    rmSync(link, { force: true });
    symlinkSync(`${id}.md`, link);
    renameSync(link, join(this.#reports, "latest.md"));
    this.#prune();
    return path;
  }

  metrics(text: string, part = ""): void {
    write(join(this.#root, ".metrics", `${this.#job}${part}.prom`), text);
  }

  #prune(): void {
    const names = readdirSync(this.#reports).filter((name) => /^\d{8}T\d{6}Z/.test(name));
    const ids = [...new Set(names.map((name) => name.slice(0, 16)))].sort();
    const old = new Set(ids.slice(0, Math.max(0, ids.length - KEPT_REPORTS)));
    for (const name of names) if (old.has(name.slice(0, 16))) rmSync(join(this.#reports, name), { force: true });
  }
}

/** Lines of a history. */
export function readRecords(text: string): RunRecord[] {
  return text.split("\n").flatMap((line) => {
    if (line.trim() === "") return [];
    try {
      const read = RunRecord.safeParse(JSON.parse(line));
      return read.success ? [read.data] : [];
    } catch {
      return [];
    }
  });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const next = join(dirname(path), `.${process.pid}.new`);
  writeFileSync(next, text);
  renameSync(next, path);
}
