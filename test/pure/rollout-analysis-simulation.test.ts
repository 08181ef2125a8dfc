import { describe, expect, it } from "vitest";
import { Random } from "../support/rollout/random.ts";
import { roll, STEPS } from "../support/rollout/steps.ts";

// The same simulation as `node bench/judge.ts`, with fewer rollouts.
const rollouts = (count: number, seed: number, base: number, points = 0) => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => roll(random, () => [base + points, base], STEPS, base));
};

describe("the analysis of whole rollouts", () => {
  it.each([0, 0.001, 0.01])("fails fewer than 1 % of those whose slots are alike, at an error share of %d", (base) => {
    const failed = rollouts(300, 21, base).filter(({ verdict }) => verdict === "FAIL");
    expect(failed.length).toBeLessThanOrEqual(3);
  });

  it.each([0, 0.001])("promotes those whose slots are alike, at an error share of %d", (base) => {
    expect(rollouts(300, 22, base).filter(({ verdict }) => verdict === "PASS").length).toBeGreaterThan(290);
  });

  it.each([0, 0.001, 0.01])("catches 5 points more at the first step, 500 requests, at an error share of %d, and promotes none", (base) => {
    const found = rollouts(300, 23, base, 0.05);
    expect(found.filter(({ verdict, step }) => verdict === "FAIL" && step === 0).length).toBeGreaterThanOrEqual(298);
    expect(found.filter(({ verdict }) => verdict === "PASS")).toEqual([]);
  });
});

describe("the seeded random numbers", () => {
  it("are the same for the same seed, and others for another", () => {
    const ten = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 10 }, () => random.uniform());
    };
    expect(ten(1)).toEqual(ten(1));
    expect(ten(1)).not.toEqual(ten(2));
  });

  it.each([
    [50, 0.2],
    [4500, 0.01],
    [20, 0.9],
    [9000, 0.3],
  ])("have the mean and variance of a binomial, %i times %d", (n, p) => {
    const random = new Random(3);
    const values = Array.from({ length: 4000 }, () => random.binomial(n, p));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean - n * p)).toBeLessThan(4 * Math.sqrt((n * p * (1 - p)) / values.length));
    expect(variance / (n * p * (1 - p))).toBeCloseTo(1, 0);
  });
});
