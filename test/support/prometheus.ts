import { setTimeout as sleep } from "node:timers/promises";
import type { Project } from "./project.ts";

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Ask the estate's Prometheus, through the address that `npm run status` gives. @throws Error with its words */
export async function query(project: Project, promql: string): Promise<Sample[]> {
  const { result } = await ask<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(project, "query", {
    query: promql,
  });
  return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** The times, in seconds, at which a series has samples of its own. */
export async function sampleTimes(project: Project, selector: string, seconds: number): Promise<number[]> {
  const { result } = await ask<{ result: { values: [number, string][] }[] }>(project, "query", {
    query: `${selector}[${Math.ceil(seconds)}s]`,
  });
  return (result[0]?.values ?? []).map(([time]) => time);
}

/** Any of Prometheus' API's answers. */
export async function ask<T>(project: Project, path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> {
  const url = `http://127.0.0.1:${project.monitoringPort}/prometheus/api/v1/${path}?${new URLSearchParams(parameters)}`;
  const answer = (await (await fetch(url)).json()) as { status: string; error?: string; data: T };
  if (answer.status !== "success") throw new Error(`${path}: ${answer.error}`);
  return answer.data;
}

/** Wait until something holds, asking every half second. @throws Error with the last answer when it does not in time */
export async function until<T>(what: string, seconds: number, ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s; at last: ${JSON.stringify(answer)}`);
    await sleep(500);
  }
}
