import pRetry from "p-retry";
import type { z } from "zod";
import { maskOf } from "../pipeline/mask.ts";
import { Problem } from "../toolchain/problem.ts";
import { type Asked, type Failure, failureWords, passes } from "./words.ts";

/** How often a question is asked again that changes nothing, or the same the second time. */
const AGAIN = 2;
/** What is shown of an answer that nobody expected. */
const LONGEST = 300;

/** A request that did not get what it asked for. */
export class Refusal extends Problem {
  override readonly name: string = "Refusal";
  readonly failure: Failure;

  constructor(asked: Asked, failure: Failure) {
    super(failureWords(asked, failure));
    this.failure = failure;
  }
}

export interface Connection {
  /** Address of Dokploy, without a slash at its end. */
  readonly url: string;
  /** API key; it goes to this address alone, and redirects are not followed. */
  readonly key: string;
  readonly answerSeconds: number;
  /** Takes secrets out of what Dokploy says. */
  readonly mask: (text: string) => string;
}

/** How one request goes. */
interface Way {
  /** Whether it carries the API key. */
  readonly signed: boolean;
  /** Takes what this request alone holds out of what comes back: a page of an error may say its address. */
  readonly hide: (text: string) => string;
}

const USUAL: Way = { signed: true, hide: (text) => text };

/** Dokploy's API, and the webhooks of its applications. */
export class Dokploy {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Ask something. Asked again where Dokploy fails or is silent.
   * @throws Refusal
   */
  async ask<T extends z.ZodType>(endpoint: string, query: Readonly<Record<string, string>>, answer: T): Promise<z.output<T>> {
    const search = new URLSearchParams(query).toString();
    const received = await this.#again(() => this.#send(endpoint, `${endpoint}${search === "" ? "" : `?${search}`}`, { method: "GET" }));
    const judged = answer.safeParse(received);
    if (judged.success) return judged.data;
    const where = judged.error.issues
      .slice(0, 3)
      .map(({ path, message }) => `${path.join(".") || "the answer"}: ${message}`)
      .join("; ");
    throw new Refusal({ endpoint, url: this.#connection.url }, { strange: this.#shown(where) });
  }

  /**
   * Change something. Never repeated: whoever asks looks first whether it had its effect.
   * @throws Refusal
   */
  async make(endpoint: string, body: object): Promise<void> {
    await this.#send(endpoint, endpoint, post(body));
  }

  /**
   * Say how something should be: the same the second time, so it is said again where Dokploy fails or is silent.
   * @throws Refusal
   */
  async set(endpoint: string, body: object): Promise<void> {
    await this.#again(() => this.#send(endpoint, endpoint, post(body)));
  }

  /**
   * Ask for a deployment by an application's webhook.
   * @param token the webhook's whole authentication: it is shown nowhere
   * @throws Refusal
   */
  async knock(token: string, event: string, body: object): Promise<void> {
    const { headers, ...request } = post(body);
    const heard = { ...request, headers: { ...headers, "x-github-event": event } };
    await this.#send("webhook", `deploy/${encodeURIComponent(token)}`, heard, { signed: false, hide: maskOf([token]) });
  }

  #again<T>(work: () => Promise<T>): Promise<T> {
    return pRetry(work, {
      ...{ retries: AGAIN, minTimeout: 500, factor: 2 },
      shouldRetry: ({ error }) => error instanceof Refusal && passes(error.failure),
    });
  }

  async #send(endpoint: string, path: string, request: RequestInit, { signed, hide }: Way = USUAL): Promise<unknown> {
    const { url, key, answerSeconds } = this.#connection;
    const refuse = (failure: Failure) => new Refusal({ endpoint, url }, failure);
    const signal = AbortSignal.timeout(answerSeconds * 1000);
    try {
      const answer = await fetch(`${url}/api/${path}`, {
        ...{ ...request, signal, redirect: "manual" },
        headers: { accept: "application/json", "user-agent": "sluice", ...request.headers, ...(signed && { "x-api-key": key }) },
      });
      const text = await answer.text();
      if (answer.ok) return parsed(text) ?? refuseText(refuse, this.#shown(hide(text)));
      const location = answer.headers.get("location");
      throw refuse({
        ...{ status: answer.status, said: this.#shown(hide(messageOf(text))) },
        // Nothing but who it is: a path may hold what is nobody's business.
        ...(location !== null && URL.canParse(location, url) && { location: new URL(location, url).origin }),
      });
    } catch (error) {
      if (error instanceof Refusal) throw error;
      if (signal.aborted) throw refuse({ seconds: answerSeconds });
      throw refuse({ unreachable: this.#shown(hide(causeOf(error))) });
    }
  }

  #shown(text: string): string {
    const line = this.#connection.mask(text).replaceAll(/\s+/g, " ").trim();
    return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
  }
}

const post = (body: object) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }) as const;

/** What an answer says; nothing where it is no JSON. An empty one says `null`. */
function parsed(text: string): unknown {
  try {
    return text.trim() === "" ? { nothing: true } : ((JSON.parse(text) as unknown) ?? { nothing: true });
  } catch {
    return undefined;
  }
}

function refuseText(refuse: (failure: Failure) => Refusal, text: string): never {
  throw refuse({ strange: `no JSON, but ${text}` });
}

/** Dokploy's own words in an error; what a proxy says is a page, of which only the beginning is shown. */
function messageOf(text: string): string {
  const said = parsed(text);
  if (typeof said !== "object" || said === null) return text;
  const { message, issues } = said as { message?: unknown; issues?: unknown };
  const about = Array.isArray(issues)
    ? issues.map((issue: { path?: unknown[]; message?: unknown }) => `${issue.path?.join(".") ?? ""} ${String(issue.message ?? "")}`.trim())
    : [];
  return [typeof message === "string" ? message : "", ...about].filter((one) => one !== "").join("; ");
}

/** Why a connection was not made: Node hides it one level down. */
function causeOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  const { code } = inner as { code?: unknown };
  return typeof code === "string" && !inner.message.includes(code) ? `${inner.message || "no connection"} (${code})` : inner.message;
}
