import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import Fastify from "fastify";
import { describe, expect, it } from "vitest";
import { checkAll } from "../../examples/api/health.ts";
import { createOrders, type OrderRow, type Orders } from "../../examples/api/orders.ts";
import { isAway, registerRoutes } from "../../examples/api/routes.ts";
import { contentPolicy, escapeHtml, renderPage } from "../../examples/web/page.ts";

const row: OrderRow = {
  id: "b9c5a0c6-1111-4222-8333-444455556666",
  item: "tea",
  quantity: 2,
  created_at: new Date("2026-01-02T03:04:05Z"),
};
const order = { id: row.id, item: "tea", quantity: 2, createdAt: "2026-01-02T03:04:05.000Z" };

describe("orders", () => {
  const database = (rows: OrderRow[]) => {
    const asked: unknown[][] = [];
    const query = async (_sql: string, values: readonly unknown[]) => {
      asked.push([...values]);
      return { rows };
    };
    return { asked, query };
  };
  const memory = () => {
    const kept = new Map<string, string>();
    return { kept, get: async (key: string) => kept.get(key) ?? null, set: async (key: string, value: string) => kept.set(key, value) };
  };
  const broken = { get: () => Promise.reject(new Error("away")), set: () => Promise.reject(new Error("away")) };

  it("reads from the database once, then from the cache", async () => {
    const db = database([row]);
    const orders = createOrders(db, memory(), 60);
    expect(await orders.get(row.id)).toEqual({ order, cache: "miss" });
    expect(await orders.get(row.id)).toEqual({ order, cache: "hit" });
    expect(db.asked).toEqual([[row.id]]);
  });

  it("answers from the database while the cache is away", async () => {
    const orders = createOrders(database([row]), broken, 60);
    expect(await orders.get(row.id)).toEqual({ order, cache: "off" });
  });

  it("does not cache what is not there", async () => {
    const cache = memory();
    expect(await createOrders(database([]), cache, 60).get(row.id)).toEqual({ order: undefined, cache: "miss" });
    expect(cache.kept.size).toBe(0);
  });
});

describe("the API's routes", () => {
  const server = (orders: Partial<Orders>, ready = true, taken: number[] = []) => {
    const app = Fastify();
    registerRoutes(app, { orders: orders as Orders, ready: () => ready, onOrder: () => taken.push(1) });
    return app;
  };

  it.each([
    [{ item: "", quantity: 1 }],
    [{ item: "   ", quantity: 1 }],
    [{ item: "a".repeat(201), quantity: 1 }],
    [{ item: "tea", quantity: 0 }],
    [{ item: "tea", quantity: 1001 }],
    [{ item: "tea", quantity: 1.5 }],
    [{ item: "tea" }],
  ])("refuses the order %j with words", async (payload) => {
    const answer = await server({}).inject({ method: "POST", url: "/orders", payload });
    expect([answer.statusCode, answer.json().error]).toEqual([400, "bad request"]);
  });

  it("stores a good order, counts it and says where it is", async () => {
    const taken: number[] = [];
    const answer = await server({ add: async (given) => ({ ...order, ...given }) }, true, taken).inject({
      method: "POST",
      url: "/orders",
      payload: { item: "tea", quantity: 2 },
    });
    expect([answer.statusCode, answer.headers.location, answer.json()]).toEqual([201, `orders/${order.id}`, order]);
    expect(taken).toHaveLength(1);
  });

  it("answers 404 for an unknown order and 400 for what is no id", async () => {
    const app = server({ get: async () => ({ order: undefined, cache: "miss" }) });
    expect((await app.inject(`/orders/${order.id}`)).statusCode).toBe(404);
    expect((await app.inject("/orders/1")).statusCode).toBe(400);
  });

  it("says 503 while it starts and while the database is away, and never the database's own words", async () => {
    expect((await server({}, false).inject("/orders")).statusCode).toBe(503);
    const away = await server({ list: () => Promise.reject(new Error("connect ECONNREFUSED 10.0.0.9:5432")) }).inject("/orders");
    expect([away.statusCode, away.body.includes("10.0.0.9")]).toEqual([503, false]);
    const bug = await server({ list: () => Promise.reject(new Error('column "x" does not exist')) }).inject("/orders");
    expect([bug.statusCode, bug.body.includes("column")]).toEqual([500, false]);
  });

  it("echoes without the database", async () => {
    const answer = await server({}, false).inject({ method: "POST", url: "/echo", payload: { a: 1 } });
    expect(answer.json()).toEqual({ method: "POST", body: { a: 1 } });
  });

  it.each([
    ["timeout exceeded when trying to connect", undefined, true],
    ["terminating connection due to administrator command", "57P01", true],
    ["sorry, too many clients already", "53300", true],
    ["syntax error", "42601", false],
  ])("%s: away is %s %s", (message, code, away) => {
    expect(isAway(code ? { message, code } : { message })).toBe(away);
  });
});

describe("health checks", () => {
  it("runs all at once, keeps the words, and does not wait for ever", async () => {
    const start = Date.now();
    const health = await checkAll(
      { good: async () => 1, bad: () => Promise.reject(new Error("not connected")), silent: () => new Promise(() => undefined) },
      100,
    );
    expect(health).toEqual({ good: "ok", bad: "not connected", silent: "no answer within 100 ms" });
    expect(Date.now() - start).toBeLessThan(1000);
  });
});

describe("the page", () => {
  const parts = { style: "body { margin: 0 }", script: "void 0;" };
  const page = (slot: string, release = "v1") => renderPage({ identity: { service: "web", slot, release }, ...parts });

  it("shows the slot and release that served it", () => {
    expect(page("green", "v7")).toContain('data-slot="green"><dt>Page</dt><dd><strong>green</strong> <span>v7</span>');
  });

  it("escapes whatever a release is called", () => {
    const html = page(`"><script>alert(1)</script>`, "<img src=x onerror='x'>");
    expect(html).not.toContain("<script>alert");
    expect(html).not.toContain("<img");
    expect(html).toContain("&lt;img src=x onerror=&#39;x&#39;&gt;");
  });

  it("leaves no special character in any text", () => {
    fc.assert(fc.property(fc.string(), (text) => !/[<>"']|&(?!amp;|lt;|gt;|quot;|#39;)/.test(escapeHtml(text))));
  });

  it("asks for nothing outside itself", () => {
    const read = (name: string) => readFileSync(join(import.meta.dirname, "../../examples/web", name), "utf8");
    const html = renderPage({
      identity: { service: "web", slot: "blue", release: "v1" },
      style: read("style.css"),
      script: read("browser.js"),
    });
    expect(html.match(/(?:src|href)="(?!data:|#|\/api\/)[^"]*"|url\(|@import|https?:/g)).toBeNull();
    expect(html.match(/<\/script>/g)).toHaveLength(1);
  });

  it("allows exactly its own style and script", () => {
    const sum = (text: string) => createHash("sha256").update(text).digest("base64");
    expect(contentPolicy(parts)).toContain(`style-src 'sha256-${sum(parts.style)}'; script-src 'sha256-${sum(parts.script)}'`);
    expect(contentPolicy(parts)).not.toContain("unsafe");
  });
});
