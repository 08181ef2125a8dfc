import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { DEFAULT_SETTINGS } from "../../rollout/analysis/index.ts";
import { type Ground, planOf, type Wanted } from "../../rollout/driver/plan.ts";
import type { Control } from "../../rollout/driver/ports.ts";
import { diskCheck, edgeChecks, guardCheck, refusal } from "../../rollout/driver/preflight.ts";
import { failureOf } from "../../rollout/driver/shell/stack.ts";
import { editStack, slotContent } from "../../rollout/driver/stack-file.ts";
import { guardEvents, judgeWindow } from "../../rollout/driver/translate.ts";
import { parseSteps } from "../../rollout/driver/words.ts";
import { idle } from "../../rollout/machine/index.ts";
import { plan } from "../support/rollout/world.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const DEV = readFileSync(join(ROOT, "Pulumi.dev.yaml"), "utf8");
const lines = (text: string) => text.split("\n");
/** Lines that are not in both. */
const changed = (before: string, after: string) => lines(after).filter((line) => !lines(before).includes(line));

describe("the stack file", () => {
  it.each(["dev", "staging", "prod"])("of %s keeps every comment and every other line", (stack) => {
    const text = readFileSync(join(ROOT, `Pulumi.${stack}.yaml`), "utf8");
    const after = editStack(text, "api", { canaryWeight: 37 });
    expect(changed(text, after).map((line) => line.trim())).toEqual(["canaryWeight: 37"]);
    expect(lines(after)).toHaveLength(lines(text).length);
    expect(editStack(after, "api", { canaryWeight: 0 })).toBe(text);
  });

  it("gets a release, a freeze, and loses both again", () => {
    const content = { build: "images/api", release: "v3", env: { FAULT: "1" } };
    const frozen = { decision: "api-1/w1", release: "v3", slot: "green" } as const;
    const after = editStack(DEV, "api", { active: "blue", canaryWeight: 0, slot: { name: "green", content }, frozen });
    const api = parse(after).config["sluice:services"].api;
    expect([api.green, api.frozen, api.env]).toEqual([content, frozen, { LOG_LEVEL: "info" }]);
    const back = editStack(after, "api", { frozen: null, slot: { name: "green", content: slotContent(DEV, "api", "green") } });
    expect(parse(back)).toEqual(parse(DEV));
  });

  it("that says so already is not touched", () => {
    expect(editStack(DEV, "api", { active: "blue", canaryWeight: 0, frozen: null })).toBe(DEV);
  });

  it("whose services Pulumi wrote as one text is opened up", () => {
    const text = 'config:\n  sluice:services: \'{"api":{"port":3000,"canaryWeight":0,"blue":{"build":"images/api"}}}\'\n';
    expect(parse(editStack(text, "api", { canaryWeight: 10 })).config["sluice:services"].api.canaryWeight).toBe(10);
    expect(slotContent(text, "api", "blue")).toEqual({ build: "images/api" });
  });

  it("without the service is refused", () => {
    expect(() => editStack(DEV, "shop", { canaryWeight: 1 })).toThrow("no service 'shop'");
  });
});

const wanted = (more: Partial<Wanted> = {}): Wanted => ({
  ...{ service: "api", image: "build:images/api", release: "v3", env: {}, keepSlot: false, by: "ann", commit: null, commitAt: null },
  ...more,
});
const ground: Ground = {
  ...{ stackText: DEV, active: "blue", now: Date.UTC(2026, 10, 21, 9, 45, 12) },
  rules: {
    ...{ steps: [10, 50, 100], windowSeconds: 60, watchSeconds: 600, extensions: 3, giveUp: "rollback", readyTimeoutSeconds: 60 },
    hooks: { before: [], after: [], onRollback: [] },
  },
};
const planned = (more: Partial<Wanted> = {}, other: Partial<Ground> = {}) => {
  const found = planOf(wanted(more), { ...ground, ...other });
  if ("problems" in found) throw new Error(found.problems.join("; "));
  return found;
};

describe("a plan", () => {
  it("goes to the slot that is not active, and back to the one that is", () => {
    const { plan: made } = planned();
    expect([made.id, made.canary.slot, made.stable.release]).toEqual(["api-20261121-094512", "green", "v1"]);
    expect(planned({}, { active: "green" }).plan.canary.slot).toBe("blue");
  });

  it("makes the canary differ from the active release in nothing but what was said", () => {
    const text = editStack(DEV, "api", {
      slot: { name: "blue", content: { build: "images/api", release: "v1", env: { A: "1" }, replicas: 2 } },
    });
    const stale = editStack(text, "api", { slot: { name: "green", content: { build: "images/api", release: "v0", env: { OLD: "1" } } } });
    expect(planned({ env: { B: "2" } }, { stackText: stale }).run.content).toEqual({
      build: "images/api",
      release: "v3",
      replicas: 2,
      env: { A: "1", B: "2" },
    });
    expect(planned({ keepSlot: true }, { stackText: stale }).run.content).toEqual({
      build: "images/api",
      release: "v3",
      env: { OLD: "1" },
    });
  });

  it("takes the release's name from tag, digest or commit", () => {
    const release = (image: string, commit: string | null = null) => planned({ image, release: undefined, commit }).plan.canary.release;
    expect(release("ghcr.io/example/api:1.4.2")).toBe("1.4.2");
    expect(release(`registry:5000/api@sha256:${"ab".repeat(32)}`)).toBe("abababababab");
    expect(release("build:images/api", "0123456789abcdef")).toBe("0123456789ab");
  });

  it("is refused with everything that is wrong at once", () => {
    const found = planOf(wanted({ steps: [50, 10], release: "v1", env: { "A B": "1" }, image: `api@sha256:${"0".repeat(64)}` }), ground);
    expect("problems" in found && found.problems).toEqual([
      expect.stringContaining("each step must be higher"),
      expect.stringContaining("that is what slot blue runs already"),
      expect.stringContaining("stand-in"),
      expect.stringContaining("'A B'"),
    ]);
  });

  it("reads steps as people write them", () => {
    expect(parseSteps("10, 50,100")).toEqual([10, 50, 100]);
    expect(parseSteps("10;50")).toBeUndefined();
  });
});

describe("the look before a rollout", () => {
  const control: Control = {
    ...{ service: "api", active: "blue", green: 0, weight: 0, frozen: null, at: 5, lease: null },
    releases: { blue: "v1", green: "v2" },
  };
  const declared = { active: "blue", canaryWeight: 0 };

  it("finds nothing wrong with an edge at rest", () => {
    expect(refusal("api", edgeChecks(control, declared, "api", 5))).toBeUndefined();
  });

  it("says everything that is in the way at once, and what to do", () => {
    const busy: Control = {
      ...control,
      ...{ weight: 30, green: 30, lease: { owner: "bob@ci.1.x", until: 10 } },
      frozen: { decision: "d1", release: "v2", slot: "green", by: "guard", why: "12 of 12", at: 1 } as const,
    };
    const words =
      refusal("api", [...edgeChecks(busy, declared, "api", 5), guardCheck(null), diskCheck("Filesystem\noverlay 100 90 10 90% /")]) ?? "";
    for (const part of ["6 things", "busy", "30 %", "npm run rollout -- acknowledge d1", "bob@ci.1.x", "guard", "0.0 GiB"])
      expect(words).toContain(part);
  });

  it("takes a lease that ran out for none", () => {
    expect(refusal("api", edgeChecks({ ...control, lease: { owner: "x", until: 4 } }, declared, "api", 5))).toBeUndefined();
  });
});

describe("answers of the guard", () => {
  const status = { service: "api", at: 1_000, until: 4_000, blind: null, watch: null, edge: null, decision: null };

  it("are a lease from the moment of asking, whatever clock the guard has", () => {
    expect(guardEvents(status, null, idle("api", 0), 0, { askedAt: 50_000, at: 50_100 })).toEqual([
      { type: "guardAlive", at: 50_100, until: 60_000 },
    ]);
  });

  it("hold for a while when one is missing, and are silence when the guard is blind", () => {
    expect(guardEvents(null, null, idle("api", 0), 0, { askedAt: 1, at: 2 })).toEqual([]);
    expect(guardEvents({ ...status, until: 1_000 }, null, idle("api", 0), 0, { askedAt: 1, at: 2 })[0]?.type).toBe("guardStale");
  });

  it("of a window that it did not watch prove nothing", () => {
    const slot = { requests: 1_000, errors: 0, seconds: 5, latency: { buckets: [{ le: Number.POSITIVE_INFINITY, count: 1_000 }] } };
    const judged = judgeWindow({ from: 0, until: 5_000, complete: false, blue: slot, green: slot }, "w1", 10, plan(), DEFAULT_SETTINGS);
    expect(judged.verdict).toBe("INCONCLUSIVE");
  });
});

describe("the engine's words", () => {
  it("are cut to what went wrong", () => {
    const output = "Updating (dev):\n  + api created\n  error: api-green-1 is not healthy after 60 s\nerror: update failed\nDuration: 3s";
    expect(failureOf(output)).toBe("error: api-green-1 is not healthy after 60 s");
  });
});
