import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { apiSettings } from "../../examples/api/config.ts";
import { commonSettings, readConfig } from "../../examples/support/config.ts";
import { prepareDrain } from "../../examples/support/drain.ts";
import { type FaultSettings, faultFor, isProbe, leakedBytes } from "../../examples/support/faults.ts";
import { createMetrics } from "../../examples/support/metrics.ts";
import { createService } from "../../examples/support/service.ts";

const identity = { SLUICE_SERVICE: "api", SLUICE_SLOT: "green", SLUICE_RELEASE: "v2" };

describe("settings from the environment", () => {
  it("needs a service's name only, and misbehaves only when told", () => {
    expect(readConfig(commonSettings, { SLUICE_SERVICE: "web" })).toEqual({
      SLUICE_SERVICE: "web",
      SLUICE_SLOT: "none",
      SLUICE_RELEASE: "unknown",
      SLUICE_DRAIN_SECONDS: 10,
      PORT: 3000,
      LOG_LEVEL: "info",
      FAULT_ERROR_RATE: 0,
      FAULT_LATENCY_MS: 0,
      FAULT_HANG: "none",
      FAULT_HANG_UP: false,
      FAULT_LEAK_MB_PER_MINUTE: 0,
      FAULT_EXIT_AFTER_MS: 0,
      FAULT_UNHEALTHY: false,
    });
  });

  it("says every problem at once: name, value, what is allowed", () => {
    const env = {
      SLUICE_SERVICE: "api",
      POSTGRES_HOST: "p",
      POSTGRES_USER: "u",
      POSTGRES_DATABASE: "d",
      PORT: "70000",
      FAULT_ERROR_RATE: "2",
    };
    expect(() => readConfig(apiSettings, env)).toThrow(
      [
        "the environment has 3 bad values:",
        "  PORT is '70000'; allowed: a whole number from 1 to 65535",
        "  FAULT_ERROR_RATE is '2'; allowed: a number from 0 to 1",
        "  REDIS_HOST is missing; allowed: any text that is not empty",
      ].join("\n"),
    );
  });

  it.each([
    ["FAULT_LATENCY_MS", "1.5"],
    ["FAULT_LATENCY_MS", "-1"],
    ["FAULT_UNHEALTHY", "yes"],
    ["FAULT_HANG", "true"],
    ["FAULT_HANG_UP", "1"],
    ["LOG_LEVEL", "loud"],
    ["FAULT_LEAK_MB_PER_MINUTE", "1e9"],
  ])("refuses %s=%s", (name, value) => {
    expect(() => readConfig(commonSettings, { ...identity, [name]: value })).toThrow(`${name} is '${value}'`);
  });
});

describe("faults", () => {
  const settings: FaultSettings = {
    FAULT_ERROR_RATE: 0.25,
    FAULT_LATENCY_MS: 40,
    FAULT_HANG: "none",
    FAULT_HANG_UP: false,
    FAULT_LEAK_MB_PER_MINUTE: 0,
    FAULT_EXIT_AFTER_MS: 0,
  };

  it.each([
    [0, "fail"],
    [0.2499, "fail"],
    [0.25, "serve"],
    [0.99, "serve"],
  ])("with an error rate of 0.25, a draw of %d ends in: %s", (random, end) => {
    expect(faultFor("/orders", settings, random)).toEqual({ delayMs: 40, end });
  });

  it("leaves probes alone", () => {
    expect([isProbe("/health"), isProbe("/metrics?x=1"), isProbe("/healthy"), isProbe("/version")]).toEqual([true, true, false, false]);
    const worst: FaultSettings = { ...settings, FAULT_ERROR_RATE: 1, FAULT_HANG: "requests", FAULT_HANG_UP: true };
    expect(faultFor("/health", worst, 0)).toEqual({ delayMs: 0, end: "serve" });
  });

  it("hangs and hangs up whatever the draw is, and hangs on probes when told to hang on all", () => {
    expect(faultFor("/orders", { ...settings, FAULT_HANG: "requests" }, 0.99)).toEqual({ delayMs: 40, end: "hang" });
    expect(faultFor("/orders", { ...settings, FAULT_HANG_UP: true }, 0.99)).toEqual({ delayMs: 40, end: "hangUp" });
    expect(faultFor("/health", { ...settings, FAULT_HANG: "all" }, 0.99)).toEqual({ delayMs: 0, end: "hang" });
  });

  it("fails always at 1 and never at 0", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        expect(faultFor("/", { ...settings, FAULT_ERROR_RATE: 1 }, random).end).toBe("fail");
        expect(faultFor("/", { ...settings, FAULT_ERROR_RATE: 0 }, random).end).toBe("serve");
      }),
    );
  });

  it("leaks in proportion to time", () => {
    expect([leakedBytes(60, 0), leakedBytes(60, 1000), leakedBytes(60, 60_000)]).toEqual([0, 1_048_576, 62_914_560]);
  });
});

describe("metrics", () => {
  it("carries service, slot and release on every series", async () => {
    const metrics = createMetrics({ service: "api", slot: "blue", release: "v1" });
    metrics.observe("/orders/:id", "GET", 200, 0.02);
    const text = await metrics.render();
    expect(text).toContain('http_requests_total{route="/orders/:id",method="GET",code="200",service="api",slot="blue",release="v1"} 1');
    const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(series.filter((line) => !line.includes('slot="blue"'))).toEqual([]);
  });

  it("has the business's own counters, from 0 on", async () => {
    const metrics = createMetrics({ service: "api", slot: "blue", release: "v1" });
    const count = metrics.counter("orders_created_total", "Orders taken.");
    const line = async () => (await metrics.render()).split("\n").find((text) => text.startsWith("orders_created_total"));
    expect(await line()).toBe('orders_created_total{service="api",slot="blue",release="v1"} 0');
    count();
    expect(await line()).toMatch(/ 1$/);
  });
});

describe("a service", () => {
  const config = (extra: Record<string, string> = {}) => readConfig(commonSettings, { ...identity, LOG_LEVEL: "silent", ...extra });

  it("says who it is, keeps a good request id and replaces a bad one", async () => {
    const { server } = createService({ config: config() });
    const good = await server.inject({ url: "/version", headers: { "x-request-id": "abc-1" } });
    expect([good.json(), good.headers["x-request-id"]]).toEqual([{ service: "api", slot: "green", release: "v2" }, "abc-1"]);
    const bad = await server.inject({ url: "/version", headers: { "x-request-id": "a\tb c" } });
    expect(bad.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    await server.close();
  });

  it("is down when a dependency is, and says which", async () => {
    const { server } = createService({ config: config(), health: async () => ({ postgres: "ok", redis: "not connected" }) });
    const answer = await server.inject("/health");
    expect([answer.statusCode, answer.json().down]).toEqual([503, ["redis"]]);
    await server.close();
  });

  it("fails requests but not probes, and does not count probes", async () => {
    const { server } = createService({ config: config({ FAULT_ERROR_RATE: "1" }) });
    expect((await server.inject("/version")).statusCode).toBe(500);
    expect((await server.inject("/health")).statusCode).toBe(200);
    const counted = (await server.inject("/metrics")).body.match(/^http_requests_total\{.*/gm);
    expect(counted).toEqual(['http_requests_total{route="/version",method="GET",code="500",service="api",slot="green",release="v2"} 1']);
    await server.close();
  });

  it("cuts the connection when told to hang up, and gives no answer when told to hang; probes get theirs", async () => {
    const results: string[] = [];
    for (const fault of [{ FAULT_HANG_UP: "true" }, { FAULT_HANG: "requests" }, { FAULT_HANG: "all" }]) {
      const { server } = createService({ config: config(fault) });
      const origin = await server.listen({ port: 0, host: "127.0.0.1" });
      const ask = async (path: string): Promise<string> => {
        const asked = fetch(`${origin}${path}`, { signal: AbortSignal.timeout(300) });
        return asked.then(({ status }) => `${status}`).catch((error: Error) => (error.name === "TimeoutError" ? "no answer" : "cut"));
      };
      results.push(`${await ask("/version")}, health ${await ask("/health")}`);
      server.server.closeAllConnections();
      await server.close();
    }
    expect(results).toEqual(["cut, health 200", "no answer, health 200", "no answer, health no answer"]);
  });

  it("is unhealthy when told so", async () => {
    const { server } = createService({ config: config({ FAULT_UNHEALTHY: "true" }) });
    expect((await server.inject("/health")).json()).toMatchObject({ status: "down", down: ["fault"] });
    await server.close();
  });
});

describe("a drain", () => {
  let server: Server | undefined;
  afterEach(() => server?.closeAllConnections());

  async function serve(handler: RequestListener) {
    server = createServer({ keepAliveTimeout: 60_000 }, handler);
    const drain = prepareDrain(server);
    const listening = server;
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    return { drain, port: (server.address() as AddressInfo).port };
  }
  /** A connection that keeps everything it is sent. */
  async function open(port: number) {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    // A connection that is cut is told by what is missing of it.
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      text += data;
    });
    const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    await new Promise((resolve) => socket.once("connect", resolve));
    return { ask: () => socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), read: () => text, ended };
  }
  const slowly =
    (ms: number): RequestListener =>
    (_request, response) =>
      setTimeout(() => response.end("done"), ms);

  it("finishes what is in flight and tells the client to close", async () => {
    const { drain, port } = await serve(slowly(150));
    const client = await open(port);
    client.ask();
    await sleep(50);
    expect(await drain.start({ limitMs: 5000 })).toEqual({ cut: 0 });
    await client.ended;
    expect(client.read()).toMatch(/200 OK[\s\S]*connection: close[\s\S]*done/i);
  });

  it("answers a request that arrives on an idle connection during the grace, then closes that connection", async () => {
    const { drain, port } = await serve(slowly(1));
    const client = await open(port);
    client.ask();
    await sleep(50);
    const drained = drain.start({ limitMs: 5000, idleGraceMs: 1000 });
    await sleep(100);
    client.ask();
    expect(await drained).toEqual({ cut: 0 });
    await client.ended;
    expect(client.read().match(/200 OK/g)).toHaveLength(2);
  });

  it("takes no new connection", async () => {
    const { drain, port } = await serve(slowly(1));
    const drained = drain.start({ limitMs: 1000 });
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
    await drained;
  });

  it("closes idle connections after the grace", async () => {
    const { drain, port } = await serve(slowly(1));
    const client = await open(port);
    const start = Date.now();
    expect(await drain.start({ limitMs: 10_000, idleGraceMs: 100 })).toEqual({ cut: 0 });
    await client.ended;
    expect(Date.now() - start).toBeLessThan(2000);
  });

  it("cuts what is unfinished at the limit, and says how much", async () => {
    const { drain, port } = await serve(() => undefined);
    const client = await open(port);
    client.ask();
    await sleep(50);
    expect(await drain.start({ limitMs: 200 })).toEqual({ cut: 1 });
    await client.ended;
  });

  it("can be asked for twice", async () => {
    const { drain } = await serve(slowly(1));
    expect(drain.draining).toBe(false);
    expect(await Promise.all([drain.start({ limitMs: 100 }), drain.start({ limitMs: 100 })])).toEqual([{ cut: 0 }, { cut: 0 }]);
    expect(drain.draining).toBe(true);
  });
});
