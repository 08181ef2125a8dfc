import { z } from "zod";

const Answer = z.object({
  status: z.literal("success"),
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
});

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
    const answer = await fetch(`${this.#url}/api/v1/query`, {
      ...{ method: "POST", body: new URLSearchParams({ query: promql }) },
      signal: AbortSignal.any([this.#signal, AbortSignal.timeout(20_000)]),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Prometheus answers ${answer.status} to ${promql}: ${text.slice(0, 300)}`);
    const { data } = Answer.parse(JSON.parse(text));
    return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  }
}
