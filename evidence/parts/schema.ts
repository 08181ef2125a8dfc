import { readdir } from "node:fs/promises";
import { parse } from "node:path";
import pg from "pg";
import type { Docker } from "../../estate/docker.ts";
import { MIGRATIONS, MIGRATIONS_TABLE, migrate } from "../../examples/api/database.ts";
import { drift } from "../dump.ts";
import { toolImage } from "../images.ts";
import type { Evidence } from "../schema.ts";
import { type PostgresStore, startPostgres } from "../stores.ts";
import { toolName, type World } from "../world.ts";

type Schema = Exclude<Evidence["schema"], { status: string }>;

const DUMP = ["--schema-only", "--no-owner", "--no-privileges"];
/** Names of the migrations that a database has had; nothing where it knows of none. */
const APPLIED = `select name from ${MIGRATIONS_TABLE} order by id`;
const KNOWS = `select to_regclass('${MIGRATIONS_TABLE}') is not null`;

/** A database that is compared with what the migrations make. */
interface Live {
  readonly name: string;
  dump(): Promise<string>;
  /** One column of an answer. */
  ask(sql: string): Promise<string[]>;
}

/**
 * Apply every migration to an empty Postgres of the estate's own image, and hold what comes of it against a live database: the one that is
 * named, else the one of the running estate. Where there is neither, it is only proven that the migrations apply, and that is said.
 *
 * @param url `postgres://…` of the live database
 */
export async function schema(world: World, url: string | undefined): Promise<Schema> {
  const docker = await world.docker();
  const shadow = await startPostgres(docker, world.throwaway);
  await applyAll(shadow);
  const made = await docker.run(["exec", shadow.container, "pg_dump", "-h", "/tmp", "-U", "sluice", "-d", "sluice", ...DUMP]);
  const live = url === undefined ? await ofEstate(world) : await byAddress(docker, url);
  const tool = toolName(world.root, "node-pg-migrate");
  if (!live) return { pending: [], drift: [], tool: `${tool}, on an empty Postgres alone: no --database, and the estate does not run` };
  const knows = (await live.ask(KNOWS))[0];
  const applied = knows === "t" || knows === "true" ? await live.ask(APPLIED) : [];
  return {
    pending: pendingOf(await namesOf(MIGRATIONS), applied),
    drift: drift(made, await live.dump()),
    tool: `${tool} and pg_dump, on ${live.name}`,
  };
}

/** Names of migrations as node-pg-migrate keeps them: their files', without the ending. */
const namesOf = async (folder: string): Promise<string[]> => (await readdir(folder)).map((file) => parse(file).name).sort();

/** What a database has not had yet, and what it has had that is not there any more: both mean that it is of another release. */
export function pendingOf(known: readonly string[], applied: readonly string[]): string[] {
  return [
    ...known.filter((name) => !applied.includes(name)),
    ...applied.filter((name) => !known.includes(name)).map((name) => `${name} (applied there, and unknown here)`),
  ];
}

async function applyAll({ url }: PostgresStore): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  try {
    await migrate(pool);
  } finally {
    await pool.end();
  }
}

/** The Postgres of the stack's estate, asked inside its container; nothing when it does not run on this engine. */
async function ofEstate({ project, docker }: World): Promise<Live | undefined> {
  const { name, postgres, host } = project.settings;
  if (!postgres) return undefined;
  // The evidence is about this machine's checkout; an estate on another host is reached by --database.
  if (!host.docker.startsWith("unix:")) return undefined;
  const engine = await docker();
  const container = `${name}-postgres`;
  const running = await engine.run(["container", "ls", "--quiet", "--filter", `name=^/${container}$`]);
  if (running.trim() === "") return undefined;
  const where = ["-h", "/tmp", "-U", postgres.user, "-d", postgres.database];
  return {
    name: `the running estate '${name}'`,
    dump: () => engine.run(["exec", container, "pg_dump", ...where, ...DUMP]),
    ask: async (sql) => lines(await engine.run(["exec", container, "psql", ...where, "-qtAX", "-c", sql])),
  };
}

/** A database by its address. pg_dump must be as new as the server: the one of the estate's image, on this machine's network, is used. */
async function byAddress(docker: Docker, url: string): Promise<Live> {
  const image = await toolImage(docker, "images/postgres");
  const { host, pathname } = new URL(url);
  return {
    name: `${host}${pathname}`,
    // The address holds a password: on stdin, and on no command line.
    dump: () => docker.run(["run", "--rm", "--interactive", "--network", "host", "--entrypoint", "sh", image, "-c", dumpOf], `${url}\n`),
    ask: async (sql) => {
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
      await client.connect();
      try {
        const { rows } = await client.query<string[]>({ text: sql, rowMode: "array" });
        return rows.map(([value]) => String(value));
      } finally {
        await client.end();
      }
    },
  };
}

const dumpOf = `read -r url; exec pg_dump --dbname="$url" ${DUMP.join(" ")}`;
const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");
