import { describe, expect, it } from "vitest";
import { otherSlot, type Slot } from "../../components/edge/share.ts";
import type { Ending } from "../../rollout/driver/driver.ts";
import { LeaseHeld } from "../../rollout/driver/ports.ts";
import { type Run, readSaved } from "../../rollout/driver/saved.ts";
import type { Plan } from "../../rollout/machine/index.ts";
import { summariesOf } from "../../rollout/records/entries.ts";
import { plan, run, World } from "../support/rollout/world.ts";

interface Options {
  readonly world?: World;
  readonly id?: string;
  readonly settings?: Partial<Plan["settings"]>;
  readonly more?: Partial<Run>;
  readonly warmUpMs?: number;
  readonly watchesAlone?: boolean;
}

/** A whole rollout of v2, told by what the world does meanwhile. */
async function roll({
  world = new World(),
  id = "api-1",
  settings = {},
  more = {},
  warmUpMs = 0,
  watchesAlone = false,
}: Options = {}): Promise<{ world: World; ending: Ending }> {
  const { driver } = world.process({ warmUpMs, watchesAlone });
  await driver.begin();
  const refused = driver.start(run(id, { startedAt: world.now, ...more }), {
    type: "start",
    at: world.now,
    plan: plan(id, settings),
    by: "ann",
  });
  if (refused !== null) throw new Error(refused);
  return { world, ending: await driver.rest() };
}

const phases = ({ shown }: World): string[] => shown.flatMap((one) => (one.type === "phase" ? [one.phase] : []));
const weights = ({ ups }: World) => ups.map(({ active, canaryWeight, slot }) => `${slot ? "deploy " : ""}${active} ${canaryWeight}`);
const stateOf = (world: World) => readSaved(world.disk ?? "").state;

describe("a good release", () => {
  it("goes 10, 50, 100, is promoted, and every `up` is needed", async () => {
    const { world, ending } = await roll();
    expect(ending).toBe("promoted");
    expect(weights(world)).toEqual(["deploy blue 0", "blue 10", "blue 50", "blue 100", "green 0"]);
    expect([world.active, world.weight, world.frozen]).toEqual(["green", 0, null]);
    expect(world.lease).toBeNull();
  });

  it("leaves a record of each turn, one summary, and nothing undelivered", async () => {
    const { world } = await roll();
    const actions = world.entries.flatMap((entry) => (entry.kind === "event" ? [entry.action] : []));
    expect(actions).toEqual(["started", "step", "step", "step", "promote", "promoted"]);
    expect(world.entries.filter(({ kind }) => kind === "judged")).toHaveLength(3);
    expect(summariesOf(world.entries).map(({ outcome }) => outcome)).toEqual(["promoted"]);
    expect(stateOf(world).outbox).toEqual([]);
    expect(world.told).toEqual(["started", "step", "step", "step", "promoted"]);
  });

  it.each([
    { warmUpMs: 0, judged: 1 },
    { warmUpMs: 10_000, judged: 50 / 60 },
    { warmUpMs: 100_000, judged: 0.5 },
  ])("is judged without the first $warmUpMs ms of each window, and at least by half of it", async ({ warmUpMs, judged }) => {
    const { world } = await roll({ warmUpMs, settings: { windowMs: 60_000 } });
    const lengths = world.entries.flatMap((entry) => (entry.kind === "judged" ? [entry.until - entry.from] : []));
    expect(lengths).toEqual([60_000 * judged, 60_000 * judged, 60_000 * judged]);
  });

  it("runs hooks before and after it", async () => {
    const { world } = await roll({ more: { hooks: { before: ["backup"], after: ["tidy"], onRollback: ["page"] } } });
    expect(world.hooksRun).toEqual(["before backup", "after tidy"]);
  });

  it("is watched on, and taken back and frozen when its errors rise then", async () => {
    const world = new World();
    world.each = ({ active }) => {
      if (active === "green") world.badShare = 0.2;
    };
    const { ending } = await roll({ world, more: { postMs: 30_000 } });
    expect(ending).toBe("frozen");
    expect([world.active, world.weight, world.frozen?.slot]).toEqual(["blue", 0, "green"]);
    expect(summariesOf(world.entries).map(({ outcome }) => outcome)).toEqual(["reverted"]);
    expect(world.ups.at(-1)).toMatchObject({ active: "blue", canaryWeight: 0, frozen: { slot: "green", release: "v2" } });
  });
});

describe("a release that never gets up", () => {
  it.each([
    ["the deployment fails", (world: World) => Object.assign(world, { upFails: "no such image" })],
    ["a hook before it fails", (world: World) => Object.assign(world, { hookProblem: "the migration cannot be undone" })],
  ])("is taken back without a freeze, and its slot gets back what it had, when %s", async (_, spoil) => {
    const world = new World();
    spoil(world);
    world.each = () => {
      if (phases(world).includes("rollingBack")) world.upFails = null;
    };
    const { ending } = await roll({ world, more: { hooks: { before: ["migrate"], after: [], onRollback: [] } } });
    expect([ending, world.frozen]).toEqual(["failed", null]);
    expect(world.ups.at(-1)?.slot).toEqual({ name: "green", content: { image: "api:0", release: "v0" } });
  });

  it.each([
    ["not healthy", { sick: "api-green-1 restarted by itself" }],
    ["not what the smoke tests expect", { smokeProblem: "/version answered 500" }],
  ])("is taken back when it is %s, and left in its slot for a look", async (_, spoilt) => {
    const { world, ending } = await roll({ world: Object.assign(new World(), spoilt) });
    expect([ending, world.frozen, world.weight]).toEqual(["failed", null, 0]);
    expect(world.ups.at(-1)?.slot).toBeUndefined();
  });
});

describe("a bad release", () => {
  it("judged FAIL is taken back and frozen by one order to the edge, before any `up`", async () => {
    const { world, ending } = await roll({ world: Object.assign(new World(), { badShare: 0.3 }) });
    expect(ending).toBe("frozen");
    expect(new Set(world.orders)).toEqual(new Set(["freeze api-1/w1"]));
    expect(world.ups.at(-1)).toEqual({ active: "blue", canaryWeight: 0, frozen: { decision: "api-1/w1", release: "v2", slot: "green" } });
    expect(world.told).toEqual(["started", "step", "failed", "rolledBack"]);
  });

  it("taken back by the guard while `up` raises it stays taken back, and the configuration follows", async () => {
    const world = new World();
    let raising = false;
    world.each = () => {
      raising ||= world.ups.some(({ canaryWeight }) => canaryWeight === 50);
      if (raising && world.decision === null) world.guardAborts();
    };
    const { ending } = await roll({ world });
    expect(ending).toBe("frozen");
    expect([world.active, world.weight, world.frozen?.decision]).toEqual(["blue", 0, "guard-api-1"]);
    expect(world.ups.at(-1)?.frozen?.decision).toBe("guard-api-1");
    const [summary] = summariesOf(world.entries);
    expect(summary).toMatchObject({ outcome: "frozen", decision: "guard-api-1", firstBadAt: expect.any(Number) });
  });

  it("of an unknown freeze is known by what the edge says when the guard does not answer", async () => {
    const world = new World();
    world.each = () => {
      if (world.weight === 10 && world.frozen === null) {
        world.guardAborts("guard-api-9");
        world.guardAnswers = false;
      }
    };
    const { ending } = await roll({ world });
    expect([ending, stateOf(world).open.map(({ id }) => id)]).toEqual(["frozen", ["guard-api-9"]]);
  });
});

describe("evidence that proves nothing", () => {
  it("holds when the settings say so", async () => {
    const { world, ending } = await roll({
      world: Object.assign(new World(), { requests: 10 }),
      settings: { extensions: 1, giveUp: "pause" },
    });
    expect([ending, world.weight, world.frozen]).toEqual(["paused", 10, null]);
  });

  it("is taken back without a freeze otherwise", async () => {
    const { world, ending } = await roll({ world: Object.assign(new World(), { requests: 10 }), settings: { extensions: 1 } });
    expect([ending, world.weight, world.frozen]).toEqual(["failed", 0, null]);
  });

  it("is taken out of the configuration every time, also when the rollout before it ended in the same way", async () => {
    const world = Object.assign(new World(), { requests: 10 });
    for (const id of ["api-1", "api-2"]) await roll({ world, id, settings: { extensions: 1 } });
    expect(weights(world)).toEqual(["deploy blue 0", "blue 10", "blue 0", "deploy blue 0", "blue 10", "blue 0"]);
  });

  it("never raises the weight while the guard is silent, and pauses when it stays so", async () => {
    const world = new World();
    world.each = () => {
      if (world.weight === 10) world.guardAnswers = false;
    };
    const { ending } = await roll({ world });
    expect([ending, world.weight]).toEqual(["paused", 10]);
    expect(world.told).toContain("guardStale");
  });
});

describe("commands of other processes", () => {
  it("are taken, answered, and end the rollout as they say", async () => {
    const world = new World();
    world.each = () => {
      if (world.weight === 10 && world.answers.length === 0 && world.inbox.length === 0)
        world.inbox.push({ command: "abort", by: "bob", at: world.now });
    };
    const { ending } = await roll({ world });
    expect([ending, world.answers, world.weight, world.frozen]).toEqual(["failed", [null], 0, null]);
    expect(world.orders).toContain("share blue 0");
  });

  it("are refused in words", async () => {
    const world = new World();
    world.each = () => {
      if (world.answers.length === 0 && world.inbox.length === 0) world.inbox.push({ command: "resume", by: "bob", at: world.now });
    };
    const { ending } = await roll({ world });
    expect([ending, world.answers[0]]).toEqual(["promoted", "nothing is paused"]);
  });

  it("pause holds, and this process stays where nobody else watches: what it sees then still takes the canary back", async () => {
    const world = new World();
    let paused = 0;
    world.each = () => {
      if (world.weight !== 10) return;
      if (paused === 0) world.inbox.push({ command: "pause", by: "bob", at: world.now });
      paused += 1;
      if (paused === 3_000) world.guardAborts();
    };
    const { ending } = await roll({ world, watchesAlone: true });
    expect([ending, world.weight, world.frozen?.decision]).toEqual(["frozen", 0, "guard-api-1"]);
    expect(paused).toBeGreaterThanOrEqual(3_000);
  });

  it("pause ends the process all the same while the canary has no clients", async () => {
    const world = new World();
    world.each = () => {
      if (world.ups.length === 1 && world.inbox.length === 0 && world.answers.length === 0)
        world.inbox.push({ command: "pause", by: "bob", at: world.now });
    };
    const { ending } = await roll({ world, watchesAlone: true });
    expect([ending, world.weight]).toEqual(["paused", 0]);
  });

  it("pause holds and ends this process; resume goes on to the end", async () => {
    const world = new World();
    world.each = () => {
      if (world.weight === 50 && world.answers.length === 0 && world.inbox.length === 0)
        world.inbox.push({ command: "pause", by: "bob", at: world.now });
    };
    expect((await roll({ world })).ending).toBe("paused");
    expect(world.weight).toBe(50);
    const { driver } = world.process();
    await driver.begin();
    expect(driver.send({ type: "resume", at: world.now, rollout: "api-1", by: "bob" })).toBeNull();
    expect([await driver.rest(), world.active]).toEqual(["promoted", "green"]);
  });

  it("rollback of a promoted release flips back at once and freezes", async () => {
    const { world } = await roll();
    const { driver } = world.process();
    await driver.begin();
    driver.send({ type: "rollback", at: world.now, by: "bob" });
    expect([await driver.rest(), world.active, world.frozen?.slot]).toEqual(["frozen", "blue", "green"]);
    expect(summariesOf(world.entries).map(({ outcome }) => outcome)).toEqual(["promoted", "reverted"]);
  });

  /** What `up` does by hand after a rollout, and the edge's part of `npm run rollout -- rollback`. */
  const byHand = (world: World, releases: World["releases"], active: Slot, canary: number): void => {
    world.releases = releases;
    world.share(active, canary);
    const slot = otherSlot(active);
    const release = releases[slot] ?? "";
    world.freeze({ decision: "rollback-by-bob", release, slot, by: "operator bob", why: "rolled back by hand", at: world.now });
  };

  it.each([
    ["another release", { blue: "v3", green: "v2" }],
    ["the release of before", { blue: "v1", green: "v2" }],
  ])("rollback takes back a canary that was set by hand after a promotion: %s", async (_, releases) => {
    const { world } = await roll();
    byHand(world, releases, "green", 50);
    const { driver } = world.process();
    await driver.begin();
    driver.send({ type: "rollback", at: world.now, by: "bob" });
    expect([await driver.rest(), world.active, world.weight]).toEqual(["frozen", "green", 0]);
    expect(world.orders).not.toContain("share blue 0");
    const frozen = { decision: "rollback-by-bob", release: releases.blue, slot: "blue" };
    expect(world.ups.at(-1)).toEqual({ active: "green", canaryWeight: 0, frozen });
    expect(summariesOf(world.entries).map(({ outcome }) => outcome)).toEqual(["promoted"]);
  });

  it("rollback takes back a canary that was set by hand after a failed rollout, from the slot that is active now", async () => {
    const { world } = await roll({ world: Object.assign(new World(), { smokeProblem: "/version answered 500" }) });
    byHand(world, { blue: "v3", green: "v2" }, "green", 30);
    world.orders.length = 0;
    const { driver } = world.process();
    await driver.begin();
    driver.send({ type: "rollback", at: world.now, by: "bob" });
    expect([await driver.rest(), world.active, world.weight]).toEqual(["frozen", "green", 0]);
    expect(world.orders).not.toContain("share blue 0");
    expect(world.ups.at(-1)).toMatchObject({ active: "green", canaryWeight: 0, frozen: { release: "v3", slot: "blue" } });
  });

  it("rollback, while a promoted release is watched, takes back what was set by hand meanwhile", async () => {
    const world = new World();
    world.each = () => {
      if (world.active !== "green" || world.frozen !== null || phases(world).at(-1) !== "done") return;
      byHand(world, { blue: "v3", green: "v2" }, "green", 50);
      world.inbox.push({ command: "rollback", by: "bob", at: world.now });
    };
    const { ending } = await roll({ world, more: { postMs: 30_000 } });
    expect([ending, world.active, world.weight, world.frozen?.slot]).toEqual(["frozen", "green", 0, "blue"]);
    expect(world.ups.at(-1)).toMatchObject({ active: "green", frozen: { slot: "blue" } });
  });

  it("acknowledge lifts the freeze on the edge and in the stack file", async () => {
    const { world } = await roll({ world: Object.assign(new World(), { badShare: 0.3 }) });
    const { driver } = world.process();
    await driver.begin();
    expect(driver.send({ type: "acknowledge", at: world.now, by: "bob", decision: "api-1/w1" })).toBeNull();
    expect([await driver.rest(), world.frozen]).toEqual(["failed", null]);
    expect(world.ups.at(-1)).toEqual({ active: "blue", canaryWeight: 0, frozen: null });
    expect(summariesOf(world.entries)).toHaveLength(1);
  });
});

describe("a second driver", () => {
  it("is refused while the first lives", async () => {
    const world = new World();
    const first = world.process();
    await first.driver.begin();
    await expect(world.process().driver.begin()).rejects.toBeInstanceOf(LeaseHeld);
  });

  it("asks for nothing while it is refused, and begins when the lease of a dead one has run out", async () => {
    const world = new World();
    await roll({ world: Object.assign(world, { requests: 10 }), settings: { extensions: 0, giveUp: "pause" } });
    world.lease = { owner: "a dead one", until: world.now + 5_000 };
    const { driver } = world.process();
    const [saved, ups, shown] = [world.disk, world.ups.length, world.shown.length];
    await expect(driver.begin()).rejects.toBeInstanceOf(LeaseHeld);
    expect([world.disk, world.ups.length, world.shown.length, world.orders]).toEqual([saved, ups, shown, []]);
    world.now += 6_000;
    await driver.begin();
    driver.send({ type: "abort", at: world.now, rollout: "api-1", by: "bob" });
    expect(await driver.rest()).toBe("failed");
  });

  it("that took over ends the first one", async () => {
    const world = new World();
    world.each = () => {
      if (world.weight === 10) world.lease = { owner: "another", until: world.now + 60_000 };
    };
    const { ending } = await roll({ world });
    expect(ending).toBe("lost");
    expect(world.weight).toBe(10);
  });
});

describe("a driver that is killed", () => {
  const moments: [string, (world: World) => boolean][] = [
    ["right after its start was written", (world) => phases(world).includes("deploying")],
    ["while `up` deploys", (world) => world.ups.length === 1],
    ["while it checks", (world) => phases(world).includes("checking")],
    ["while `up` gives the first clients", (world) => world.ups.length === 2],
    ["while it gathers evidence", (world) => world.weight === 50],
    ["while it promotes", (world) => world.ups.some(({ active }) => active === "green")],
  ];

  it.each(moments)("%s leaves a state that the next one brings to a promotion", async (_, when) => {
    const world = new World();
    const first = world.process();
    await first.driver.begin();
    let dead = false;
    world.each = () => {
      if (!dead && when(world)) {
        dead = true;
        first.kill();
      }
    };
    first.driver.start(run("api-1", { startedAt: world.now }), { type: "start", at: world.now, plan: plan(), by: "ann" });
    const ended = first.driver.rest().catch(() => undefined);
    for (let turn = 0; turn < 100_000 && !dead; turn += 1) await new Promise((done) => setImmediate(done));
    expect(dead).toBe(true);
    void ended;
    const { driver } = world.process();
    await driver.begin();
    expect([await driver.rest(), world.active, world.weight]).toEqual(["promoted", "green", 0]);
    expect(summariesOf(world.entries)).toHaveLength(1);
  });

  it("between writing its decision and giving the clients back leaves them to the next one", async () => {
    const world = Object.assign(new World(), { badShare: 0.3 });
    const first = world.process();
    await first.driver.begin();
    let killed = false;
    world.each = () => {
      if (killed || world.disk === undefined || readSaved(world.disk).state.phase.name !== "rollingBack") return;
      killed = true;
    };
    // Its order to the edge never arrives.
    const freeze = world.freeze.bind(world);
    world.freeze = (order) => {
      if (!killed) {
        killed = true;
        first.kill();
        throw new Error("killed");
      }
      freeze(order);
    };
    first.driver.start(run("api-1", { startedAt: world.now }), { type: "start", at: world.now, plan: plan(), by: "ann" });
    void first.driver.rest().catch(() => undefined);
    for (let turn = 0; turn < 100_000 && !killed; turn += 1) await new Promise((done) => setImmediate(done));
    expect([killed, world.weight, world.frozen]).toEqual([true, 10, null]);
    const { driver } = world.process();
    await driver.begin();
    expect([await driver.rest(), world.weight, world.frozen]).toMatchObject(["frozen", 0, { decision: "api-1/w1" }]);
  });
});

describe("Ctrl-C", () => {
  it("ends when the engine is done, and the next call goes on", async () => {
    const world = new World();
    const { driver } = world.process();
    await driver.begin();
    world.each = () => {
      if (world.ups.length === 2) driver.interrupt();
    };
    driver.start(run("api-1", { startedAt: world.now }), { type: "start", at: world.now, plan: plan(), by: "ann" });
    expect([await driver.rest(), world.weight, world.lease]).toEqual(["interrupted", 10, null]);
    world.each = () => undefined;
    world.now += 60_000;
    const next = world.process();
    await next.driver.begin();
    expect(await next.driver.rest()).toBe("promoted");
    expect(world.told).not.toContain("guardStale");
  });
});
