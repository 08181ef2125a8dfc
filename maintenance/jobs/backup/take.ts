import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../../toolchain/problem.ts";
import type { JobWorld } from "../../job.ts";
import { type Ask, type Database, type DatabaseFacts, libpq, session } from "../../postgres/connection.ts";
import { type DatabaseManifest, takeManifest } from "../../postgres/manifest.ts";
import type { Repository, Summary } from "../../restic/repository.ts";
import { type Occasion, tagsOf } from "../../restic/snapshots.ts";
import { type BackupFacts, DUMP, FILES, MANIFEST } from "./facts.ts";
import type { Manifest } from "./manifest.ts";

/** A whole backup that has just been made. */
export interface Taken {
  readonly manifest: Manifest;
  /** Bytes of what was backed up, before restic leaves out what it has already. */
  readonly bytes: number;
  /** Bytes that came to the store, compressed and encrypted. */
  readonly addedBytes: number;
  readonly seconds: number;
}

/**
 * Back up the database and the files of an estate.
 *
 * The database is read twice in one and the same moment of it (an exported snapshot): by pg_dump into the store, and by sums over every table into
 * the manifest. The manifest is stored last; a run that dies before it has made nothing that counts as a backup.
 * @throws StoreProblem, Problem
 */
export async function take(world: JobWorld, facts: BackupFacts, repository: Repository, occasion: Occasion = "sluice"): Promise<Taken> {
  const started = world.now();
  const run = started
    .toISOString()
    .replaceAll(/[-:]|\.\d+/g, "")
    .toLowerCase();
  const common = { occasion, run, time: started.toISOString().slice(0, 19).replace("T", " ") };
  const database = facts.postgres && (await dump(world, facts.postgres, facts.estate, repository, common));
  const manifest: Manifest = {
    ...{ format: 1, run, at: started.toISOString(), estate: facts.estate, files: facts.files },
    ...(database && { database: database.manifest }),
  };
  const set = await store(world, facts, repository, manifest, common);
  return {
    manifest,
    bytes: set.total_bytes_processed + (database?.summary.total_bytes_processed ?? 0),
    addedBytes: set.data_added_packed + (database?.summary.data_added_packed ?? 0),
    seconds: (world.now().getTime() - started.getTime()) / 1000,
  };
}

/** The same for both snapshots of a run, so that retention keeps both or neither. */
interface Common {
  readonly occasion: Occasion;
  readonly run: string;
  readonly time: string;
}

/** Whose database, with its password. */
export async function databaseOf(world: JobWorld, { passwordSecret, ...rest }: DatabaseFacts): Promise<Database> {
  return { ...rest, password: await world.secret(passwordSecret) };
}

async function dump(
  world: JobWorld,
  facts: DatabaseFacts,
  estate: string,
  repository: Repository,
  { occasion, run, time }: Common,
): Promise<{ summary: Summary; manifest: DatabaseManifest }> {
  const database = await databaseOf(world, facts);
  return session(database, async (ask) => {
    await ask("begin isolation level repeatable read read only");
    const [exported] = await ask("select pg_export_snapshot() as id");
    world.say(`reading the database '${database.database}'`);
    const over = new AbortController();
    let first: unknown;
    // Who fails first says why; the other one was only stopped.
    const together = <T>(work: Promise<T>): Promise<T> =>
      work.catch((error: unknown) => {
        first ??= error;
        over.abort();
        throw error;
      });
    // Without compression: restic compresses, and finds what has not changed only in what is not compressed.
    const words = ["pg_dump", "--format=custom", "--compress=0", `--snapshot=${exported?.id}`];
    const args = ["--host", estate, "--time", time, "--tag", tagsOf(occasion, "database", run), "--stdin-filename", DUMP.slice(1)];
    const dumping = repository.backup("the database", [...args, "--stdin-from-command", "--", ...words], {
      env: libpq(database),
      signal: AbortSignal.any([world.signal, over.signal]),
    });
    const reading = takeManifest(unless(over.signal, ask), (name, index, of) => {
      if (index % 50 === 0) world.say(`sums of the tables: ${index} of ${of} (${name})`);
    }).catch((error: unknown) => {
      world.signal.throwIfAborted();
      throw new Problem(`The database '${database.database}' could not be read: ${error instanceof Error ? error.message : String(error)}`);
    });
    const [dumped, read] = await Promise.allSettled([together(dumping), together(reading)]);
    if (dumped.status === "rejected" || read.status === "rejected") throw first;
    return { summary: dumped.value, manifest: read.value };
  });
}

/** The same, until somebody has given up. */
const unless =
  (signal: AbortSignal, ask: Ask): Ask =>
  (sql, values) => {
    signal.throwIfAborted();
    return ask(sql, values);
  };

async function store(
  world: JobWorld,
  { estate, files }: BackupFacts,
  repository: Repository,
  manifest: Manifest,
  { occasion, run, time }: Common,
): Promise<Summary> {
  const folder = join(world.folder, "set");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  const args = ["--host", estate, "--time", time, "--tag", tagsOf(occasion, "set", run)];
  try {
    return await repository.backup("the files", [...args, join(folder, MANIFEST), ...files.map((name) => join(FILES, name))]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
