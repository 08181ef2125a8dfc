import { describe, expect, it } from "vitest";
import { type Configured, disagreements, type Edge, endOf, orphansAmong } from "../../bench/chaos/end.ts";
import { plan, VICTIMS } from "../../bench/chaos/plan.ts";
import type { Response } from "../../bench/rollout/response.ts";
import { counted, threeOf } from "../../bench/rollout/summary.ts";
import { badAt, type EdgeLine, readLines, timingsOf } from "../../bench/rollout/timings.ts";

const response = (id: string, sent: number, took: number, slot: string, status = 200): Response => ({
  ...{ id, sent, done: sent + took, slot, status },
});
const line = (chosen: string, slot = chosen, upstream_status = "200"): EdgeLine => ({ chosen, slot, upstream_status });

describe("when a response is known to be bad", () => {
  it.each([
    ["good", response("a", 100, 20, "green"), undefined, undefined],
    ["a good answer by log and client", response("a", 100, 20, "green"), line("green"), undefined],
    ["an error, when it comes", response("a", 100, 20, "green", 500), undefined, 120],
    ["no answer, when that is clear", response("a", 100, 20, "", 0), undefined, 120],
    ["slow, when the limit is over", response("a", 100, 1500, "green"), undefined, 1100],
    ["never answered, when the limit is over and not when the client gives up", response("a", 100, 5000, "", 0), undefined, 1100],
    ["answered by the other slot in its place", response("a", 100, 20, "blue"), line("green", "blue", "502, 200"), 120],
    ["a request that no container was asked for", response("a", 100, 20, "blue"), line("green", "blue", ""), undefined],
  ])("%s", (_, given, log, at) => {
    expect(badAt(given, log, 1000)).toBe(at);
  });
});

describe("what a canary cost", () => {
  const of = (responses: readonly Response[], lines: Record<string, EdgeLine> = {}) =>
    timingsOf({ responses, lines: new Map(Object.entries(lines)), slot: "green", setAt: 1000, decidedAt: 3000, slowMs: 1000 });

  it("counts from the canary's first bad response, not the other slot's, to the last request sent to its slot", () => {
    const found = of([
      response("a", 1100, 10, "blue", 500),
      response("b", 1500, 100, "green", 500),
      response("c", 2900, 10, "green", 500),
      response("d", 3040, 10, "green", 500),
      response("e", 4000, 10, "blue"),
    ]);
    expect(found).toEqual({ detect: 1400, switched: 40, total: 1440, exposed: 2000, failed: 4, slow: 0, canary: 3 });
  });

  it("knows by the edge's log whom a client belonged to when nobody, or the other slot, answered", () => {
    const found = of([response("hung", 2990, 5000, "", 0), response("helped", 2000, 10, "blue"), response("late", 3100, 10, "blue")], {
      hung: line("green", "green", "504"),
      helped: line("green", "blue", "502, 200"),
      late: line("blue"),
    });
    expect(found).toMatchObject({ detect: 990, switched: 0, canary: 2, failed: 1, slow: 0 });
  });

  it("has no time of detection when no client met a bad response, and a negative one when the decision was first", () => {
    expect(of([response("a", 1500, 10, "green")])).toMatchObject({ detect: undefined, total: undefined });
    expect(of([response("a", 2500, 600, "green", 500)]).detect).toBe(-100);
  });

  it("reads the edge's log, and skips what is no line of it", () => {
    const text =
      '2026/11/21 [warn] hm\n{"time":"x","request_id":"r-1","chosen":"green","slot":"blue","upstream_status":"502, 200"}\n{"time":"cut';
    expect([...readLines(text)].map(([id, { chosen, slot }]) => [id, chosen, slot])).toEqual([["r-1", "green", "blue"]]);
  });

  it("says the 95th percentile, with the rest beside it", () => {
    const values = Array.from({ length: 20 }, (_, index) => index + 1);
    expect(threeOf("x: detect", values, "s", "why")).toEqual({
      ...{ name: "x: detect, p95", value: 19, unit: "s", note: "p50 10, max 20, 20 runs; why" },
    });
    expect([counted(["a", "b", "b"]), counted([])]).toEqual(["b 2, a 1", "nothing"]);
  });
});

describe("chaos", () => {
  it("kills each victim five times, in good and bad releases, at the same moments for the same seed", () => {
    const runs = plan(30, 5, 45);
    expect(runs).toEqual(plan(30, 5, 45));
    expect(VICTIMS.map((victim) => runs.filter((run) => run.victim === victim).length)).toEqual([5, 5, 5, 5, 5, 5]);
    expect(runs.filter(({ good }) => good)).toHaveLength(15);
    for (const victim of VICTIMS) expect(new Set(runs.filter((run) => run.victim === victim).map(({ good }) => good)).size).toBe(2);
    expect(Math.min(...runs.map(({ moment }) => moment))).toBeLessThan(10);
    expect(Math.max(...runs.map(({ moment }) => moment))).toBeGreaterThan(35);
  });

  const config: Configured = { active: "blue", canaryWeight: 0, blue: { release: "v1" }, green: { release: "chaos-1" } };
  const edge: Edge = { active: "blue", weight: 0, frozen: null };
  const frozen = { decision: "guard-api-1" };

  it("tells a promotion and a rollback from everything between", () => {
    const end = (change: Partial<Edge>, how: Partial<Configured> = {}) =>
      endOf({ ...edge, ...change }, "blue", "chaos-1", { ...config, ...how });
    expect(end({})).toBe("rolled back");
    expect(end({ frozen })).toBe("rolled back");
    expect(end({ active: "green" })).toBe("promoted");
    expect(end({ weight: 10 })).toBe("between");
    expect(end({ active: "green", weight: 10 })).toBe("between");
    expect(end({ active: "green", frozen })).toBe("between");
    expect(end({ active: "green" }, { green: { release: "another" } })).toBe("between");
  });

  it("names where config and edge differ", () => {
    expect(disagreements(edge, config)).toEqual([]);
    expect(disagreements({ ...edge, frozen }, { ...config, frozen })).toEqual([]);
    expect(disagreements({ ...edge, active: "green", weight: 10, frozen }, config)).toEqual([
      "active: config says blue, the edge green",
      "weight: config says 0, the edge 10",
      "frozen by: config says nothing, the edge guard-api-1",
    ]);
  });

  it("calls an orphan what Docker has and the state does not, volumes too", () => {
    const state = [
      { type: "docker:index/container:Container", id: "a" },
      { type: "docker:index/volume:Volume", id: "data" },
      { type: "pulumi:pulumi:Stack" },
    ];
    const found = [
      { kind: "container", id: "a" },
      { kind: "container", id: "b" },
      { kind: "volume", id: "data" },
      { kind: "volume", id: "more" },
      { kind: "network", id: "a" },
    ];
    expect(orphansAmong(state, found)).toEqual(["container b", "volume more", "network a"]);
  });
});
