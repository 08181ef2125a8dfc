import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";
import pg from "pg";

export interface DatabaseSettings {
  readonly POSTGRES_HOST: string;
  readonly POSTGRES_PORT: number;
  readonly POSTGRES_DATABASE: string;
  readonly POSTGRES_USER: string;
  readonly POSTGRES_PASSWORD_FILE: string;
  readonly POSTGRES_POOL: number;
}

/** Replicas that start together take turns at it; the releases before node-pg-migrate use the same number. */
const MIGRATION_LOCK = 5_110_716;

/** These lie beside this file in the sources and beside the bundle in the image. */
export const MIGRATIONS = fileURLToPath(new URL("./migrations", import.meta.url));

/** What `migrations` was to the releases before; what node-pg-migrate has done stands here. */
export const MIGRATIONS_TABLE = "pgmigrations";

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

/**
 * Brings the schema up to date in one transaction; safe in any number of replicas at once.
 * @returns names of the migrations that this call has applied
 */
export async function migrate(pool: pg.Pool, dir = MIGRATIONS): Promise<string[]> {
  const client = await pool.connect();
  try {
    const applied = await runner({
      dbClient: client,
      dir,
      direction: "up",
      migrationsTable: MIGRATIONS_TABLE,
      singleTransaction: true,
      lockValue: MIGRATION_LOCK,
      advisoryLockMode: "wait",
      // Its words are those of the error that it throws.
      log: () => undefined,
    });
    client.release();
    return applied.map(({ name }) => name);
  } catch (error) {
    // A broken connection is not given back; without it, the server undoes the transaction and frees the lock.
    client.release(true);
    throw error;
  }
}
