import { z } from "zod";

const Answer = z.object({
  status: z.literal("success"),
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
});

const Series = z.object({
  status: z.literal("success"),
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: z.array(z.tuple([z.number(), z.string()])) })),
  }),
});

/** A series of values, each with its second since 1970. */
export interface Line {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [at: number, value: number])[];
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The estate's Prometheus, as jobs ask it. */
export class Prometheus {
  readonly #url: string;
  readonly #signal: AbortSignal;

  constructor(url: string, signal: AbortSignal) {
    this.#url = url;
    this.#signal = signal;
  }

  /** An instant query. @throws when it does not answer, or refuses */
  async query(promql: string): Promise<Sample[]> {
    const { data } = Answer.parse(await this.#ask("query", { query: promql }));
    return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  }

  /** Values over a time. @param from @param to @param step seconds */
  async range(promql: string, from: number, to: number, step: number): Promise<Line[]> {
    const { data } = Series.parse(await this.#ask("query_range", { query: promql, start: `${from}`, end: `${to}`, step: `${step}` }));
    return data.result.map(({ metric, values }) => ({ labels: metric, points: values.map(([at, value]) => [at, Number(value)] as const) }));
  }

  async #ask(what: string, words: Readonly<Record<string, string>>): Promise<unknown> {
    const answer = await fetch(`${this.#url}/api/v1/${what}`, {
      ...{ method: "POST", body: new URLSearchParams(words) },
      signal: AbortSignal.any([this.#signal, AbortSignal.timeout(20_000)]),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Prometheus answers ${answer.status} to ${words.query}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }
}
