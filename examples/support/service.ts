import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import fastify, { type FastifyInstance, LogController } from "fastify";
import { ConfigProblem, type commonSettings, type readConfig } from "./config.ts";
import { prepareDrain } from "./drain.ts";
import { faultFor, isProbe, startFaults } from "./faults.ts";
import { createMetrics, type Identity, type Metrics } from "./metrics.ts";

export type CommonConfig = ReturnType<typeof readConfig<typeof commonSettings>>;

/** What a dependency's check found; the first is the truth behind `/health`. */
export type Health = Readonly<Record<string, "ok" | string>>;

export interface ServiceOptions {
  readonly config: CommonConfig;
  /**
   * Asks each dependency how it is; the answer must come within a second.
   * @default no dependency
   */
  readonly health?: () => Promise<Health>;
}

export interface Service {
  readonly server: FastifyInstance;
  readonly identity: Identity;
  readonly metrics: Metrics;
  /** Listens, and from then on drains on SIGTERM and SIGINT. */
  start(): Promise<void>;
}

/** Longer than any proxy keeps an idle connection (nginx: 60 s): the side that closes must be the one that sends requests. */
const KEEP_ALIVE_MS = 75_000;

const requestId = (header: string | string[] | undefined): string =>
  typeof header === "string" && /^[\w.:-]{1,128}$/.test(header) ? header : randomUUID();

/** What api and web have in common: logs, request ids, probes, version, metrics, faults and a drain. */
export function createService({ config, health = async () => ({}) }: ServiceOptions): Service {
  const identity: Identity = { service: config.SLUICE_SERVICE, slot: config.SLUICE_SLOT, release: config.SLUICE_RELEASE };
  const server = fastify({
    logger: {
      level: config.LOG_LEVEL,
      base: identity,
      messageKey: "message",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: (request) => requestId(request.headers["x-request-id"]),
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A request that arrives while draining is answered, not refused.
    return503OnClosing: false,
    trustProxy: true,
  });
  const metrics = createMetrics(identity);
  const drain = prepareDrain(server.server);

  server.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    const fault = faultFor(request.url, config, Math.random());
    if (fault.delayMs > 0) await sleep(fault.delayMs);
    if (fault.end === "hang" || fault.end === "hangUp") {
      reply.hijack();
      if (fault.end === "hangUp") request.raw.socket.destroy();
      return;
    }
    if (fault.end === "fail") return reply.code(500).send({ error: "fault", message: "this slot was told to fail (FAULT_ERROR_RATE)" });
  });
  server.addHook("onResponse", async (request, reply) => {
    if (isProbe(request.url)) return;
    const route = request.routeOptions.url ?? "unmatched";
    metrics.observe(route, request.method, reply.statusCode, reply.elapsedTime / 1000);
    const line = { route, method: request.method, status: reply.statusCode, milliseconds: Math.round(reply.elapsedTime * 10) / 10 };
    request.log[reply.statusCode >= 500 ? "error" : "info"](line, "request");
  });

  server.get("/version", async () => identity);
  server.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()));
  server.get("/health", async (_request, reply) => {
    const checks: Health = config.FAULT_UNHEALTHY ? { fault: "this slot was told to be unhealthy (FAULT_UNHEALTHY)" } : await health();
    const down = Object.keys(checks).filter((name) => checks[name] !== "ok");
    const status = drain.draining ? "draining" : down.length > 0 ? "down" : "ok";
    return reply.code(status === "ok" ? 200 : 503).send({ status, down, checks, ...identity });
  });

  async function stop(signal: string): Promise<void> {
    server.log.info(`${signal}: draining for up to ${config.SLUICE_DRAIN_SECONDS} s`);
    // Some time is kept for closing the pools and for the process itself.
    const { cut } = await drain.start({ limitMs: config.SLUICE_DRAIN_SECONDS * 900 });
    if (cut > 0) server.log.warn({ cut }, `the drain time was over with ${cut} requests unfinished; raise drainSeconds`);
    await server.close();
    server.log.info("drained");
    process.exit(cut > 0 ? 1 : 0);
  }

  return {
    server,
    identity,
    metrics,
    async start() {
      for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop(signal));
      startFaults(config, (words) => server.log.warn(words));
      await server.listen({ port: config.PORT, host: "0.0.0.0" });
    },
  };
}

/** Runs a program's main function; a bad setting ends it with its words alone. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof ConfigProblem ? error.message : error);
    process.exit(1);
  }
}
