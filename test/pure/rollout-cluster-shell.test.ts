import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { renderClusterStatus } from "../../estate/report.ts";
import type { Status } from "../../rollout/driver/ports.ts";
import { ClusterApi } from "../../rollout/driver/shell/cluster/api.ts";
import { ClusterCanary, podProblem } from "../../rollout/driver/shell/cluster/canary.ts";
import { ClusterEdge } from "../../rollout/driver/shell/cluster/edge.ts";
import { HttpPrometheus, type Login } from "../../rollout/driver/shell/cluster/prometheus.ts";
import { ClusterStack } from "../../rollout/driver/shell/cluster/stack.ts";
import { aloneWords } from "../../rollout/driver/shell/commands.ts";
import type { StackEdit } from "../../rollout/driver/stack-file.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** @returns its address */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const kubeconfig = (server: string): string =>
  stringify({
    ...{ apiVersion: "v1", kind: "Config", "current-context": "test" },
    // The library asks for this where the address is http: only a test may.
    clusters: [{ name: "test", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "ann", user: { token: "planted-8c1f" } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "ann" } }],
  });

describe("the way to the cluster", () => {
  it("says which contexts there are when the one of the settings is not", async () => {
    await expect(ClusterApi.connect({ kubeconfig: kubeconfig("http://127.0.0.1:1"), context: "prod-eu" })).rejects.toThrow(
      "The kubeconfig has no context 'prod-eu' (sluice:cluster.context). It has: test.",
    );
  });

  it.each([
    ["no kubeconfig", stringify({ apiVersion: "v1", kind: "Config" }), "There is no kubeconfig with a current context"],
    ["one that is none", "{", "The kubeconfig cannot be read"],
  ])("is refused in words by %s: none is made up", async (_what, text, words) => {
    await expect(ClusterApi.connect({ kubeconfig: text })).rejects.toThrow(words);
  });

  it("does not take an open port of this machine for the cluster where there is no file", async () => {
    const before = { HOME: process.env.HOME, KUBECONFIG: process.env.KUBECONFIG };
    Object.assign(process.env, { HOME: join(tmpdir(), "nobody-is-here"), KUBECONFIG: "" });
    try {
      await expect(ClusterApi.connect({})).rejects.toThrow("There is no kubeconfig with a current context");
    } finally {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });

  it("signs in, and gives the API server's own words for a refusal", async () => {
    let signed: string | undefined;
    const url = await serve((request, response) => {
      signed = request.headers.authorization;
      response
        .writeHead(403, { "content-type": "application/json" })
        .end(JSON.stringify({ kind: "Status", message: "leases is forbidden" }));
    });
    const api = await ClusterApi.connect({ kubeconfig: kubeconfig(url) });
    await expect(api.send("GET", "/version")).rejects.toThrow("leases is forbidden");
    expect(signed).toBe("Bearer planted-8c1f");
    await api.close();
  });

  it("does not hang with an API server that hangs", async () => {
    const api = await ClusterApi.connect({ kubeconfig: kubeconfig(await serve(() => undefined)) });
    await expect(api.ask("GET", "/version", { milliseconds: 200 })).rejects.toThrow("does not answer: not within 0.2 s");
    await api.close();
  });
});

/** An API server of one route, in which somebody else writes in between as often as it is told to. */
class Apiserver {
  version = 1;
  weights = { blue: 100, green: 0 };
  annotations: Record<string, string> = { "sluice.dev/active": "blue" };
  busy = 0;
  readonly patches: unknown[][] = [];
  lease: { metadata: { resourceVersion: string }; spec: Record<string, unknown> } | null = null;

  readonly api = {
    find: async (_schema: unknown, path: string) => {
      if (path.includes("/leases/")) return this.lease;
      const backendRefs = (["blue", "green"] as const).map((slot) => ({ name: `api-${slot}`, weight: this.weights[slot] }));
      return { metadata: { resourceVersion: `${this.version}`, annotations: { ...this.annotations } }, spec: { rules: [{ backendRefs }] } };
    },
    send: async (method: string, path: string, { body }: { body?: unknown } = {}) => {
      if (path.includes("/leases")) return this.#lease(method, body as NonNullable<Apiserver["lease"]>);
      if (method === "GET") return { items: [] };
      return this.#patch(body as { op: string; path: string; value: unknown }[]);
    },
  } as unknown as ClusterApi;

  readonly edge = new ClusterEdge(async () => this.api, {
    estate: "shop",
    namespace: "shop",
    mesh: "none",
    service: "api",
    active: "blue",
  });

  async #lease(method: string, body: NonNullable<Apiserver["lease"]>): Promise<object> {
    this.version += 1;
    this.lease = method === "DELETE" ? null : { ...body, metadata: { resourceVersion: `${this.version}` } };
    return {};
  }

  async #patch(operations: { op: string; path: string; value: unknown }[]): Promise<object> {
    if (this.busy > 0) {
      this.busy -= 1;
      this.version += 1;
    }
    const { Refused } = await import("../../rollout/driver/shell/cluster/api.ts");
    if (operations[0]?.value !== `${this.version}`) throw new Refused(422, "the test operation failed");
    this.patches.push(operations);
    for (const { op, path, value } of operations.slice(1)) {
      const slot = /backendRefs\/(\d)/.exec(path)?.[1];
      if (slot !== undefined) this.weights[slot === "0" ? "blue" : "green"] = value as number;
      else if (op === "remove") delete this.annotations[path.slice("/metadata/annotations/".length).replace("~1", "/")];
      else this.annotations[path.slice("/metadata/annotations/".length).replace("~1", "/")] = value as string;
    }
    this.version += 1;
    return {};
  }
}

const ORDER = { decision: "guard-api-1", release: "v2", slot: "green", by: "ann", why: "errors", at: 5 } as const;

describe("the route as an edge", () => {
  it("is moved though its gateway writes into it meanwhile, and gives up when nothing helps", async () => {
    const server = new Apiserver();
    server.busy = 3;
    await server.edge.share("blue", 10);
    expect(server.weights).toEqual({ blue: 90, green: 10 });
    server.busy = 1000;
    await expect(server.edge.share("blue", 50)).rejects.toThrow("the test operation failed");
  });

  it("is frozen with its weights by one patch; a freeze that is there stays, and nobody goes up past it", async () => {
    const server = new Apiserver();
    await server.edge.share("blue", 10);
    await server.edge.freeze(ORDER);
    expect(server.patches).toHaveLength(2);
    expect(await server.edge.read()).toMatchObject({ active: "blue", weight: 0, frozen: ORDER });
    await server.edge.freeze({ ...ORDER, decision: "guard-api-2" });
    expect((await server.edge.read()).frozen?.decision).toBe("guard-api-1");
    await expect(server.edge.share("blue", 10)).rejects.toThrow("green is frozen by decision guard-api-1");
    await server.edge.unfreeze("guard-api-2");
    expect((await server.edge.read()).frozen).not.toBeNull();
    await server.edge.unfreeze("guard-api-1");
    await server.edge.share("blue", 10);
    expect(server.weights).toEqual({ blue: 90, green: 10 });
  });

  it("is taken back by hand by one patch, and names the decision that holds", async () => {
    const server = new Apiserver();
    await server.edge.share("blue", 50);
    expect(await server.edge.takeBack("by-hand-1", "ann", null, 7)).toBe("by-hand-1");
    expect(server.patches).toHaveLength(2);
    expect(await server.edge.read()).toMatchObject({ active: "blue", weight: 0, frozen: { slot: "green", by: "operator ann" } });
    expect(await server.edge.takeBack("by-hand-2", "bob", null, 8)).toBe("by-hand-1");
    expect(server.patches).toHaveLength(2);
  });

  it("belongs to one driver at a time, whose lease runs out by itself", async () => {
    const server = new Apiserver();
    const { lease } = await server.edge.hold("ann@a.1.x", 15);
    expect(lease?.owner).toBe("ann@a.1.x");
    const other = new ClusterEdge(async () => server.api, {
      estate: "shop",
      namespace: "shop",
      mesh: "none",
      service: "api",
      active: "blue",
    });
    await expect(other.hold("bob@b.2.y", 15)).rejects.toThrow("another driver has this service: ann@a.1.x");
    await other.hold("bob@b.2.y", 0);
    expect(server.lease).not.toBeNull(); // what is somebody else's is not given back
    Object.assign(server.lease?.spec ?? {}, { renewTime: new Date(Date.now() - 20_000).toISOString() });
    expect((await other.hold("bob@b.2.y", 15)).lease?.owner).toBe("bob@b.2.y");
    await other.hold("bob@b.2.y", 0);
    expect(server.lease).toBeNull();
  });
});

describe("the stack of a service in a cluster", () => {
  const run = async (edit: StackEdit, now: { active: "blue" | "green"; weight: number }): Promise<string[]> => {
    const done: string[] = [];
    const engine = { apply: async () => void done.push("up"), write: async () => void done.push("file") };
    const edge = {
      read: async () => now as never,
      share: async (active: string, weight: number) => void done.push(`patch ${active} ${weight}`),
    };
    await new ClusterStack(engine, edge).apply(edit, "a change");
    return done;
  };

  it.each<{ what: string; edit: StackEdit; now: { active: "blue" | "green"; weight: number }; done: string[] }>([
    {
      what: "goes up by file and patch",
      edit: { active: "blue", canaryWeight: 50 },
      now: { active: "blue", weight: 10 },
      done: ["file", "patch blue 50"],
    },
    {
      what: "goes down by patch and file",
      edit: { active: "blue", canaryWeight: 0 },
      now: { active: "blue", weight: 10 },
      done: ["patch blue 0", "file"],
    },
    {
      what: "promotes by file, patch and `up`",
      edit: { active: "green", canaryWeight: 0 },
      now: { active: "blue", weight: 100 },
      done: ["file", "patch green 0", "up"],
    },
    {
      what: "deploys by `up`",
      edit: { active: "blue", canaryWeight: 0, slot: { name: "green", content: {} } },
      now: { active: "blue", weight: 0 },
      done: ["up"],
    },
    { what: "settles by `up`", edit: { active: "blue", canaryWeight: 0, frozen: null }, now: { active: "blue", weight: 0 }, done: ["up"] },
    { what: "lifts a freeze by `up`", edit: { frozen: null }, now: { active: "blue", weight: 0 }, done: ["up"] },
  ])("$what", async ({ edit, now, done }) => {
    expect(await run(edit, now)).toEqual(done);
  });
});

describe("smoke tests in a cluster", () => {
  const target = { slot: "green", release: "v2", image: "api:2" } as const;
  const ask = async (answer: { status: number; body: string }) => {
    const asked: string[] = [];
    const url = await serve((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(answer.status).end(answer.body);
    });
    const api = await ClusterApi.connect({ kubeconfig: kubeconfig(url) });
    const smoke = [{ path: "/version", expect: 200, contains: '"v2"', timeoutSeconds: 2 }];
    const done = await new ClusterCanary(async () => api, { namespace: "shop", service: "api", smoke })
      .smoke(target, AbortSignal.timeout(20_000))
      .then(
        () => "good",
        (error: Error) => error.message,
      );
    await api.close();
    return { done, asked: new Set(asked) };
  };

  it("go by way of the API server to the canary's slot", async () => {
    expect(await ask({ status: 200, body: '{"release":"v2"}' })).toEqual({
      ...{ done: "good", asked: new Set(["/api/v1/namespaces/shop/services/http:api-green:http/proxy/version"]) },
    });
  });

  it.each([
    [500, "oops", "/version answered 500, expected 200 (3 tries)"],
    [200, '{"release":"v1"}', "the answer of /version does not contain '\"v2\"' (3 tries)"],
    [
      503,
      JSON.stringify({ kind: "Status", apiVersion: "v1", message: "no endpoints available" }),
      "by way of the API server (no endpoints available)",
    ],
  ])("fail by status %i and %s", async (status, body, words) => {
    expect((await ask({ status, body })).done).toContain(words);
  });
});

it.each([
  ["a pod that restarted", { restartCount: 1 }, "api-green-x restarted by itself"],
  [
    "a pod whose image is not to be had",
    { restartCount: 0, state: { waiting: { reason: "ImagePullBackOff", message: "not found" } } },
    "ImagePullBackOff: not found",
  ],
  ["a pod that is being made", { restartCount: 0, state: { waiting: { reason: "ContainerCreating" } } }, undefined],
])("%s", (_what, status, words) => {
  const problem = podProblem([{ metadata: { name: "api-green-x" }, status: { containerStatuses: [status] } }]);
  if (words === undefined) expect(problem).toBeUndefined();
  else expect(problem).toContain(words);
});

describe("the way to Prometheus", () => {
  const asked = async (listener: RequestListener, login?: Login) => {
    const url = await serve(listener);
    return new HttpPrometheus({ url: `${url}/prom` }, async () => login).now("up");
  };

  it.each<{ login: Login | undefined; header: string | undefined }>([
    { login: undefined, header: undefined },
    { login: { token: "planted-8c1f" }, header: "Bearer planted-8c1f" },
    { login: { user: "ann", password: "planted-8c1f" }, header: `Basic ${Buffer.from("ann:planted-8c1f").toString("base64")}` },
  ])("signs in by $header", async ({ login, header }) => {
    let seen: { url: string | undefined; header: string | undefined } | undefined;
    await asked((request, response) => {
      seen = { url: request.url, header: request.headers.authorization };
      response.end('{"status":"success"}');
    }, login);
    expect(seen).toEqual({ url: "/prom/api/v1/query", header });
  });

  it.each<[string, RequestListener, string]>([
    ["a login that is not good", (_, response) => response.writeHead(401).end(), "does not let us in (status 401)"],
    [
      "a query that is not good",
      (_, response) => response.writeHead(400).end('{"status":"error","error":"parse error\\nat"}'),
      "refuses: parse error",
    ],
    ["a page of somebody else", (_, response) => response.end("<html>"), "is no Prometheus"],
  ])("is refused in words, without the login, by %s", async (_what, listener, words) => {
    const said = await asked(listener, { token: "planted-8c1f" }).then(
      () => "nothing",
      (error: Error) => error.message,
    );
    expect(said).toContain(words);
    expect(said).not.toContain("planted");
  });

  it("never takes the login on to another address", async () => {
    let taken = false;
    const other = await serve((_, response) => {
      taken = true;
      response.end('{"status":"success"}');
    });
    const said = asked((_, response) => response.writeHead(307, { location: `${other}/api/v1/query` }).end(), { token: "planted-8c1f" });
    await expect(said).rejects.toThrow("does not answer");
    expect(taken).toBe(false);
  });
});

describe("who watches", () => {
  const guard = { until: 2, at: 1, blind: null } as Status;
  it.each([
    ["the driver", guard, 10, "ann@a.1.x", "the driver watches; Prometheus answers"],
    ["nobody", guard, 10, null, "NOBODY WATCHES the 10 % of clients on the canary"],
    ["nobody, and nobody needs to", guard, 0, null, "none while no driver runs, and there is nothing to watch"],
    ["a driver that is blind", { ...guard, until: 0, blind: "refused" } as Status, 10, "ann@a.1.x", "it would be blind: refused"],
  ])("is said: %s", (_what, status, weight, driver, words) => {
    expect(aloneWords(status, weight, driver)).toContain(words);
  });

  it("is said by the status of the whole estate as well", () => {
    const slots = (["blue", "green"] as const).map((name) => ({ name, release: "v1", image: "api:1", health: "healthy", containers: [] }));
    const service = {
      name: "api",
      route: "/api",
      active: "blue",
      canaryWeight: 10,
      frozen: false,
      decision: null,
      slots,
      driver: null,
    } as const;
    const status = { namespace: "shop", context: "prod-eu", problem: null, services: [service] };
    expect(renderClusterStatus("shop", status)).toContain("api: nobody watches the 10 % of clients on its canary");
    const driven = { ...status, services: [{ ...service, driver: "ann@a.1.x" }] };
    expect(renderClusterStatus("shop", driven)).not.toContain("nobody watches");
    expect(renderClusterStatus("shop", { ...status, problem: "refused", services: [] })).toContain("it cannot be read: refused");
  });
});
