import { describe, expect, it } from "vitest";
import { ALL } from "../../policies/rules.ts";
import { CASES } from "./cases.ts";
import { violations } from "./judge.ts";

it("every rule has cases, red and green, and every case a rule", () => {
  expect(Object.keys(CASES).sort()).toEqual(ALL.map(({ name }) => name).sort());
  for (const [name, cases] of Object.entries(CASES))
    expect([cases.some(({ red }) => red), cases.some(({ red }) => !red)], name).toEqual([true, true]);
});

describe.each(ALL.map((rule) => [rule.name, rule] as const))("%s", (name, rule) => {
  it.each((CASES[name] ?? []).map((one) => [one.red ? "refuses" : "lets through", one.title, one] as const))(
    "%s: %s",
    async (_, __, one) => {
      const found = await violations(rule, one);
      if (one.red) expect(found.join("\n")).toContain(one.says ?? "");
      else expect(found).toEqual([]);
      expect(found.length > 0).toBe(one.red);
    },
  );

  it("says what holds, why, and what to change", () => {
    expect(rule.name).toMatch(/^[a-z]+(-[a-z]+)+$/);
    expect(rule.description).toMatch(/^[A-Z].{40,}\.( |$)|^[A-Z].{20,}\.$/);
    expect(rule.remediation.length).toBeGreaterThan(5);
  });
});
