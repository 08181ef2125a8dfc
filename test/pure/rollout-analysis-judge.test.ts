import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Window } from "../../rollout/analysis/counts.ts";
import { type Evidence, judge } from "../../rollout/analysis/judge.ts";
import { fisher } from "../../rollout/analysis/proportions.ts";
import { DEFAULT_SETTINGS } from "../../rollout/analysis/settings.ts";
import { combine, decisive, type Outcome, type Reason } from "../../rollout/analysis/verdict.ts";
import { fast, named, spread, window } from "../support/rollout/windows.ts";

const verdictOf = (canary: Window, other?: Window): string => judge({ canary, ...(other && { other }) }).verdict;
const reasonOf = (evidence: Evidence, check: Reason["check"], metric?: string): Reason => named(judge(evidence).reasons, check, metric);

describe("errors", () => {
  it("on neither side pass with enough requests, and hold with fewer", () => {
    expect(verdictOf(window(500, 0), window(4500, 0))).toBe("PASS");
    expect(verdictOf(window(49, 0), window(4500, 0))).toBe("INCONCLUSIVE");
    expect(verdictOf(window(0, 0), window(4500, 0))).toBe("INCONCLUSIVE");
  });

  it("that the canary has more of fail it, and the record says how sure that is", () => {
    const reason = reasonOf({ canary: window(500, 30), other: window(4500, 40) }, "comparison");
    expect(reason).toMatchObject({ outcome: "FAIL", n: 500, value: 0.06, baseline: 40 / 4500, threshold: 0.01 });
    expect(reason.p).toBeLessThan(1e-9);
    expect(reason.words).toContain("30 of 500 (6 %) requests failed on the canary");
  });

  it("that differ by half a point pass, however certain millions of requests make it", () => {
    const reason = reasonOf({ canary: window(1_000_000, 9000), other: window(1_000_000, 4000) }, "comparison");
    expect(reason.p).toBeLessThan(1e-12);
    expect(reason.outcome).toBe("PASS");
  });

  it("of an other slot that had no requests are a broken count", () => {
    expect(verdictOf(window(500, 0), { requests: 0, errors: 1, seconds: 60 })).toBe("INCONCLUSIVE");
  });

  it("over the limit on both slots hold: not the release, but no time to promote", () => {
    const judgement = judge({ canary: window(5000, 250), other: window(5000, 250) });
    expect(judgement.verdict).toBe("INCONCLUSIVE");
    expect(named(judgement.reasons, "limit", "error share").words).toContain("The other slot is no better");
  });

  it("of the auth workflow have a limit of their own", () => {
    const evidence = { canary: window(2000, 0), other: window(2000, 0) };
    expect(judge({ ...evidence, auth: { canary: { bad: 30, total: 200 }, other: { bad: 2, total: 200 } } }).verdict).toBe("FAIL");
    expect(judge({ ...evidence, auth: { canary: { bad: 8, total: 200 }, other: { bad: 2, total: 200 } } }).verdict).toBe("PASS");
    expect(judge({ ...evidence, auth: { canary: { bad: 3, total: 10 } } }).verdict).toBe("PASS");
    expect(judge({ ...evidence, auth: { canary: { bad: Number.NaN, total: 10 } } }).verdict).toBe("INCONCLUSIVE");
  });
});

describe("the known failures of Kayenta", () => {
  const SPARSE = [0, 1, 2, 1, 0, 0].reduce((sum, errors) => sum + errors, 0);

  // Six intervals with 0, 1, 2, 1, 0, 0 errors against zeros. Ranks of intervals cannot tell what that means; requests can.
  it.each([
    ["1 request per interval: nothing is known", 6, "INCONCLUSIVE"],
    ["10: 6.7 % against none, which chance does in 6 % of such windows: hold and look again", 60, "INCONCLUSIVE"],
    ["20: 3.3 %, as before", 120, "INCONCLUSIVE"],
    ["1000: 0.07 % is no reason to stop", 6000, "PASS"],
  ])("#426, sparse errors, with %s", (_, requests, verdict) => {
    expect(verdictOf(window(requests, SPARSE), window(requests, 0))).toBe(verdict);
  });

  it("#426, and three times as many errors fail", () => {
    expect(verdictOf(window(120, 3 * SPARSE), window(120, 0))).toBe("FAIL");
  });

  it("#780, the same median but spread out: the tail fails it, the ranks alone would not", () => {
    const evidence = { canary: window(500, 0, spread(500, 0.2, 0.18)), other: window(4500, 0, spread(4500, 0.2, 0.02)) };
    expect(reasonOf(evidence, "shift").outcome).toBe("PASS");
    expect(reasonOf(evidence, "tail")).toMatchObject({ outcome: "FAIL", metric: "P95" });
    expect(judge(evidence).verdict).toBe("FAIL");
  });

  it("#780, the other way round: a canary that became steadier passes", () => {
    expect(verdictOf(window(500, 0, spread(500, 0.2, 0.02)), window(4500, 0, spread(4500, 0.2, 0.18)))).toBe("PASS");
  });

  it.each([
    ["no other slot", undefined],
    ["an other slot without traffic", { requests: 0, errors: 0, seconds: 60 }],
    ["an other slot with three requests", window(3, 0)],
  ])("#799, %s: the fixed limits decide, and the words say so", (_, other) => {
    const reason = (canary: Window) => reasonOf({ canary, ...(other && { other }) }, "comparison");
    expect(reason(window(500, 0))).toMatchObject({ outcome: "PASS" });
    expect(reason(window(500, 30))).toMatchObject({ outcome: "FAIL", threshold: DEFAULT_SETTINGS.errorLimit });
    expect(reason(window(500, 0)).words).toMatch(/^No comparison, the other slot had .*: held against the fixed limit alone/);
    expect(verdictOf(window(500, 0), other)).toBe("PASS");
    expect(verdictOf(window(20, 0), other)).toBe("INCONCLUSIVE");
  });
});

describe("latency", () => {
  it("that is a second higher fails by its limit, its middle and its tail", () => {
    const evidence = { canary: window(200, 0, spread(200, 1.2, 0.9)), other: window(1800, 0, spread(1800, 0.2, 0.02)) };
    expect(judge(evidence).verdict).toBe("FAIL");
    for (const check of ["limit", "shift", "tail"] as const)
      expect(reasonOf(evidence, check, check === "limit" ? "P99" : undefined).outcome).toBe("FAIL");
  });

  it("that a tenth of the responses suffer fails by its tail", () => {
    const slow = fast(500).samples.map((seconds, index) => (index % 10 === 0 ? 1.5 : seconds));
    const evidence = { canary: window(500, 0, { samples: slow }), other: window(4500, 0, fast(4500)) };
    expect(reasonOf(evidence, "shift").outcome).toBe("PASS");
    expect(reasonOf(evidence, "tail").outcome).toBe("FAIL");
  });

  it("that is certainly higher, by more than half, but by 3 ms only, passes", () => {
    const evidence = { canary: window(2000, 0, spread(2000, 0.008, 0.0001)), other: window(2000, 0, spread(2000, 0.005, 0.0001)) };
    expect(reasonOf(evidence, "shift")).toMatchObject({ outcome: "PASS" });
    expect(reasonOf(evidence, "shift").p).toBeLessThan(1e-12);
  });

  it("whose median jumps because two in a hundred responses moved over passes: the effect is small", () => {
    const two = (slow: number) => ({ samples: Array.from({ length: 20_000 }, (_, index) => (index < slow * 20_000 ? 0.2 : 0.02)) });
    const evidence = { canary: window(20_000, 0, two(0.51)), other: window(20_000, 0, two(0.49)) };
    const reason = reasonOf(evidence, "shift");
    expect(reason).toMatchObject({ outcome: "PASS", value: 0.2, baseline: 0.02 });
    expect(reason.p).toBeLessThan(DEFAULT_SETTINGS.alpha);
  });

  it("has to be surer of its tail for every bound that is tried", () => {
    const of = (...counts: number[]) => ({
      buckets: [0.1, 0.5, 1, Number.POSITIVE_INFINITY].map((le, index) => ({ le, count: counts[index] ?? 0 })),
    });
    const evidence = { canary: window(100, 0, of(80, 90, 98, 100)), other: window(100, 0, of(90, 97, 99, 100)) };
    const single = [fisher({ bad: 20, total: 100 }, { bad: 10, total: 100 }), fisher({ bad: 10, total: 100 }, { bad: 3, total: 100 })];
    expect(reasonOf(evidence, "tail").p).toBeCloseTo(3 * Math.min(...single), 12);
  });

  it.each([
    ["is not measured", { requests: 500, errors: 0, seconds: 60 }],
    ["holds NaN", window(500, 0, { samples: [Number.NaN] })],
    ["is negative", window(500, 0, { samples: Array(500).fill(-1) })],
    [
      "went back",
      window(500, 0, {
        buckets: [
          { le: 1, count: 500 },
          { le: Number.POSITIVE_INFINITY, count: 400 },
        ],
      }),
    ],
    ["has no responses", window(500, 0, { samples: [] })],
  ])("that %s never promotes", (_, canary) => {
    expect(verdictOf(canary, window(4500, 0))).toBe("INCONCLUSIVE");
    expect(verdictOf(canary)).toBe("INCONCLUSIVE");
  });

  it("that is broken on the other slot, or measured differently there, never promotes", () => {
    expect(verdictOf(window(500, 0), window(4500, 0, { samples: [Number.NaN] }))).toBe("INCONCLUSIVE");
    expect(verdictOf(window(500, 0), window(4500, 0, { buckets: [{ le: Number.POSITIVE_INFINITY, count: 4500 }] }))).toBe("INCONCLUSIVE");
  });
});

describe("history", () => {
  const hour = { errorShares: Array(60).fill(0.001), p95Seconds: Array(60).fill(0.1) };
  const evidence = (errors: number, latency = fast(1000)): Evidence => ({ canary: window(1000, errors, latency), history: hour });

  it("of perfect calm does not make one error an anomaly", () => {
    expect(reasonOf({ ...evidence(1), history: { ...hour, errorShares: Array(60).fill(0) } }, "history")).toMatchObject({
      outcome: "PASS",
    });
  });

  it("fails what is 3 sigma above it, above the floor, and too much for chance", () => {
    expect(reasonOf(evidence(25), "history")).toMatchObject({
      outcome: "FAIL",
      baseline: expect.closeTo(0.001, 9),
      threshold: 3,
      sigma: expect.closeTo(12, 6),
    });
    expect(reasonOf(evidence(10), "history").outcome).toBe("PASS");
  });

  it("holds what is anomalous but few requests could do by chance", () => {
    const calm = { ...hour, errorShares: Array(60).fill(0.01) };
    expect(reasonOf({ canary: window(60, 2), history: calm }, "history")).toMatchObject({ outcome: "INCONCLUSIVE" });
  });

  it("judges latency by median and MAD, so that its own spikes do not widen it", () => {
    const spiky = { ...hour, p95Seconds: hour.p95Seconds.map((value, minute) => (minute % 3 === 0 ? 8 : value)) };
    const slow = { ...evidence(0, spread(1000, 0.2, 0.02)), history: spiky };
    expect(reasonOf(slow, "history", "P95").outcome).toBe("FAIL");
    expect(reasonOf({ ...evidence(0), history: spiky }, "history", "P95").outcome).toBe("PASS");
  });

  it("too short to be one abstains, and the other checks decide", () => {
    const judgement = judge({ ...evidence(0), history: { errorShares: [0.001], p95Seconds: [Number.NaN, 0.1] } });
    expect(judgement.verdict).toBe("PASS");
    expect(judgement.reasons.filter(({ outcome }) => outcome === "ABSTAIN").map(({ check }) => check)).toEqual([
      "shift",
      "history",
      "history",
    ]);
  });
});

describe("the verdict", () => {
  const reason = (outcome: Outcome, more: Partial<Reason> = {}): Reason => ({
    check: "limit",
    metric: "x",
    outcome,
    n: 100,
    words: "",
    ...more,
  });
  const outcomes = fc.constantFrom<Outcome[]>("PASS", "FAIL", "INCONCLUSIVE", "ABSTAIN");

  it("is FAIL by any FAIL, held by any INCONCLUSIVE, and PASS only by a PASS; every reason is kept", () => {
    fc.assert(
      fc.property(fc.array(outcomes), (found) => {
        const judgement = combine(found.map((outcome) => reason(outcome)));
        const expected = found.includes("FAIL")
          ? "FAIL"
          : found.includes("INCONCLUSIVE") || !found.includes("PASS")
            ? "INCONCLUSIVE"
            : "PASS";
        expect(judgement.verdict).toBe(expected);
        expect(judgement.reasons).toHaveLength(found.length);
        expect(decisive(judgement).length).toBeGreaterThanOrEqual(Math.min(1, found.length));
      }),
    );
  });

  it.each([{ value: Number.NaN }, { p: Number.NaN }, { baseline: Number.POSITIVE_INFINITY }, { n: -1 }, { sigma: Number.NaN }])(
    "is never PASS by a reason with %j",
    (more) => {
      expect(combine([reason("PASS", more)]).verdict).toBe("INCONCLUSIVE");
    },
  );

  const count = fc.oneof(fc.nat(3000), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 2.5, 1e15));
  const anyWindow = fc
    .record({ requests: count, errors: count, seconds: fc.constant(60) })
    .map((counts): Window => ({ ...counts, latency: fast(100) }));

  it("is never PASS by counts that are none, whatever the other slot says", () => {
    fc.assert(
      fc.property(anyWindow, fc.option(anyWindow, { nil: undefined }), (canary, other) => {
        const sound = [canary, ...(other ? [other] : [])].every(
          ({ requests, errors }) => Number.isFinite(requests) && Number.isFinite(errors) && errors >= 0 && errors <= requests,
        );
        const { verdict } = judge({ canary, ...(other && { other }) });
        if (!sound) expect(verdict).not.toBe("PASS");
      }),
      { numRuns: 500 },
    );
  });

  it("never turns from FAIL into PASS, or from a hold into PASS, by more errors on the canary", () => {
    const history = { errorShares: Array(60).fill(0.002), p95Seconds: Array(60).fill(0.1) };
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1500 }),
        fc.nat(400),
        fc.nat(80),
        fc.integer({ min: 0, max: 4000 }),
        fc.nat(400),
        (n, bad, more, m, theirs) => {
          const step = (errors: number): string =>
            judge({ canary: window(n, Math.min(n, errors), fast(100)), other: window(m, Math.min(m, theirs), fast(100)), history }).verdict;
          if (step(bad) !== "PASS") expect(step(bad + more)).not.toBe("PASS");
          if (step(bad + more) === "PASS") expect(step(bad)).toBe("PASS");
        },
      ),
      { numRuns: 150 },
    );
  });
});
