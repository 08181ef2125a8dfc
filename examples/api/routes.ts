import type { FastifyInstance } from "fastify";
import type { NewOrder, Orders } from "./orders.ts";

export interface RouteOptions {
  readonly orders: Orders;
  /** False until the schema is up to date. */
  readonly ready: () => boolean;
  /** Called for each order that was taken. */
  readonly onOrder: () => void;
}

const newOrder = {
  type: "object",
  required: ["item", "quantity"],
  additionalProperties: false,
  properties: {
    item: { type: "string", minLength: 1, maxLength: 200, pattern: "\\S" },
    quantity: { type: "integer", minimum: 1, maximum: 1000 },
  },
} as const;

const id = { type: "object", properties: { id: { type: "string", format: "uuid" } } } as const;
const page = { type: "object", properties: { limit: { type: "integer", minimum: 1, maximum: 200, default: 50 } } } as const;

/** What a driver reports when the database itself is away, not the statement wrong. */
const AWAY = /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ETIMEDOUT|timeout|terminat|57P0\d|53300/i;

/** True when trying again later may help. */
export const isAway = (error: { message: string; code?: string }): boolean => AWAY.test(`${error.code ?? ""} ${error.message}`);

/** The demo's own API: orders, and an echo that costs nothing. */
export function registerRoutes(server: FastifyInstance, { orders, ready, onOrder }: RouteOptions): void {
  server.setErrorHandler<Error & { statusCode?: number; code?: string }>((error, request, reply) => {
    const status = error.statusCode ?? (isAway(error) ? 503 : 500);
    if (status < 500) return reply.code(status).send({ error: "bad request", message: error.message });
    request.log.error({ error: error.message, code: error.code }, "request failed");
    const message =
      status === 503 ? "the database does not answer; try again" : "something broke; the log knows more under this request id";
    return reply.code(status).send({ error: status === 503 ? "unavailable" : "internal", message, requestId: request.id });
  });

  // Registered as a plugin of its own so that the hook guards these routes alone.
  server.register(async (guarded) => {
    guarded.addHook("onRequest", async (_request, reply) => {
      if (!ready()) return reply.code(503).send({ error: "starting", message: "the database is not ready yet; try again" });
    });
    guarded.get<{ Querystring: { limit: number } }>("/orders", { schema: { querystring: page } }, async (request) => ({
      orders: await orders.list(request.query.limit),
    }));
    guarded.post<{ Body: NewOrder }>("/orders", { schema: { body: newOrder } }, async (request, reply) => {
      const order = await orders.add(request.body);
      onOrder();
      return reply.code(201).header("location", `orders/${order.id}`).send(order);
    });
    guarded.get<{ Params: { id: string } }>("/orders/:id", { schema: { params: id } }, async (request, reply) => {
      const { order, cache } = await orders.get(request.params.id);
      reply.header("x-cache", cache);
      if (!order) return reply.code(404).send({ error: "not found", message: `there is no order ${request.params.id}` });
      return order;
    });
  });

  // Used under load: no log line for each request.
  server.get("/echo", { logLevel: "warn" }, async (request) => ({ method: "GET", query: request.query }));
  server.post("/echo", { logLevel: "warn" }, async (request) => ({ method: "POST", body: request.body ?? null }));
}
