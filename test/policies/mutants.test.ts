import { expect, it } from "vitest";
import { isStackRule, type Rule } from "../../policies/rule.ts";
import { ALL } from "../../policies/rules.ts";
import { CASES } from "./cases.ts";
import { failures } from "./judge.ts";

const never = (rule: Rule): Rule => (isStackRule(rule) ? { ...rule, checkStack: () => [] } : ({ ...rule, check: () => [] } as Rule));
const always = (rule: Rule): Rule =>
  isStackRule(rule) ? { ...rule, checkStack: () => [{ message: "always" }] } : ({ ...rule, check: () => ["always"] } as Rule);

it("a rule that never reports, and one that always does, is caught by a named case", async () => {
  const survivors: string[] = [];
  let caught = 0;
  for (const rule of ALL) {
    const cases = CASES[rule.name] ?? [];
    expect(await failures(rule, cases), rule.name).toEqual([]);
    for (const [what, mutant] of [["never reports", never(rule)] as const, ["always reports", always(rule)] as const]) {
      const [named] = await failures(mutant, cases);
      if (named === undefined) survivors.push(`${rule.name} ${what}`);
      else caught++;
    }
  }
  console.log(`mutants of the policies caught: ${caught} of ${2 * ALL.length}`);
  expect(survivors).toEqual([]);
});
