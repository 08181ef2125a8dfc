import type { EventEmitter } from "node:events";
import getPort from "get-port";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

/** What the stand-ins of the libraries do; each test sets it. */
const world = vi.hoisted(() => ({ migrations: 0, redis: "ready", pools: [] as { ended: boolean }[], failFirst: true }));

vi.mock("pg", async () => {
  const { EventEmitter } = await import("node:events");
  class Pool extends EventEmitter {
    ended = false;
    constructor() {
      super();
      world.pools.push(this);
    }
    async query(sql: string) {
      if (sql === "select 1") return { rows: [{}] };
      return { rows: [{ id: "b9c5a0c6-1111-4222-8333-444455556666", item: "tea", quantity: 2, created_at: new Date(0) }] };
    }
    async connect() {
      return { release: () => undefined };
    }
    async end() {
      this.ended = true;
    }
  }
  return { default: { Pool } };
});
vi.mock("node-pg-migrate", () => ({
  runner: async () => {
    world.migrations++;
    if (world.failFirst && world.migrations === 1) throw new Error("connect ECONNREFUSED");
    return world.migrations === 2 ? [{ name: "0001_orders" }] : [];
  },
}));
vi.mock("ioredis", async () => ({
  Redis: class extends (await import("node:events")).EventEmitter {
    options = {};
    get status() {
      return world.redis;
    }
    get = async () => null;
    set = async () => "OK";
    ping = async () => "PONG";
    disconnect() {}
  },
}));

const before = { ...process.env };
const SIGNALS = ["SIGTERM", "SIGINT"] as const;
/** Who listened to signals before a program did. */
const listened = SIGNALS.map((signal) => process.listeners(signal));
let port: number;
let exited: Promise<number>;

beforeEach(async () => {
  vi.resetModules();
  Object.assign(world, { migrations: 0, redis: "ready", pools: [], failFirst: true });
  port = await getPort({ host: "127.0.0.1" });
  Object.assign(process.env, {
    PORT: `${port}`,
    LOG_LEVEL: "silent",
    SLUICE_SLOT: "blue",
    SLUICE_RELEASE: "v1",
    SLUICE_DRAIN_SECONDS: "1",
  });
  exited = new Promise((resolve) => {
    vi.spyOn(process, "exit").mockImplementation((code) => {
      resolve(Number(code));
      return undefined as never;
    });
  });
});
afterEach(() => {
  // A program that has ended hears no signal; these have ended in name only, and would end the tests' own process with the next one's.
  SIGNALS.forEach((signal, index) => {
    for (const listener of process.listeners(signal)) if (!listened[index]?.includes(listener)) process.off(signal, listener);
  });
  vi.restoreAllMocks();
  for (const key of Object.keys(process.env)) if (!(key in before)) delete process.env[key];
  Object.assign(process.env, before);
});

const ask = async (path: string, init?: RequestInit) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return { status: answer.status, body: await answer.text(), headers: answer.headers };
};
const json = async (path: string, init?: RequestInit) => JSON.parse((await ask(path, init)).body);

describe("the API as a program", () => {
  const start = async () => {
    Object.assign(process.env, { SLUICE_SERVICE: "api", POSTGRES_HOST: "p", POSTGRES_DATABASE: "d", POSTGRES_USER: "u", REDIS_HOST: "r" });
    await import("../../api/server.ts");
  };

  it("waits for the database, serves orders, counts them, and drains when told to", async () => {
    await start();
    expect(world.migrations).toBe(2);
    expect(await json("/health")).toMatchObject({ status: "ok", down: [], service: "api", slot: "blue", release: "v1" });
    expect((await json("/orders")).orders).toHaveLength(1);
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"item":"tea","quantity":2}' };
    expect((await ask("/orders", init)).status).toBe(201);
    expect((await ask("/metrics")).body).toContain('orders_created_total{service="api",slot="blue",release="v1"} 1');
    for (const pool of world.pools) (pool as unknown as EventEmitter).emit("error", new Error("terminated"));
    process.emit("SIGTERM");
    expect(await exited).toBe(0);
    expect(world.pools.map(({ ended }) => ended)).toEqual([true, true]);
  });

  it("is down, and says why, while Redis is away", async () => {
    world.redis = "reconnecting";
    world.failFirst = false;
    await start();
    expect(await json("/health")).toMatchObject({ status: "down", down: ["redis"], checks: { redis: "not connected" } });
    process.emit("SIGTERM");
    expect(await exited).toBe(0);
  });
});

describe("the page as a program", () => {
  it("serves one document that may run its own script alone", async () => {
    process.env.SLUICE_SERVICE = "web";
    await import("../../web/server.ts");
    const page = await ask("/");
    expect([page.status, page.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(page.body).toContain("<strong>blue</strong> <span>v1</span>");
    process.emit("SIGINT");
    expect(await exited).toBe(0);
  });
});
