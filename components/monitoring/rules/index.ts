import { stringify } from "yaml";
import { anomaly } from "./anomaly.ts";
import { availability } from "./availability.ts";
import { containers } from "./containers.ts";
import { data } from "./data.ts";
import { deploy } from "./deploy.ts";
import { errors } from "./errors.ts";
import { latency } from "./latency.ts";
import { maintenance } from "./maintenance.ts";
import { monitoring } from "./monitoring.ts";
import { duration } from "./promql.ts";
import { resources } from "./resources.ts";
import { rollout } from "./rollout.ts";
import type { RuleSettings } from "./settings.ts";
import { slo } from "./slo.ts";
import { traffic } from "./traffic.ts";
import { AREAS, type Area, isAlert, type Rule, type RuleGroup } from "./types.ts";

export { type BackupJob, defaultRuleSettings, type RuledService, type RuleSettings, type SloDeclaration } from "./settings.ts";
export { type AlertRule, AREAS, type Area, isAlert, type RecordingRule, type Rule, type RuleGroup } from "./types.ts";

const BY_AREA: Readonly<Record<Area, (settings: RuleSettings) => RuleGroup[]>> = {
  anomaly,
  availability,
  containers,
  data,
  deploy,
  errors,
  latency,
  maintenance,
  monitoring,
  resources,
  rollout,
  slo,
  traffic,
};

/** The groups of one area. Groups that have nothing to say for these settings are left out. */
export function groupsOf(area: Area, settings: RuleSettings): RuleGroup[] {
  return BY_AREA[area](settings).filter(({ rules }) => rules.length > 0);
}

/** Every rule of an estate. */
export const ruleGroups = (settings: RuleSettings): RuleGroup[] => AREAS.flatMap((area) => groupsOf(area, settings));

/** Rule files by their path, e.g. `rules/errors.yml`, in Prometheus' format. */
export function renderRules(settings: RuleSettings): Record<string, string> {
  const files = AREAS.map((area) => [area, groupsOf(area, settings)] as const).filter(([, groups]) => groups.length > 0);
  return Object.fromEntries(files.map(([area, groups]) => [`rules/${area}.yml`, renderGroups(groups, settings.runbookBase)]));
}

/** A group as Prometheus writes it, in a file as in a cluster's PrometheusRule. */
export interface PlainGroup {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly PlainRule[];
}
export type PlainRule = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

/** Groups in Prometheus' own words. */
export const plainGroups = (groups: readonly RuleGroup[], runbookBase: string): PlainGroup[] =>
  groups.map(({ name, interval, rules }) => ({
    name,
    ...(interval !== undefined && { interval: duration(interval) }),
    rules: rules.map((rule) => plainRule(rule, runbookBase)),
  }));

/** One rule file. */
export const renderGroups = (groups: readonly RuleGroup[], runbookBase: string): string =>
  stringify({ groups: plainGroups(groups, runbookBase) }, { lineWidth: 0 });

function plainRule(rule: Rule, runbookBase: string): PlainRule {
  if (!isAlert(rule)) return { record: rule.record, expr: rule.expr, ...(rule.labels && { labels: rule.labels }) };
  const { name, expr, severity, priority, area, owner, labels, summary, description, keepFiringFor = 0 } = rule;
  return {
    alert: name,
    expr,
    ...(rule.for > 0 && { for: duration(rule.for) }),
    ...(keepFiringFor > 0 && { keep_firing_for: duration(keepFiringFor) }),
    labels: { severity, priority, area, owner, ...labels },
    annotations: { summary, description, runbook_url: `${runbookBase}/${name}.md` },
  };
}
