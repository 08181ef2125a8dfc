import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Load, type LoadOptions, type LoadResult } from "../support/load.ts";
import { type Json, Project } from "../support/project.ts";

type Service = { readyTimeoutSeconds?: number; canaryWeight: number; blue: Json; green: Json };
const api = (config: Record<string, Json>) => (config["sluice:services"] as unknown as { api: Service }).api;

const BLUE = { build: "images/api", release: "v1" };
const GREEN = { build: "images/api", release: "v2" };

describe("recreating containers under load", () => {
  let project: Project;
  let restore: () => Promise<void>;
  let get: LoadOptions;
  let post: LoadOptions;
  beforeAll(async () => {
    project = Project.shared();
    restore = await project.remember();
    get = { origin: project.url, path: "/api/echo", method: "GET", connections: 32 };
    post = { ...get, method: "POST", body: "{}", headers: { "content-type": "application/json" } };
    await good(project, (config) => Object.assign(api(config), { canaryWeight: 0 }));
  });
  afterAll(async () => {
    await restore();
    expect(await project.up()).toMatchObject({ exitCode: 0 });
  });

  it("loses no GET while an up recreates the active slot's container", async () => {
    const before = await project.container("api-blue-1");
    const { result } = await Load.during(get, () =>
      good(project, (config) => Object.assign(api(config), { blue: { ...BLUE, env: { ROUND: "1" } } })),
    );
    tell("active slot recreated by up", result);
    expect(result).toMatchObject({ failed: 0, errors: {} });
    expect((await project.container("api-blue-1")).Id).not.toBe(before.Id);
    // The edge says who answered: while blue was away, its clients were served by the standby.
    expect(result.slots.green, "answers of the standby").toBeGreaterThan(0);
    expect(result.slots.blue, "answers of the active slot").toBeGreaterThan(0);
  });

  it("loses no GET when the active slot's program is killed hard, and its restart policy brings it back", async () => {
    const before = await project.container("api-blue-1");
    const { result } = await Load.during(get, async () => {
      await project.killProgram("api-blue-1", "node");
      await until("the container was started again and is healthy", async () => {
        const now = await project.container("api-blue-1");
        return now.RestartCount > before.RestartCount && now.State.Health?.Status === "healthy";
      });
    });
    tell("active slot's program killed with SIGKILL", result);
    expect(result).toMatchObject({ failed: 0, errors: {} });
    expect((await project.container("api-blue-1")).Id).toBe(before.Id);
  });

  it("loses no GET when the active slot's container is killed for good, and npm start brings it back", async () => {
    const { Id } = await project.container("api-blue-1");
    const { result } = await Load.during(get, async () => {
      await project.docker.run(["kill", Id]);
      const started = await project.script("start");
      expect(started.exitCode, started.text).toBe(0);
    });
    tell("active slot's container killed, then npm start", result);
    expect(result).toMatchObject({ failed: 0, errors: {} });
    expect((await project.container("api-blue-1")).State.Health?.Status).toBe("healthy");
  });

  it("loses no POST while the idle slot is recreated", async () => {
    const before = await project.container("api-green-1");
    const { result } = await Load.during(post, () =>
      good(project, (config) => Object.assign(api(config), { green: { ...GREEN, env: { ROUND: "1" } } })),
    );
    tell("idle slot recreated", result);
    expect(result).toMatchObject({ failed: 0, errors: {} });
    expect((await project.container("api-green-1")).Id).not.toBe(before.Id);
  });

  it("loses no POST while a slot that was drained first is recreated", async () => {
    const before = await project.container("api-blue-1");
    const { result } = await Load.during(post, async () => {
      await good(project, (config) => Object.assign(api(config), { canaryWeight: 100 }));
      await good(project, (config) => Object.assign(api(config), { blue: { ...BLUE, env: { ROUND: "2" } } }));
      await good(project, (config) => Object.assign(api(config), { canaryWeight: 0 }));
    });
    tell("drained slot recreated", result);
    expect(result).toMatchObject({ failed: 0, errors: {} });
    expect((await project.container("api-blue-1")).Id).not.toBe(before.Id);
    expect(Object.keys(result.slots).sort()).toEqual(["blue", "green"]);
  });

  /** Every way to break the idle slot, and words that must come back: the program's own last ones among them. */
  const BROKEN: readonly [what: string, green: Json, words: readonly (string | RegExp)[]][] = [
    [
      "never gets healthy",
      { ...GREEN, env: { FAULT_UNHEALTHY: "true" } },
      [
        /api-green-1 is running and (starting|unhealthy) after 8 s; allowed: healthy within 8 s/,
        "503",
        "Its last log lines:",
        '"message":"ready"',
      ],
    ],
    [
      "crashes soon after its start",
      { ...GREEN, env: { FAULT_EXIT_AFTER_MS: "100" } },
      ["api-green-1", "exit code 1", "fault: exiting after 100 ms"],
    ],
    [
      "has a bad setting",
      { ...GREEN, env: { LOG_LEVEL: "loud" } },
      ["api-green-1", "exit code 1", "LOG_LEVEL is 'loud'; allowed: trace, debug"],
    ],
    [
      "has an image whose command fails",
      { build: "images/broken", release: "broken" },
      ["api-green-1", "exit code 3", "planted: no such program"],
    ],
    [
      "has an image that cannot be built",
      { build: "images/unbuildable", release: "unbuildable" },
      ["images-unbuildable", "planted: cannot be built"],
    ],
  ];

  /** Of these, the ones that are brought up a second time. */
  const AGAIN = ["never gets healthy", "has an image that cannot be built"];
  /** The active slot's container before the first of them: its id, start and restarts. */
  let active: unknown[] | undefined;

  it.each(BROKEN)("an idle slot that %s fails the up with its words, and the active slot never notices", async (what, green, words) => {
    await writeImage(project, "broken", 'CMD ["sh", "-c", "echo planted: no such program; exit 3"]');
    await writeImage(project, "unbuildable", "RUN echo planted: cannot be built >&2; exit 7");
    const before = await project.container("api-blue-1");
    active ??= [before.Id, before.State.StartedAt, before.RestartCount];
    const { value: up, result } = await Load.during({ ...get, connections: 16 }, async () => {
      await project.configure((config) => Object.assign(api(config), { readyTimeoutSeconds: 8, green }));
      return project.up();
    });
    tell(`broken idle slot: up failed after ${up.seconds.toFixed(0)} s`, result);
    expect(up.exitCode, up.text).not.toBe(0);
    for (const word of words) expect(up.text).toMatch(typeof word === "string" ? literally(word) : word);
    expect(up.text).not.toMatch(/^\s+at .*\.[tj]s:\d+/m);

    expect(result).toMatchObject({ failed: 0, errors: {}, slots: { blue: result.requests } });
    const after = await project.container("api-blue-1");
    expect([after.Id, after.State.StartedAt, after.RestartCount]).toEqual([before.Id, before.State.StartedAt, before.RestartCount]);

    // A container that is there, and an image that is not: neither is taken for done by the next run.
    if (!AGAIN.includes(what)) return;
    const again = await project.up();
    expect(again.exitCode, `the same broken slot again:\n${again.text}`).not.toBe(0);
  });

  it("is well again with a good idle slot after all of these, and the active one is as it was before them", async () => {
    await Promise.all(["broken", "unbuildable"].map((role) => rm(join(project.root, "images", role), { recursive: true })));
    await good(project, (config) => Object.assign(api(config), { readyTimeoutSeconds: 60, green: GREEN }));
    const { services } = await project.status();
    const health = services.flatMap(({ name, slots }) => slots.map((slot) => `${name} ${slot.name} ${slot.release} ${slot.health}`));
    expect(health).toEqual(["api blue v1 healthy", "api green v2 healthy", "web blue v1 healthy", "web green v2 healthy"]);
    const { Id, State, RestartCount } = await project.container("api-blue-1");
    expect([Id, State.StartedAt, RestartCount]).toEqual(active);
  });
});

/** Change the settings and bring them up; an up that fails fails the test with its words. */
async function good(project: Project, change: (config: Record<string, Json>) => void): Promise<void> {
  await project.configure(change);
  const up = await project.up();
  expect(up.exitCode, up.text).toBe(0);
}

async function writeImage(project: Project, role: string, last: string): Promise<void> {
  await mkdir(join(project.root, "images", role), { recursive: true });
  await writeFile(join(project.root, "images", role, "Dockerfile"), `ARG BASE=sluice/base\nFROM \${BASE}\n${last}\n`);
}

async function until(what: string, holds: () => Promise<boolean>, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`after ${seconds} s still not: ${what}`);
    await sleep(200);
  }
}

const literally = (text: string): RegExp => new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));

const tell = (what: string, { failed, requests, slots, slowestMs }: LoadResult): void =>
  console.log(`${what}: ${failed} failed of ${requests} requests, slowest ${slowestMs.toFixed(0)} ms`, slots);
