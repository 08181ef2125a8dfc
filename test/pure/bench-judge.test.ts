import { describe, expect, it } from "vitest";
import { type Curve, POINTS } from "../../bench/judge/curve.ts";
import { curvePicture } from "../../bench/judge/picture.ts";
import { half, part, Simulation } from "../../bench/judge/simulation.ts";

describe("a simulation of judges", () => {
  const draw = (simulation: Simulation) => simulation.repeat(5, (random) => random.uniform());

  it("gives each case numbers of its own, the same for the same seed", () => {
    const [first, again] = [new Simulation({ runs: 5, seed: 1 }), new Simulation({ runs: 5, seed: 1 })];
    const cases = [draw(first), draw(first)];
    expect([draw(again), draw(again)]).toEqual(cases);
    expect(cases[0]).not.toEqual(cases[1]);
    expect(draw(new Simulation({ runs: 5, seed: 2 }))).not.toEqual(cases[0]);
  });

  it("counts what never came as the longest", () => {
    expect([part([3, undefined, 1], 0.5), part([3, undefined, 1], 0.95)]).toEqual([3, Number.POSITIVE_INFINITY]);
    expect(half("x", [1, undefined], "s")).toEqual({ name: "x, p50", value: 1, unit: "s", note: "p95 never, 2 rollouts" });
  });
});

describe("the picture of the guard's curve", () => {
  const curve: Curve = {
    base: 0.01,
    points: POINTS.map((points) => ({
      ...{ points, p50: points < 3 ? Number.POSITIVE_INFINITY : 1000 / points, p95: 2000 / points },
      ...{ guard: { 100: 0, 500: 0.5, 2500: 1 }, analysis: 1 },
    })),
  };
  const svg = curvePicture([curve], 400);

  it("is one whole SVG that says what it shows, with numbers alone for places", () => {
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    for (const words of ["1 % on the other slot", "guard, within 500 requests", "400 simulated rollouts per point"])
      expect(svg).toContain(words);
  });

  it("draws no point where the guard never decides", () => {
    const counts = [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, path = ""]) => path.split(" ").length);
    expect(counts[0]).toBe(POINTS.filter((points) => points >= 3).length);
    expect(counts[1]).toBe(POINTS.length);
  });
});
