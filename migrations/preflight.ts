import { z } from "zod";

/** What a database says of itself before a migration. */
export const Facts = z.object({
  /** Transactions that have been open for a while. */
  open: z.array(z.object({ pid: z.number(), user: z.string(), application: z.string(), seconds: z.number(), state: z.string() })),
  /** Sessions that wait for a lock. */
  waiting: z.number(),
  /** Transactions that were prepared and are neither committed nor taken back. */
  prepared: z.array(z.string()),
  /** Indexes that a failed `create index concurrently` has left. */
  invalidIndexes: z.array(z.string()),
  readOnly: z.boolean(),
  sizeMb: z.number(),
  freeMb: z.number(),
});
export type Facts = z.infer<typeof Facts>;

/** One query for all of it but the disk; `:patience` are seconds. */
export const FACTS_SQL = `
select json_build_object(
  'open', coalesce((select json_agg(json_build_object('pid', pid, 'user', coalesce(usename, ''), 'application', application_name,
      'seconds', extract(epoch from now() - xact_start)::int, 'state', coalesce(state, '')))
    from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
      and xact_start < now() - make_interval(secs => :patience)), '[]'),
  'waiting', (select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'),
  'prepared', coalesce((select json_agg(gid) from pg_prepared_xacts where database = current_database()), '[]'),
  'invalidIndexes', coalesce((select json_agg(indexrelid::regclass::text) from pg_index where not indisvalid), '[]'),
  'readOnly', current_setting('default_transaction_read_only')::bool or pg_is_in_recovery(),
  'sizeMb', (pg_database_size(current_database()) / 1048576.0)::float);
`;

/** What stands against a migration now, each with what to do; none: go on. */
export function objections(facts: Facts): string[] {
  const { open, waiting, prepared, invalidIndexes, readOnly, sizeMb, freeMb } = facts;
  return [
    ...open.map(
      ({ pid, user, application, seconds, state }) =>
        `session ${pid} of ${user}${application === "" ? "" : ` (${application})`} has had a transaction open for ${seconds} s (${state}): a lock would wait for it, and everybody for the lock. Let it end, or end it: select pg_terminate_backend(${pid})`,
    ),
    ...(waiting > 0
      ? [`${waiting} sessions wait for a lock already. Look at pg_stat_activity and pg_locks, and try again when nobody waits.`]
      : []),
    ...prepared.map((gid) => `the prepared transaction '${gid}' holds its locks until somebody says commit prepared or rollback prepared.`),
    ...invalidIndexes.map(
      (name) => `the index ${name} is not valid: a create index concurrently has failed. drop index concurrently ${name}, then try again.`,
    ),
    ...(readOnly
      ? ["the database takes no writes: its disk is almost full, or it is a replica. See docs/runbooks/DatabaseReadOnly.md"]
      : []),
    // The copy is on the same disk, and a table that is written anew needs its size once more.
    ...(freeMb < 2 * sizeMb + 256
      ? [
          `the disk has ${Math.floor(freeMb)} MB free, and a copy and a table written anew may need ${Math.ceil(2 * sizeMb + 256)} MB. Make room.`,
        ]
      : []),
  ];
}
