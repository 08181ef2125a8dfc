import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

export interface LoadOptions {
  /** Scheme, host and port, always on loopback. */
  readonly origin: string;
  readonly path: string;
  readonly method: "GET" | "POST";
  /** Keep-alive connections, each with one request in flight. */
  readonly connections: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LoadResult {
  requests: number;
  /** Status 400 and above, and requests whose response did not arrive whole. */
  failed: number;
  statuses: Record<string, number>;
  errors: Record<string, number>;
  /** Requests by the slot that answered. */
  slots: Record<string, number>;
  /** Requests by slot and status, as in `blue 200`. */
  outcomes: Record<string, number>;
  /** Wall clock (ms) of each slot's last answer. */
  lastOfSlot: Record<string, number>;
  slowestMs: number;
  seconds: number;
}

/** When each slot answered first and last since a mark: wall clock, ms with fractions. */
export interface Seen {
  readonly first: Record<string, number>;
  readonly last: Record<string, number>;
}

/** Longest time that any load may run, whatever happens to the test that started it. */
const LIMIT_MS = 10 * 60_000;

/** Load that runs in a thread of its own until it is stopped. */
export class Load {
  private readonly worker: Worker;
  private readonly limit: NodeJS.Timeout;

  constructor(options: LoadOptions) {
    if (!/^https?:\/\/(127\.|localhost|\[::1\])/.test(options.origin))
      throw new Error(`load goes to loopback only, not to ${options.origin}`);
    this.worker = new Worker(new URL("./load-worker.ts", import.meta.url), { workerData: options });
    this.limit = setTimeout(() => this.worker.postMessage("stop"), LIMIT_MS);
  }

  /** Load while something else happens: for at least so many requests before it and after it. */
  static async during<T>(options: LoadOptions, work: () => Promise<T>, margin = 1000): Promise<{ result: LoadResult; value: T }> {
    const load = new Load(options);
    try {
      await load.reach(margin);
      const value = await work();
      await load.reach((await load.count()) + margin);
      return { value, result: await load.stop() };
    } catch (error) {
      await load.stop();
      throw error;
    }
  }

  /** Requests so far. */
  async count(): Promise<number> {
    this.worker.postMessage("count");
    const [{ count }] = (await once(this.worker, "message")) as [{ count: number }];
    return count;
  }

  /** Forget when slots answered; `seen` tells of what came later. */
  async mark(): Promise<void> {
    await this.seen("mark");
  }

  /** When each slot answered since the last mark. */
  async seen(message: "seen" | "mark" = "seen"): Promise<Seen> {
    this.worker.postMessage(message);
    const [{ seen }] = (await once(this.worker, "message")) as [{ seen: Seen }];
    return seen;
  }

  /** Wait until so many requests have been made. */
  async reach(requests: number): Promise<void> {
    while ((await this.count()) < requests) await sleep(100);
  }

  /** End the load, every connection after its request in flight, and give the sums. */
  async stop(): Promise<LoadResult> {
    clearTimeout(this.limit);
    this.worker.postMessage("stop");
    const [{ result }] = (await once(this.worker, "message")) as [{ result: LoadResult }];
    return result;
  }
}
