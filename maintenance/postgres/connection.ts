import pg from "pg";
import { z } from "zod";
import { Problem } from "../../toolchain/problem.ts";

/** Where a database is, and who asks. */
export const DatabaseFacts = z.object({
  host: z.string(),
  port: z.number(),
  user: z.string(),
  database: z.string(),
  /** Name of the secret that holds the password. */
  passwordSecret: z.string(),
});
export type DatabaseFacts = z.infer<typeof DatabaseFacts>;

/** A database with the password at hand; `password` is absent on a socket that asks for none. */
export interface Database {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password?: string;
}

/** Rows of an answer, every value as text or null. */
export type Ask = (sql: string, values?: readonly string[]) => Promise<readonly Record<string, string | null>[]>;

/**
 * What rows look like as text must not depend on how a server, a role or a database is set up: the same row has to read the same in the
 * estate and in the throw-away server. The time-outs that are lifted would end a session that holds a snapshot for a long dump.
 */
export const SESSION = [
  ..."timezone=UTC datestyle=ISO,YMD intervalstyle=iso_8601 bytea_output=hex extra_float_digits=1 xmloption=content".split(" "),
  ..."row_security=off search_path=pg_catalog statement_timeout=0 idle_in_transaction_session_timeout=0 jit=off".split(" "),
]
  .map((setting) => `-c ${setting}`)
  .join(" ");

/** As libpq's programs read it: nothing of it on a command line. */
export const libpq = ({ host, port, user, database, password }: Database): Record<string, string> => ({
  PGHOST: host,
  PGPORT: `${port}`,
  PGUSER: user,
  PGDATABASE: database,
  PGCONNECT_TIMEOUT: "10",
  PGAPPNAME: "sluice-maintenance",
  ...(password !== undefined && { PGPASSWORD: password }),
});

/**
 * Do something in one session, which is closed afterwards.
 * @throws Problem when nobody lets us in, or nobody answers
 */
export async function session<T>(database: Database, work: (ask: Ask) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    ...database,
    connectionTimeoutMillis: 10_000,
    application_name: "sluice-maintenance",
    options: SESSION,
    types: { getTypeParser: () => (value: string | Buffer) => `${value}` },
  });
  // A session that breaks fails what is asked next; without this it would end the whole job.
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new Problem(refusedWords(database, error));
  }
  try {
    return await work(async (sql, values = []) => (await client.query(sql, [...values])).rows as Record<string, string | null>[]);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Why nobody could be asked, and what to do. */
export function refusedWords({ host, port, user, database }: Database, error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  const at = host.startsWith("/") ? host : `${host}:${port}`;
  if (code === "28P01")
    return `Postgres at ${at} refuses the password of '${user}'. It is written when the estate is brought up: run \`npm start\`, then the job again.`;
  if (code === "3D000") return `Postgres at ${at} has no database '${database}'. See \`sluice:postgres.database\`.`;
  if (code === "53300")
    return `Postgres at ${at} has no connection left for the job. Raise \`sluice:postgres.maxConnections\`, or see who holds them.`;
  if (code === "57P03") return `Postgres at ${at} is still starting. Run the job again when it answers.`;
  return `Postgres at ${at} does not answer (${message || code || "no reason was given"}). See \`npm run status\`, and \`docker logs\` of its container.`;
}

/** A name as SQL takes it, whatever is in it. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text as SQL takes it. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
