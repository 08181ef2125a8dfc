import { ruleThresholds } from "../../monitoring/plan.ts";
import {
  type Area,
  defaultRuleSettings,
  groupsOf,
  isAlert,
  type PlainGroup,
  plainGroups,
  type Rule,
  type RuleGroup,
} from "../../monitoring/rules/index.ts";
import { familyOf } from "../labels.ts";
import type { ClusterMonitoringSpec } from "../spec.ts";
import { type BridgeArgs, bridge } from "./bridge.ts";

/** What Sluice writes of monitoring.coreos.com/v1 PrometheusRule. */
export interface PrometheusRuleSpec {
  readonly groups: readonly PlainGroup[];
}

/** The host's alerts whose numbers a cluster has, by what they need. */
const ALERTS: Readonly<Record<"always" | "requests", Partial<Record<Area, readonly string[]>>>> = {
  always: {
    availability: ["ServiceDown", "SlotDown"],
    resources: ["HighMemoryUsage", "HeapAlmostFull"],
    data: ["ProgressStuck"],
    traffic: [],
  },
  requests: {
    errors: ["HighErrorRate"],
    latency: ["HighLatencyP99", "ResponseTimeSlow"],
    traffic: ["ThroughputDrop", "ThroughputBelowBaseline"],
  },
};

/** Every rule of the estate for its cluster: the host's own, over numbers that are translated first. */
export function prometheusRule(own: ClusterMonitoringSpec, args: BridgeArgs): PrometheusRuleSpec {
  const translated = bridge(args);
  const floors = new Map(args.measured.map((spec) => [familyOf(spec), spec.throughputFloor]));
  const settings = defaultRuleSettings({
    ...ruleThresholds(own.thresholds),
    ...{ owner: own.owner, runbookBase: own.runbooks, scrapeSeconds: own.scrapeSeconds, progressCounters: own.progressCounters },
    services: [...floors].map(([name, throughputFloor]) => ({
      ...{ name, routed: args.requests, probed: false },
      ...(throughputFloor !== undefined && { throughputFloor }),
    })),
  });
  const wanted = args.requests ? [ALERTS.always, ALERTS.requests] : [ALERTS.always];
  const known = new Set(translated.rules.map((rule) => (isAlert(rule) ? "" : rule.record)));
  const groups = wanted.flatMap((areas) =>
    (Object.entries(areas) as [Area, readonly string[]][]).flatMap(([area, alerts]) =>
      alerts.length === 0 ? [] : groupsOf(area, settings).map((group) => only(group, alerts, known)),
    ),
  );
  return { groups: plainGroups([translated, ...groups.filter(({ rules }) => rules.some(isAlert))], own.runbooks) };
}

/** A group with these alerts, and with what it records for them itself: what is translated is recorded already. */
function only(group: RuleGroup, alerts: readonly string[], known: ReadonlySet<string>): RuleGroup {
  const keeps = (rule: Rule) => (isAlert(rule) ? alerts.includes(rule.name) : !known.has(rule.record));
  return { ...group, rules: group.rules.filter(keeps) };
}
