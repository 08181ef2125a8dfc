import { parentPort, workerData } from "node:worker_threads";
import { Client } from "undici";
import type { LoadOptions, LoadResult, Seen } from "./load.ts";

/**
 * The other end of `startLoad`. One undici client per connection, one request at a time on it: every request either gets its
 * whole response or counts as failed. Nothing is ever repeated.
 */
const { origin, path, method, connections, body, headers } = workerData as LoadOptions;
const result: LoadResult = {
  requests: 0,
  failed: 0,
  statuses: {},
  errors: {},
  slots: {},
  outcomes: {},
  lastOfSlot: {},
  slowestMs: 0,
  seconds: 0,
};
let seen: Seen = { first: {}, last: {} };
let stopping = false;
const started = performance.now();

async function one(client: Client): Promise<void> {
  const sent = performance.now();
  try {
    const response = await client.request({ path, method, headers: { ...headers }, ...(body === undefined ? {} : { body }) });
    await response.body.dump({ limit: 1 << 30 });
    const status = response.statusCode;
    result.statuses[status] = (result.statuses[status] ?? 0) + 1;
    if (status >= 400) result.failed += 1;
    const slot = `${response.headers["x-sluice-slot"] ?? "none"}`;
    result.slots[slot] = (result.slots[slot] ?? 0) + 1;
    result.outcomes[`${slot} ${status}`] = (result.outcomes[`${slot} ${status}`] ?? 0) + 1;
    const now = performance.timeOrigin + performance.now();
    result.lastOfSlot[slot] = now;
    seen.first[slot] ??= now;
    seen.last[slot] = now;
  } catch (error) {
    result.failed += 1;
    const words = error instanceof Error ? `${"code" in error ? error.code : error.name}: ${error.message}` : `${error}`;
    result.errors[words] = (result.errors[words] ?? 0) + 1;
  }
  result.requests += 1;
  result.slowestMs = Math.max(result.slowestMs, performance.now() - sent);
}

async function connection(): Promise<void> {
  const client = new Client(origin, { pipelining: 1, keepAliveTimeout: 60_000, keepAliveMaxTimeout: 60_000 });
  while (!stopping) await one(client);
  await client.close();
}

parentPort?.on("message", (message) => {
  if (message === "stop") stopping = true;
  if (message === "count") parentPort?.postMessage({ count: result.requests });
  if (message === "mark") seen = { first: {}, last: {} };
  if (message === "mark" || message === "seen") parentPort?.postMessage({ seen });
});
await Promise.all(Array.from({ length: connections }, connection));
result.seconds = (performance.now() - started) / 1000;
parentPort?.postMessage({ result });
parentPort?.close();
