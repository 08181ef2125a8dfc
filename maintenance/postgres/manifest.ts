import { z } from "zod";
import { type Ask, identifier, literal } from "./connection.ts";

const Table = z.object({
  /** With its schema, each name quoted as SQL takes it. */
  name: z.string(),
  rows: z.number(),
  /** The same for the same rows in any order. */
  sum: z.string(),
});
export type TableManifest = z.infer<typeof Table>;

/** What was in a database at one moment: what a restored one is held against. */
export const DatabaseManifest = z.object({
  database: z.string(),
  /** As the server says it, e.g. `17.6`. */
  server: z.string(),
  tables: z.array(Table),
  largeObjects: z.object({ count: z.number(), sum: z.string() }),
  /** A sequence that came back lower would hand out numbers again that are in use. Those that turn or count down are not here. */
  sequences: z.array(z.object({ name: z.string(), value: z.string() })),
  /** How many there are of each kind of object: an index that is lost changes no row. */
  objects: z.record(z.string(), z.number()),
});
export type DatabaseManifest = z.infer<typeof DatabaseManifest>;

/** Not of a person's making: the server's own, and what comes back with its extension. */
const OWN = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'";
const noExtension = (catalog: string) =>
  `not exists (select from pg_depend d where d.classid = '${catalog}'::regclass and d.objid = o.oid and d.deptype = 'e')`;
const relations = (kinds: string) =>
  `from pg_class o join pg_namespace n on n.oid = o.relnamespace where ${OWN} and o.relkind in (${kinds}) and o.relpersistence <> 't' and ${noExtension("pg_class")}`;

const TABLES = `select n.nspname as schema, o.relname as name ${relations("'r'")} order by 1, 2`;
const SEQUENCES = `select s.schemaname as schema, s.sequencename as name, s.last_value as value from pg_sequences s
  where exists (select ${relations("'S'")} and n.nspname = s.schemaname and o.relname = s.sequencename)
  and s.increment_by > 0 and not s.cycle and s.last_value is not null order by 1, 2`;
const OBJECTS = `
  select case o.relkind when 'r' then 'tables' when 'i' then 'indexes' when 'S' then 'sequences' when 'v' then 'views'
    when 'm' then 'materialized views' when 'p' then 'partitioned tables' when 'I' then 'partitioned indexes' else 'other relations' end as kind,
    count(*) as count ${relations("'r', 'i', 'S', 'v', 'm', 'p', 'I', 'f', 'c'")} group by 1
  union all select 'constraints', count(*) from pg_constraint o join pg_namespace n on n.oid = o.connamespace
    where ${OWN} and o.contype <> 'n' and ${noExtension("pg_constraint")}
  union all select 'functions', count(*) from pg_proc o join pg_namespace n on n.oid = o.pronamespace where ${OWN} and ${noExtension("pg_proc")}
  union all select 'triggers', count(*) from pg_trigger o join pg_class c on c.oid = o.tgrelid join pg_namespace n on n.oid = c.relnamespace
    where ${OWN} and not o.tgisinternal and ${noExtension("pg_trigger")}
  union all select 'extensions', count(*) from pg_extension
  order by 1`;

/**
 * Two sums of halves of a fingerprint: rows that are exchanged for others, lost or doubled change them, their order does not. The alias is one
 * that no column has: it would be read instead of the row.
 */
const fingerprint = (rows: string) => `select count(*) as rows,
  coalesce(sum(('x' || left(h, 16))::bit(64)::bigint), 0) || ':' || coalesce(sum(('x' || right(h, 16))::bit(64)::bigint), 0) as sum from (${rows}) as f`;
const ALIAS = identifier("the row itself (sluice)");
const LARGE_OBJECTS = fingerprint("select md5(oid::text || md5(lo_get(oid))) as h from pg_largeobject_metadata");

/** The sum of one table, as SQL that gives `rows` and `sum`. @param name quoted, with its schema */
export const tableSum = (name: string): string => fingerprint(`select md5(${ALIAS}::text) as h from only ${name} as ${ALIAS}`);

/**
 * Read everything that the database holds, in the transaction that `ask` is in.
 * @param onTable called before each table is read
 */
export async function takeManifest(ask: Ask, onTable: (name: string, index: number, of: number) => void): Promise<DatabaseManifest> {
  const [about] = await ask("select current_database() as database, current_setting('server_version') as server");
  const listed = (await ask(TABLES)).map(qualified);
  const tables: TableManifest[] = [];
  for (const [index, name] of listed.entries()) {
    onTable(name, index, listed.length);
    const [found] = await ask(tableSum(name));
    tables.push({ name, rows: Number(found?.rows), sum: `${found?.sum}` });
  }
  const [large] = await ask(LARGE_OBJECTS);
  return {
    database: `${about?.database}`,
    server: `${about?.server}`.split(" ")[0] ?? "",
    tables,
    largeObjects: { count: Number(large?.rows), sum: `${large?.sum}` },
    sequences: (await ask(SEQUENCES)).map((row) => ({ name: qualified(row), value: `${row.value}` })),
    objects: Object.fromEntries((await ask(OBJECTS)).map(({ kind, count }) => [`${kind}`, Number(count)])),
  };
}

const qualified = ({ schema, name }: Record<string, string | null>): string => `${identifier(`${schema}`)}.${identifier(`${name}`)}`;

/** Where a restored database is another one than the manifest says; nothing where it is the same. */
export function differences(recorded: DatabaseManifest, found: DatabaseManifest): string[] {
  const there = new Map(found.tables.map((table) => [table.name, table]));
  const known = new Set(recorded.tables.map(({ name }) => name));
  const reached = new Map(found.sequences.map(({ name, value }) => [name, value]));
  return [
    ...recorded.tables.flatMap(({ name, rows, sum }) => {
      const now = there.get(name);
      if (now === undefined) return [`table ${name} is missing (${count(rows, "row")})`];
      if (now.rows !== rows) return [`table ${name} has ${count(now.rows, "row")} instead of ${rows}`];
      return now.sum === sum ? [] : [`table ${name} has ${count(rows, "row")}, but not the same ones`];
    }),
    ...found.tables.flatMap(({ name }) => (known.has(name) ? [] : [`table ${name} was not in the backup`])),
    ...(recorded.largeObjects.count === found.largeObjects.count && recorded.largeObjects.sum === found.largeObjects.sum
      ? []
      : [`large objects differ: ${found.largeObjects.count} instead of ${recorded.largeObjects.count}`]),
    ...recorded.sequences.flatMap(({ name, value }) => {
      const now = reached.get(name);
      if (now === undefined) return [`sequence ${name} is missing or was never used (it stood at ${value})`];
      return BigInt(now) >= BigInt(value) ? [] : [`sequence ${name} stands at ${now} instead of ${value}: numbers would be given twice`];
    }),
    ...[...new Set([...Object.keys(recorded.objects), ...Object.keys(found.objects)])].sort().flatMap((kind) => {
      const [before = 0, now = 0] = [recorded.objects[kind], found.objects[kind]];
      return before === now ? [] : [`${now} ${kind} instead of ${before}`];
    }),
  ];
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

/** All rows of a manifest. */
export const rowsOf = ({ tables }: Pick<DatabaseManifest, "tables">): number => tables.reduce((sum, { rows }) => sum + rows, 0);

/**
 * SQL that fails, with the table's name, when a table in the present transaction is not as the manifest says: before what was restored is
 * committed, and so before anybody sees it.
 */
export function verifyingSql({ tables }: DatabaseManifest): string {
  return tables
    .map(
      ({ name, rows, sum }) => `do $sluice$ declare seen record; begin ${tableSum(name).replace(" as sum from", " as sum into seen from")};
if seen.rows <> ${rows} or seen.sum <> ${literal(sum)} then raise exception 'sluice: table % has % rows, the backup has ${rows}', ${literal(name)}, seen.rows; end if; end $sluice$;`,
    )
    .join("\n");
}
