import { Agent, request } from "node:http";

/** One answer, or none. */
export interface Shot {
  /** Milliseconds from the moment that it should have been sent: a wait in our own line counts as one of a client's. */
  readonly ms: number;
  readonly status: number | "none";
}

export interface LoadPlan {
  /** `http://10.213.0.2:8080`. */
  readonly origin: string;
  readonly paths: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
}

const PATIENCE_MS = 10_000;
/** Requests under way at one time; beyond it the estate is overloaded, and more would only harm it. */
const MOST_AT_ONCE = 256;
const TICK_MS = 5;

/**
 * Send requests at an even rate, whether they are answered or not: a slow estate is not spared, as real clients would not spare it. Where too many
 * are without an answer, the ones that are due are counted as not answered.
 */
export async function load({ origin, paths, perSecond, seconds }: LoadPlan, signal: AbortSignal): Promise<Shot[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_AT_ONCE });
  const shots: Shot[] = [];
  const all = perSecond * seconds;
  const began = performance.now();
  let [sent, open] = [0, 0];
  await new Promise<void>((resolve) => {
    const tick = setInterval(() => {
      const due = Math.min(all, Math.ceil(((performance.now() - began) / 1000) * perSecond));
      for (; sent < due && !signal.aborted; sent++) {
        const at = began + (sent / perSecond) * 1000;
        if (open >= MOST_AT_ONCE) {
          shots.push({ ms: performance.now() - at, status: "none" });
          continue;
        }
        open += 1;
        void shoot(agent, `${origin}${paths[sent % paths.length]}`, at, signal).then((shot) => {
          open -= 1;
          shots.push(shot);
        });
      }
      if ((sent >= all || signal.aborted) && open === 0) {
        clearInterval(tick);
        resolve();
      }
    }, TICK_MS);
  });
  agent.destroy();
  signal.throwIfAborted();
  return shots;
}

function shoot(agent: Agent, url: string, at: number, signal: AbortSignal): Promise<Shot> {
  return new Promise((resolve) => {
    const over = (status: Shot["status"]) => resolve({ ms: performance.now() - at, status });
    const asking = request(url, { agent, signal, timeout: PATIENCE_MS, headers: { "user-agent": "sluice-benchmark" } }, (response) => {
      response.on("error", () => over("none"));
      response.on("end", () => over(response.statusCode ?? "none"));
      response.resume();
    });
    asking.on("timeout", () => asking.destroy());
    asking.on("error", () => over("none"));
    asking.end();
  });
}
