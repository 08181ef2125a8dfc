import { parser } from "@prometheus-io/lezer-promql";
import { type AlertRule, isAlert, type Rule, type RuleGroup } from "../../../components/monitoring/rules/index.ts";

/** Rules with one fault planted in them. */
export interface Mutant {
  /** The rule, and what was done to it. */
  readonly says: string;
  /** The alert, as it should be; absent for a recording rule. */
  readonly alert?: AlertRule;
  readonly groups: readonly RuleGroup[];
}

/** What becomes of each comparison: its contrary, and its neighbour that differs at the threshold alone. */
const FLIPS: Readonly<Record<string, readonly string[]>> = {
  ">": ["<", ">="],
  "<": [">", "<="],
  ">=": ["<", ">"],
  "<=": [">", "<"],
  "==": ["!="],
  "!=": ["=="],
};

interface Comparison {
  readonly from: number;
  readonly to: number;
  readonly operator: string;
}

/** Where an expression compares. @throws SyntaxError when it is no PromQL */
export function comparisons(expr: string): Comparison[] {
  const found: Comparison[] = [];
  parser.parse(expr).iterate({
    enter: ({ from, to, type, node }) => {
      if (type.isError) throw new SyntaxError(`no PromQL at ${from}: ${expr}`);
      const operator = expr.slice(from, to);
      // `!=` between a label and a text is a matcher.
      if (node.firstChild === null && operator in FLIPS && node.parent?.name === "BinaryExpr") found.push({ from, to, operator });
    },
  });
  return found;
}

/** Every single fault of this kind: each comparison turned, each `for` dropped. */
export function mutantsOf(groups: readonly RuleGroup[]): Mutant[] {
  return groups.flatMap((group, g) =>
    group.rules.flatMap((rule, r) =>
      faultsOf(rule).map(({ says, rule: faulty }) => ({
        says,
        ...(isAlert(rule) && { alert: rule }),
        groups: groups.with(g, { ...group, rules: group.rules.with(r, faulty) }),
      })),
    ),
  );
}

function faultsOf(rule: Rule): { says: string; rule: Rule }[] {
  const name = isAlert(rule) ? `${rule.name} (${rule.severity})` : rule.record;
  const turned = comparisons(rule.expr).flatMap(({ from, to, operator }) =>
    (FLIPS[operator] ?? []).map((other) => {
      const expr = `${rule.expr.slice(0, from)}${other}${rule.expr.slice(to)}`;
      return { says: `${name}: ${operator} -> ${other} at ${from} of ${JSON.stringify(rule.expr)}`, rule: { ...rule, expr } };
    }),
  );
  return isAlert(rule) && rule.for > 0 ? [...turned, { says: `${name}: without its for`, rule: { ...rule, for: 0 } }] : turned;
}
