import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { Load } from "../test/support/load.ts";

/** What one round of GETs came to. */
export interface Round {
  readonly requestsPerSecond: number;
  readonly failed: number;
}

const CONNECTIONS = 32;

/** Whether wrk is there; without it the load of the tests is used, which takes more of the machine for itself. */
export const hasWrk = async (): Promise<boolean> => (await execa("wrk", ["--version"], { reject: false })).code !== "ENOENT";

/** GETs over kept connections for some seconds, as fast as answers come. @param url on loopback */
export async function rush(url: string, seconds: number, withWrk: boolean): Promise<Round> {
  if (withWrk) {
    const { stdout } = await execa("wrk", ["--threads", "1", "--connections", `${CONNECTIONS}`, "--duration", `${seconds}s`, url]);
    return readWrk(stdout);
  }
  const { origin, pathname } = new URL(url);
  const load = new Load({ origin, path: pathname, method: "GET", connections: CONNECTIONS });
  await sleep(seconds * 1000);
  const result = await load.stop();
  return { requestsPerSecond: result.requests / result.seconds, failed: result.failed };
}

/** Read wrk's report. @throws Error when it holds no rate */
export function readWrk(report: string): Round {
  const number = (pattern: RegExp): number => Number(pattern.exec(report)?.[1] ?? 0);
  const requestsPerSecond = number(/Requests\/sec:\s+([\d.]+)/);
  if (requestsPerSecond === 0) throw new Error(`wrk measured nothing:\n${report}`);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report)?.slice(1) ?? [];
  return { requestsPerSecond, failed: number(/Non-2xx or 3xx responses: (\d+)/) + errors.reduce((sum, count) => sum + Number(count), 0) };
}
