import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { Server as NetServer, type Socket } from "node:net";

export interface DrainOptions {
  /** All of it must be over by then; what still runs is cut, milliseconds. */
  readonly limitMs: number;
  /**
   * How long a kept-alive connection without a request stays open, so that a request already on its way is still answered, milliseconds.
   * @default a quarter of the limit, at most 2000
   */
  readonly idleGraceMs?: number;
}

/** How a drain ended. */
export interface DrainResult {
  /** Requests that were cut because the limit was reached. */
  readonly cut: number;
}

export interface Drain {
  readonly draining: boolean;
  /** Stops the server; resolves when its last connection is closed. A second call gives the first one's result. */
  start(options: DrainOptions): Promise<DrainResult>;
}

/**
 * Prepares a server to be stopped without losing a request.
 *
 * `server.close()` alone closes idle connections at once, and a proxy that has just written a request to one loses it. Here the server only
 * stops listening; whatever still arrives on an open connection is answered with `Connection: close`; connections nobody uses are closed
 * after a grace period, cut ones at the limit.
 */
export function prepareDrain(server: Server): Drain {
  const busy = new Map<Socket, number>();
  let draining: Promise<DrainResult> | undefined;

  server.on("connection", (socket) => {
    busy.set(socket, 0);
    socket.once("close", () => busy.delete(socket));
  });
  // First in line: the header must be set before any handler can answer.
  server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    inFlight.add(response);
    if (draining) response.setHeader("connection", "close");
    response.once("close", () => {
      inFlight.delete(response);
      if (busy.has(socket)) busy.set(socket, (busy.get(socket) ?? 1) - 1);
    });
  });
  const inFlight = new Set<ServerResponse>();

  async function run({ limitMs, idleGraceMs = Math.min(2000, limitMs / 4) }: DrainOptions): Promise<DrainResult> {
    for (const response of inFlight) if (!response.headersSent) response.setHeader("connection", "close");
    // The plain TCP server's close: it stops listening and leaves connections alone.
    const closed = new Promise<void>((resolve) => {
      NetServer.prototype.close.call(server, () => resolve());
    });
    const closeIdle = () => {
      for (const [socket, requests] of busy) if (requests === 0) socket.end();
    };

    let cut = 0;
    let sweep: NodeJS.Timeout | undefined;
    const grace = setTimeout(() => {
      closeIdle();
      // An answer whose header was already sent when the drain began leaves its connection open.
      sweep = setInterval(closeIdle, 100);
    }, idleGraceMs);
    const limit = setTimeout(() => {
      cut = inFlight.size;
      server.closeAllConnections();
      for (const socket of busy.keys()) socket.destroy();
    }, limitMs);

    await closed;
    clearTimeout(grace);
    clearTimeout(limit);
    clearInterval(sweep);
    return { cut };
  }

  return {
    get draining() {
      return draining !== undefined;
    },
    start(options) {
      draining ??= run(options);
      return draining;
    },
  };
}
