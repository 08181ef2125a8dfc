import { describe, expect, it } from "vitest";
import { changesAnything, judge } from "../../migrations/judge.ts";
import { type Facts, objections } from "../../migrations/preflight.ts";
import { statementsOf } from "../../migrations/statements.ts";

const rules = async (sql: string, { ms = 1, inTransaction = true } = {}) =>
  (await judge([{ sql, ms, inTransaction }])).map(({ rule }) => rule);

describe("statements that are dangerous on a database in use", () => {
  it.each([
    ["drop table orders", "drop-data"],
    ["drop table if exists a, b cascade", "drop-data"],
    ["drop schema old cascade", "drop-data"],
    ["alter table orders drop column note", "drop-data"],
    ["alter table orders rename to orders_old", "rename"],
    ["alter table orders rename column a to b", "rename"],
    ["alter table orders alter column id type bigint", "change-type"],
    ["alter table orders alter column note set not null", "not-null"],
    ["alter table orders add column note text not null", "not-null"],
    ["truncate orders", "every-row"],
    ["delete from orders", "every-row"],
    ["update orders set paid = true", "every-row"],
    ["vacuum full orders", "heavy-lock"],
    ["do $$ begin perform 1; end $$", "unreadable"],
    ["this is no SQL", "unreadable"],
  ])("%s: %s", async (sql, rule) => {
    expect(await rules(sql)).toEqual([rule]);
  });

  it.each([
    ["create table a (id int primary key)"],
    ["alter table orders add column note text"],
    ["alter table orders add column note text not null default ''"],
    ["alter table orders add column id2 bigint generated always as identity not null"],
    ["alter table orders add constraint c check (a > 0) not valid"],
    ["alter table orders validate constraint c"],
    ["delete from orders where id = 1"],
    ["update orders set paid = true where id = 1"],
    ["drop index old"],
    ["insert into a values (1)"],
    ["select * from orders"],
    ["comment on table orders is 'drop table orders'"],
  ])("and none of its own: %s", async (sql) => {
    expect(await rules(sql)).toEqual([]);
  });

  it.each([
    ["create index i on orders (a)", "blocking-index"],
    ["alter table orders add unique (a)", "blocking-index"],
    ["alter table orders add foreign key (a) references b (id)", "blocking-constraint"],
    ["alter table orders add constraint c check (a > 0)", "blocking-constraint"],
    ["lock table orders", "heavy-lock"],
  ])("hold a lock only as long as they take on the copy: %s", async (sql, rule) => {
    expect(await rules(sql, { ms: 499 })).toEqual([]);
    expect(await rules(sql, { ms: 500 })).toEqual([rule]);
  });

  it("are none on a table that the same migration has made", async () => {
    const made = [
      "create table a (id int)",
      "alter table a add column b int not null",
      "create index on a (b)",
      "alter table a drop column b",
      "drop table a",
    ];
    expect(await judge(made.map((sql) => ({ sql, ms: 9000, inTransaction: true })))).toEqual([]);
    expect((await judge(made.slice(1).map((sql) => ({ sql, ms: 9000, inTransaction: true })))).length).toBe(4);
  });

  it("must stand in a transaction, but for what cannot", async () => {
    const loose = { inTransaction: false };
    expect(await rules("alter table orders add column note text", loose)).toEqual(["no-transaction"]);
    expect(await rules("create index concurrently i on orders (a)", { ...loose, ms: 90_000 })).toEqual([]);
    expect(await rules("select 1", loose)).toEqual([]);
    expect(await rules("set lock_timeout = 1", loose)).toEqual([]);
  });

  it("say what to do in their place, once for each statement", async () => {
    const [danger, ...more] = await judge([1, 2].map(() => ({ sql: "drop  table\n orders", ms: 1, inTransaction: true })));
    expect(more).toEqual([]);
    expect(danger).toMatchObject({ rule: "drop-data", statement: "drop table orders", instead: expect.stringContaining("next one") });
  });
});

describe("whether anything changes", () => {
  const change = (...all: string[]) => changesAnything(all.map((sql) => ({ sql, ms: 1, inTransaction: true })));
  it("is what changes schema or data, and not what asks", async () => {
    expect(await change("select 1", "begin", "set lock_timeout = 1", "commit")).toBe(false);
    expect(await change("select 1", "insert into a values (1)")).toBe(true);
    expect(await change("do $$ begin end $$")).toBe(true);
  });
});

describe("what the server wrote down", () => {
  const at = (pid: number, who: string, text: string) => `2026-11-22 03:40:00.123 UTC [${pid}] ${who}@app LOG:  ${text}`;
  const log = [
    "2026-11-22 03:40:00.001 UTC [1] LOG:  database system is ready to accept connections",
    at(7, "m", "duration: 0.1 ms  statement: BEGIN"),
    at(7, "m", "duration: 12.5 ms  statement: create table a (\n\t  id int\n\t)"),
    at(9, "other", "duration: 1.0 ms  statement: drop table b"),
    at(8, "m", "duration: 2.0 ms  execute <unnamed>: insert into h values ($1)"),
    "2026-11-22 03:40:00.123 UTC [8] m@app DETAIL:  Parameters: $1 = 'planted'",
    at(8, "m", "duration: 0.3 ms  parse <unnamed>: insert into h values ($1)"),
    at(7, "m", "duration: 0.2 ms  statement: COMMIT"),
    at(7, "m", "duration: 3.0 ms  statement: create index concurrently i on a (id)"),
    at(7, "m", "duration: 4.0 ms  statement: start transaction; alter table a add b int; commit;"),
    at(7, "m", "duration: 5.0 ms  statement: alter table a add c int"),
  ].join("\n");

  it("is the statements of one user, whole, with their times, session by session inside and outside of transactions", () => {
    expect(statementsOf(log, "m").map(({ sql, ms, inTransaction }) => [sql, ms, inTransaction])).toEqual([
      ["BEGIN", 0.1, true],
      ["create table a (\n  id int\n)", 12.5, true],
      ["insert into h values ($1)", 2, false],
      ["COMMIT", 0.2, true],
      ["create index concurrently i on a (id)", 3, false],
      ["start transaction; alter table a add b int; commit;", 4, true],
      ["alter table a add c int", 5, false],
    ]);
  });

  it("does not hold values", () => {
    expect(JSON.stringify(statementsOf(log, "m"))).not.toContain("planted");
  });
});

describe("before a migration", () => {
  const calm: Facts = { open: [], waiting: 0, prepared: [], invalidIndexes: [], readOnly: false, sizeMb: 100, freeMb: 456 };
  it("nothing stands against it where nobody is in the way", () => {
    expect(objections(calm)).toEqual([]);
  });

  it.each<[string, Partial<Facts>, string]>([
    [
      "a transaction that is open",
      { open: [{ pid: 7, user: "app", application: "psql", seconds: 99, state: "idle in transaction" }] },
      "pg_terminate_backend(7)",
    ],
    ["somebody who waits for a lock", { waiting: 2 }, "2 sessions wait"],
    ["a prepared transaction", { prepared: ["x1"] }, "'x1'"],
    ["an index that is not valid", { invalidIndexes: ["i"] }, "drop index concurrently i"],
    ["a database that takes no writes", { readOnly: true }, "takes no writes"],
    ["a disk that may get full", { freeMb: 455 }, "may need 456 MB"],
  ])("%s does", (_, change, words) => {
    expect(objections({ ...calm, ...change })).toEqual([expect.stringContaining(words)]);
  });

  it("everything is said at once", () => {
    expect(objections({ ...calm, waiting: 1, readOnly: true, prepared: ["a", "b"] })).toHaveLength(4);
  });
});
