import { type About, isStackRule, type Rule } from "../../policies/rule.ts";
import type { Case } from "./case.ts";
import { estate } from "./fixtures.ts";

const ABOUT: About = { name: "api-blue-1", within: [], protect: false, secretOutputs: [] };

/** What a rule says of a case. */
export async function violations(rule: Rule, { props = {}, about, parts, config = {} }: Case): Promise<readonly string[]> {
  const settings = rule.config?.parse(config) ?? {};
  if (isStackRule(rule)) return rule.checkStack(estate(parts), settings).map(({ message }) => message);
  const check = rule.check as (props: object, about: About, config: unknown) => readonly string[] | Promise<readonly string[]>;
  return check(props, { ...ABOUT, ...about }, settings);
}

/** Titles of the cases that the rule does not judge as they say. */
export async function failures(rule: Rule, cases: readonly Case[]): Promise<string[]> {
  const judged = await Promise.all(cases.map(async (one) => ({ one, found: await violations(rule, one) })));
  return judged
    .filter(({ one: { red, says = "" }, found }) => (red ? !found.some((words) => words.includes(says)) : found.length > 0))
    .map(({ one }) => one.title);
}
