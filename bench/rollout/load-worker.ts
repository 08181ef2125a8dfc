import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { Client, Pool } from "undici";
import type { LoadOptions } from "./load.ts";
import { hasFailed, type Response, type Totals } from "./response.ts";

/**
 * The other end of `ClientLoad`. Every request is one of another client: its cookie is drawn from the million that the edge gives out.
 * Nothing is ever repeated.
 */
const { origin, path, perSecond, connections, patienceMs, keep, run } = workerData as LoadOptions;
const totals: Totals = { requests: 0, failed: 0, errors: {}, slots: {}, slowestMs: 0, seconds: 0 };
const responses: Response[] = [];
const started = performance.now();
let asked = 0;
let stopping = false;

const draw = (): number => Math.floor(Math.random() * 100);

/** Every fifth is a POST, which nobody repeats: what is lost between the edge and a container stays lost. */
async function one(via: Pool | Client): Promise<void> {
  const number = asked++;
  const id = `${run}-${number}`;
  const post = number % 5 === 4;
  const sent = Date.now();
  const answer = { slot: "", status: 0, error: "" };
  try {
    const { statusCode, headers, body } = await via.request({
      path,
      method: post ? "POST" : "GET",
      headers: {
        cookie: `sluice_id=${draw()}.${draw()}.${draw()}`,
        "x-request-id": id,
        ...(post ? { "content-type": "application/json" } : {}),
      },
      body: post ? "{}" : null,
      // undici's own limits tick every half second; this one is exact, and it is dear only at rates that nobody keeps records of.
      ...(keep ? { signal: AbortSignal.timeout(patienceMs) } : { headersTimeout: patienceMs, bodyTimeout: patienceMs }),
    });
    answer.slot = `${headers["x-sluice-slot"] ?? ""}`;
    await body.dump({ limit: 1 << 30 });
    answer.status = statusCode;
    if (statusCode >= 400) answer.error = `status ${statusCode}`;
  } catch (error) {
    answer.error = wordsOf(error);
  }
  note({ id, sent, done: Date.now(), ...answer });
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${patienceMs} ms`;
  return "code" in error ? `${error.code}: ${error.message}` : error.message;
}

function note({ error = "", ...rest }: Response): void {
  totals.requests += 1;
  if (hasFailed(rest)) {
    totals.failed += 1;
    totals.errors[error] = (totals.errors[error] ?? 0) + 1;
  }
  totals.slots[rest.slot || "none"] = (totals.slots[rest.slot || "none"] ?? 0) + 1;
  totals.slowestMs = Math.max(totals.slowestMs, rest.done - rest.sent);
  if (keep) responses.push(error ? { ...rest, error } : rest);
}

/** Requests at a fixed rate, whatever becomes of those before them: a slow answer holds up no other client. */
async function atRate(rate: number): Promise<void> {
  const pool = new Pool(origin, { connections: 512, pipelining: 1 });
  const open = new Set<Promise<void>>();
  for (let due = performance.now(); !stopping; due += 1000 / rate) {
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    const request: Promise<void> = one(pool).finally(() => open.delete(request));
    open.add(request);
  }
  await Promise.all(open);
  await pool.close();
}

/** As fast as answers come, one request at a time on each connection. */
async function asFast(): Promise<void> {
  const client = new Client(origin, { pipelining: 1, keepAliveTimeout: 60_000, keepAliveMaxTimeout: 60_000 });
  while (!stopping) await one(client);
  await client.close();
}

parentPort?.on("message", ({ ask, number }: { ask: "count" | "stop"; number: number }) => {
  if (ask === "stop") stopping = true;
  else parentPort?.postMessage({ number, count: totals.requests });
});
await (perSecond === undefined ? Promise.all(Array.from({ length: connections }, asFast)) : atRate(perSecond));
totals.seconds = (performance.now() - started) / 1000;
parentPort?.postMessage({ number: 0, totals, responses });
parentPort?.close();
