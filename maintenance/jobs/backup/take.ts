import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JobWorld } from "../../job.ts";
import { type Database, type DatabaseFacts, libpq, session } from "../../postgres/connection.ts";
import { type DatabaseManifest, takeManifest } from "../../postgres/manifest.ts";
import type { Repository, Summary } from "../../restic/repository.ts";
import { tagsOf } from "../../restic/snapshots.ts";
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
export async function take(world: JobWorld, facts: BackupFacts, repository: Repository): Promise<Taken> {
  const started = world.now();
  const run = started.toISOString().replaceAll(/[-:]|\.\d+/g, "").toLowerCase();
  const common = { run, time: started.toISOString().slice(0, 19).replace("T", " ") };
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
  { run, time }: Common,
): Promise<{ summary: Summary; manifest: DatabaseManifest }> {
  const database = await databaseOf(world, facts);
  return session(database, async (ask) => {
    await ask("begin isolation level repeatable read read only");
    const [exported] = await ask("select pg_export_snapshot() as id");
    world.say(`reading the database '${database.database}'`);
    const over = new AbortController();
    const signal = AbortSignal.any([world.signal, over.signal]);
    // Without compression: restic compresses, and finds what has not changed only in what is not compressed.
    const words = ["pg_dump", "--format=custom", "--compress=0", `--snapshot=${exported?.id}`];
    const args = ["--host", estate, "--time", time, "--tag", tagsOf("database", run), "--stdin-filename", DUMP.slice(1)];
    const dumping = repository
      .backup("the database", [...args, "--stdin-from-command", "--", ...words], { env: libpq(database), signal })
      .catch((error: unknown) => {
        over.abort();
        throw error;
      });
    const reading = takeManifest(
      (sql) => (over.signal.aborted ? Promise.reject(over.signal.reason) : ask(sql)),
      (name, index, of) => {
        if (index % 50 === 0) world.say(`sums of the tables: ${index} of ${of} (${name})`);
      },
    ).catch((error: unknown) => {
      over.abort();
      throw error;
    });
    const [dumped, read] = await Promise.allSettled([dumping, reading]);
    // What the store says is the cause; that the other reader was stopped is its consequence.
    if (dumped.status === "rejected" && !(read.status === "rejected" && isAbort(dumped.reason))) throw dumped.reason;
    if (read.status === "rejected") throw read.reason;
    if (dumped.status === "rejected") throw dumped.reason;
    return { summary: dumped.value, manifest: read.value };
  });
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";

async function store(
  world: JobWorld,
  { estate, files }: BackupFacts,
  repository: Repository,
  manifest: Manifest,
  { run, time }: Common,
): Promise<Summary> {
  const folder = join(world.folder, "set");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  const args = ["--host", estate, "--time", time, "--tag", tagsOf("set", run)];
  try {
    return await repository.backup("the files", [...args, join(folder, MANIFEST), ...files.map((name) => join(FILES, name))]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
