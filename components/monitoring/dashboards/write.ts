import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";
import type { DashboardSettings } from "./dashboard.ts";

/** What a run did, as names of files. */
export interface Written {
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  /** Dashboards that an earlier run has made and that this estate no longer has. */
  readonly removed: readonly string[];
}

/** What lies in the folder beside the dashboards: what they were made from, and what came of it. */
interface Note {
  /** Hash of the settings and of the code that turns them into dashboards. */
  readonly madeFrom: string;
  /** Hash of each file. */
  readonly files: Readonly<Record<string, string>>;
}

const NOTE = ".made-from.json";
/** Everything that dashboards are made by: their own files, and the rules whose series they show. */
const SOURCES = resolve(import.meta.dirname, "..");
const SDK = "@grafana/grafana-foundation-sdk";

const hash = (...parts: readonly string[]): string => {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(`${part.length}:`).update(part);
  return sum.digest("hex");
};

/**
 * Write an estate's dashboards as `<name>.json`, each file whole or not at all. Where nothing has changed nothing is written, and the
 * SDK, which takes a third of a second to load, stays unloaded.
 *
 * Files that somebody else has put into the folder are left alone; changes by hand to a dashboard are undone.
 */
export async function writeDashboards(settings: DashboardSettings, folder: string): Promise<Written> {
  const madeFrom = hash(JSON.stringify(settings), ...(await sources()));
  const before = await readNote(folder);
  const present = await hashes(folder, Object.keys(before.files));
  const asNoted = Object.entries(before.files).every(([file, sum]) => present.get(file) === sum);
  if (before.madeFrom === madeFrom && asNoted) return { written: [], unchanged: Object.keys(before.files), removed: [] };

  const { dashboards } = await import("./index.ts");
  const files = new Map(dashboards(settings).map(({ name, json }) => [`${name}.json`, json]));
  const removed = Object.keys(before.files).filter((file) => !files.has(file));
  const changed = await differing(folder, files);
  await mkdir(folder, { recursive: true });
  for (const [file, json] of changed) await writeWhole(join(folder, file), json);
  for (const file of removed) await rm(join(folder, file), { force: true });
  const note: Note = { madeFrom, files: Object.fromEntries([...files].map(([file, json]) => [file, hash(json)])) };
  await writeWhole(join(folder, NOTE), `${JSON.stringify(note, undefined, 2)}\n`);
  return { written: [...changed.keys()], unchanged: [...files.keys()].filter((file) => !changed.has(file)), removed };
}

async function sources(): Promise<string[]> {
  const files = await readdir(SOURCES, { recursive: true });
  const code = files.filter((file) => file.endsWith(".ts")).sort();
  // The package does not export its package.json; its entry points lie in dist/<name>/.
  const manifest = resolve(createRequire(import.meta.url).resolve(`${SDK}/cog`), "../../../package.json");
  const paths = [...code.map((file) => join(SOURCES, file)), manifest];
  return Promise.all(paths.map(async (path) => `${relative(SOURCES, path)}\n${await readFile(path, "utf8")}`));
}

/** A note that is missing or cannot be read says that nothing is known. */
async function readNote(folder: string): Promise<Note> {
  const unknown: Note = { madeFrom: "", files: {} };
  const text = await readFile(join(folder, NOTE), "utf8").catch(() => "");
  try {
    const { madeFrom, files }: Partial<Note> = JSON.parse(text);
    // Names come from a file that anybody can write: none may lead out of the folder, or to another kind of file.
    const own = Object.entries(files ?? {}).filter(([file]) => /^[a-z0-9-]+\.json$/.test(file));
    return { madeFrom: madeFrom ?? "", files: Object.fromEntries(own) };
  } catch {
    return unknown;
  }
}

async function hashes(folder: string, files: readonly string[]): Promise<Map<string, string>> {
  const read = files.map(async (file) => [file, await readFile(join(folder, file), "utf8").then(hash, () => "missing")] as const);
  return new Map(await Promise.all(read));
}

/** Of the files, those that are not in the folder as they should be. */
async function differing(folder: string, files: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const present = await hashes(folder, [...files.keys()]);
  return new Map([...files].filter(([file, json]) => present.get(file) !== hash(json)));
}

async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
