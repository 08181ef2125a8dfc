import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type Described, ensureDescription } from "./description.ts";
import { PLAYED, Refused } from "./play.ts";
import { type Thing, World } from "./world.ts";

/** One request, as it was answered. */
export interface Call {
  /** As in `application.one`, or `webhook`. */
  readonly endpoint: string;
  readonly method: string;
  readonly url: string;
  /** As it arrived. */
  readonly body: string;
  readonly status: number;
}

/** Something that goes wrong. */
export interface Fault {
  /** The endpoint that it goes wrong at. @default every one */
  readonly at?: string;
  /** `silent`: no answer; `cut`: the connection is ended. */
  readonly with: number | "silent" | "cut";
  /** How many requests it meets. @default 1 */
  readonly times?: number;
  /** Whether the request has its effect all the same. @default false */
  readonly after?: boolean;
  /** What is said. @default a word of Dokploy's */
  readonly says?: string;
  readonly location?: string;
}

let described: Promise<readonly Described[]> | undefined;

/**
 * Dokploy's API for tests, on a free port of this machine: stateful, and so strict that it takes nothing which its published description does not
 * have. What differs from that is in `problems`. What it answers with is described nowhere; it was read from Dokploy's source.
 */
export class DokployApi {
  /** Address of Dokploy. */
  readonly url: string;
  readonly world = new World();
  readonly calls: Call[] = [];
  /** Requests outside of the description. */
  readonly problems: string[] = [];
  /** The one API key that is taken. */
  key: string;
  readonly #app: FastifyInstance;
  readonly #operations: readonly Described[];
  #faults: { readonly fault: Fault; left: number }[] = [];

  private constructor(app: FastifyInstance, operations: readonly Described[], key: string, url: string) {
    this.#app = app;
    this.#operations = operations;
    this.key = key;
    this.url = url;
  }

  static async start(key: string): Promise<DokployApi> {
    described ??= ensureDescription();
    const operations = await described;
    const app = Fastify({ forceCloseConnections: true });
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, parsed) => parsed(null, body));
    const holder: { api?: DokployApi } = {};
    app.all("/api/deploy/:token", (request, reply) => holder.api?.webhook(request, reply));
    app.all("/api/:endpoint", (request, reply) => holder.api?.operation(request, reply));
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    holder.api = new DokployApi(app, operations, key, url);
    return holder.api;
  }

  /** Let something go wrong at requests to come. */
  fail(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  /** Nothing goes wrong any more. */
  mend(): void {
    this.#faults = [];
  }

  /** Requests that changed something, or tried to. */
  get writes(): string[] {
    return this.calls.filter(({ method }) => method !== "GET").map(({ endpoint }) => endpoint);
  }

  forget(): void {
    this.calls.length = 0;
  }

  async stop(): Promise<void> {
    await this.#app.close();
  }

  private operation(request: FastifyRequest, reply: FastifyReply): FastifyReply | Promise<never> {
    const { endpoint } = request.params as { endpoint: string };
    const operation = this.#operations.find((one) => one.path === `/${endpoint}`);
    if (operation === undefined || operation.method !== request.method) {
      this.problems.push(`${request.method} ${endpoint}: outside of the description`);
      return this.#send(endpoint, request, reply, 404, { message: "Not found", code: "NOT_FOUND" });
    }
    const given = request.method === "GET" ? numbers(request.query as Record<string, string>) : this.#body(endpoint, request);
    return this.#answer(endpoint, request, reply, () => {
      if (request.headers["x-api-key"] !== this.key) throw new Refused(401, "UNAUTHORIZED");
      const judged = operation.schema.strict().safeParse(given);
      if (!judged.success) {
        this.problems.push(`${endpoint}: ${judged.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ")}`);
        throw new Refused(400, "Input validation failed");
      }
      const play = PLAYED[endpoint];
      if (play === undefined) {
        this.problems.push(`${endpoint}: described, but not played here`);
        throw new Refused(500, `${endpoint} is not played`);
      }
      return play(this.world, judged.data as Thing);
    });
  }

  private webhook(request: FastifyRequest, reply: FastifyReply): FastifyReply | Promise<never> {
    const { token } = request.params as { token: string };
    if (request.headers["x-api-key"] !== undefined) this.problems.push("webhook: it was sent the API key, which is none of its business");
    const body = this.#body("webhook", request);
    return this.#answer("webhook", request, reply, () =>
      PLAYED.webhook?.(this.world, { token, event: request.headers["x-github-event"], body }),
    );
  }

  #body(endpoint: string, { body }: FastifyRequest): unknown {
    try {
      return JSON.parse(String(body));
    } catch {
      this.problems.push(`${endpoint}: the body is no JSON`);
      return {};
    }
  }

  #answer(endpoint: string, request: FastifyRequest, reply: FastifyReply, play: () => unknown): FastifyReply | Promise<never> {
    const next = this.#faults.find(({ fault, left }) => left > 0 && (fault.at ?? endpoint) === endpoint);
    if (next) {
      next.left -= 1;
      if (next.fault.after) play();
      return this.#fail(next.fault, endpoint, request, reply);
    }
    try {
      return this.#send(endpoint, request, reply, 200, play());
    } catch (error) {
      if (error instanceof Refused) return this.#send(endpoint, request, reply, error.status, { message: error.message });
      this.problems.push(`${endpoint}: ${String(error)}`);
      return this.#send(endpoint, request, reply, 500, { message: "Internal server error" });
    }
  }

  #fail({ with: what, says = "Something went wrong", location }: Fault, endpoint: string, request: FastifyRequest, reply: FastifyReply) {
    if (typeof what === "number") {
      if (location !== undefined) reply.header("location", location);
      return this.#send(endpoint, request, reply, what, { message: says, code: "FAULT" });
    }
    this.calls.push({ endpoint, method: request.method, url: request.url, body: String(request.body ?? ""), status: 0 });
    if (what === "cut") request.raw.socket.destroy();
    return new Promise<never>(() => undefined);
  }

  #send(endpoint: string, request: FastifyRequest, reply: FastifyReply, status: number, body: unknown): FastifyReply {
    this.calls.push({ endpoint, method: request.method, url: request.url, body: String(request.body ?? ""), status });
    return reply
      .status(status)
      .type("application/json")
      .send(JSON.stringify(body ?? null));
  }
}

/** In a query everything is text. */
const numbers = (query: Readonly<Record<string, string>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(query).map(([key, value]) => [key, key === "tail" ? Number(value) : value]));
