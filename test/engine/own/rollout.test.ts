import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Json, type Outcome, Project } from "../../support/project.ts";
import { withVisitors } from "../../support/visitors.ts";

interface Control {
  readonly active: string;
  readonly weight: number;
  readonly frozen: { readonly decision: string; readonly slot: string } | null;
}

/** An estate of its own: rollouts change what runs in its slots. */
describe("a rollout of a real estate", () => {
  let project: Project;

  beforeAll(async () => {
    project = await Project.make("rollout");
    await project.configure((config) => {
      config["sluice:rollout"] = { windowSeconds: 5, warmUpSeconds: 2 };
      const services = config["sluice:services"] as Record<string, Record<string, Json>>;
      Object.assign(services.api ?? {}, { rollout: { probes: ["/version"] } });
    });
    const started = await project.script("start");
    if (started.exitCode !== 0) throw new Error(started.text);
  }, 600_000);

  afterAll(async () => {
    const stopped = await project.remove();
    expect(await project.leftovers(), stopped.text).toEqual([]);
  }, 300_000);

  const rollout = (...args: string[]): Promise<Outcome> => project.script("rollout", ...args);
  const control = async (): Promise<Control> =>
    JSON.parse(await project.docker.run(["exec", `${project.estate}-edge`, "read-control", "api"])) as Control;
  const roll = (release: string, ...more: string[]): Promise<Outcome> =>
    rollout("api", "--image", "build:images/api", "--release", release, "--window", "10", "--watch", "0", "--json", ...more);
  const clients = (during: () => Promise<Outcome>): Promise<Outcome> => withVisitors(`${project.url}/api/version`, during);

  it("shows its plan and what it looked at, and changes nothing, with --dry-run", async () => {
    const before = await control();
    const shown = await rollout("api", "--image", "build:images/api", "--release", "v3", "--dry-run");
    expect([shown.exitCode, shown.stdout], shown.text).toEqual([0, expect.stringContaining("10 % → 50 % → 100 %")]);
    expect(await control()).toMatchObject({ active: before.active, weight: before.weight });
  });

  it("is refused with everything that is wrong at once", async () => {
    const refused = await rollout("api", "--image", "build:images/none", "--release", "v1", "--steps", "50,10");
    expect(refused.exitCode).toBe(1);
    for (const part of ["each step must be higher", "slot blue runs already", "no Dockerfile"]) expect(refused.text).toContain(part);
  });

  it("promotes a good release by 10, 50 and 100 %, and records it", async () => {
    const done = await clients(() => roll("v3"));
    expect(done.exitCode, done.text).toBe(0);
    const events = done.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; id?: string; outcome?: string });
    expect([events[0]?.type, events.at(-1)?.type, events.at(-1)?.outcome]).toEqual(["rollout", "done", "promoted"]);
    expect(await control()).toMatchObject({ active: "green", weight: 0, frozen: null });
    expect((await rollout("report", events[0]?.id ?? "")).stdout).toContain("# api v3: promoted");
  }, 300_000);

  it("is taken back by hand at once, held, and acknowledged", async () => {
    const back = await rollout("rollback", "api");
    expect(back.exitCode, back.text).toBe(0);
    const { active, weight, frozen } = await control();
    expect([active, weight, frozen?.slot]).toEqual(["blue", 0, "green"]);
    const held = await roll("v4");
    expect([held.exitCode, held.text]).toEqual([1, expect.stringContaining(`acknowledge ${frozen?.decision}`)]);
    const acknowledged = await rollout("acknowledge", frozen?.decision ?? "");
    expect(acknowledged.exitCode, acknowledged.text).toBe(0);
    expect((await control()).frozen).toBeNull();
  }, 300_000);

  it("takes a bad release back, freezes it, and leaves the stack file able to come up", async () => {
    const bad = await clients(() => roll("v5", "--env", "FAULT_ERROR_RATE=1"));
    expect(bad.exitCode, bad.text).toBe(2);
    const { active, weight, frozen } = await control();
    expect([active, weight, frozen?.slot]).toEqual(["blue", 0, "green"]);
    const up = await project.up();
    expect(up.exitCode, up.text).toBe(0);
    expect((await rollout("acknowledge", frozen?.decision ?? "")).exitCode).toBe(0);
  }, 300_000);
});
