import type { InhibitRule } from "./types.ts";

/** Areas of alerts that follow by themselves when a service is down. What may be the cause (resources, data, deploy, a certificate) is not among them. */
const SYMPTOMS = ["errors", "latency", "traffic", "slo", "anomaly"];

/** Labels that tell two alerts of one name apart. Alertmanager takes a label that both lack for equal. */
const IDENTITY = [
  ...["estate", "alertname", "service", "slot", "workflow", "job", "instance", "name", "mountpoint"],
  ...["metric", "counter", "limit", "suite", "backup"],
];

/**
 * Which alerts keep others quiet while they fire. The quiet ones are still shown, marked as inhibited.
 *
 * Where two sides must share a label, both are asked to have it: Alertmanager takes absent for equal, so an alert without `service` would
 * otherwise hush the whole estate. No rule can hush its own source: the two sides exclude each other.
 */
export const INHIBIT_RULES: readonly InhibitRule[] = [
  // A service that is down has errors, no traffic and a burning budget, in both slots: that is one incident.
  {
    source_matchers: ['alertname="ServiceDown"', 'service!=""'],
    target_matchers: ['service!=""', `area=~"${SYMPTOMS.join("|")}"`],
    equal: ["estate", "service"],
  },
  {
    source_matchers: ['alertname="ServiceDown"', 'service!=""'],
    target_matchers: ['alertname="SlotDown"', 'service!=""'],
    equal: ["estate", "service"],
  },
  // A store that is down may take its exporter's word with it. Which services use it stands in no label, so what those show stays.
  { source_matchers: ['alertname="DatabaseDown"'], target_matchers: ['alertname="MetricsMissing"', 'metric="pg_up"'], equal: ["estate"] },
  { source_matchers: ['alertname="RedisDown"'], target_matchers: ['alertname="MetricsMissing"', 'metric="redis_up"'], equal: ["estate"] },
  // Beyond the critical limit, the warning about the same thing says nothing new.
  { source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: IDENTITY },
];
