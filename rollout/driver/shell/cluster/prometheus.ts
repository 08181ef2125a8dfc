import type { ClusterPrometheus } from "../../../../settings/cluster-types.ts";
import type { Prometheus } from "../../cluster/guard.ts";

const ANSWER_MS = 5_000;

export type Login = { readonly token: string } | { readonly user: string; readonly password: string };

/** A Prometheus by its HTTP API, wherever it is. What it is signed in with is asked for when it is first needed. */
export class HttpPrometheus implements Prometheus {
  readonly #url: string;
  readonly #login: () => Promise<Login | undefined>;
  #header: Promise<Readonly<Record<string, string>>> | undefined;

  constructor({ url }: Pick<ClusterPrometheus, "url">, login: () => Promise<Login | undefined>) {
    this.#url = url;
    this.#login = login;
  }

  now(query: string): Promise<unknown> {
    return this.#ask("query", { query });
  }

  over(query: string, from: number, until: number, step: number): Promise<unknown> {
    return this.#ask("query_range", { query, start: from.toFixed(3), end: until.toFixed(3), step: step.toFixed(3) });
  }

  async #ask(path: string, form: Readonly<Record<string, string>>): Promise<unknown> {
    this.#header ??= this.#login().then(headerOf);
    // A login that could not be read is asked for again.
    this.#header.catch(() => {
      this.#header = undefined;
    });
    const headers = await this.#header;
    let answer: Response;
    try {
      // Never on to another address: the login is for this one.
      const body = new URLSearchParams(form);
      answer = await fetch(`${this.#url}/api/v1/${path}`, {
        ...{ method: "POST", body, headers, redirect: "error", signal: AbortSignal.timeout(ANSWER_MS) },
      });
    } catch (error) {
      throw new Error(`Prometheus does not answer at ${this.#url}: ${reasonOf(error)}`);
    }
    const text = await answer.text().catch(() => "");
    if (answer.ok) return parsed(text, this.#url);
    if (answer.status === 401 || answer.status === 403)
      throw new Error(`Prometheus at ${this.#url} does not let us in (status ${answer.status}): see sluice:cluster.prometheus`);
    throw new Error(`Prometheus at ${this.#url} refuses: ${saidIn(text) ?? `status ${answer.status}`}`);
  }
}

function headerOf(login: Login | undefined): Readonly<Record<string, string>> {
  if (login === undefined) return {};
  if ("token" in login) return { authorization: `Bearer ${login.token}` };
  return { authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}` };
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `not within ${ANSWER_MS / 1000} s`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

function parsed(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`what answers at ${url} is no Prometheus: its answer is no JSON`);
  }
}

function saidIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error.split("\n")[0] : undefined;
  } catch {
    return undefined;
  }
}
