import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Tally } from "../../rollout/analysis/counts.ts";
import { DEFAULT_GUARD, decide, type GuardState, observationProblem, observe, START } from "../../rollout/analysis/sprt.ts";
import { bursts, drift, flat, requestsToDecide, shared, steps, watch } from "../support/rollout/guard.ts";
import { Random } from "../support/rollout/random.ts";

const of = (bad: number, total: number): Tally => ({ bad, total });
const ALL = { ...DEFAULT_GUARD, minimumBad: 1 };

/** Failing requests of the canary, one per tick, until the abort. */
function untilAbort(others: number | undefined, settings = DEFAULT_GUARD, start: GuardState = START): number {
  let [state, requests] = [start, 0];
  while (!state.aborted && requests < 1000) {
    state = observe(state, of(1, 1), others === undefined ? undefined : of(0, others), settings);
    requests += 1;
  }
  return requests;
}

function afterTicks(ticks: number, canary: Tally, other: Tally | undefined): GuardState {
  let state = START;
  for (let tick = 0; tick < ticks; tick++) state = observe(state, canary, other);
  return state;
}

describe("a canary whose every response is bad", () => {
  it("is aborted after a handful of requests", () => {
    expect(untilAbort(9)).toBe(5);
    expect(untilAbort(undefined)).toBe(5);
    expect(untilAbort(9, { ...ALL, floor: 0.01 })).toBe(4);
    expect(untilAbort(undefined, { ...ALL, floor: 0.01 })).toBe(3);
  });

  it("is aborted after a few more when half of the clients are on it, because less is known about the other half", () => {
    expect(untilAbort(1)).toBeLessThanOrEqual(10);
  });

  it.each([60, 600, 3600])("is aborted as fast after %i good seconds", (ticks) => {
    expect(untilAbort(9, DEFAULT_GUARD, afterTicks(ticks, of(0, 5), of(0, 45)))).toBeLessThanOrEqual(10);
  });

  it("is left alone while the other slot is as bad: rolling back would not help", () => {
    const state = afterTicks(600, of(5, 5), of(45, 45));
    expect(decide(state)).toMatchObject({ decision: "CONTINUE", cleared: false });
    expect(decide(state).odds).toBeLessThan(1);
  });

  it("waits for the other slot's first answer, but only so long", () => {
    expect(afterTicks(DEFAULT_GUARD.patience - 1, of(1, 1), of(0, 0))).toMatchObject({ aborted: false, blocks: 0, waiting: of(49, 49) });
    expect(afterTicks(DEFAULT_GUARD.patience, of(1, 1), of(0, 0)).aborted).toBe(true);
    expect(observe(afterTicks(9, of(1, 1), of(0, 0)), of(0, 0), of(0, 9)).aborted).toBe(true);
  });

  it("without the other slot is held against what that slot last was", () => {
    const ill = afterTicks(100, of(1, 5), of(9, 45));
    expect(untilAbort(undefined, DEFAULT_GUARD, ill)).toBeGreaterThan(untilAbort(undefined));
    expect(untilAbort(undefined, DEFAULT_GUARD, ill)).toBeLessThanOrEqual(20);
  });
});

describe("what is allowed", () => {
  const keen = { ...DEFAULT_GUARD, margin: 0.005, factor: 1 };
  const within = [of(1, 200), of(0, 1800)] as const;
  const burst = [of(20, 200), of(180, 1800)] as const;
  const play = (ticks: readonly (readonly [Tally, Tally])[]): GuardState =>
    ticks.reduce((state, [canary, other]) => observe(state, canary, other, keen), START);

  it("is the floor, although the other slot has no errors at all", () => {
    expect(play(Array(600).fill(within)).aborted).toBe(false);
  });

  it("is the other slot's share, although it is far above the floor", () => {
    expect(play(Array(600).fill(burst)).aborted).toBe(false);
  });

  it("may be the one in this minute and the other in the next", () => {
    expect(play(Array.from({ length: 1200 }, (_, tick) => (Math.floor(tick / 60) % 2 ? within : burst))).aborted).toBe(false);
  });

  it("is more than what a few requests of the other slot showed, once that slot is gone", () => {
    let state = observe(START, of(0, 5), of(1, 45));
    for (let tick = 0; tick < 10; tick++) state = observe(state, of(8, 100), undefined);
    expect(state.aborted).toBe(false);
  });
});

describe("the decision", () => {
  it("stays an abort, whatever comes after it", () => {
    let state = afterTicks(5, of(5, 5), of(0, 45));
    expect(decide(state).decision).toBe("ABORT");
    for (let tick = 0; tick < 5000; tick++) state = observe(state, of(0, 50), of(0, 50));
    expect(decide(state)).toMatchObject({ decision: "ABORT", cleared: false });
  });

  it("says in words what was seen and what is allowed", () => {
    expect(decide(afterTicks(5, of(1, 1), of(0, 9))).words).toMatch(
      /^5 of 5 \(100 %\) responses of the canary were bad, 0.5 % are allowed: odds of [\d,]+ to 1 against it.$/,
    );
  });

  it("clears a canary only after enough good answers to rule the smallest alternative out", () => {
    // Wald's lower line: ln(beta) / ln((1 - p1) / (1 - p0)) good answers, p0 = 0.5 % and p1 = 5.5 %.
    const needed = Math.ceil(Math.log(0.01) / Math.log(0.945 / 0.995));
    expect(needed).toBe(90);
    expect(decide(afterTicks(needed - 1, of(0, 1), of(0, 9))).cleared).toBe(false);
    expect(decide(afterTicks(needed, of(0, 1), of(0, 9))).cleared).toBe(true);
    expect(decide(START).cleared).toBe(false);
  });
});

describe("the state", () => {
  const count = fc.tuple(fc.nat(5), fc.nat(40)).map(([bad, good]) => of(bad, bad + good));
  const ticks = fc.array(fc.tuple(count, fc.option(count, { nil: undefined })), { maxLength: 200 });

  it("is plain data: written down and read back after any tick, it goes on the same", () => {
    fc.assert(
      fc.property(ticks, (all) => {
        let [kept, restarted] = [START, START];
        for (const [canary, other] of all) {
          kept = observe(kept, canary, other);
          restarted = JSON.parse(JSON.stringify(observe(restarted, canary, other)));
        }
        expect(restarted).toEqual(kept);
      }),
      { numRuns: 50 },
    );
  });

  it("stays plain data after a flood", () => {
    const flood = afterTicks(3, of(1e9, 1e9), of(0, 1e9));
    expect(JSON.parse(JSON.stringify(flood))).toEqual(flood);
    expect(flood.aborted).toBe(true);
  });

  it.each([of(Number.NaN, 5), of(-1, 5), of(6, 5), of(0, Number.POSITIVE_INFINITY), of(0.5, 5), of(0, -5)])(
    "is not moved by %j, on either side",
    (tally) => {
      const state = afterTicks(3, of(0, 5), of(0, 45));
      expect(observe(state, tally, of(0, 45))).toEqual(state);
      expect(observe(state, of(0, 5), tally)).toEqual(state);
      expect(observationProblem(tally, undefined)).toBeTypeOf("string");
      expect(observationProblem(of(0, 5), tally)).toBeTypeOf("string");
      expect(observationProblem(of(0, 5), of(0, 45))).toBeUndefined();
    },
  );

  it("never speaks less against the canary by one more bad response in the latest tick", () => {
    fc.assert(
      fc.property(ticks, count, count, (all, canary, other) => {
        fc.pre(canary.bad < canary.total && other.total > 0);
        const state = all.reduce((before, [mine, theirs]) => observe(before, mine, theirs), START);
        const odds = (bad: number): number => decide(observe(state, of(bad, canary.total), other)).odds;
        expect(odds(canary.bad + 1)).toBeGreaterThanOrEqual(odds(canary.bad) * (1 - 1e-9));
      }),
      { numRuns: 100 },
    );
  });
});

describe("false aborts", () => {
  const runs = 150;
  const traffic = (weight: (second: number) => number) => ({ rate: 50, weight, seconds: 300 });

  it.each([
    ["without errors", flat(0), steps(300)],
    ["at 0.1 %", flat(0.001), steps(300)],
    ["at 1 %", flat(0.01), steps(300)],
    ["at 3 %", flat(0.03), shared(300)],
    ["in bursts", bursts(0.001), shared(300)],
    ["in a drift", drift(0.001, 0.08, 300), shared(300)],
  ])("do not happen on slots that are alike, %s", (_, shares, weight) => {
    const random = new Random(11);
    for (let run = 0; run < runs; run++) expect(watch(random, shares, traffic(weight)).second).toBeUndefined();
  });

  it("stay within alpha where it can be seen: at 20 % and the hardest share that is allowed, some happen, and fewer than that", () => {
    const settings = { ...DEFAULT_GUARD, alpha: 0.2, minimumBad: 1, margin: 0.002, factor: 1, floor: 0.02 };
    const random = new Random(12);
    const found = Array.from({ length: 400 }, () => watch(random, flat(0.02), { rate: 50, weight: () => 0.1, seconds: 60 }, settings));
    const aborted = found.filter(({ second }) => second !== undefined).length / found.length;
    expect(aborted).toBeGreaterThan(0.01);
    expect(aborted).toBeLessThan(0.2);
  });
});

describe("the catch", () => {
  it.each([
    [0.05, 600],
    [0.2, 80],
    [0.5, 25],
    [1, 6],
  ])("of a canary with %d more bad responses takes at most %i requests, 19 times of 20", (more, most) => {
    const random = new Random(13);
    const found = Array.from({ length: 40 }, () => requestsToDecide(random, Math.min(1, 0.001 + more), 0.001, 9, 2000) ?? 2000);
    expect(found.filter((requests) => requests <= most).length).toBeGreaterThanOrEqual(38);
  });
});
