import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../../toolchain/problem.ts";
import type { Finding, Job, JobOutcome, JobWorld, Section } from "../../job.ts";
import { type Database, session } from "../../postgres/connection.ts";
import { differences, rowsOf, takeManifest } from "../../postgres/manifest.ts";
import { reach } from "../../restic/reach.ts";
import { Repository } from "../../restic/repository.ts";
import { type Backup, backups } from "../../restic/snapshots.ts";
import { ago, bytes, seconds } from "../../words.ts";
import { BackupFacts, FILES } from "../backup/facts.ts";
import { type Found, find } from "../backup/find.ts";
import { databaseOf, take } from "../backup/take.ts";
import { parseOptions } from "./options.ts";
import { replace } from "./replace.ts";

/** Put a backup back, for people: it first shows what it would do, and does it when the database's name is typed. */
export const restore: Job = { name: "restore", run: putBack };

const MOST_SHOWN = 30;

async function putBack(world: JobWorld): Promise<JobOutcome> {
  const facts = BackupFacts.parse(world.facts);
  const options = parseOptions(world.host, facts.postgres?.database);
  await reach(facts.store.endpoint, world.now, world.signal);
  const repository = await Repository.of(world, facts.store);
  await repository.open({ make: false });
  const all = backups(await repository.snapshots(facts.estate));
  const found = await find(repository, facts.estate, options.from);
  if (options.what === "files") return files(world, repository, found);
  if (facts.postgres === undefined || found.backup.database === undefined || found.manifest.database === undefined)
    throw new Problem(
      `The backup ${found.backup.run} has no database. Its files: npm run job -- run restore what=files from=${found.backup.run}`,
    );
  const into = await databaseOf(world, facts.postgres);
  const present = await session(into, async (ask) => {
    const [row] = await ask(
      "select pg_database_size(current_database()) as bytes, (select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema') as tables",
    );
    return { bytes: Number(row?.bytes), tables: Number(row?.tables) };
  });
  const now = world.now().getTime();
  if (options.confirm === undefined) return plan(found, all, into, present, now);

  const before = options.before && present.tables > 0 ? await keep(world, { ...facts, files: [] }, repository) : undefined;
  world.say(`putting the backup ${found.backup.run} in the place of the database '${into.database}'`);
  await replace(world, repository, found.backup.database.id, into, found.manifest.database);
  const restored = (world.now().getTime() - now) / 1000;
  const wrong = differences(found.manifest.database, await session(into, (ask) => takeManifest(ask, () => world.signal.throwIfAborted())));
  return {
    summary: `The database '${into.database}' is that of the backup ${found.backup.run} (${ago(now - found.backup.at)} old): ${rowsOf(found.manifest.database)} rows in ${found.manifest.database.tables.length} tables, each compared by its sum, in ${seconds(restored)}.`,
    findings: [
      { level: "ok", what: "Every table was compared before anybody could see it." },
      // Services may have written since: that is no fault of the restore.
      ...wrong.map(
        (what): Finding => ({ level: "notice", what: `A moment later: ${what}`, todo: "That is so when a service has written meanwhile." }),
      ),
      ...(before === undefined
        ? []
        : [
            {
              level: "notice",
              what: `What was there before is the backup ${before}, kept for 90 days.`,
              todo: `To go back: npm run job -- run restore from=${before} confirm=${into.database}`,
            } as const,
          ]),
    ],
    sections: [chosen(found, now)],
    metrics: [],
  };
}

/** What is there now goes nowhere before it is safe. @returns the backup's name */
async function keep(world: JobWorld, facts: BackupFacts, repository: Repository): Promise<string> {
  world.say("backing up what is there now (before=no leaves that out)");
  try {
    return (await take(world, facts, repository, "sluice-before")).manifest.run;
  } catch (error) {
    world.signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem(
      `Nothing was restored, because what is there now could not be backed up before: ${why} Where it is not worth keeping: before=no`,
    );
  }
}

function plan(found: Found, all: readonly Backup[], into: Database, present: { bytes: number; tables: number }, now: number): JobOutcome {
  const { backup, manifest } = found;
  const rows = manifest.database ? rowsOf(manifest.database) : 0;
  return {
    summary: `Nothing was changed. This would put the backup ${backup.run} (${ago(now - backup.at)} old, ${rows} rows) in the place of the database '${into.database}' (${bytes(present.bytes)}, ${present.tables} tables).`,
    findings: [
      {
        level: "notice",
        what: `What has been written since ${manifest.at} would be gone from the database. It is backed up first, unless before=no.`,
        todo: `To do it: npm run job -- run restore from=${backup.run} confirm=${into.database}`,
      },
    ],
    sections: [chosen(found, now), list(all, now)],
    metrics: [],
  };
}

const chosen = ({ backup, manifest }: Found, now: number): Section => ({
  title: "The backup",
  table: {
    head: ["", ""],
    rows: [
      ["name", backup.run],
      ["taken", `${manifest.at} (${ago(now - backup.at)} ago)`],
      ...(manifest.database
        ? [
            [
              "database",
              `${manifest.database.tables.length} tables, ${rowsOf(manifest.database)} rows, ${bytes(backup.database?.summary?.total_bytes_processed ?? 0)}`,
            ],
          ]
        : []),
      ...(manifest.files.length > 0 ? [["files", manifest.files.join(", ")]] : []),
    ],
  },
});

const list = (all: readonly Backup[], now: number): Section => ({
  title: "Backups",
  ...(all.length > MOST_SHOWN && { text: `The newest ${MOST_SHOWN} of ${all.length}.` }),
  table: { head: ["name", "age"], rows: all.slice(0, MOST_SHOWN).map(({ run, at }) => [run, ago(now - at)]) },
});

/** Files go to a folder of the jobs' volume: what a service has open is not changed under it. */
async function files(world: JobWorld, repository: Repository, { backup, manifest }: Found): Promise<JobOutcome> {
  if (manifest.files.length === 0) throw new Problem(`The backup ${backup.run} has no files.`);
  const into = join(world.folder, backup.run);
  await mkdir(into, { recursive: true });
  world.say(`bringing ${manifest.files.join(", ")} back into ${into}`);
  await repository.restore(backup.set.id, into, [FILES]);
  return {
    summary: `The files of the backup ${backup.run} are in ${into}${FILES} on the jobs' volume, each read again and compared.`,
    findings: [
      { level: "notice", what: "Nothing else was changed.", todo: '"Files" in docs/backups.md says how to put them where they belong.' },
    ],
    sections: [],
    metrics: [],
  };
}
