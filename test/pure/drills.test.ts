import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isExpected, newAlerts, ofNow } from "../../drills/alerts.ts";
import { alertsOfFill, planFill, SAFE_MB } from "../../drills/fill.ts";
import { permit } from "../../drills/permit.ts";
import { report } from "../../drills/report.ts";
import { differences, isGood, lossesOf, type Result, shapeOf } from "../../drills/result.ts";
import { SCENARIOS } from "../../drills/scenarios/index.ts";
import { putBack, type Step } from "../../drills/step.ts";
import type { ContainerFacts, Docker } from "../../estate/docker.ts";

describe("which stack may be broken", () => {
  it("is dev; any other one only when its name was typed", () => {
    expect(() => permit("dev", undefined)).not.toThrow();
    expect(() => permit("prod", "prod")).not.toThrow();
    expect(() => permit("prod", undefined)).toThrow("--stack prod --yes-break prod");
    expect(() => permit("prod", "staging")).toThrow("Nothing was done");
    expect(() => permit("dev", "prod")).toThrow("Nothing was done");
  });
});

describe("how far a volume is filled", () => {
  const disk = fc.record({ sizeMb: fc.nat(500_000), free: fc.double({ min: 0, max: 1, noNaN: true }), shared: fc.boolean() });

  it("never beyond the limits, and never into what must stay free", () => {
    fc.assert(
      fc.property(disk, fc.nat(20_000), fc.option(fc.nat(5000), { nil: undefined }), ({ sizeMb, free, shared }, mostMb, leaveMb) => {
        const freeMb = sizeMb * free;
        const { mb, leftMb } = planFill({ sizeMb, freeMb, shared }, { mostMb, leaveMb });
        expect(mb).toBeGreaterThanOrEqual(0);
        expect(mb).toBeLessThanOrEqual(mostMb);
        expect(leftMb).toBeCloseTo(freeMb - mb);
        const stays = leaveMb ?? (shared ? Math.max(SAFE_MB, sizeMb / 10) : 0);
        if (mb > 0) expect(leftMb).toBeGreaterThanOrEqual(stays);
      }),
    );
  });

  it("to the brim only on a file system of the volume's own", () => {
    expect(planFill({ sizeMb: 256, freeMb: 200.5, shared: false }, { mostMb: 1024 })).toMatchObject({ mb: 200, leftMb: 0.5 });
    expect(planFill({ sizeMb: 100_000, freeMb: 50_000, shared: true }, { mostMb: 99_999 })).toMatchObject({ mb: 40_000 });
    expect(planFill({ sizeMb: 10_000, freeMb: 2000, shared: true }, { mostMb: 1024 }).mb).toBe(0);
  });

  it("expects an alert only where there will be one", () => {
    const limits = { reserveMb: 64, diskRatio: 0.8, diskFullRatio: 0.95 };
    const own = { shared: false, ofPostgres: true };
    expect(alertsOfFill({ mb: 1, leftMb: 63, taken: 0.99 }, own, limits)).toEqual(["DatabaseReadOnly"]);
    expect(alertsOfFill({ mb: 1, leftMb: 64, taken: 0.99 }, own, limits)).toEqual([]);
    expect(alertsOfFill({ mb: 1, leftMb: 9000, taken: 0.81 }, { shared: true, ofPostgres: true }, limits)).toEqual(["DiskAlmostFull"]);
    expect(alertsOfFill({ mb: 1, leftMb: 9, taken: 0.96 }, { shared: true, ofPostgres: false }, limits)).toEqual([
      "DiskFull",
      "DiskAlmostFull",
    ]);
  });
});

describe("what a drill has shown", () => {
  const facts = (name: string, change: object = {}): ContainerFacts =>
    ({
      ...{ Id: `id-${name}`, Name: `/shop-${name}`, Image: "i", RestartCount: 0, Config: { Image: "i", Labels: {} } },
      State: { Status: "running", StartedAt: "1", ExitCode: 0, Health: { Status: "healthy" } },
      NetworkSettings: { Networks: { shop: { IPAMConfig: { IPv4Address: "10.9.0.3" } } } },
      ...change,
    }) as ContainerFacts;
  const shapes = (...all: ContainerFacts[]) => all.map(shapeOf);

  it("is nothing where all is as before, though a container has started anew", () => {
    const started = facts("api", { State: { Status: "running", StartedAt: "2", ExitCode: 0, Health: { Status: "healthy" } } });
    expect(differences(shapes(facts("api")), shapes(started))).toEqual([]);
  });

  it("is every container that is gone, new, another one, in another state or at another address", () => {
    const before = shapes(facts("a"), facts("b"), facts("c"), facts("d"));
    const after = shapes(
      facts("b", { Id: "x" }),
      facts("c", { State: { Status: "exited", StartedAt: "1", ExitCode: 1 } }),
      facts("d", { NetworkSettings: { Networks: { shop: { IPAMConfig: null } } } }),
      facts("e"),
    );
    expect(differences(before, after)).toEqual([
      "shop-a is gone",
      "shop-b is another container",
      "shop-c is exited; it was running, healthy",
      "shop-d is on shop any; it was on shop 10.9.0.3",
      "shop-e was not there before",
    ]);
    expect(differences(shapes(facts("d")), shapes(facts("d", { NetworkSettings: { Networks: {} } })))).toEqual([
      "shop-d is on no network; it was on shop 10.9.0.3",
    ]);
  });

  it("counts what clients lost, why, and within which time, in whatever order answers came", () => {
    expect(
      lossesOf([{ at: 9000, lost: "status 502" }, { at: 10 }, { at: 4000, lost: "ECONNRESET" }, { at: 6000, lost: "status 502" }]),
    ).toEqual({
      ...{ requests: 4, lost: 3, span: 5, why: { "status 502": 2, ECONNRESET: 1 } },
    });
    expect(lossesOf([{ at: 1 }])).toEqual({ requests: 1, lost: 0, span: 0, why: {} });
  });

  const good: Result = {
    ...{ scenario: "slot", did: "kill a | b", healed: false, recovery: 3.21, differences: [] },
    alert: { name: "SlotDown", after: 128.4, waits: 120 },
    load: { requests: 100, lost: 2, span: 0.4, why: { "status 502": 2 } },
  };
  it("is good only when the alert came, all works again and all is as before", () => {
    expect(isGood(good)).toBe(true);
    expect(isGood({ ...good, alert: null })).toBe(true);
    expect(isGood({ ...good, alert: { name: "SlotDown", after: null, waits: 120 } })).toBe(false);
    expect(isGood({ ...good, recovery: null })).toBe(false);
    expect(isGood({ ...good, differences: ["x"] })).toBe(false);
  });

  it("is a table that says so", () => {
    const bad = { ...good, scenario: "postgres", alert: { name: "DatabaseDown", after: null, waits: 60 }, differences: ["shop-a is gone"] };
    const text = report([good, bad], { estate: "shop", at: "2026-11-22", perSecond: 20 });
    expect(text).toContain(
      "| slot | kill a \\| b | SlotDown after 128 s (its rule waits 120 s) | 3.2 s after it was put back | 2 of 100, within 0.4 s (2 × status 502) | yes |",
    );
    expect(text).toContain("| DatabaseDown did NOT come |");
    expect(text).toContain("Not as promised: postgres.");
    expect(report([good], { estate: "shop", at: "x", perSecond: 1 })).toContain("All as promised.");
  });
});

describe("alerts of a drill", () => {
  const firing = (name: string, labels = {}) => ({ name, labels: { alertname: name, ...labels } });

  it("are those that were expected, with their labels", () => {
    const expected = [{ name: "SlotDown", labels: { service: "api", slot: "blue" } }];
    expect(isExpected(expected, firing("SlotDown", { service: "api", slot: "blue" }))).toBe(true);
    expect(isExpected(expected, firing("SlotDown", { service: "api", slot: "green" }))).toBe(false);
    expect(isExpected(expected, firing("ServiceDown", { service: "api", slot: "blue" }))).toBe(false);
  });

  it("that look back for hours are no sign that something is wrong now", () => {
    const all = [
      firing("LatencyBudgetBurn", { area: "slo" }),
      firing("MetricAnomaly", { area: "anomaly" }),
      firing("SlotDown", { area: "availability" }),
    ];
    expect(ofNow(all).map(({ name }) => name)).toEqual(["SlotDown"]);
  });

  it("are new only when the same one did not fire before", () => {
    const before = [firing("SlotDown", { service: "api", slot: "green" })];
    expect(newAlerts(before, [...before, firing("SlotDown", { service: "api", slot: "blue" }), firing("DatabaseDown")])).toEqual([
      "DatabaseDown",
      "SlotDown api blue",
    ]);
  });
});

describe("what puts things back", () => {
  /** A Docker that writes down what it is told. */
  const docker = (answers: Record<string, string> = {}) => {
    const told: string[] = [];
    const say = async (args: readonly string[]) => {
      told.push(args.join(" "));
      return Object.entries(answers).find(([start]) => args.join(" ").startsWith(start))?.[1] ?? "";
    };
    return { told, docker: { run: say, try: async (args: readonly string[]) => (await say(args)) !== undefined } as unknown as Docker };
  };
  const connect: Step = { does: "connect", container: "shop-api", network: "shop", address: "10.9.0.80" };

  it("gives a container its own address again, and does nothing when it is there", async () => {
    const away = docker();
    await putBack(away.docker, connect);
    expect(away.told.at(-1)).toBe("network connect --ip 10.9.0.80 shop shop-api");
    const there = docker({ "container inspect": "n1\n" });
    await putBack(there.docker, connect);
    expect(there.told.filter((line) => line.startsWith("network"))).toEqual([]);
  });

  it("removes the file also when what made it was killed", async () => {
    const { told, docker: one } = docker();
    await putBack(one, { does: "empty", filler: "shop-drill-disk", volume: "shop-data", image: "sha256:e" });
    expect(told.at(-1)).toMatch(/^run --rm --network none .*--volume shop-data:\/fill --entrypoint rm sha256:e -f \/fill\/\.sluice-drill$/);
  });

  it("has a name and a line for every drill", () => {
    expect(SCENARIOS.map(({ name }) => name)).toEqual(["crash", "hang", "slot", "postgres", "network", "disk", "certificate"]);
    for (const { says } of SCENARIOS) expect(says.length).toBeGreaterThan(20);
  });
});
