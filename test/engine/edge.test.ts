import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { execa } from "execa";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addMirror } from "../support/mirror.ts";
import { Project } from "../support/project.ts";

/** A line of the edge's access log, as far as these tests read it. */
interface Line {
  readonly service: string;
  readonly slot: string;
  readonly chosen: string;
  readonly release: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly probe: boolean;
  readonly seconds: number;
  readonly upstream: string;
  readonly upstream_status: string;
  readonly client: string;
  readonly request_id: string;
}

describe("the edge over HTTP", () => {
  let project: Project;
  let restore: () => Promise<void>;
  beforeAll(async () => {
    project = Project.shared();
    restore = await project.remember();
    await addMirror(project);
    const up = await project.up();
    expect(up.exitCode, up.text).toBe(0);
  });
  afterAll(async () => {
    await rm(join(project.root, "images", "mirror"), { recursive: true });
    await restore();
    const up = await project.up();
    expect(up.exitCode, up.text).toBe(0);
    expect((await project.status()).services.map(({ name }) => name)).toEqual(["api", "web"]);
  });

  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const response = await request(`${project.url}${path}`, { headers });
    const body = Buffer.from(await response.body.arrayBuffer());
    return { status: response.statusCode, headers: response.headers, body, text: body.toString() };
  };
  /** The headers that the service behind the edge got. */
  const seen = async (headers: Record<string, string>, path = "/mirror/") =>
    (JSON.parse((await ask(path, headers)).text) as { headers: Record<string, string> }).headers;

  it("adds security headers, tells no version, and leaves a service's own header alone", async () => {
    for (const path of ["/", "/api/version", "/mirror/", "/api/no-such-thing"]) {
      expect((await ask(path)).headers, path).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "SAMEORIGIN",
        "referrer-policy": "strict-origin-when-cross-origin",
        server: "nginx",
      });
    }
    const own = await ask("/mirror/own");
    expect(own.headers["x-frame-options"]).toBe("DENY");
    expect(own.headers["strict-transport-security"], "plain HTTP promises no HTTPS").toBeUndefined();
  });

  it("passes a request id on, gives it back once, and makes one where there is none or a bad one", async () => {
    const id = "order-5110716.a_b";
    expect((await seen({ "x-request-id": id }))["x-request-id"]).toBe(id);
    for (const path of ["/mirror/", "/api/version", "/"])
      expect((await ask(path, { "x-request-id": id })).headers["x-request-id"], path).toBe(id);
    for (const bad of [undefined, "short", `${"x".repeat(65)}`, 'a"b{}<script>']) {
      const answer = await ask("/mirror/", bad === undefined ? {} : { "x-request-id": bad });
      const made = answer.headers["x-request-id"];
      expect(made, `instead of ${bad}`).toMatch(/^[0-9a-f]{32}$/);
      expect((JSON.parse(answer.text) as { headers: Record<string, string> }).headers["x-request-id"]).toBe(made);
    }
  });

  it("tells the service who asks, whatever the client claims", async () => {
    const gateway = project.subnet.replace("0/16", "1");
    const forged = {
      "x-forwarded-for": "6.6.6.6",
      "x-real-ip": "6.6.6.6",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "evil.example",
    };
    expect(await seen(forged)).toMatchObject({
      "x-forwarded-for": gateway,
      "x-real-ip": gateway,
      "x-forwarded-proto": "http",
      "x-forwarded-host": `127.0.0.1:${project.port}`,
      host: `127.0.0.1:${project.port}`,
      "x-sluice-slot": "blue",
    });
    const { client } = await lineOf("client-claims", "/mirror/", forged);
    expect(client).toBe(gateway);
  });

  it("takes its route's prefix off, keeps the query, and does not take its neighbours", async () => {
    const url = async (path: string) => (JSON.parse((await ask(path)).text) as { url: string }).url;
    expect(await url("/mirror")).toBe("/");
    expect(await url("/mirror/a/b?c=d%20e")).toBe("/a/b?c=d%20e");
    expect((await ask("/mirrors")).text).not.toContain('"headers"');
  });

  it("compresses what is worth it, for those who take it", async () => {
    const zipped = await ask("/", { "accept-encoding": "gzip" });
    expect(zipped.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    const plain = await ask("/");
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(gunzipSync(zipped.body).toString().replaceAll(/\d/g, "")).toBe(plain.text.replaceAll(/\d/g, ""));
    expect(zipped.body.length).toBeLessThan(plain.body.length / 2);
    expect((await ask("/api/version", { "accept-encoding": "gzip" })).headers["content-encoding"], "too small").toBeUndefined();
  });

  it("gives the service's own 404, and its own health without asking a service", async () => {
    expect((await ask("/api/no-such-thing")).status).toBe(404);
    expect(await ask("/healthz")).toMatchObject({ status: 200, text: "ok\n" });
  });

  it("sets its cookie once, sticky and out of reach for scripts, beside the service's own", async () => {
    const [own, sticky] = [(await ask("/mirror/own")).headers["set-cookie"]].flat().sort();
    expect(own).toBe("own=1");
    expect(sticky).toMatch(/^sluice_id=\d{1,2}\.\d{1,2}\.\d{1,2}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/);
    expect((await ask("/mirror/", { cookie: "sluice_id=1.2.3" })).headers["set-cookie"]).toBeUndefined();
    expect((await ask("/mirror/", { cookie: "sluice_id=1.2.3; evil" })).status).toBe(200);
  });

  it("logs every request as one line of JSON, with service, slot and release, and without the query", async () => {
    const line = await lineOf("a-known-request", "/api/version?card=4111111111111111");
    expect(line).toMatchObject({
      service: "api",
      slot: "blue",
      chosen: "blue",
      release: "v1",
      method: "GET",
      path: "/api/version",
      status: 200,
      probe: false,
      upstream_status: "200",
      request_id: "a-known-request",
    });
    expect(line.seconds).toBeLessThan(5);
    expect(await lineOf("a-canary-request", "/web-page", { "x-sluice-slot": "green" })).toMatchObject({
      service: "web",
      slot: "green",
      release: "v2",
    });
    expect(await lineOf("a-probe-of-ours", "/api/health")).toMatchObject({ service: "api", probe: true });
    const { stdout } = await logs();
    const bad = stdout.split("\n").filter((text) => text !== "" && !isJson(text));
    expect(bad).toEqual([]);
    expect(stdout).not.toContain("4111111111111111");
  });

  it("survives hostile bytes in what it logs", async () => {
    const hostile = 'q"}\\\n{"status":200';
    const line = await lineOf("hostile-user-agent", "/api/%22%7D%0A%5C?x", { "user-agent": hostile.replace("\n", "\t") });
    expect(line).toMatchObject({ service: "api", status: 404 });
  });

  it("names the slot that really answered when the other one had to", async () => {
    const blue = await project.container("api-blue-1");
    await project.docker.run(["stop", "--time", "5", blue.Id]);
    try {
      const upstreams: string[] = [];
      while (upstreams.length < 5 && !upstreams.at(-1)?.includes(",")) {
        const line = await lineOf(`answered-by-backup-${upstreams.length}`, "/api/version");
        expect(line).toMatchObject({ service: "api", chosen: "blue", slot: "green", release: "v2", status: 200 });
        upstreams.push(line.upstream);
        // A probe may have met it first: then it is left out for two seconds, and nobody tries it.
        await sleep(2100);
      }
      expect(upstreams.at(-1)).toMatch(/^10\.\d+\.\d+\.\d+:3000, 10\.\d+\.\d+\.\d+:3000$/);
    } finally {
      await project.docker.run(["start", blue.Id]);
      await healthy(project, "api-blue-1");
    }
  });

  it("answers 502 within its connect time when no slot is there, and says so in the log", async () => {
    const mirror = await project.container("mirror-blue-1");
    await project.docker.run(["stop", "--time", "1", mirror.Id]);
    try {
      const line = await lineOf("nobody-is-there", "/mirror/");
      expect([502, 504]).toContain(line.status);
      expect(line).toMatchObject({ service: "mirror", slot: "blue", release: "m1" });
      expect(line.seconds).toBeLessThan(5);
    } finally {
      await project.docker.run(["start", mirror.Id]);
      await healthy(project, "mirror-blue-1");
    }
  });

  /** stdout is the access log; what nginx says of itself is on stderr. */
  const logs = () => execa("docker", ["logs", `${project.estate}-edge`], { maxBuffer: 1 << 28 });

  /** Ask with an id of its own, and give the line of the access log that has it. */
  async function lineOf(id: string, path: string, headers: Record<string, string> = {}): Promise<Line> {
    await ask(path, { ...headers, "x-request-id": id });
    for (let tries = 0; tries < 50; tries++) {
      const line = (await logs()).stdout.split("\n").find((text) => text.includes(`"request_id":"${id}"`));
      if (line !== undefined) return JSON.parse(line) as Line;
      await sleep(200);
    }
    throw new Error(`no line with the request id ${id} in the edge's log within 10 s`);
  }
});

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}

async function healthy(project: Project, name: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if ((await project.container(name)).State.Health?.Status === "healthy") return;
    await sleep(200);
  }
  throw new Error(`${name} is not healthy after 20 s`);
}
