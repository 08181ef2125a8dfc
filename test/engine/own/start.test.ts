import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Docker } from "../../../estate/docker.ts";
import { letBaseGo } from "../../../estate/take-down.ts";
import { cacheRoot } from "../../../toolchain/cache.ts";
import { DEBIAN_IMAGE, ensureDebian } from "../../../toolchain/debian.ts";
import { changes, type Outcome, Project } from "../../support/project.ts";

const STACK_TRACE = /^\s+at .*\.[cm]?[tj]s:\d+/m;

describe("start, status and stop", () => {
  let project: Project;
  let file: string;
  let first: Outcome;
  const stackFile = () => readFile(join(project.root, "Pulumi.dev.yaml"), "utf8");
  beforeAll(async () => {
    project = await Project.make("start");
    file = await stackFile();
    first = await project.script("start");
  });
  afterAll(async () => {
    const stopped = await project.remove();
    expect(stopped.exitCode, stopped.text).toBe(0);
    expect(await project.leftovers()).toEqual([]);
  });

  it("ends with a table of what runs and with commands to try next", () => {
    expect(first.exitCode, first.text).toBe(0);
    expect(first.text).toContain(`${project.estate}  edge ${project.url} (healthy)`);
    const rows = first.text
      .split("\n")
      .flatMap((line) => (line.startsWith("│") ? [line.replaceAll("│", " ").trim().split(/\s+/).join(" ")] : []));
    expect(rows).toEqual(
      expect.arrayContaining([
        "service route slot role clients release health",
        "api /api blue active 100 % v1 healthy",
        "api /api green standby 0 % v2 healthy",
        "web / blue active 100 % v1 healthy",
        "web / green standby 0 % v2 healthy",
      ]),
    );
    expect(first.text).toContain(`curl -s ${project.url}/api/version`);
    expect(first.text).not.toMatch(STACK_TRACE);
  });

  it("changes nothing when it runs again", async () => {
    const before = await project.status();
    const again = await project.script("start");
    console.log(`second start: ${again.seconds.toFixed(1)} s`);
    expect(again.exitCode, again.text).toBe(0);
    const { unchanged, ...others } = changes(again.text);
    expect(others).toEqual({});
    expect(unchanged).toBeGreaterThan(50);
    expect(await project.status()).toEqual(before);
    expect(await stackFile(), "the tracked stack file").toBe(file);
  });

  it("leaves no drift: up, preview and refresh find nothing to change", async () => {
    const up = await project.up();
    expect(Object.keys(changes(up.text)), up.text).toEqual(["unchanged"]);
    for (const command of [["preview"], ["preview", "--refresh"], ["refresh", "--yes", "--skip-preview"]]) {
      const found = await project.pulumi(...command, "--stack", "dev", "--expect-no-changes");
      expect(found.exitCode, `${command.join(" ")}\n${found.text}`).toBe(0);
    }
    expect(await stackFile(), "the tracked stack file").toBe(file);
  });

  it("tells its status to scripts in the documented shape", async () => {
    const text = (value: unknown) => expect(value).toEqual(expect.stringMatching(/./));
    const status = await project.status();
    expect(status.edge.url).toBe(project.url);
    expect(status.services.map(({ name }) => name)).toEqual(["api", "web"]);
    for (const service of status.services) {
      expect(service).toMatchObject({
        name: service.name,
        route: service.name === "api" ? "/api" : "/",
        active: "blue",
        canaryWeight: 0,
        frozen: false,
      });
      expect(service.slots.map(({ name, release, health }) => [name, release, health])).toEqual([
        ["blue", "v1", "healthy"],
        ["green", "v2", "healthy"],
      ]);
      for (const { image, containers } of service.slots) {
        expect(image).toMatch(/^sha256:[0-9a-f]{64}$/);
        expect(containers).toEqual([{ id: expect.stringMatching(/^[0-9a-f]{64}$/), startedAt: expect.stringMatching(/^20\d\d-/) }]);
      }
      text(service.name);
    }
  });

  it("brings back a container that somebody removed or stopped, healthy", async () => {
    await project.docker.run(["rm", "--force", `${project.estate}-api-blue-1`]);
    await project.docker.run(["stop", `${project.estate}-web-green-1`]);
    const started = await project.script("start");
    expect(started.exitCode, started.text).toBe(0);
    const { services } = await project.status();
    const health = services.flatMap(({ name, slots }) => slots.map((slot) => `${name} ${slot.name} ${slot.health}`));
    expect(health).toEqual(["api blue healthy", "api green healthy", "web blue healthy", "web green healthy"]);
    expect(await slotOfVersion(project)).toBe("blue");
  });

  it("refuses a second checkout with the same name, port and network, says who has them, and starts after the printed fixes", async () => {
    const before = await project.status();
    const rival = await Project.make("rival", project.subnet);
    await rival.configure((config) => {
      config["sluice:name"] = project.estate;
      config["sluice:edge"] = { port: project.port };
      config["sluice:monitoring"] = { port: project.monitoringPort };
    });
    const refused = await rival.script("start");
    expect(refused.exitCode).toBe(1);
    expect(refused.text).toContain("4 in the way");
    expect(refused.text).toContain(`the name '${project.estate}' (15 containers) is taken by the checkout ${project.root}, started by `);
    expect(refused.text).toContain(`port ${project.port} on 127.0.0.1 is taken by the container '${project.estate}-edge'`);
    expect(refused.text).toContain(`port ${project.monitoringPort} on 127.0.0.1 is taken by the container '${project.estate}-edge'`);
    expect(refused.text).toContain(`the network ${project.subnet} is taken by Docker's network '${project.estate}' (${project.subnet})`);
    expect(refused.text).not.toMatch(STACK_TRACE);

    const ended = await rival.script("stop", "--data");
    expect(ended.exitCode).toBe(1);
    expect(ended.text).toContain(`'${project.estate}' is not run from here but from ${project.root}`);

    // Exactly what is printed, word by word, as a person would paste it.
    const fixes = [...refused.text.matchAll(/(npm run pulumi -- config set [^;\n(]+?)(?: \(.*\))?(?:;.*)?$/gm)].map(([, command = ""]) =>
      command.trim(),
    );
    expect(fixes).toHaveLength(4);
    for (const fix of fixes) {
      const command = fix.replace("npm run pulumi --", `'${process.execPath}' scripts/pulumi.ts`);
      const done = await execa("sh", ["-c", command], { cwd: rival.root, all: true, reject: false });
      expect(done.exitCode, `${fix}\n${done.all}`).toBe(0);
    }
    const started = await rival.script("start");
    expect(started.exitCode, started.text).toBe(0);
    expect(started.text).toContain(`${project.estate}-2  edge http://127.0.0.1:`);
    expect(await project.status(), "the estate that was there first").toEqual(before);

    const stopped = await rival.remove();
    expect(stopped.exitCode, stopped.text).toBe(0);
    for (const kind of ["container", "network", "volume", "image"] as const) {
      expect(await project.docker.list(kind, `${project.estate}-2`), kind).toEqual([]);
    }
    expect(await project.status(), "the estate that was there first").toEqual(before);
  });

  it.each([
    [["start", "--stack", "nowhere"], "There is no stack 'nowhere': Pulumi.nowhere.yaml is missing."],
    [["status", "--stack", "nowhere"], "There is no stack 'nowhere': Pulumi.nowhere.yaml is missing."],
    [["stop", "--stack", "nowhere", "--data"], "There is no stack 'nowhere': Pulumi.nowhere.yaml is missing."],
    [["start", "--sudo"], "unknown option '--sudo'"],
    [["status", "--jsn"], "(Did you mean --json?)"],
    [["stop", "everything"], "too many arguments"],
  ])("ends `%s` with words and exit code 1", async ([name = "", ...args], words) => {
    const ended = await project.script(name, ...args);
    expect(ended.exitCode, ended.text).toBe(1);
    expect(ended.text).toContain(words);
    expect(ended.text).not.toMatch(STACK_TRACE);
  });

  it.each([["start"], ["status"], ["stop"]])("says in words that no Docker engine answers: %s", async (name) => {
    project.env.DOCKER_HOST = "unix:///nowhere/docker.sock";
    const ended = await project.script(name);
    delete project.env.DOCKER_HOST;
    expect(ended.exitCode, ended.text).toBe(1);
    expect(ended.text).toContain("unix:///nowhere/docker.sock");
    expect(ended.text).not.toMatch(STACK_TRACE);
  });

  it("keeps the data over a stop without --data, and says that nothing runs meanwhile", async () => {
    const headers = { "content-type": "application/json" };
    const stored = await fetch(`${project.url}/api/orders`, {
      method: "POST",
      headers,
      body: JSON.stringify({ item: "kept", quantity: 7 }),
    });
    const { id } = (await stored.json()) as { id: string };
    const stopped = await project.script("stop");
    expect(stopped.exitCode, stopped.text).toBe(0);
    const kinds = (await project.leftovers()).map((line) => line.split(" ")[0]);
    expect(kinds).not.toContain("container");
    expect(kinds).not.toContain("network");
    const volumes = await project.docker.list("volume", project.estate);
    const kept = ["alertmanager", "postgres", "prometheus", "redis"].map((name) => `${project.estate}-${name}-data`);
    expect(volumes.sort()).toEqual(kept);

    const status = await project.script("status");
    expect(status.exitCode).toBe(1);
    expect(status.text.trim()).toBe(`'${project.estate}' is not running. Start it: npm start`);
    const json = await project.script("status", "--json");
    const nowhere = { prometheus: null, alertmanager: null, grafana: null };
    expect([json.exitCode, JSON.parse(json.stdout)]).toEqual([
      1,
      {
        ...{ edge: { url: null, health: "missing" }, stores: [], services: [] },
        ...{ monitoring: nowhere, statusPage: null, monitoringHealth: null, guard: null },
      },
    ]);
    const again = await project.script("stop");
    expect(again.exitCode, `stop of what is stopped:\n${again.text}`).toBe(0);

    const started = await project.script("start");
    expect(started.exitCode, started.text).toBe(0);
    const order = await fetch(`${project.url}/api/orders/${id}`);
    expect(await order.json()).toMatchObject({ id, item: "kept", quantity: 7 });
  });

  it("leaves nothing in Docker, and no note of itself, after stop --data", async () => {
    // Somebody else who is about to build, and has no image yet.
    const soon = `${project.estate}-soon`;
    await ensureDebian({ user: soon });
    const stopped = await project.script("stop", "--data");
    expect(stopped.exitCode, stopped.text).toBe(0);
    expect(await project.docker.try(["image", "inspect", DEBIAN_IMAGE]), "the base that somebody else needs").toBe(true);
    await letBaseGo(project.docker, soon);
    expect(await project.leftovers()).toEqual([]);
    // Also not what lost its labels, or never had any.
    const all = ["container ls --all", "network ls", "volume ls", "image ls --all"];
    for (const command of all)
      expect(await project.docker.run([...command.split(" "), "--format", "{{json .}}"])).not.toContain(project.estate);
    await expect(readFile(join(cacheRoot(), "estates", `${project.estate}.json`))).rejects.toThrow("ENOENT");
  });

  it("leaves out what has gone since it was listed, and tells every other failure", async () => {
    const { docker } = project;
    const ids = (await docker.run(["network", "ls", "--quiet", "--filter", "name=bridge"])).split("\n");
    const gone = "0123456789ab";
    expect(await docker.facts("network", [gone, ...ids])).toHaveLength(ids.length);
    for (const kind of ["container", "volume", "image"] as const) expect(await docker.facts(kind, [gone])).toEqual([]);
    await expect(new Docker("unix:///nowhere/docker.sock").facts("network", ids)).rejects.toThrow("/nowhere/docker.sock");
  });

  it("refuses to remove protected data", async () => {
    await project.configure((config) => {
      config["sluice:protectData"] = true;
    });
    const refused = await project.script("stop", "--data");
    expect(refused.exitCode, refused.text).toBe(1);
    expect(refused.text).toContain(`The data of '${project.estate}' is protected (sluice:protectData is true); it is not removed.`);
    await project.configure((config) => {
      config["sluice:protectData"] = false;
    });
  });
});

async function slotOfVersion(project: Project): Promise<string> {
  const answer = await fetch(`${project.url}/api/version`);
  return ((await answer.json()) as { slot: string }).slot;
}
