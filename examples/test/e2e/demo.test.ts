import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { Docker } from "../../../estate/docker.ts";
import { Program } from "./program.ts";

const { postgres, redis, folder } = { postgres: inject("postgres"), redis: inject("redis"), folder: inject("folder") };
const docker = new Docker(process.env.DOCKER_HOST || "unix:///var/run/docker.sock");
const database = new pg.Pool({ host: postgres.host, port: postgres.port, database: "sluice", user: "sluice", password: postgres.password });
// A container that is stopped breaks idle connections.
database.on("error", () => undefined);

/** Only ends what hangs: no claim here depends on how busy the machine is. */
const PATIENCE = { timeout: 30_000 };

let env: Record<string, string>;
const running: Program[] = [];

beforeAll(async () => {
  await Promise.all([
    writeFile(join(folder, "postgres"), `${postgres.password}\n`),
    writeFile(join(folder, "redis"), redis.password, { mode: 0o600 }),
  ]);
  env = {
    ...{ POSTGRES_HOST: postgres.host, POSTGRES_PORT: `${postgres.port}`, POSTGRES_DATABASE: "sluice", POSTGRES_USER: "sluice" },
    ...{ REDIS_HOST: redis.host, REDIS_PORT: `${redis.port}` },
    ...{ POSTGRES_PASSWORD_FILE: join(folder, "postgres"), REDIS_PASSWORD_FILE: join(folder, "redis") },
  };
});
beforeEach(async () => {
  await database.query("drop schema public cascade; create schema public");
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.stop()));
});
afterAll(async () => {
  await database.end();
});

async function start(name: "api" | "web", more: Readonly<Record<string, string>> = {}): Promise<Program> {
  const program = await Program.start(name, { ...(name === "api" && env), ...more });
  running.push(program);
  return program;
}
const post = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

describe("the API", () => {
  it("takes an order, and gives it back from the database, then from the cache", async () => {
    const api = await (await start("api")).until("ok");
    const made = await api.ask("/orders", post({ item: "tea", quantity: 2 }));
    expect(made.status).toBe(201);
    const { id } = JSON.parse(made.body);
    expect(made.headers.get("location")).toBe(`orders/${id}`);
    const answers = [await api.ask(`/orders/${id}`), await api.ask(`/orders/${id}`)];
    expect(answers.map(({ headers }) => headers.get("x-cache"))).toEqual(["miss", "hit"]);
    expect(JSON.parse(answers[1]?.body ?? "")).toMatchObject({ id, item: "tea", quantity: 2 });
    expect(JSON.parse((await api.ask("/orders?limit=1")).body).orders).toHaveLength(1);
    expect((await api.ask("/metrics")).body).toContain('orders_created_total{service="api",slot="blue",release="v1"} 1');
  });

  it("refuses what is no order, and does not know what nobody ordered", async () => {
    const api = await (await start("api")).until("ok");
    const bad = [{ item: " ", quantity: 1 }, { item: "tea", quantity: 0 }, { quantity: 1 }, "tea"];
    for (const body of bad) expect((await api.ask("/orders", post(body))).status).toBe(400);
    expect((await api.ask("/orders/not-an-id")).status).toBe(400);
    expect((await api.ask("/orders/b9c5a0c6-1111-4222-8333-444455556666")).status).toBe(404);
    expect((await api.ask("/nothing")).status).toBe(404);
    expect(JSON.parse((await api.ask("/echo?a=1")).body)).toEqual({ method: "GET", query: { a: "1" } });
    expect(JSON.parse((await api.ask("/echo", post({ a: 1 }))).body)).toEqual({ method: "POST", body: { a: 1 } });
  });

  it("brings an empty database up to date once, however many replicas start at the same time", async () => {
    const replicas = await Promise.all([start("api"), start("api"), start("api")]);
    await Promise.all(replicas.map((api) => api.until("ok")));
    expect((await database.query("select name from pgmigrations")).rows).toEqual([{ name: "0001_orders" }]);
    expect(replicas.filter(({ said }) => said.includes('"applied":["0001_orders"]'))).toHaveLength(1);
  });

  it("adopts a database of the releases before node-pg-migrate, with its orders, and leaves it good for them", async () => {
    await database.query(`create table orders (id uuid primary key, item text not null, quantity integer not null check (quantity > 0),
      created_at timestamptz not null default now()); create index orders_by_time on orders (created_at desc, id);
      create table migrations (number integer primary key, applied_at timestamptz not null default now());
      insert into migrations (number) values (0); insert into orders values (gen_random_uuid(), 'from before', 1)`);
    const api = await (await start("api")).until("ok");
    expect(JSON.parse((await api.ask("/orders")).body).orders).toMatchObject([{ item: "from before", quantity: 1 }]);
    // What an older release asks before it decides what to do.
    expect((await database.query("select coalesce(max(number) + 1, 0) as next from migrations")).rows).toEqual([{ next: 1 }]);
  });

  it("answers from the database while Redis is away, says it is down, and finds back", async () => {
    const api = await (await start("api")).until("ok");
    const { id } = JSON.parse((await api.ask("/orders", post({ item: "tea", quantity: 2 }))).body);
    await docker.run(["container", "stop", "--time", "1", redis.container]);
    try {
      await api.until("down");
      const answer = await api.ask(`/orders/${id}`);
      expect([answer.status, answer.headers.get("x-cache")]).toEqual([200, "off"]);
    } finally {
      await docker.run(["container", "start", redis.container]);
    }
    await api.until("ok");
    expect(api.said).toContain("redis is back");
  });

  it("says 503 while Postgres is away, and never its words, and finds back", async () => {
    const api = await (await start("api")).until("ok");
    await docker.run(["container", "pause", postgres.container]);
    try {
      await api.until("down");
      const answer = await api.ask("/orders");
      expect([answer.status, JSON.parse(answer.body).message]).toEqual([503, "the database does not answer; try again"]);
    } finally {
      await docker.run(["container", "unpause", postgres.container]);
    }
    await api.until("ok");
    expect((await api.ask("/orders")).status).toBe(200);
  });

  it("starts before its database does, and waits for it", async () => {
    await docker.run(["container", "pause", postgres.container]);
    const api = await start("api");
    try {
      await api.until("down");
      expect((await api.ask("/orders")).status).toBe(503);
    } finally {
      await docker.run(["container", "unpause", postgres.container]);
    }
    await api.until("ok");
  });

  it("does not hide what breaks in the database, and logs it under the request's id", async () => {
    const api = await (await start("api")).until("ok");
    await database.query("drop table orders");
    const answer = await api.ask("/orders", { headers: { "x-request-id": "ev-1" } });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([500, expect.objectContaining({ error: "internal", requestId: "ev-1" })]);
    await expect.poll(() => api.said, PATIENCE).toMatch(/"requestId":"ev-1".*relation \\"orders\\" does not exist/);
  });

  it("refuses to start with bad settings, all of them named", async () => {
    const api = await start("api", { POSTGRES_HOST: "", PORT: "70000" });
    expect(await api.ended()).toBe(1);
    expect(api.said).toContain("the environment has 2 bad values");
    expect(api.said).toContain("PORT is '70000'; allowed: a whole number from 1 to 65535");
  });
});

describe("every program", () => {
  it("finishes what it has begun when it is told to stop, and takes nothing new", async () => {
    const web = await (await start("web", { FAULT_LATENCY_MS: "2500", SLUICE_DRAIN_SECONDS: "10" })).until("ok");
    const begun = web.ask("/version");
    await new Promise((later) => setTimeout(later, 1000));
    web.signal("SIGTERM");
    expect((await begun).status).toBe(200);
    expect(await web.ended()).toBe(0);
    await expect(web.ask("/version")).rejects.toThrow();
    expect(web.said).toContain("drained");
  });

  it("cuts what takes longer than its drain time, and says so with its exit code", async () => {
    const web = await (await start("web", { FAULT_HANG: "requests", SLUICE_DRAIN_SECONDS: "2" })).until("ok");
    const begun = web.ask("/version").catch(() => "cut");
    await new Promise((later) => setTimeout(later, 1000));
    web.signal("SIGINT");
    expect([await begun, await web.ended()]).toEqual(["cut", 1]);
  });

  it.each<[string, Record<string, string>, (web: Program) => Promise<unknown>, unknown]>([
    ["fail", { FAULT_ERROR_RATE: "1" }, async (web) => (await web.ask("/version")).status, 500],
    ["hang up", { FAULT_HANG_UP: "true" }, (web) => web.ask("/version").catch(() => "cut"), "cut"],
    [
      "be unhealthy",
      { FAULT_UNHEALTHY: "true" },
      async (web) => (await web.until("down")).ask("/health").then(({ status }) => status),
      503,
    ],
    ["crash", { FAULT_EXIT_AFTER_MS: "300", FAULT_LEAK_MB_PER_MINUTE: "60" }, (web) => web.ended(), 1],
    ["leak", { FAULT_LEAK_MB_PER_MINUTE: "60" }, leaks, true],
  ])("can be told to %s", async (_what, faults, outcome, expected) => {
    const web = await start("web", faults);
    await expect.poll(() => web.said, PATIENCE).toContain("listening");
    expect(await outcome(web)).toBe(expected);
  });
});

async function leaks(web: Program): Promise<boolean> {
  await expect.poll(() => web.said, PATIENCE).toContain("leaking 60 MB a minute");
  await new Promise((later) => setTimeout(later, 1500));
  return (await web.ask("/version")).status === 200;
}

describe("the page", () => {
  it("is one document of this release that may run its own script alone", async () => {
    const web = await (await start("web", { SLUICE_SLOT: "green", SLUICE_RELEASE: "<v2>" })).until("ok");
    const { status, body, headers } = await web.ask("/");
    expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-[^;]+; script-src 'sha256-/);
    expect(body).toContain("<strong>green</strong> <span>&lt;v2&gt;</span>");
    expect(JSON.parse((await web.ask("/version")).body)).toEqual({ service: "web", slot: "green", release: "<v2>" });
  });
});
