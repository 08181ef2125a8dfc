import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  type AlertRule,
  AREAS,
  isAlert,
  type RuleSettings,
  renderGroups,
  renderRules,
  ruleGroups,
} from "../../components/monitoring/rules/index.ts";
import { grown, oneOf } from "../../components/monitoring/rules/promql.ts";
import { comparisons, mutantsOf } from "../support/rules/mutants.ts";
import { dev, edgeOnly, everything } from "../support/rules/settings.ts";

const rulesOf = (settings: RuleSettings) => ruleGroups(settings).flatMap(({ rules }) => rules);
const alertsOf = (settings: RuleSettings): AlertRule[] => rulesOf(settings).filter(isAlert);
const change = (changed: Partial<RuleSettings>): RuleSettings => ({ ...everything, ...changed });

describe("rule files", () => {
  it("hold one area each, and none that is empty", () => {
    expect(Object.keys(renderRules(everything))).toEqual(AREAS.map((area) => `rules/${area}.yml`));
    expect(Object.keys(renderRules(edgeOnly))).not.toContain("rules/slo.yml");
  });

  it("say everything that a rule has in Prometheus' words", () => {
    const [alert] = alertsOf(everything);
    if (!alert) throw new Error("there are no alerts");
    const rule = { ...alert, name: "A", for: 90, keepFiringFor: 7200, labels: { window: "1h" } };
    const group = { name: "g", interval: 5, rules: [rule, { record: "a:b:c", expr: "vector(1)", labels: { x: "y" } }] };
    const { severity, priority, area, owner, expr, summary, description } = rule;
    expect(parse(renderGroups([group], "https://example.com/runbooks"))).toEqual({
      groups: [
        {
          name: "g",
          interval: "5s",
          rules: [
            {
              alert: "A",
              expr,
              for: "90s",
              keep_firing_for: "2h",
              labels: { severity, priority, area, owner, window: "1h" },
              annotations: { summary, description, runbook_url: "https://example.com/runbooks/A.md" },
            },
            { record: "a:b:c", expr: "vector(1)", labels: { x: "y" } },
          ],
        },
      ],
    });
  });

  it("name the team and the runbooks of the settings", () => {
    const text = Object.values(renderRules(change({ owner: "payments", runbookBase: "https://example.com/r" }))).join("\n");
    expect(text).not.toMatch(/owner: platform|docs\/runbooks/);
    expect(text).toContain("runbook_url: https://example.com/r/ServiceDown.md");
  });
});

describe("the pieces of expressions", () => {
  it("take names literally", () => {
    expect(oneOf("counter", ["a.b", "c|d"])).toBe(String.raw`counter=~"a\\.b|c\\|d"`);
  });

  it("count a new series with its whole value while the edge was being watched", () => {
    expect(grown("x", "1m")).toBe('(((x unless x offset 1m) and on (job, instance) up{job="edge"} offset 1m) or increase(x[1m]))');
  });

  it("are PromQL, every one of them", () => {
    for (const settings of [everything, dev, edgeOnly])
      for (const { expr } of rulesOf(settings)) expect(() => comparisons(expr)).not.toThrow();
    expect(() => comparisons("sum by (x (y)")).toThrow("no PromQL");
  });
});

describe("planted faults", () => {
  it("are made of comparisons, never of matchers, and of every `for`", () => {
    const alert = { ...alertsOf(everything)[0], name: "A", expr: 'a{b!="c", d=~"e"} >= 1 unless f == 2', for: 60 } as AlertRule;
    const exprs = mutantsOf([{ name: "g", rules: [alert, { record: "r", expr: "a + 1" }] }]).map(({ groups }) => {
      const [rule] = groups[0]?.rules ?? [];
      return rule && isAlert(rule) ? `${rule.expr} for ${rule.for}` : "";
    });
    expect(exprs).toEqual([
      'a{b!="c", d=~"e"} < 1 unless f == 2 for 60',
      'a{b!="c", d=~"e"} > 1 unless f == 2 for 60',
      'a{b!="c", d=~"e"} >= 1 unless f != 2 for 60',
      'a{b!="c", d=~"e"} >= 1 unless f == 2 for 0',
    ]);
  });
});
