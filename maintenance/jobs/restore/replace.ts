import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../../toolchain/problem.ts";
import type { JobWorld } from "../../job.ts";
import { type Database, libpq, SESSION } from "../../postgres/connection.ts";
import { type DatabaseManifest, verifyingSql } from "../../postgres/manifest.ts";
import { open, relay } from "../../programs.ts";
import type { Repository } from "../../restic/repository.ts";
import { DUMP } from "../backup/facts.ts";
import { wanted } from "./contents.ts";

/** Longer than any request of a service should hold a table. */
const LOCK_SECONDS = 60;
const UNCHANGED = "Nothing was changed";
const PSQL = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"];

/**
 * Put a dump in the place of everything that its owner has in the database, in one transaction: until every table has been compared with the
 * manifest nobody sees anything of it, and when anything goes wrong the database is as it was.
 * @throws StoreProblem, Problem
 */
export async function replace(
  world: JobWorld,
  repository: Repository,
  snapshot: string,
  into: Database,
  manifest: DatabaseManifest,
): Promise<void> {
  const folder = join(world.folder, "work");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    const contents = join(folder, "contents");
    const listed = await repository.into(snapshot, DUMP, { name: "pg_restore", args: ["--list"] });
    if (listed.code !== 0) throw new Problem(`The dump cannot be read: ${listed.stderr.trim().slice(-400)}`);
    await writeFile(contents, wanted(listed.stdout));
    await write(world, repository, snapshot, into, manifest, contents);
  } catch (error) {
    world.signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem(why.includes(UNCHANGED) ? why : `${why} ${UNCHANGED}: the database is as it was.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function write(
  { signal }: JobWorld,
  repository: Repository,
  snapshot: string,
  into: Database,
  manifest: DatabaseManifest,
  contents: string,
): Promise<void> {
  const psql = open({ name: "psql", args: PSQL, env: { ...libpq(into), PGOPTIONS: SESSION } }, signal);
  psql.stdin.write(`begin;\nset local lock_timeout = '${LOCK_SECONDS}s';\ndrop owned by current_user cascade;\n`);
  const reading = { name: "pg_restore", args: ["--file=-", "--no-owner", `--use-list=${contents}`] };
  const [from, through] = await relay(repository.source(snapshot, DUMP), reading, psql.stdin, signal);
  const whole = from.code === 0 && through.code === 0;
  // Without these last words the server takes everything back.
  if (whole) psql.stdin.write(`\nset local lock_timeout = 0;\n${verifyingSql(manifest)}\ncommit;\n`);
  psql.stdin.end();
  const { code, stderr } = await psql.ended;
  signal.throwIfAborted();
  if (code !== 0) throw new Problem(refusalWords(stderr));
  repository.judge(DUMP, from);
  if (!whole) throw new Problem(`The dump could not be read to its end: ${through.stderr.trim().slice(-400)}`);
}

/** Why the database did not take the dump. */
export function refusalWords(stderr: string): string {
  const said = /ERROR:\s*(.*)/.exec(stderr)?.[1] ?? (stderr.trim().slice(-400) || "psql ended without a word");
  const nothing = `${UNCHANGED}: the database is as it was.`;
  if (/lock timeout/.test(said))
    return `Somebody held a table for more than ${LOCK_SECONDS} seconds. ${nothing} Stop the services that use the database (docker stop their containers), run the job again, and start them.`;
  if (/role ".*" does not exist/.test(said))
    return `${said}. The backup gives rights to it. ${nothing} Make the role first (create role … login), then run the job again.`;
  if (said.startsWith("sluice: "))
    return `What was restored is not what was backed up: ${said.slice("sluice: ".length)}. ${nothing} Take an older backup: npm run job -- run restore shows them.`;
  return `Postgres does not take the backup: ${said}. ${nothing}`;
}
