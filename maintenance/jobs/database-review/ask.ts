import type { Ask } from "../../postgres/connection.ts";
import type { DatabaseState, Index, Query, Table } from "./judge.ts";

/** Of the server's own making, and what comes with it. */
const OWN = "('pg_catalog', 'information_schema', 'pg_toast')";

/**
 * Size that a table needs for the rows that it has: their average width as the planner knows it, 28 bytes before and between rows, pages of 8 kB less
 * their head, filled as the table's fillfactor says. TOAST is not in it.
 */
const TABLES = `
  select quote_ident(s.schemaname) || '.' || quote_ident(s.relname) as name, c.reltuples as rows, pg_relation_size(c.oid) as bytes, pg_total_relation_size(c.oid) as total,
    s.n_live_tup as live, s.n_dead_tup as dead, s.seq_scan as scans, s.seq_tup_read as read, coalesce(s.idx_scan, 0) as lookups,
    extract(epoch from greatest(s.last_vacuum, s.last_autovacuum)) as vacuumed, extract(epoch from greatest(s.last_analyze, s.last_autoanalyze)) as analyzed,
    age(c.relfrozenxid) as age,
    case when w.width is null or c.reltuples <= 0 then null
      else ceil(c.reltuples * (w.width + 28) / (8168.0 * coalesce((select option_value::int from pg_options_to_table(c.reloptions) where option_name = 'fillfactor'), 100) / 100)) * 8192 end as needed
  from pg_stat_user_tables s join pg_class c on c.oid = s.relid
  left join lateral (select sum((1 - null_frac) * avg_width) as width, count(*) as known from pg_stats where schemaname = s.schemaname and tablename = s.relname) w
    on w.known = (select count(*) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
  where c.relkind = 'r' order by pg_total_relation_size(c.oid) desc`;

const INDEXES = `
  select quote_ident(s.schemaname) || '.' || quote_ident(s.indexrelname) as name, quote_ident(s.relname) as on, s.idx_scan as scans, pg_relation_size(s.indexrelid) as bytes,
    i.indisunique or i.indisprimary or i.indisexclusion or exists (select from pg_constraint k where k.conindid = i.indexrelid) as needed, i.indisvalid as valid,
    i.indrelid::text || ' ' || i.indkey::text || ' ' || i.indclass::text || ' ' || coalesce(pg_get_expr(i.indexprs, i.indrelid), '') || ' ' || coalesce(pg_get_expr(i.indpred, i.indrelid), '') as definition
  from pg_stat_user_indexes s join pg_index i on i.indexrelid = s.indexrelid order by pg_relation_size(s.indexrelid) desc, 1`;

/** A row that is referred to is looked for at every change of it; without an index, in the whole table. */
const FOREIGN_KEYS = `
  select k.conrelid::regclass::text as table, k.conname as name, pg_relation_size(k.conrelid) as bytes
  from pg_constraint k where k.contype = 'f' and k.conparentid = 0
    and not exists (select from pg_index i where i.indrelid = k.conrelid and i.indisvalid and i.indpred is null
      and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey and k.conkey @> (i.indkey::int2[])[0:cardinality(k.conkey) - 1])
  order by 3 desc`;

const SEQUENCES = `select quote_ident(schemaname) || '.' || quote_ident(sequencename) as name, last_value::numeric / max_value as used
  from pg_sequences where last_value is not null and increment_by > 0 and not cycle order by 2 desc limit 5`;

const ABOUT = `select pg_database_size(current_database()) as bytes, age(datfrozenxid) as age, current_setting('autovacuum') as autovacuum,
    current_setting('autovacuum_freeze_max_age') as most, current_setting('max_connections') as slots, (select count(*) from pg_stat_activity where datname = current_database()) as used,
    extract(epoch from coalesce((select stats_reset from pg_stat_database where datname = current_database()), pg_postmaster_start_time())) as since,
    extract(epoch from now() - (select min(xact_start) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid())) as oldest
  from pg_database where datname = current_database()`;

const STATEMENTS = `select left(regexp_replace(query, '\\s+', ' ', 'g'), 200) as text, calls, mean_exec_time as mean, total_exec_time as total
  from {schema}.pg_stat_statements where dbid = (select oid from pg_database where datname = current_database()) and query !~* '^(begin|commit|set|show|vacuum|copy|.*sluice)' order by total_exec_time desc limit 15`;

/** Everything that a review looks at, as the database says it. */
export async function look(ask: Ask): Promise<Omit<DatabaseState, "schema" | "migrations">> {
  const [about] = await ask(ABOUT);
  const number = (value: string | null | undefined): number => Number(value ?? 0);
  const maybe = (value: string | null | undefined): number | undefined =>
    value === null || value === undefined ? undefined : Number(value);
  return {
    bytes: number(about?.bytes),
    age: number(about?.age),
    freezeAge: number(about?.most),
    autovacuum: about?.autovacuum === "on",
    connections: { used: number(about?.used), most: number(about?.slots) },
    since: number(about?.since),
    oldestTransactionSeconds: number(about?.oldest),
    tables: (await ask(TABLES)).map(
      (row): Table => ({
        name: `${row.name}`,
        ...{
          bytes: number(row.bytes),
          total: number(row.total),
          live: number(row.live),
          dead: number(row.dead),
          needed: maybe(row.needed),
        },
        ...{ scans: number(row.scans), read: number(row.read), lookups: number(row.lookups), age: number(row.age) },
        ...{ vacuumed: maybe(row.vacuumed), analyzed: maybe(row.analyzed) },
      }),
    ),
    indexes: (await ask(INDEXES)).map(
      (row): Index => ({
        ...{ name: `${row.name}`, on: `${row.on}`, scans: number(row.scans), bytes: number(row.bytes), definition: `${row.definition}` },
        ...{ needed: row.needed === "t", valid: row.valid === "t" },
      }),
    ),
    foreignKeys: (await ask(FOREIGN_KEYS)).map(({ table, name, bytes }) => ({ table: `${table}`, name: `${name}`, bytes: number(bytes) })),
    sequences: (await ask(SEQUENCES)).map(({ name, used }) => ({ name: `${name}`, used: number(used) })),
    queries: await statements(ask),
  };
}

/** Nothing where the extension is not there, or keeps nothing (shared_preload_libraries). */
async function statements(ask: Ask): Promise<readonly Query[] | undefined> {
  const [where] = await ask(
    "select quote_ident(n.nspname) as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'",
  );
  if (where === undefined) return undefined;
  try {
    const rows = await ask(STATEMENTS.replace("{schema}", `${where.schema}`));
    return rows.map(({ text, calls, mean, total }) => ({
      text: `${text}`,
      calls: Number(calls),
      meanMs: Number(mean),
      totalMs: Number(total),
    }));
  } catch {
    return undefined;
  }
}

/** Names of migrations that the database has had, as the usual tools keep them; nothing where there is no such table. */
export async function migrations(ask: Ask): Promise<readonly string[] | undefined> {
  const tables = [
    ["pgmigrations", "name"],
    ["_prisma_migrations", "migration_name"],
    ["__drizzle_migrations", "hash"],
    ["knex_migrations", "name"],
  ] as const;
  for (const [table, column] of tables) {
    const [found] =
      await ask(`select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relname = '${table}' and c.relkind = 'r' and n.nspname not in ${OWN} limit 1`);
    if (found) return (await ask(`select ${column} as name from ${found.name} order by 1`)).map(({ name }) => `${name}`);
  }
  return undefined;
}
