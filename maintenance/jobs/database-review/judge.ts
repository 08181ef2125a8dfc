import type { Finding } from "../../job.ts";
import { ago, bytes, percent } from "../../words.ts";

/** Sizes in bytes, times in seconds since 1970, ages in transactions. */
export interface Table {
  readonly name: string;
  /** The table alone; with its indexes and TOAST. */
  readonly bytes: number;
  readonly total: number;
  readonly live: number;
  readonly dead: number;
  /** What its rows need; nothing where statistics are missing. */
  readonly needed?: number | undefined;
  readonly scans: number;
  /** Rows that scans of the whole table have read. */
  readonly read: number;
  readonly lookups: number;
  readonly age: number;
  readonly vacuumed?: number | undefined;
  readonly analyzed?: number | undefined;
}

export interface Index {
  readonly name: string;
  readonly on: string;
  readonly scans: number;
  readonly bytes: number;
  /** It keeps something unique, or a constraint. */
  readonly needed: boolean;
  readonly valid: boolean;
  /** The same for indexes that do the same. */
  readonly definition: string;
}

export interface Query {
  readonly text: string;
  readonly calls: number;
  readonly meanMs: number;
  readonly totalMs: number;
}

export interface DatabaseState {
  readonly bytes: number;
  readonly age: number;
  readonly freezeAge: number;
  readonly autovacuum: boolean;
  readonly connections: { readonly used: number; readonly most: number };
  /** Since when it counts. */
  readonly since: number;
  readonly oldestTransactionSeconds: number;
  readonly tables: readonly Table[];
  readonly indexes: readonly Index[];
  readonly foreignKeys: readonly { readonly table: string; readonly name: string; readonly bytes: number }[];
  /** `used` of 1. */
  readonly sequences: readonly { readonly name: string; readonly used: number }[];
  /** Absent: pg_stat_statements is not there. */
  readonly queries?: readonly Query[] | undefined;
  /** The schema as comparable lines. */
  readonly schema: readonly string[];
  /** Absent: no tool's table of migrations is known. */
  readonly migrations?: readonly string[] | undefined;
}

/** What the last review saw, as far as drift needs it. */
export type Seen = Pick<DatabaseState, "schema" | "migrations">;

const MB = 1_000_000;
const DAY = 86_400;
/** Below, nothing that could be won is worth a person's time. */
const WORTH_BYTES = 50 * MB;
const INDEX_WORTH_BYTES = 5 * MB;
const BLOAT_SHARE = 0.5;
/** autovacuum comes at 20 % dead rows; beyond this share it does not get through. */
const DEAD_SHARE = 0.4;
const DEAD_ROWS = 10_000;
/** An index that nobody has used may be for the end of the month. */
const UNUSED_DAYS = 30;
const SCANS_PER_DAY = 100;
const SLOW_MS = 500;
const SLOW_CALLS = 20;

/** Findings of a review, the heaviest areas first. @param now seconds since 1970 */
export function judge(state: DatabaseState, before: Seen | undefined, now: number): Finding[] {
  const days = Math.max((now - state.since) / DAY, 0.01);
  return [
    ...ages(state),
    ...space(state.tables),
    ...vacuum(state, now),
    ...indexes(state, days),
    ...queries(state),
    ...drift(state, before),
  ];
}

function ages({ age, freezeAge, autovacuum, sequences, oldestTransactionSeconds }: DatabaseState): Finding[] {
  const wrap = age / 2 ** 31;
  return [
    ...(wrap > 0.5
      ? [
          {
            level: "critical",
            what: `${percent(wrap)} of the transaction numbers are used up; at 100 % the database stops writing.`,
            todo: "Run vacuum freeze on the oldest tables today, and see what holds autovacuum up.",
          } as const,
        ]
      : age > freezeAge * 1.5
        ? [
            {
              level: "warning",
              what: `The oldest rows are ${age} transactions old; autovacuum should have frozen them at ${freezeAge}.`,
              todo: "See what holds it up: long transactions, replication slots, prepared transactions.",
            } as const,
          ]
        : []),
    ...(autovacuum
      ? []
      : [
          {
            level: "critical",
            what: "autovacuum is off: tables grow without an end, and the database stops in the end.",
            todo: "Switch it on: alter system set autovacuum = on.",
          } as const,
        ]),
    ...(oldestTransactionSeconds > 3600
      ? [
          {
            level: "warning",
            what: `A transaction has been open for ${ago(oldestTransactionSeconds * 1000)}: nothing that died since can be cleaned up.`,
            todo: "Find it in pg_stat_activity (xact_start), and end it: select pg_terminate_backend(pid).",
          } as const,
        ]
      : []),
    ...sequences.flatMap(({ name, used }): Finding[] =>
      used > 0.75
        ? [
            {
              level: used > 0.9 ? "critical" : "warning",
              what: `The sequence ${name} has handed out ${percent(used)} of its numbers; after the last one every insert fails.`,
              todo: "Make column and sequence bigint, before it is full: that rewrites the table.",
            },
          ]
        : [],
    ),
  ];
}

/** Of its size, the share that no row needs. */
export const bloat = ({ bytes: size, needed }: Table): number => (needed === undefined || size === 0 ? 0 : Math.max(0, 1 - needed / size));

function space(tables: readonly Table[]): Finding[] {
  return tables.flatMap((table): Finding[] => {
    const [share, lost] = [bloat(table), bloat(table) * table.bytes];
    return share > BLOAT_SHARE && lost > WORTH_BYTES
      ? [
          {
            level: "warning",
            what: `${table.name} holds about ${bytes(lost)} that no row needs (${percent(share)} of ${bytes(table.bytes)}).`,
            todo: "pg_repack without a lock, or vacuum full in a quiet hour: it locks the table.",
          },
        ]
      : [];
  });
}

function vacuum({ tables }: DatabaseState, now: number): Finding[] {
  return tables.flatMap((table): Finding[] => {
    const { name, live, dead, vacuumed, analyzed } = table;
    const share = dead / Math.max(1, live + dead);
    if (dead > DEAD_ROWS && share > DEAD_SHARE)
      return [
        {
          level: "warning",
          what: `${percent(share)} of the rows of ${name} are dead; autovacuum was last there ${vacuumed === undefined ? "never" : `${ago((now - vacuumed) * 1000)} ago`}.`,
          todo: `Run vacuum analyze ${name}; if it comes back, let autovacuum come earlier: alter table ${name} set (autovacuum_vacuum_scale_factor = 0.05).`,
        },
      ];
    return live > DEAD_ROWS && analyzed === undefined
      ? [{ level: "notice", what: `${name} has never been analyzed: the planner guesses.`, todo: `Run analyze ${name}.` }]
      : [];
  });
}

function indexes({ indexes: all, tables, foreignKeys }: DatabaseState, days: number): Finding[] {
  const twins = all.flatMap((index, at) =>
    all.slice(at + 1).flatMap((other) => (other.definition === index.definition ? [[index, other] as const] : [])),
  );
  return [
    ...all.flatMap(({ name, valid }): Finding[] =>
      valid
        ? []
        : [
            {
              level: "warning",
              what: `The index ${name} is not valid: it costs every write and helps no query.`,
              todo: `Run reindex index concurrently ${name}.`,
            },
          ],
    ),
    ...twins.map(([one, other]): Finding => {
      const spare = one.needed ? other : one;
      return {
        level: "warning",
        what: `The indexes ${one.name} and ${other.name} do the same (${bytes(spare.bytes)}).`,
        todo: `Drop one in a migration: drop index concurrently ${spare.name}.`,
      };
    }),
    ...all.flatMap(({ name, on, scans, bytes: size, needed, valid }): Finding[] =>
      scans === 0 && !needed && valid && size > INDEX_WORTH_BYTES && days >= UNUSED_DAYS
        ? [
            {
              level: "notice",
              what: `Nobody has used the index ${name} of ${on} for ${Math.floor(days)} days (${bytes(size)}).`,
              todo: `If no report of the quarter needs it, drop it in a migration: drop index concurrently ${name}.`,
            },
          ]
        : [],
    ),
    ...foreignKeys.flatMap(({ table, name, bytes: size }): Finding[] =>
      size > INDEX_WORTH_BYTES
        ? [
            {
              level: "warning",
              what: `No index helps the foreign key ${name} of ${table} (${bytes(size)}): each change of a row that it refers to reads all of it.`,
              todo: "Add an index on its columns in a migration, concurrently.",
            },
          ]
        : [],
    ),
    ...tables.flatMap(({ name, scans, read, lookups, bytes: size }): Finding[] =>
      size > WORTH_BYTES && scans / days > SCANS_PER_DAY && scans > lookups
        ? [
            {
              level: "warning",
              what: `${name} (${bytes(size)}) is read from end to end ${Math.round(scans / days)} times a day, ${Math.round(read / scans)} rows each: an index seems to be missing.`,
              todo: "Find the query (pg_stat_statements, explain), and add the index in a migration.",
            },
          ]
        : [],
    ),
  ];
}

function queries({ queries: known }: DatabaseState): Finding[] {
  if (known === undefined)
    return [
      {
        level: "notice",
        what: "Slow queries are not known: pg_stat_statements is not there.",
        todo: "Load it (shared_preload_libraries) and create extension pg_stat_statements in the database.",
      },
    ];
  return known.flatMap(({ text, calls, meanMs }): Finding[] =>
    meanMs > SLOW_MS && calls >= SLOW_CALLS
      ? [
          {
            level: "warning",
            what: `A query takes ${Math.round(meanMs)} ms on average, ${calls} times: ${text}`,
            todo: "See its plan: explain (analyze, buffers).",
          },
        ]
      : [],
  );
}

/** A schema that is another one than last time, while no migration has come: somebody has changed it by hand. */
export function drift({ schema, migrations }: Seen, before: Seen | undefined): Finding[] {
  if (before === undefined) return [];
  const [added, gone] = [schema.filter((line) => !before.schema.includes(line)), before.schema.filter((line) => !schema.includes(line))];
  if (added.length + gone.length === 0) return [];
  const lines = [...gone.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)];
  const shown = `${lines.slice(0, 5).join("; ")}${lines.length > 5 ? `; and ${lines.length - 5} more` : ""}`;
  const moved = JSON.stringify(migrations) !== JSON.stringify(before.migrations);
  if (moved) return [{ level: "ok", what: `The schema has changed with its migrations since the last review: ${shown}` }];
  return migrations === undefined
    ? [
        {
          level: "notice",
          what: `The schema has changed since the last review, and no table of migrations is known: ${shown}`,
          todo: "See whether somebody has changed it by hand.",
        },
      ]
    : [
        {
          level: "warning",
          what: `The schema has changed since the last review, and no migration has come: ${shown}`,
          todo: "Somebody has changed it by hand. Write the change as a migration, or take it back; npm run evidence compares with the migrations.",
        },
      ];
}
