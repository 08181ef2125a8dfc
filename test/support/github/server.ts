import { createHash } from "node:crypto";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import sodium from "libsodium-wrappers";
import { type Answer, failure, type Handler, Refusal } from "./answers.ts";
import { Checks, type Operation, UNDESCRIBED } from "./checks.ts";
import { ensureDescriptions } from "./description.ts";
import { type Fault, Faults } from "./faults.ts";
import { deployments } from "./play/deploys.ts";
import { environments } from "./play/environments.ts";
import { issues } from "./play/issues.ts";
import { labels } from "./play/labels.ts";
import { people } from "./play/people.ts";
import { repository } from "./play/repository.ts";
import { rulesets } from "./play/rulesets.ts";
import { secrets } from "./play/secrets.ts";
import { type People, type Thing, World } from "./world.ts";

/** Where an Enterprise Server has its API; clients look for it below any address that is not github.com's. */
const API = "/api/v3";

const PLAYED: Readonly<Record<string, Handler>> = {
  ...deployments,
  ...environments,
  ...issues,
  ...labels,
  ...people,
  ...repository,
  ...rulesets,
  ...secrets,
};

let described: Promise<Checks> | undefined;

/** One request, as it was answered. */
export interface Call {
  readonly operation: string;
  readonly method: string;
  /** With its query, without the address of the API. */
  readonly url: string;
  /** As it arrived. */
  readonly body: string;
  readonly status: number;
  /** Milliseconds since the server began. */
  readonly at: number;
}

export interface Options extends People {
  /** The one token that is taken. */
  readonly token: string;
}

/**
 * GitHub's API for tests, on a free port of this machine: stateful, with real sealed boxes, and so strict that it answers nothing which its
 * description does not have. Each request and each answer is held against GitHub's published OpenAPI description; what differs is in `problems`.
 */
export class GitHubApi {
  /** Address of the API, with a slash at its end: what `baseUrl` is set to. */
  readonly url: string;
  readonly world: World;
  readonly calls: Call[] = [];
  /** Requests outside of the description, requests and answers that do not fit it, and operations that are not played. */
  readonly problems: string[] = [];
  /** Texts of `Undescribed` that clients relied on. */
  readonly undescribed = new Set<string>();
  readonly #app: FastifyInstance;
  readonly #checks: Checks;
  readonly #faults = new Faults();
  /** The one token that is taken. */
  token: string;
  readonly #started = performance.now();

  private constructor(app: FastifyInstance, checks: Checks, options: Options, url: string) {
    this.#app = app;
    this.#checks = checks;
    this.token = options.token;
    this.world = new World(options);
    this.url = url;
  }

  static async start(options: Options): Promise<GitHubApi> {
    await sodium.ready;
    // A second of reading, and the same for all.
    described ??= ensureDescriptions().then((all) => new Checks(all));
    const checks = await described;
    const app = Fastify({ exposeHeadRoutes: false, routerOptions: { maxParamLength: 500 } });
    // Bodies are read as they are: what is no JSON is a finding of its own.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, parsed) => parsed(null, body));
    const holder: { api?: GitHubApi } = {};
    for (const operation of checks.operations) {
      const names = [...operation.path.matchAll(/\{([^}]+)\}/g)].map(([, name = ""]) => name);
      const url = API + operation.path.replaceAll(/\{[^}]+\}/g, (part) => `:p${names.indexOf(part.slice(1, -1))}`);
      app.route({ method: operation.method, url, handler: (request, reply) => holder.api?.answer(operation, names, request, reply) });
    }
    app.setNotFoundHandler((request, reply) => holder.api?.refuseUnknown(request, reply));
    const address = await app.listen({ host: "127.0.0.1", port: 0 });
    holder.api = new GitHubApi(app, checks, options, `${address}${API}/`);
    return holder.api;
  }

  /** Let something go wrong at requests to come. */
  fail(fault: Fault): void {
    this.#faults.add(fault);
  }

  /** Nothing goes wrong any more. */
  mend(): void {
    this.#faults.clear();
  }

  /** Requests that changed something, or tried to. */
  get writes(): readonly Call[] {
    return this.calls.filter(({ method }) => method !== "GET");
  }

  /** Forget what was asked so far. */
  forget(): void {
    this.calls.length = 0;
  }

  async stop(): Promise<void> {
    await this.#app.close();
  }

  private async answer(
    operation: Operation,
    names: readonly string[],
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const given = request.params as Readonly<Record<string, string>>;
    const params = Object.fromEntries(names.map((name, index) => [name, given[`p${index}`] ?? ""]));
    const what = `${operation.id}: ${request.method} ${request.url}`;
    const body = this.parse(what, request.body);
    const received = { params, query: request.query as Record<string, string>, body };
    // An operation that has another address now has to fit both descriptions.
    const now = this.#checks.named(operation.id);
    const renamed = operation === now ? [] : [{ ...received, params: this.#ownNames(params) }];
    const wrong = [this.#checks.request(operation, received), ...renamed.map((one) => this.#checks.request(now, one))].flat();
    this.problems.push(...wrong.map((one) => `${what}: ${one}`));
    for (const one of this.#checks.undescribed(operation, body)) this.undescribed.add(`${one.operation} ${one.property}`);

    const answer =
      this.#faults.take(operation.id) ?? this.#refuse(request) ?? this.#refuseWrong(wrong) ?? this.#play(operation, received, what);
    return this.#send(operation, answer, request, reply, what);
  }

  private async refuseUnknown(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const what = `${request.method} ${request.url}`;
    this.problems.push(`${what}: outside of the description`);
    return this.#note("", 404, request, reply).send(failure(404, "Not Found").body);
  }

  private parse(what: string, text: unknown): unknown {
    if (typeof text !== "string" || text === "") return undefined;
    try {
      return JSON.parse(text);
    } catch {
      this.problems.push(`${what}: the body is no JSON`);
      return undefined;
    }
  }

  #ownNames({ repository_id: _, ...rest }: Readonly<Record<string, string>>): Record<string, string> {
    return { ...rest, owner: this.world.owner.name, repo: String(this.world.repository.settings.name) };
  }

  #refuse({ headers: { authorization = "", "user-agent": agent } }: FastifyRequest): Answer | undefined {
    if (agent === undefined) return failure(403, "Request forbidden by administrative rules: no User-Agent");
    if (authorization.replace(/^(bearer|token) /i, "") !== this.token) return failure(401, "Bad credentials");
    return undefined;
  }

  #refuseWrong(wrong: readonly string[]): Answer | undefined {
    return wrong.length === 0
      ? undefined
      : failure(422, "Invalid request.", { errors: wrong.map((message) => ({ code: "custom", message })) });
  }

  #play(operation: Operation, { params, query, body }: { params: Thing; query: object; body: unknown }, what: string): Answer {
    const handler = PLAYED[operation.id];
    if (handler === undefined) {
      this.problems.push(`${what}: described, but not played here`);
      return failure(500, `${operation.id} is not played`);
    }
    try {
      return handler({
        ...{ world: this.world, checks: this.#checks, params: params as Record<string, string>, query: query as Record<string, string> },
        ...{ body: (body ?? {}) as Thing, base: this.url.slice(0, -1) },
      });
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      this.problems.push(`${what}: ${String(error)}`);
      return failure(500, "Server Error");
    }
  }

  #send(operation: Operation, answer: Answer, request: FastifyRequest, reply: FastifyReply, what: string): FastifyReply {
    const text = answer.body === undefined ? undefined : JSON.stringify(answer.body);
    const etag = `W/"${createHash("sha256")
      .update(text ?? "")
      .digest("hex")}"`;
    const same = request.method === "GET" && answer.status === 200 && request.headers["if-none-match"] === etag;
    const { status, body } = same ? { status: 304, body: undefined } : answer;
    const now = this.#checks.named(operation.id);
    for (const one of operation === now ? [now] : [operation, now]) {
      this.problems.push(...this.#checks.answer(one, status, body).map((wrong) => `${what}: ${wrong}`));
    }
    if (answer.status === 200) reply.header("etag", etag);
    for (const [name, value] of Object.entries(answer.headers ?? {})) reply.header(name, value);
    this.#note(operation.id, status, request, reply);
    return body === undefined ? reply.send() : reply.type("application/json; charset=utf-8").send(text);
  }

  #note(operation: string, status: number, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const body = typeof request.body === "string" ? request.body : "";
    const at = performance.now() - this.#started;
    this.calls.push({ operation, method: request.method, url: request.url.replace(API, ""), body, status, at });
    const limit = { limit: "5000", remaining: String(Math.max(1, 5000 - this.calls.length)), used: String(this.calls.length) };
    const all = { ...limit, reset: String(Math.ceil(Date.now() / 1000) + 3600), resource: "core" };
    for (const [name, value] of Object.entries(all))
      if (!reply.hasHeader(`x-ratelimit-${name}`)) reply.header(`x-ratelimit-${name}`, value);
    return reply.code(status);
  }
}

/** What may be in `undescribed`. */
export const KNOWN_UNDESCRIBED: readonly string[] = UNDESCRIBED.map(({ operation, property }) => `${operation} ${property}`);
