import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { FAULTS, oneMorePort } from "../support/faults.ts";
import { Load, type LoadOptions } from "../support/load.ts";
import { type Json, Project } from "../support/project.ts";

/** A port inside the edge that another program holds: nginx's own check says nothing about it, only the reload finds out. */
const TAKEN_PORT = 9191;
const HOLD_PORT = `use IO::Socket::INET; my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "0.0.0.0", LocalPort => ${TAKEN_PORT}) or die $!; print "held\\n"; sleep 600`;

describe("changing the edge's structure", () => {
  let project: Project;
  let restore: () => Promise<void>;
  let get: LoadOptions;
  beforeAll(async () => {
    project = Project.shared();
    restore = await project.remember();
    get = { origin: project.url, path: "/api/echo", method: "GET", connections: 16 };
  });
  afterAll(async () => {
    await restore();
    expect(await project.up()).toMatchObject({ exitCode: 0 });
  });

  it("fails with nginx's own words on a configuration that nginx refuses, and the old one serves on without losing a request", async () => {
    const before = await confInEdge(project);
    const undo = await project.edit(FAULTS.directiveNginxRefuses);
    onTestFinished(undo);
    const { value: up, result } = await Load.during(get, () => project.up());
    console.log(`refused by nginx -t: ${result.failed} failed of ${result.requests} requests`);
    expect(up.exitCode, up.text).not.toBe(0);
    expect(up.text).toContain('invalid value "perhaps" in');
    expect(up.text).toContain("the check refused the new files");
    expect(up.text).not.toMatch(/^\s+at .*\.[tj]s:\d+/m);
    expect(result).toMatchObject({ failed: 0, errors: {} });
    expect(await confInEdge(project)).toBe(before);

    // The next run of the same thing must not believe that it was done.
    expect((await project.up()).exitCode).not.toBe(0);
    await undo();
    const healed = await project.up();
    expect(healed.exitCode, healed.text).toBe(0);
    expect(await confInEdge(project)).toBe(before);
  });

  it("goes back to the last good files when nginx passes its check but does not take them at the reload", async () => {
    const before = await confInEdge(project);
    const edge = `${project.estate}-edge`;
    await project.docker.run(["exec", "--detach", edge, "perl", "-e", HOLD_PORT]);
    const undo = await project.edit(oneMorePort(TAKEN_PORT));
    onTestFinished(undo);
    const { value: up, result } = await Load.during(get, () => project.up());
    console.log(`refused at the reload: ${result.failed} failed of ${result.requests} requests`);
    expect(up.exitCode, up.text).not.toBe(0);
    expect(result).toMatchObject({ failed: 0, errors: {} });
    expect(up.text).toContain("nginx passed its own check but did not take the new configuration");
    expect(up.text).toMatch(/the reload failed with the new files \([0-9a-f]{12}\); went back to [0-9a-f]{12}/);
    expect(await confInEdge(project)).toBe(before);
    expect((await fetch(`${project.url}/api/version`)).status).toBe(200);

    await undo();
    await project.killProgram("edge", "perl");
    const healed = await project.up();
    expect(healed.exitCode, healed.text).toBe(0);
    expect(await confInEdge(project)).toBe(before);
  });

  it("serves a new route, a body limit and no header override after a good change, and status shows the route", async () => {
    const before = (await project.status()).services.map(({ name, slots }) => [name, slots]);
    await project.configure((config) => {
      const services = config["sluice:services"] as Record<string, Record<string, Json>>;
      Object.assign(services.api ?? {}, { route: "/shop/v1" });
      Object.assign(services.web ?? {}, { route: "/site" });
      Object.assign(config["sluice:edge"] as object, { bodyLimitMb: 1, headerOverride: false });
    });
    const up = await project.up();
    expect(up.exitCode, up.text).toBe(0);

    const { services } = await project.status();
    expect(services.map(({ name, route }) => `${name} ${route}`)).toEqual(["api /shop/v1", "web /site"]);
    // A route is the edge's matter alone.
    expect(services.map(({ name, slots }) => [name, slots])).toEqual(before);

    const version = await fetch(`${project.url}/shop/v1/version`, { headers: { "x-sluice-slot": "green" } });
    expect(await version.json()).toEqual({ service: "api", slot: "blue", release: "v1" });
    expect((await fetch(`${project.url}/site`)).status).toBe(200);
    expect(await statusOf(`${project.url}/api/version`)).toBe(404);
    expect(await statusOf(`${project.url}/`), "no route takes it: the edge itself answers").toBe(404);
    expect(await statusOf(`${project.url}/shop/v12/version`), "a route never takes its neighbour").toBe(404);

    const post = (bytes: number) =>
      statusOf(`${project.url}/shop/v1/echo`, { method: "POST", headers: { "content-type": "text/plain" }, body: "x".repeat(bytes) });
    expect(await post(512 * 1024)).toBe(200);
    expect(await post(1024 * 1024 + 1)).toBe(413);

    await restore();
    const back = await project.up();
    expect(back.exitCode, back.text).toBe(0);
    expect(await statusOf(`${project.url}/api/version`)).toBe(200);
  });

  it("names the generation that it runs: the one that the edge answers on its inner port", async () => {
    const conf = await confInEdge(project);
    const answered = await project.docker.run(["exec", `${project.estate}-edge`, "curl", "-fsS", "http://127.0.0.1:8081/generation"]);
    expect(conf).toContain(`# generation ${answered.trim()}\n`);
    // What the source says is what runs: nothing of the tests' edits is left.
    expect(conf).toContain("server_tokens off;");
    expect(await readFile(join(project.root, FAULTS.directiveNginxRefuses.file), "utf8")).not.toContain(`${TAKEN_PORT}`);
  });
});

async function statusOf(url: string, init?: RequestInit): Promise<number> {
  const response = await fetch(url, init);
  await response.text();
  return response.status;
}

const confInEdge = (project: Project): Promise<string> =>
  project.docker.run(["exec", `${project.estate}-edge`, "cat", "/config/nginx/current/nginx.conf"]);
