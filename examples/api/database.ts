import { readFile } from "node:fs/promises";
import pg from "pg";

export interface DatabaseSettings {
  readonly POSTGRES_HOST: string;
  readonly POSTGRES_PORT: number;
  readonly POSTGRES_DATABASE: string;
  readonly POSTGRES_USER: string;
  readonly POSTGRES_PASSWORD_FILE: string;
  readonly POSTGRES_POOL: number;
}

/** Any fixed number: replicas that start together take turns at it. */
const MIGRATION_LOCK = 5_110_716;

/** Applied in order, each once; an entry is never changed, only followed by another. */
const MIGRATIONS = [
  `create table orders (
     id uuid primary key,
     item text not null,
     quantity integer not null check (quantity > 0),
     created_at timestamptz not null default now()
   );
   create index orders_by_time on orders (created_at desc, id)`,
];

/** `max` connections; the password file is read for each new one, so a changed password needs no restart. */
export function createPool(settings: DatabaseSettings, max: number): pg.Pool {
  return new pg.Pool({
    host: settings.POSTGRES_HOST,
    port: settings.POSTGRES_PORT,
    database: settings.POSTGRES_DATABASE,
    user: settings.POSTGRES_USER,
    password: async () => (await readFile(settings.POSTGRES_PASSWORD_FILE, "utf8")).trimEnd(),
    max,
    connectionTimeoutMillis: 2000,
    query_timeout: 5000,
    keepAlive: true,
  });
}

/** Brings the schema up to date in one transaction; safe in any number of replicas at once. */
export async function migrate(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
    await client.query("create table if not exists migrations (number integer primary key, applied_at timestamptz not null default now())");
    const { rows } = await client.query<{ next: number }>("select coalesce(max(number) + 1, 0) as next from migrations");
    const next = rows[0]?.next ?? 0;
    for (const [number, sql] of MIGRATIONS.entries()) {
      if (number < next) continue;
      await client.query(sql);
      await client.query("insert into migrations (number) values ($1)", [number]);
    }
    await client.query("commit");
    client.release();
  } catch (error) {
    // A broken connection is not given back; without it, the server undoes the transaction.
    client.release(true);
    throw error;
  }
}
