import { stringify } from "yaml";
import type { AlertRule, Area } from "../../../components/monitoring/rules/index.ts";

/** One alert that fires, as Prometheus would hand it over. */
export interface Firing {
  /** Severity and priority, e.g. `critical P1`. */
  readonly level: string;
  /** Labels besides severity, priority, area and owner. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly description: string;
}

/** One claim about rules: what is measured, and what they say of it. */
export interface RuleCase {
  readonly says: string;
  /** Time between two evaluations. @default "15s" */
  readonly every?: string;
  /** Time between two samples. @default that between two evaluations */
  readonly samples?: string;
  /** Samples by series, in promtool's notation. */
  readonly series: Readonly<Record<string, string>>;
  /** All instances of an alert that fire at a time; none for silence. */
  readonly alerts?: readonly { readonly alert: string; readonly at: string; readonly firing: readonly Firing[] }[];
  /** Results of expressions: value by series. */
  readonly queries?: readonly { readonly expr: string; readonly at: string; readonly gives: Readonly<Record<string, number>> }[];
}

/** The cases of one area. */
export interface AreaCases {
  /** Areas whose recording rules the area's own stand on. */
  readonly needs?: readonly Area[];
  readonly cases: readonly RuleCase[];
}

/** An alert fires, in these instances and no others. */
export const fires = (alert: string, at: string, ...firing: Firing[]) => ({ alert, at, firing });
export const silent = (alert: string, at: string) => ({ alert, at, firing: [] });

/** The cases that speak of an alert: that it fires with the labels it has of its own, that it is silent, or what it looks like in a query. */
export function casesOf({ name, labels = {} }: AlertRule, { cases }: AreaCases): RuleCase[] {
  const own = Object.entries(labels);
  const fired = (each: Firing) => own.every(([label, value]) => each.labels?.[label] === value);
  return cases.filter(
    ({ alerts = [], queries = [] }) =>
      alerts.some(({ alert, firing }) => alert === name && (firing.length === 0 || firing.some(fired))) ||
      queries.some(({ expr }) => [name, ...own.map(([label, value]) => `${label}="${value}"`)].every((part) => expr.includes(part))),
  );
}

/**
 * Cases as files for `promtool test rules`, by name: one for each distance between samples, because promtool evaluates a whole file at
 * one pace.
 *
 * @param ruleFiles paths of rule files, as the tests see them
 * @param groups names of their groups in the order they are evaluated in; promtool has none of its own
 */
export function renderCases(
  area: Area,
  cases: readonly RuleCase[],
  ruleFiles: readonly string[],
  groups: readonly string[],
): Record<string, string> {
  const paces = [...new Set(cases.map(({ every = "15s" }) => every))];
  return Object.fromEntries(
    paces.map((pace) => {
      const tests = cases.filter(({ every = "15s" }) => every === pace).map((one) => promtoolTest(area, one));
      return [
        `${area}-${pace}.yml`,
        stringify({ rule_files: ruleFiles, evaluation_interval: pace, group_eval_order: groups, tests }, { lineWidth: 0 }),
      ];
    }),
  );
}

function promtoolTest(area: Area, { says, every = "15s", samples = every, series, alerts = [], queries = [] }: RuleCase): object {
  return {
    name: says,
    interval: samples,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: alerts.map(({ alert, at, firing }) => ({
      alertname: alert,
      eval_time: at,
      exp_alerts: firing.map(({ level, labels, summary, description }) => ({
        exp_labels: { severity: level.split(" ")[0], priority: level.split(" ")[1], area, owner: "platform", ...labels },
        exp_annotations: { summary, description, runbook_url: `docs/runbooks/${alert}.md` },
      })),
    })),
    promql_expr_test: queries.map(({ expr, at, gives }) => ({
      expr,
      eval_time: at,
      exp_samples: Object.entries(gives).map(([labels, value]) => ({ labels, value })),
    })),
  };
}
