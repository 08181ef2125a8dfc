import { readConfig } from "../support/config.ts";
import { createService, runMain } from "../support/service.ts";
import { createCache } from "./cache.ts";
import { apiSettings } from "./config.ts";
import { createPool, migrate } from "./database.ts";
import { checkAll } from "./health.ts";
import { createOrders } from "./orders.ts";
import { untilDone } from "./retry.ts";
import { registerRoutes } from "./routes.ts";

/** Orders in Postgres, a cache in Redis. */
await runMain(async () => {
  const config = readConfig(apiSettings, process.env);
  const pool = createPool(config, config.POSTGRES_POOL);
  // The health check has a connection of its own: a busy pool is not a dead database.
  const probe = createPool(config, 1);
  let ready = false;

  const service = createService({
    config,
    health: () =>
      checkAll({
        postgres: async () => {
          await probe.query("select 1");
          if (!ready) throw new Error("the schema is not up to date yet");
        },
        redis: async () => {
          if (redis.status !== "ready") throw new Error("not connected");
          await redis.ping();
        },
      }),
  });
  const { server, metrics } = service;
  const redis = createCache(config, (words) => server.log.warn(words));
  // Idle connections break when the server stops; the next query makes a new one.
  for (const each of [pool, probe]) each.on("error", (error) => server.log.warn({ error: error.message }, "a database connection broke"));

  registerRoutes(server, {
    orders: createOrders(pool, redis, config.CACHE_SECONDS),
    ready: () => ready,
    onOrder: metrics.counter("orders_created_total", "Orders taken."),
  });
  server.addHook("onClose", async () => {
    redis.disconnect();
    await Promise.all([pool.end(), probe.end()]);
  });
  await service.start();

  await untilDone(
    async () => {
      const applied = await migrate(pool);
      if (applied.length > 0) server.log.info({ applied }, "the schema is up to date");
    },
    (error) => server.log.warn({ error: error.message }, "waiting for postgres"),
  );
  ready = true;
  server.log.info("ready");
});
