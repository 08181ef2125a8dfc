import type { KubeConfig } from "@kubernetes/client-node";
import { type Dispatcher, fetch } from "undici";
import type { z } from "zod";
import { Problem } from "../../../../toolchain/problem.ts";

/** How long the API server may take for one answer: whoever protects clients must not hang with it. */
const ANSWER_MS = 5_000;

const MADE_UP = "http://localhost:8080";

/** An answer that is no success: its status, and the API server's words. */
export class Refused extends Error {
  override readonly name: string = "Refused";
  readonly status: number;

  constructor(status: number, words: string) {
    super(words);
    this.status = status;
  }
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Sent {
  readonly body?: unknown;
  /** @default application/json */
  readonly type?: string;
  readonly milliseconds?: number;
}

export interface Place {
  /** Text of a kubeconfig. @default the machine's own: KUBECONFIG, else ~/.kube/config */
  readonly kubeconfig?: string | undefined;
  /** @default the kubeconfig's current one */
  readonly context?: string | undefined;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A cluster's API server, signed in to as kubectl would be: by token, certificate, or a program that the kubeconfig names. */
export class ClusterApi {
  readonly #config: KubeConfig;
  readonly #server: string;
  readonly #Request: typeof import("@kubernetes/client-node").RequestContext;
  #dispatcher: Dispatcher | undefined;

  private constructor(library: typeof import("@kubernetes/client-node"), config: KubeConfig, server: string) {
    this.#config = config;
    this.#server = server;
    this.#Request = library.RequestContext;
  }

  /** @throws Problem when there is no kubeconfig, or no such context in it */
  static async connect({ kubeconfig, context }: Place): Promise<ClusterApi> {
    // A large library: whoever has no service in a cluster never loads it.
    const library = await import("@kubernetes/client-node");
    const config = new library.KubeConfig();
    try {
      if (kubeconfig === undefined) config.loadFromDefault();
      else config.loadFromString(kubeconfig);
    } catch (error) {
      throw new Problem(`The kubeconfig cannot be read: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
    }
    // Where it finds nothing, the library makes up an open port of this machine.
    const known = config.getCurrentCluster()?.server === MADE_UP ? [] : config.getContexts().map(({ name }) => name);
    if (context !== undefined && !known.includes(context)) {
      throw new Problem(
        `The kubeconfig has no context '${context}' (sluice:cluster.context). It has: ${known.join(", ") || "none"}. KUBECONFIG names another file.`,
      );
    }
    if (context !== undefined) config.setCurrentContext(context);
    const server = known.length === 0 ? undefined : config.getCurrentCluster()?.server;
    if (server === undefined)
      throw new Problem(
        "There is no kubeconfig with a current context: set KUBECONFIG, or sluice:cluster.kubeconfig and sluice:cluster.context.",
      );
    return new ClusterApi(library, config, server.replace(/\/+$/, ""));
  }

  get server(): string {
    return this.#server;
  }

  /** Any answer, a refusal too. @throws Error when there is none in time */
  async ask(method: Method, path: string, { body, type = "application/json", milliseconds = ANSWER_MS }: Sent = {}): Promise<Answer> {
    const request = new this.#Request(`${this.#server}${path}`, method as never);
    await this.#config.applySecurityAuthentication(request);
    // One for all: each new one would be a new connection.
    this.#dispatcher ??= request.getDispatcher();
    try {
      const answer = await fetch(request.getUrl(), {
        method,
        headers: { ...request.getHeaders(), accept: "application/json, */*", ...(body !== undefined && { "content-type": type }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(milliseconds),
        ...(this.#dispatcher && { dispatcher: this.#dispatcher }),
      });
      return { status: answer.status, text: await answer.text() };
    } catch (error) {
      throw new Error(`the API server ${this.#server} does not answer: ${reasonOf(error, milliseconds)}`);
    }
  }

  /** @throws Refused for an answer that is no success; Error when there is none in time */
  async send(method: Method, path: string, sent: Sent = {}): Promise<unknown> {
    const { status, text } = await this.ask(method, path, sent);
    if (status >= 200 && status < 300) return JSON.parse(text);
    throw new Refused(status, wordsOfStatus(status, text));
  }

  /** One object; null where there is none. */
  async find<T>(schema: z.ZodType<T>, path: string): Promise<T | null> {
    try {
      return schema.parse(await this.send("GET", path));
    } catch (error) {
      if (error instanceof Refused && error.status === 404) return null;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher?.close();
  }
}

function reasonOf(error: unknown, milliseconds: number): string {
  if (error instanceof Error && error.name === "TimeoutError") return `not within ${milliseconds / 1000} s`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** The API server explains itself in an object of its own. */
function wordsOfStatus(status: number, text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === "string" && message !== "") return message;
  } catch {
    // Not its own words, but those of something in between.
  }
  return `status ${status}: ${text.trim().slice(0, 200)}`;
}
