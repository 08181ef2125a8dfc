import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { ownAddress } from "../components/host/addresses.ts";
import type { Docker } from "../estate/docker.ts";
import type { Project } from "../estate/project.ts";
import { drift } from "../evidence/dump.ts";
import { startPostgres } from "../evidence/stores.ts";
import type { Throwaway } from "../evidence/throwaway.ts";
import { Problem } from "../toolchain/problem.ts";
import { Database } from "./database.ts";
import { changesAnything, type Danger, judge, type Rule } from "./judge.ts";
import { objections } from "./preflight.ts";
import { statementsOf } from "./statements.ts";

export interface MigrateOptions {
  /** Program and arguments; it finds the database in `DATABASE_URL`. */
  readonly command: readonly [string, ...string[]];
  readonly dryRun: boolean;
  /** Dangers that somebody has looked at and wants. */
  readonly accept: readonly Rule[];
  /** Longest wait for one lock, seconds. */
  readonly lockTimeout: number;
  /** Longest run of one statement, seconds; 0: no limit. */
  readonly statementTimeout: number;
  /** A transaction that has been open for longer is in the way, seconds. */
  readonly patience: number;
  /** How often the tool is run again when it did not get a lock. */
  readonly retries: number;
}

export interface Around {
  readonly project: Project;
  readonly docker: Docker;
  readonly throwaway: Throwaway;
  readonly say: (line: string) => void;
}

const PORT = 5432;
const RETRY_SECONDS = 10;

/**
 * Run a migration tool against the estate's Postgres, so that it can not surprise anybody: looked at before, backed up, tried on a copy of
 * the data, judged by what it really had executed there, and only then run for real, with time limits.
 *
 * @throws Problem when it is refused or has failed; its words say what the database is like now
 */
export async function migrate(options: MigrateOptions, around: Around): Promise<void> {
  const { project, docker, throwaway, say } = around;
  const { settings, stack } = project;
  if (!settings.postgres) throw new Problem(`'${settings.name}' has no Postgres: sluice:postgres is not set in Pulumi.${stack}.yaml.`);
  const container = `${settings.name}-postgres`;
  const state = await docker.run(["container", "inspect", "--format", "{{.State.Status}} {{.Image}}", container]).catch(() => "");
  const [status, image = ""] = state.trim().split(" ");
  if (status !== "running") throw new Problem(`${container} does not run. Start the estate: npm start`);
  if (!settings.host.docker.startsWith("unix:"))
    throw new Problem(
      `The database of '${settings.name}' is on ${settings.host.docker} and is reached from there only. Run this command in a checkout on that host.`,
    );
  const live = new Database(docker, container, settings.postgres);

  const facts = await live.facts(options.patience);
  const against = objections(facts);
  const before = await live.schema();
  const record = new RecordFile(join(project.root, ".sluice", "migrations", `${stack}.json`));
  const known = await record.read();
  if (known !== undefined && known.schema !== before.hash)
    say(`  note: the schema is another one than after the last migration from here (${known.at}): somebody else has changed it.`);
  if (against.length > 0) throw new Problem(`Not now:\n${against.map((one) => `  - ${one}`).join("\n")}\nThe database was not touched.`);
  say(`looked at: ${facts.sizeMb.toFixed(0)} MB of data, ${Math.floor(facts.freeMb)} MB free, nobody in the way`);

  const backup = await backUp(live, join(project.root, ".sluice", "backups"), settings.name, say);

  say("a copy: restoring the backup into a throw-away Postgres");
  const started = Date.now();
  const store = await startPostgres(docker, throwaway, { ...settings.postgres, image, onDisk: true });
  const copy = new Database(docker, store.container, settings.postgres);
  await copy.restore(backup, await live.otherRoles());
  const restored = await copy.schema();
  if (restored.hash !== before.hash)
    throw new Problem(
      `The copy is not like the database, so the backup is no backup:\n${drift(restored.lines.join("\n"), before.lines.join("\n")).join("\n")}`,
    );
  say(`  restored in ${((Date.now() - started) / 1000).toFixed(0)} s, and the schema is the same: the backup can be restored`);

  const tried = await copy.temporaryRole({ log_min_duration_statement: "0" });
  say(`on the copy: ${options.command.join(" ")}`);
  const began = Date.now();
  const there = await run(options.command, project.root, addressOf(tried, store.host, store.port, settings.postgres.database));
  if (there.exitCode !== 0)
    throw new Problem(`It fails on the copy (exit code ${there.exitCode}), so the database was not touched. It said:\n${there.words}`);
  const statements = statementsOf(await docker.logs(store.container), tried.name);
  await tried.remove();
  const after = await copy.schema();
  say(`  ${statements.length} statements in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  if (statements.length === 0)
    throw new Problem("It had nothing executed on the copy: does it use DATABASE_URL? The database was not touched.");
  if (after.hash === before.hash && !(await changesAnything(statements))) {
    say("nothing to change: the database is as the migrations want it");
    await record.write(before.hash);
    return;
  }

  const dangers = await judge(statements);
  const refused = dangers.filter(({ rule }) => !options.accept.includes(rule));
  for (const one of dangers) say(dangerWords(one, !refused.includes(one)));
  if (refused.length > 0)
    throw new Problem(
      `Not done: ${refused.length} of ${dangers.length} dangers are not accepted. The database was not touched. Change the migration as said above, or say that you want it: --accept ${[...new Set(refused.map(({ rule }) => rule))].join(",")}`,
    );
  if (options.dryRun) {
    say("a dry run: the database was not touched");
    return;
  }

  const limits = { lock_timeout: `${options.lockTimeout}s`, statement_timeout: `${options.statementTimeout}s` };
  const role = await live.temporaryRole(limits);
  try {
    const url = addressOf(role, ownAddress(settings.host.subnet, "postgres"), PORT, settings.postgres.database);
    await forReal(options, project.root, url, { live, before, backup, container, say });
  } finally {
    await role.remove();
  }
  const now = await live.schema();
  await record.write(now.hash);
  const differs = drift(after.lines.join("\n"), now.lines.join("\n"));
  if (differs.length > 0)
    throw new Problem(
      `It is done, and the schema is not the one that the copy has:\n${differs.slice(0, 20).join("\n")}\n${wayBack(live, container, backup)}`,
    );
  say(`done: the schema is the one that was tried on the copy\n${wayBack(live, container, backup)}`);
}

interface Live {
  readonly live: Database;
  readonly before: { readonly hash: string };
  readonly backup: string;
  readonly container: string;
  readonly say: (line: string) => void;
}

async function forReal(
  { command, retries, lockTimeout }: MigrateOptions,
  root: string,
  url: string,
  { live, before, backup, container, say }: Live,
) {
  for (let attempt = 1; ; attempt++) {
    say(`for real: ${command.join(" ")}`);
    const { exitCode, words } = await run(command, root, url);
    if (exitCode === 0) return;
    const untouched = (await live.schema()).hash === before.hash;
    // 55P03: it gave up its place in the queue, so that the others could go on.
    if (untouched && attempt <= retries && /lock timeout|55P03/i.test(words)) {
      say(
        `  it did not get a lock within ${lockTimeout} s, and gave way; again in ${RETRY_SECONDS * attempt} s (${attempt} of ${retries})`,
      );
      await sleep(RETRY_SECONDS * attempt * 1000);
      continue;
    }
    throw new Problem(
      untouched
        ? `It failed (exit code ${exitCode}), and the schema is as it was. It said:\n${words}`
        : `It failed half-way (exit code ${exitCode}): the schema is neither the old nor the new one. It said:\n${words}\n${wayBack(live, container, backup)}`,
    );
  }
}

async function backUp(live: Database, folder: string, estate: string, say: (line: string) => void): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${estate}-${new Date().toISOString().replaceAll(/[:.]/g, "-")}.dump`);
  // Before anything is in it: it holds everything that the database holds.
  await writeFile(file, "", { mode: 0o600 });
  await live.dump(file);
  await chmod(file, 0o600);
  say(`backed up: ${file}, ${((await stat(file)).size / 2 ** 20).toFixed(1)} MB`);
  return file;
}

const addressOf = (
  { name, password }: { readonly name: string; readonly password: string },
  host: string,
  port: number,
  database: string,
) => `postgres://${name}:${password}@${host}:${port}/${database}`;

async function run([program, ...args]: readonly [string, ...string[]], cwd: string, url: string) {
  // In the environment, which only this user can read; a command line is everybody's.
  const { exitCode, all, message } = await execa(program, args, {
    ...{ cwd, env: { DATABASE_URL: url }, all: true, reject: false, stdin: "ignore", preferLocal: true },
  }).then(({ exitCode, all, failed, ...rest }) => ({
    exitCode,
    all,
    message: failed && "shortMessage" in rest ? String(rest.shortMessage) : "",
  }));
  const password = new URL(url).password;
  const said = (all ?? "").trim() || message;
  return { exitCode: exitCode ?? 1, words: said.replaceAll(password, "…").split("\n").slice(-30).join("\n") };
}

const dangerWords = ({ rule, statement, why, instead }: Danger, accepted: boolean): string =>
  `  ${accepted ? "accepted" : "DANGER"} ${rule}: ${statement}\n    ${why}${accepted ? "" : ` Instead: ${instead}`}`;

/** What a person does to have the old database again. */
const wayBack = ({ database }: Database, container: string, backup: string): string =>
  [
    "The way back, with the loss of what was written since the backup (take the clients away first):",
    `  docker exec -i ${container} pg_restore -h /tmp -U postgres -d ${database} --clean --if-exists --single-transaction --exit-on-error < ${backup}`,
  ].join("\n");

/** The schema that the last migration from this checkout has left. */
class RecordFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<{ readonly schema: string; readonly at: string } | undefined> {
    const text = await readFile(this.#path, "utf8").catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as { schema: string; at: string });
  }

  async write(schema: string): Promise<void> {
    await mkdir(join(this.#path, ".."), { recursive: true });
    await writeFile(this.#path, `${JSON.stringify({ schema, at: new Date().toISOString() })}\n`);
  }
}
