import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../../toolchain/problem.ts";
import type { Finding, Job, JobOutcome, JobWorld } from "../../job.ts";
import { type Database, libpq, session } from "../../postgres/connection.ts";
import { type DatabaseManifest, differences, takeManifest } from "../../postgres/manifest.ts";
import { withServer } from "../../postgres/throwaway.ts";
import { reach } from "../../restic/reach.ts";
import { Repository, StoreProblem } from "../../restic/repository.ts";
import { BackupFacts, DUMP, FILES } from "../backup/facts.ts";
import { type Found, find } from "../backup/find.ts";
import { countFiles, expectedFiles } from "./files.ts";
import { type DrillFigures, report } from "./report.ts";

/** The newest backup, restored into a Postgres of its own and held against what the database held when it was taken. */
export const restoreDrill: Job = { name: "restore-drill", run: drill };

async function drill(world: JobWorld): Promise<JobOutcome> {
  const facts = BackupFacts.parse(world.facts);
  await reach(facts.store.endpoint, world.now, world.signal);
  const repository = await Repository.of(world, facts.store);
  await repository.open({ make: false });
  const found = await find(repository, facts.estate, "newest");
  const now = world.now().getTime();
  try {
    const database = await drillDatabase(world, repository, found);
    const files = await drillFiles(world, repository, found);
    return report({ found, now, ...database, files });
  } catch (error) {
    // The store cannot be reached: nothing is known of the backup. It is reached, and what it gives is wrong: the backup is no good.
    if (!(error instanceof StoreProblem) || error.kind !== "damaged") throw error;
    const finding: Finding = { level: "critical", what: error.message, todo: 'See "The store is damaged" in docs/backups.md.' };
    return report({ found, now, broken: finding });
  }
}

async function drillDatabase(
  world: JobWorld,
  repository: Repository,
  { backup, manifest }: Found,
): Promise<Pick<DrillFigures, "database">> {
  const recorded = manifest.database;
  if (recorded === undefined) return {};
  const stored = backup.database;
  if (stored === undefined) throw new Problem(`The backup ${backup.run} names a database, and its dump is not in the store.`);
  return withServer(join(world.folder, "postgres"), world.signal, async (server) => {
    world.say(`restoring the database of ${backup.run} into a throw-away Postgres`);
    const began = world.now().getTime();
    const restored: Database = { ...server, database: "restored" };
    await session(server, (ask) => ask('create database "restored" template template0'));
    const problem = await load(repository, stored.id, restored);
    const loaded = world.now().getTime();
    world.say("comparing every table with the manifest");
    const there = await session(restored, (ask) => takeManifest(ask, () => world.signal.throwIfAborted()));
    const compared = world.now().getTime();
    return {
      database: {
        ...{ recorded, found: there },
        differences: [...(problem === undefined ? [] : [problem]), ...differences(recorded, there)],
        restoreSeconds: (loaded - began) / 1000,
        compareSeconds: (compared - loaded) / 1000,
      } satisfies { recorded: DatabaseManifest } & DrillFigures["database"],
    };
  });
}

/** @returns what pg_restore could not do; the rest of the drill says what that cost */
async function load(repository: Repository, snapshot: string, into: Database): Promise<string | undefined> {
  const args = ["--no-owner", "--no-privileges", "--exit-on-error", "--dbname", into.database];
  const ended = await repository.into(snapshot, DUMP, { name: "pg_restore", args, env: libpq(into) });
  return ended.code === 0 ? undefined : `pg_restore gave up: ${ended.stderr.trim().split("\n").slice(-2).join(" ").slice(0, 400)}`;
}

async function drillFiles(world: JobWorld, repository: Repository, { backup, manifest }: Found): Promise<DrillFigures["files"]> {
  if (manifest.files.length === 0) return undefined;
  const into = join(world.folder, "files");
  await rm(into, { recursive: true, force: true });
  world.say(`restoring ${manifest.files.length} folders and reading them again`);
  const began = world.now().getTime();
  try {
    // Each stored block is held against its own sum as it is written, and the files are read once more.
    await repository.restore(backup.set.id, into, [FILES]);
    const there = await countFiles(join(into, FILES));
    return { there, expected: expectedFiles(backup), seconds: (world.now().getTime() - began) / 1000 };
  } finally {
    await rm(into, { recursive: true, force: true });
  }
}
