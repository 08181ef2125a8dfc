import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { schemaLines } from "../../../evidence/dump.ts";
import { Problem } from "../../../toolchain/problem.ts";
import type { Job, JobOutcome, JobWorld, Section } from "../../job.ts";
import { type Database, DatabaseFacts, libpq, session } from "../../postgres/connection.ts";
import { run } from "../../programs.ts";
import { bytes, percent } from "../../words.ts";
import { databaseOf } from "../backup/take.ts";
import { look, migrations } from "./ask.ts";
import { bloat, type DatabaseState, judge, type Seen } from "./judge.ts";

/** Bloat, indexes, slow queries, autovacuum and drift of the estate's database. It reads, and changes nothing. */
export const databaseReview: Job = { name: "database-review", run: review };

const Facts = z.object({ postgres: DatabaseFacts });
const Remembered = z.object({ schema: z.array(z.string()), migrations: z.array(z.string()).optional() });
const MOST = 15;

async function review(world: JobWorld): Promise<JobOutcome> {
  const { postgres } = Facts.parse(world.facts);
  const database = await databaseOf(world, postgres);
  world.say(`looking at the database '${database.database}'`);
  const seen = await session(database, async (ask) => ({ ...(await look(ask)), migrations: await migrations(ask) }));
  const state: DatabaseState = { ...seen, schema: await schemaOf(world, database) };
  const file = join(world.folder, "schema.json");
  const before = await remembered(file);
  const outcome = render(state, before, world.now().getTime() / 1000);
  await writeFile(`${file}.next`, JSON.stringify({ schema: state.schema, migrations: state.migrations }));
  await rename(`${file}.next`, file);
  return outcome;
}

async function schemaOf({ signal }: JobWorld, database: Database): Promise<string[]> {
  const dumped = await run({ name: "pg_dump", args: ["--schema-only", "--no-owner", "--no-privileges"], env: libpq(database) }, { signal });
  if (dumped.code !== 0) throw new Problem(`The schema cannot be read: ${dumped.stderr.trim().slice(-400)}`);
  return schemaLines(dumped.stdout);
}

async function remembered(file: string): Promise<Seen | undefined> {
  try {
    return Remembered.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return undefined;
  }
}

/** The report of a review. @param now seconds since 1970 */
export function render(state: DatabaseState, before: Seen | undefined, now: number): JobOutcome {
  const findings = judge(state, before, now);
  const todo = findings.filter(({ level }) => level === "warning" || level === "critical").length;
  return {
    summary: `The database has ${bytes(state.bytes)} in ${state.tables.length} tables and ${state.indexes.length} indexes; ${todo === 0 ? "nothing needs a hand" : `${todo} things need a hand`}.`,
    findings,
    sections: [figures(state, now), tables(state), indexes(state), ...queries(state)],
    metrics: [
      { name: "sluice_database_size_bytes", help: "Size of the estate's database.", value: state.bytes },
      {
        name: "sluice_database_bloat_bytes",
        help: "About how many bytes of tables no row needs.",
        value: Math.round(state.tables.reduce((sum, table) => sum + bloat(table) * table.bytes, 0)),
      },
    ],
  };
}

const figures = ({ connections, age, freezeAge, since }: DatabaseState, now: number): Section => ({
  title: "Figures",
  table: {
    head: ["", ""],
    rows: [
      ["connections", `${connections.used} of ${connections.most}`],
      ["age of the oldest rows", `${age} transactions; autovacuum freezes at ${freezeAge}`],
      [
        "counted since",
        `${new Date(since * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC (${Math.floor((now - since) / 86_400)} days)`,
      ],
    ],
  },
});

const tables = ({ tables: all }: DatabaseState): Section => ({
  title: "Largest tables",
  table: {
    head: ["table", "with indexes", "rows", "dead", "not needed (about)", "whole scans", "lookups"],
    rows: all
      .slice(0, MOST)
      .map((table) => [
        ...[
          table.name,
          bytes(table.total),
          `${table.live}`,
          `${table.dead}`,
          table.needed === undefined ? "not known" : percent(bloat(table)),
        ],
        ...[`${table.scans}`, `${table.lookups}`],
      ]),
  },
});

const indexes = ({ indexes: all }: DatabaseState): Section => ({
  title: "Largest indexes",
  table: {
    head: ["index", "table", "size", "used"],
    rows: all.slice(0, MOST).map(({ name, on, bytes: size, scans }) => [name, on, bytes(size), `${scans}`]),
  },
});

const queries = ({ queries: known }: DatabaseState): Section[] =>
  known === undefined || known.length === 0
    ? []
    : [
        {
          title: "Queries by their time in all",
          table: {
            head: ["query", "calls", "each", "in all"],
            rows: known.map(({ text, calls, meanMs, totalMs }) => [
              text,
              `${calls}`,
              `${meanMs.toFixed(1)} ms`,
              `${(totalMs / 1000).toFixed(1)} s`,
            ]),
          },
        },
      ];
