import { type AlertRule, isAlert, type RuleGroup } from "../rules/types.ts";
import { ESCALATION_LABEL } from "./route.ts";
import type { EscalationSettings } from "./types.ts";

/**
 * The rules that tell the next in line when an alert goes on: for each step, a copy of each alert of the named priorities, under the same
 * name, with the same condition, a `for` that is longer by the step's delay, and one more label, `escalation`.
 *
 * Alertmanager has no escalation, and Prometheus sees no silence. But a silence matches every alert that carries the labels it names, and
 * a copy carries all labels of its alert: whoever acknowledges an alert by silencing it has silenced its later steps too, and what
 * inhibits the alert inhibits them. When the silence runs out and the alert still fires, so do they. An acknowledgement inside PagerDuty
 * is not seen: a team that pages by PagerDuty alone leaves escalation to it.
 *
 * @param groups every rule of the estate
 */
export function escalationRules(groups: readonly RuleGroup[], escalation: EscalationSettings | undefined): RuleGroup[] {
  if (!escalation) return [];
  const alerts = groups.flatMap(({ rules }) => rules.filter(isAlert)).filter(({ priority }) => escalation.priorities.includes(priority));
  if (alerts.length === 0) return [];
  return escalation.steps.map(({ afterMinutes }, index) => ({
    name: `escalation-${index + 1}`,
    rules: alerts.map(
      (alert): AlertRule => ({
        ...alert,
        for: alert.for + afterMinutes * 60,
        labels: { ...alert.labels, [ESCALATION_LABEL]: `${index + 1}` },
        summary: `Not acknowledged for ${afterMinutes} minutes: ${alert.summary}`,
      }),
    ),
  }));
}
