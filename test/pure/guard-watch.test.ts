import { describe, expect, it } from "vitest";
import { START } from "../../rollout/analysis/index.ts";
import { type Block, describe as describeWatch, guardSettings, step, type WatchState, watchFor } from "../../rollout/guard/watch.ts";

const SETTINGS = guardSettings({ alpha: 1e-4, beta: 0.01, floor: 0.005 });
const T0 = Date.UTC(2026, 10, 21, 9, 30);
const seen = (active: "blue" | "green", weight: number, release = "v2") => ({
  ...{ active, weight, releases: { blue: active === "green" ? release : "v1", green: active === "blue" ? release : "v1" } },
});
const begun = (): WatchState => {
  const watch = watchFor(null, seen("blue", 10), T0);
  if (!watch) throw new Error("a canary with clients is watched");
  return watch;
};
const none = { bad: 0, total: 0 };
const block = (index: number, change: Partial<Block> = {}): Block => ({
  ...{ at: T0 + (index + 1) * 500, canary: none, other: none, probes: { canary: none, other: none }, silent: { canary: 0, other: 0 } },
  ...{ unanswered: { canary: { atEnd: 0, broken: false }, other: { atEnd: 0, broken: false } }, firstBad: { client: null, probe: null } },
  ...change,
});
/** The same block again and again, until a decision. */
function blocks(count: number, change: Partial<Block>, watch = begun()): WatchState {
  let state = watch;
  for (let index = 0; index < count && !state.decision; index++) state = step(state, block(index, change), "api", SETTINGS);
  return state;
}

describe("a watch", () => {
  it("begins when the slot that is not active gets clients, whichever that is", () => {
    expect(watchFor(null, seen("blue", 0), T0)).toBeNull();
    expect(watchFor(null, seen("blue", 1), T0)).toMatchObject({ slot: "green", release: "v2", weight: 1, since: T0, test: START });
    expect(watchFor(null, seen("green", 100), T0)).toMatchObject({ slot: "blue", release: "v2", weight: 100 });
  });

  it("goes on over steps with all that was seen, and ends at 0", () => {
    const watch = blocks(3, { canary: { bad: 0, total: 9 }, other: { bad: 0, total: 90 } });
    const raised = watchFor(watch, seen("blue", 50), T0 + 9000);
    expect(raised).toEqual({ ...watch, weight: 50 });
    expect(watchFor(raised, seen("blue", 0), T0 + 9000)).toBeNull();
  });

  it("begins anew for another release, another slot, and the one before when it comes back", () => {
    const watch = blocks(3, { canary: { bad: 3, total: 9 } });
    const next = watchFor(watch, seen("blue", 10, "v3"), T0 + 5000);
    expect(next).toMatchObject({ release: "v3", since: T0 + 5000, canary: none, firstBadAt: null });
    expect(watchFor(next, seen("blue", 10), T0 + 6000)).toMatchObject({ release: "v2", canary: none });
    expect(watchFor(watch, seen("green", 10), T0 + 5000)).toMatchObject({ slot: "blue", canary: none });
  });

  it("with a decision that was not carried out is kept until it is", () => {
    const decided = blocks(9, { canary: { bad: 5, total: 5 }, other: { bad: 0, total: 9 } });
    expect(watchFor(decided, seen("blue", 0), T0 + 9000)).toBe(decided);
  });
});

describe("a block", () => {
  it("decides within two seconds when all of 5 requests a second fail, and says why in numbers", () => {
    const firstBad = { client: T0 + 210, probe: null };
    const { decision } = blocks(20, { canary: { bad: 3, total: 3 }, other: { bad: 0, total: 22 }, firstBad });
    expect(decision).toMatchObject({
      ...{ service: "api", slot: "green", release: "v2", weight: 10, reason: "sequential", firstBadAt: T0 + 210, needed: 15_385 },
      ...{ alpha: 1e-4, allowed: 0.005, synthetic: 0, canary: { bad: 6, total: 6 } },
    });
    expect(decision?.id).toMatch(/^guard-api-20261121093\d{6,7}$/);
    expect(decision?.words).toMatch(
      /^6 of 6 \(100 %\) responses of the canary were bad, 0\.5 % are allowed: odds of .* to 1 against it\.$/,
    );
    expect((decision?.decidedAt ?? 0) - T0).toBeLessThanOrEqual(2000);
  });

  it("decides nothing on good responses, on ones that are as bad in the other slot, and on none", () => {
    expect(blocks(400, { canary: { bad: 0, total: 5 }, other: { bad: 0, total: 45 } })).toMatchObject({ decision: null });
    expect(blocks(400, { canary: { bad: 1, total: 5 }, other: { bad: 9, total: 45 } }).decision).toBeNull();
    expect(blocks(400, {})).toMatchObject({ decision: null, firstBadAt: null, canary: none });
  });

  it("counts alone where the other slot has no clients", () => {
    expect(blocks(20, { canary: { bad: 20, total: 20 }, other: undefined }).decision?.reason).toBe("sequential");
  });

  it("changes nothing after a decision", () => {
    const decided = blocks(20, { canary: { bad: 9, total: 9 }, other: { bad: 0, total: 9 } });
    expect(step(decided, block(99, { canary: { bad: 9, total: 9 } }), "api", SETTINGS)).toBe(decided);
  });

  it("goes on exactly where it was after its state has been on disk", () => {
    const change: Partial<Block> = { canary: { bad: 1, total: 20 }, other: { bad: 1, total: 180 }, probes: { canary: none, other: none } };
    const half = blocks(6, change);
    expect(blocks(6, change, JSON.parse(JSON.stringify(half)))).toEqual(blocks(6, change, half));
  });
});

describe("the guard's own probes", () => {
  const failing = { probes: { canary: { bad: 2, total: 2 }, other: { bad: 0, total: 2 } }, firstBad: { client: null, probe: T0 + 300 } };

  it("decide where the canary has hardly any clients, and everything says that they did", () => {
    const { decision } = blocks(20, { ...failing, other: { bad: 0, total: 1 } });
    expect(decision).toMatchObject({ reason: "sequential", synthetic: 12, canary: { bad: 12, total: 12 }, firstBadAt: T0 + 300 });
    expect(decision?.words).toContain("12 of the canary's 12 were the guard's own probes.");
  });

  it("say nothing against a canary when they fail in the other slot alike", () => {
    const probes = { canary: { bad: 2, total: 2 }, other: { bad: 2, total: 2 } };
    expect(blocks(400, { probes, canary: { bad: 0, total: 1 }, other: { bad: 0, total: 9 } }).decision).toBeNull();
  });

  it("shorten the time to a decision where they ask for what fails for clients too", () => {
    const clients = { canary: { bad: 1, total: 3 }, other: { bad: 0, total: 22 } };
    const decidedAt = (canary: Block["canary"]): number =>
      (blocks(99, { ...clients, probes: { canary, other: { bad: 0, total: 2 } } }).decision?.decidedAt ?? 0) - T0;
    const [with2, without] = [decidedAt({ bad: 1, total: 2 }), decidedAt(none)];
    expect(with2).toBeGreaterThan(0);
    expect(with2).toBeLessThan(without);
  });

  it("do not water down what clients see: that has a test of its own", () => {
    const clients = { canary: { bad: 1, total: 3 }, other: { bad: 0, total: 22 } };
    const good = { canary: { bad: 0, total: 9 }, other: { bad: 0, total: 9 } };
    expect(blocks(99, { ...clients, probes: good }).decision?.decidedAt).toBe(blocks(99, clients).decision?.decidedAt);
  });

  it("speak against a canary whose clients are well: they ask for what has to work", () => {
    const { decision } = blocks(99, { canary: { bad: 0, total: 5 }, other: { bad: 0, total: 45 }, ...failing });
    expect(decision).toMatchObject({ reason: "sequential", synthetic: expect.any(Number) });
    expect(decision?.synthetic).toBe(decision?.canary.bad);
  });

  it("take a slot back at once when none of its containers answers five in a row, unless the other slot is as silent", () => {
    const silent = (canary: number, other: number) => step(begun(), block(0, { silent: { canary, other } }), "api", SETTINGS).decision;
    expect(silent(4, 0)).toBeNull();
    expect(silent(5, 0)).toMatchObject({ reason: "no healthy upstream", words: expect.stringContaining("5 probes in a row") });
    expect(silent(9, 5)).toBeNull();
    expect(silent(9, 4)?.reason).toBe("no healthy upstream");
  });
});

describe("requests that get no answer", () => {
  const quiet = { atEnd: 0, broken: false };
  const run = (canary: { atEnd: number; broken: boolean }, other = quiet): Partial<Block> => ({ unanswered: { canary, other } });
  const heard = (...runs: Partial<Block>[]): WatchState =>
    runs.reduce((state, change, index) => step(state, block(index, change), "api", SETTINGS), begun());

  it("five in a row take the canary back, over blocks too", () => {
    expect(heard(run({ atEnd: 4, broken: false })).decision).toBeNull();
    expect(heard(run({ atEnd: 4, broken: false }), run(quiet), run({ atEnd: 1, broken: false })).decision).toMatchObject({
      reason: "connections",
      words: "5 requests in a row got no answer from slot green.",
    });
  });

  it("are counted anew after an answer", () => {
    expect(heard(run({ atEnd: 4, broken: false }), run({ atEnd: 1, broken: true }), run({ atEnd: 3, broken: false })).decision).toBeNull();
  });

  it("prove nothing while the other slot does not answer either", () => {
    const both = run({ atEnd: 9, broken: false }, { atEnd: 5, broken: false });
    expect(heard(both).decision).toBeNull();
    expect(heard(both, run({ atEnd: 1, broken: false }, { atEnd: 0, broken: true })).decision?.reason).toBe("connections");
  });
});

it("a watch in words for people has what it stands on", () => {
  const watch = blocks(40, { canary: { bad: 0, total: 5 }, other: { bad: 0, total: 45 } });
  expect(describeWatch(watch, SETTINGS)).toMatchObject({
    ...{ slot: "green", release: "v2", since: T0, canary: { bad: 0, total: 200 }, other: { bad: 0, total: 1800 }, synthetic: 0 },
    ...{ cleared: true, needed: 15_385, words: expect.stringContaining("0 of 200 (0 %) responses of the canary were bad") },
  });
});
