import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { between, latencyProblem, type Tally, tallyProblem } from "../../rollout/analysis/counts.ts";
import { meanBaseline, medianBaseline, rolling } from "../../rollout/analysis/history.ts";
import { fisher, moreBadThan, moreBadThanShare, pooledZ } from "../../rollout/analysis/proportions.ts";
import { groups, quantile, slowerThan } from "../../rollout/analysis/quantiles.ts";
import { mannWhitney } from "../../rollout/analysis/ranks.ts";

const of = (bad: number, total: number): Tally => ({ bad, total });
const tally = (most = 300) => fc.tuple(fc.nat(most), fc.nat(most)).map(([bad, good]) => of(bad, bad + good + 1));

describe("two proportions", () => {
  it("gives the chances of Fisher's lady tasting tea", () => {
    expect(fisher(of(4, 4), of(0, 4))).toBeCloseTo(1 / 70, 12);
    expect(fisher(of(3, 4), of(1, 4))).toBeCloseTo(17 / 70, 12);
  });

  it.each([
    [of(30, 500), of(40, 4500), 5.313820089723366e-13],
    [of(7, 100), of(2, 100), 0.08486013878339384],
    [of(3, 100), of(12, 100), 0.9972747225761551],
    [of(12, 500), of(5, 500), 0.0700260645502875],
    [of(0, 50), of(0, 50), 1],
  ])("agrees with scipy's fisher_exact on %j against %j", (canary, other, p) => {
    expect(fisher(canary, other) / p).toBeCloseTo(1, 9);
  });

  it("agrees with the chi-square test with Yates' correction, whose root it is", () => {
    expect(pooledZ(of(300, 5000), of(240, 5000)).z).toBeCloseTo(2.6104150432426696, 10);
    expect(pooledZ(of(60, 500), of(350, 4500)).z).toBeCloseTo(3.178609702568232, 10);
  });

  it.each([
    [5000, 5000],
    [1000, 9000],
  ])("goes over from exact to normal with next to no step, at %i requests against %i", (n, m) => {
    for (const lift of [1, 1.15, 1.3]) {
      const canary = of(Math.round((1000 * n * lift) / (n + m)), n);
      const other = of(1000 - canary.bad, m);
      const more = { ...canary, bad: canary.bad + 1 };
      expect(moreBadThan(canary, other)).toBe(fisher(canary, other));
      expect(moreBadThan(more, other)).toBe(pooledZ(more, other).p);
      expect(Math.abs(pooledZ(more, other).p - fisher(more, other))).toBeLessThan(0.005);
    }
  });

  it("never gets less certain when the canary has one more bad response", () => {
    fc.assert(
      fc.property(tally(90), tally(90), (canary, other) => {
        fc.pre(canary.bad < canary.total);
        expect(moreBadThan({ ...canary, bad: canary.bad + 1 }, other)).toBeLessThanOrEqual(moreBadThan(canary, other) + 1e-12);
      }),
    );
  });

  it("is symmetric: more bad here is more good there", () => {
    fc.assert(
      fc.property(tally(), tally(), (canary, other) => {
        const good = ({ bad, total }: Tally): Tally => of(total - bad, total);
        expect(moreBadThan(canary, other)).toBeCloseTo(moreBadThan(good(other), good(canary)), 9);
      }),
    );
  });

  it("is surer of the same shares with ten times the requests", () => {
    expect(moreBadThan(of(60, 1000), of(20, 1000))).toBeLessThan(moreBadThan(of(6, 100), of(2, 100)));
  });

  it("agrees with scipy's binomial tail against a fixed share", () => {
    expect(moreBadThanShare(of(4, 60), 0.01)).toBeCloseTo(0.0031233291715547, 13);
    expect(moreBadThanShare(of(0, 60), 0.01)).toBe(1);
  });
});

describe("ranks", () => {
  it("agree with scipy's mannwhitneyu, ties included", () => {
    const found = groups({ samples: [1, 2, 2, 3, 5, 5, 6] }, { samples: [1, 1, 2, 3, 3, 4] });
    const { u, p, cles } = mannWhitney(found ?? []);
    expect(u).toBe(28);
    expect(p).toBeCloseTo(0.17217355211653546, 10);
    expect(cles).toBeCloseTo(28 / 42, 12);
  });

  it("agree with scipy on the same histogram, bucket by bucket", () => {
    const [a, b] = [
      [10, 30, 40, 15, 5],
      [20, 45, 25, 8, 2],
    ] as const;
    const { u, p } = mannWhitney(a.map((canary, index) => ({ canary, other: b[index] ?? 0 })));
    expect(u).toBe(6380);
    expect(p / 0.00020215532462880664).toBeCloseTo(1, 8);
  });

  it("do not change when every latency is scaled, and turn over when the sides do", () => {
    const values = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(values, values, fc.integer({ min: 2, max: 9 }), (a, b, times) => {
        const ranks = (x: number[], y: number[]) => mannWhitney(groups({ samples: x }, { samples: y }) ?? []);
        const scaled = (list: number[]) => list.map((value) => value * times);
        expect(ranks(scaled(a), scaled(b))).toEqual(ranks(a, b));
        expect(ranks(a, b).cles + ranks(b, a).cles).toBeCloseTo(1, 12);
        expect(ranks(a, b).z).toBeCloseTo(-ranks(b, a).z, 9);
      }),
    );
  });

  it("see no difference when all values are equal", () => {
    expect(mannWhitney([{ canary: 70, other: 50 }])).toMatchObject({ z: 0, p: 0.5, cles: 0.5 });
  });
});

describe("a histogram", () => {
  const buckets = [
    { le: 0.1, count: 50 },
    { le: 0.5, count: 90 },
    { le: 1, count: 98 },
    { le: Number.POSITIVE_INFINITY, count: 100 },
  ];

  it.each([
    [0.5, 0.1],
    [0.7, 0.3],
    [0.94, 0.75],
    [0.99, 1],
  ])("interpolates the quantile %d as %d s", (part, seconds) => {
    expect(quantile({ buckets }, part)).toBeCloseTo(seconds, 12);
  });

  it.each([
    [0.1, 50],
    [0.3, 30],
    [1, 2],
    [7, 2],
  ])("counts what is slower than %d s as %i", (seconds, bad) => {
    expect(slowerThan({ buckets }, seconds)).toEqual(of(bad, 100));
  });

  it.each([
    ["has no bucket for everything", [{ le: 1, count: 5 }]],
    [
      "falls",
      [
        { le: 1, count: 5 },
        { le: Number.POSITIVE_INFINITY, count: 4 },
      ],
    ],
    [
      "does not rise",
      [
        { le: 1, count: 5 },
        { le: 1, count: 6 },
        { le: Number.POSITIVE_INFINITY, count: 7 },
      ],
    ],
    [
      "holds NaN",
      [
        { le: 1, count: Number.NaN },
        { le: Number.POSITIVE_INFINITY, count: 4 },
      ],
    ],
  ])("that %s is not believed", (_, broken) => {
    expect(latencyProblem({ buckets: broken })).toBeTypeOf("string");
  });

  it("is compared with one of other bounds never", () => {
    expect(groups({ buckets }, { buckets: buckets.slice(1) })).toBeUndefined();
  });
});

describe("counters", () => {
  it.each([
    [Number.NaN, 5],
    [-1, 5],
    [6, 5],
    [0, Number.POSITIVE_INFINITY],
    [0, -5],
  ])("%d of %d is not believed", (bad, total) => {
    expect(tallyProblem(of(bad, total))).toBeTypeOf("string");
  });

  it("that went back are named as such", () => {
    const { errors, requests } = between({ requests: 900, errors: 9, seconds: 0 }, { requests: 12, errors: 0, seconds: 60 });
    expect(tallyProblem(of(errors, requests))).toContain("went back");
  });
});

describe("a baseline", () => {
  it("leaves the present, and what is too old, out", () => {
    const points = [0, 10, 20, 30, 40].map((at) => ({ at, value: at }));
    expect(rolling([...points, { at: 15, value: Number.NaN }], 40, 10, 20)).toEqual([10, 20]);
  });

  it("has the mean and the standard deviation of a sample", () => {
    const { center, sigma } = meanBaseline([2, 4, 4, 4, 5, 5, 7, 9]);
    expect([center, sigma]).toEqual([5, Math.sqrt(32 / 7)]);
  });

  it("has the median and 1.4826 times the MAD, whatever one outlier says", () => {
    expect(medianBaseline([1, 1, 2, 2, 4, 6, 9])).toEqual({ center: 2, sigma: 1.4826 });
    expect(medianBaseline([1, 1, 2, 2, 4, 6, 9_000_000])).toEqual({ center: 2, sigma: 1.4826 });
  });
});
