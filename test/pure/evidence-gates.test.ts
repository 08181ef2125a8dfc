import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS, gatesOf } from "../../evidence/gates.ts";
import { Evidence } from "../../evidence/schema.ts";
import { goodEvidence } from "../support/evidence.ts";

type Change = (evidence: Evidence) => void;
const red = (evidence: Evidence, limits = DEFAULT_LIMITS) =>
  gatesOf(evidence, limits)
    .filter(({ ok }) => !ok)
    .map(({ part, found, asked }) => [part, found, asked]);
const notDone = { status: "not done", why: "the tool is gone" } as const;
const tests = { passed: 3, failed: 0, skipped: 0 };

describe("the gates of a release", () => {
  it("are all green for good evidence, which fits its schema", () => {
    expect(red(Evidence.parse(goodEvidence()))).toEqual([]);
    expect(gatesOf(goodEvidence()).map(({ part }) => part)).toEqual([
      ...["builds", "unit", "endToEnd", "lint", "types", "schema", "blockers", "secrets"],
    ]);
  });

  it.each<[string, Change, [string, string, string]]>([
    ["no build", (e) => (e.builds = []), ["builds", "nothing was built", "every program builds"]],
    [
      "a build that failed",
      (e) => (e.builds[1] = { name: "web", ok: false, problem: "no space" }),
      ["builds", "1 of 2 failed: web", "every program builds"],
    ],
    [
      "a little too little unit coverage",
      (e) => (e.unit = { tests, coverage: { percent: 89.99, covered: 8999, total: 10_000, tool: "t" } }),
      ["unit", "89.99 % (8999 of 10000), 3 passed, 0 failed", ">= 90 % of lines, no failure"],
    ],
    [
      "a failing test with all lines covered",
      (e) => (e.endToEnd = { tests: { passed: 2, failed: 1, skipped: 0 }, coverage: { percent: 100, covered: 9, total: 9, tool: "t" } }),
      ["endToEnd", "100 % (9 of 9), 2 passed, 1 failed", ">= 85 % of lines, no failure"],
    ],
    [
      "tests that were all skipped",
      (e) => (e.unit = { tests: { passed: 0, failed: 0, skipped: 4 }, coverage: { percent: 100, covered: 9, total: 9, tool: "t" } }),
      ["unit", "100 % (9 of 9), 0 passed, 0 failed, 4 skipped", ">= 90 % of lines, no failure"],
    ],
    [
      "coverage of nothing",
      (e) => (e.unit = { tests, coverage: { percent: 100, covered: 0, total: 0, tool: "t" } }),
      ["unit", "100 % (0 of 0), 3 passed, 0 failed", ">= 90 % of lines, no failure"],
    ],
    ["a lint error", (e) => (e.lint = { errors: 1, warnings: 2, tool: "t" }), ["lint", "1 error, 2 warnings", "no error"]],
    ["a type error", (e) => (e.types = { errors: 2, tool: "t" }), ["types", "2 errors", "no error"]],
    [
      "a migration that is not applied",
      (e) => (e.schema = { pending: ["2_prices"], drift: [], tool: "t" }),
      ["schema", "1 migration pending (2_prices), 0 lines of drift", "no migration pending, no drift"],
    ],
    [
      "drift",
      (e) => (e.schema = { pending: [], drift: ["+ a", "+ b", "+ c", "+ d"], tool: "t" }),
      ["schema", "0 migrations pending, 4 lines of drift (+ a; + b; + c, and 1 more)", "no migration pending, no drift"],
    ],
    [
      "a blocker",
      (e) => (e.blockers = { open: [{ id: "#7", priority: "P0", title: "data loss" }], source: "s" }),
      ["blockers", "1 open (P0 #7)", "no open P0 or P1"],
    ],
    [
      "a secret",
      (e) => (e.secrets = { findings: [{ file: "a.ts", line: 3, rule: "aws" }], files: 9, tool: "t" }),
      ["secrets", "1 finding in 9 files (a.ts:3)", "no finding"],
    ],
    [
      "a search for secrets that saw no file",
      (e) => (e.secrets = { findings: [], files: 0, tool: "t" }),
      ["secrets", "0 findings in 0 files", "no finding"],
    ],
  ])("are red for %s", (_what, change, expected) => {
    const evidence = goodEvidence();
    change(evidence);
    expect(red(evidence)).toEqual([expected]);
  });

  it.each(["unit", "endToEnd", "lint", "types", "schema", "blockers", "secrets"] as const)("are red for %s that was not done", (part) => {
    expect(red({ ...goodEvidence(), [part]: notDone })).toEqual([[part, "not done: the tool is gone", expect.any(String)]]);
  });

  it("take other limits", () => {
    const evidence = goodEvidence();
    evidence.lint = { errors: 2, warnings: 0, tool: "t" };
    expect(red(evidence, { ...DEFAULT_LIMITS, lintErrors: 2, unitPercent: 95 })).toEqual([
      ["unit", "94.5 % (189 of 200), 41 passed, 0 failed", ">= 95 % of lines, no failure"],
    ]);
  });
});
