import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Response, Totals } from "./response.ts";

export interface LoadOptions {
  /** Scheme, host and port, always on loopback. */
  readonly origin: string;
  readonly path: string;
  /** Requests per second, at a fixed rate. Left out: as many as `connections` give. */
  readonly perSecond?: number;
  /** Kept connections of a load without a rate. */
  readonly connections: number;
  /** How long a client waits for its answer, milliseconds. */
  readonly patienceMs: number;
  /** Whether every response is kept, not their sums alone. */
  readonly keep: boolean;
  /** Begins every request's id. */
  readonly run: string;
}

export interface LoadResult {
  readonly totals: Totals;
  /** In the order of their answers; empty unless they are kept. */
  readonly responses: readonly Response[];
}

type Answer = { number: number; count?: number } & Partial<LoadResult>;

/** Longest time that any load may run, whatever happens to what started it. */
const LIMIT_MS = 20 * 60_000;

let runs = 0;

/** Load of many distinct clients, in a thread of its own until it is stopped. */
export class ClientLoad {
  readonly #worker: Worker;
  readonly #limit: NodeJS.Timeout;
  readonly #waiting = new Map<number, (count: number) => void>();
  readonly #result: Promise<LoadResult>;
  #asked = 0;

  constructor(origin: string, options: Partial<LoadOptions>) {
    if (!/^https?:\/\/(127\.|localhost|\[::1\])/.test(origin)) throw new Error(`load goes to loopback only, not to ${origin}`);
    const workerData: LoadOptions = {
      ...{ origin, path: "/api/echo", connections: 32, patienceMs: 5000, keep: true, run: `bench-${process.pid}-${runs++}` },
      ...options,
    };
    this.#worker = new Worker(new URL("./load-worker.ts", import.meta.url), { workerData });
    this.#limit = setTimeout(() => this.#post("stop"), LIMIT_MS);
    this.#result = new Promise((resolve, reject) => {
      this.#worker.on("error", reject);
      this.#worker.on("message", ({ number, count, totals, responses }: Answer) => {
        if (totals && responses) resolve({ totals, responses });
        else this.#waiting.get(number)?.(count ?? 0);
        this.#waiting.delete(number);
      });
    });
    this.#result.catch(() => undefined); // whoever stops the load hears of it
  }

  /** Load for as long as `work` takes, ended whatever happens. */
  static async during<T>(
    origin: string,
    options: Partial<LoadOptions>,
    work: (load: ClientLoad) => Promise<T>,
  ): Promise<LoadResult & { readonly value: T }> {
    const load = new ClientLoad(origin, options);
    try {
      const value = await work(load);
      return { value, ...(await load.stop()) };
    } catch (error) {
      await load.stop();
      throw error;
    }
  }

  /** Requests so far. */
  count(): Promise<number> {
    const number = this.#post("count");
    return new Promise((resolve) => this.#waiting.set(number, resolve));
  }

  /** Wait until so many requests have been made. */
  async reach(requests: number): Promise<void> {
    while ((await this.count()) < requests) await sleep(200);
  }

  /** End the load when its last request has its answer, or has waited long enough for it. */
  stop(): Promise<LoadResult> {
    clearTimeout(this.#limit);
    this.#post("stop");
    return this.#result;
  }

  #post(ask: "count" | "stop"): number {
    this.#asked += 1;
    this.#worker.postMessage({ ask, number: this.#asked });
    return this.#asked;
  }
}
