import { orZero } from "./promql.ts";
import type { RuleSettings } from "./settings.ts";
import type { RecordingRule, RuleGroup } from "./types.ts";

const rate = (metric: string): string => `sum by (service) (rate(${metric}[5m]))`;
const REQUESTS = rate("sluice_edge_requests_total");
const ERRORS = rate('sluice_edge_requests_total{code=~"5.."}');
const SECONDS = rate("sluice_edge_request_duration_seconds_sum");
const TIMED = rate("sluice_edge_request_duration_seconds_count");

/** What is watched, by the label `metric`. */
const WATCHED = {
  requestRate: { metric: "request_rate", expr: REQUESTS },
  errorRatio: { metric: "error_ratio", expr: `(${orZero(ERRORS, REQUESTS)}) / (${REQUESTS} > 0)` },
  latencyMeanSeconds: { metric: "latency_mean_seconds", expr: `${SECONDS} / (${TIMED} > 0)` },
} as const;

/** The hour that ended ten minutes ago: what begins now is not part of what it is compared with. */
const baseline = (operation: string, selector = ""): string => `${operation}_over_time(service:watched:value${selector}[1h] offset 10m)`;

/**
 * What is unlike the hour before: further from its mean than so many standard deviations, up or down. Sigma has a floor per metric, and the
 * baseline a minimum of samples.
 */
export function anomaly({ owner, anomalySigmas, anomalyMinimumSamples, anomalyFloors }: RuleSettings): RuleGroup[] {
  const watched = Object.entries(WATCHED).map(([key, { metric, expr }]) => ({
    metric,
    expr,
    floor: anomalyFloors[key as keyof typeof WATCHED],
  }));
  const values = watched.map(({ metric, expr }): RecordingRule => ({ record: "service:watched:value", expr, labels: { metric } }));
  const sigmas = watched.map(
    ({ metric, floor }): RecordingRule => ({
      record: "service:watched:stddev1h",
      labels: { metric },
      expr: `clamp_min(${baseline("stddev", `{metric="${metric}"}`)}, ${floor})`,
    }),
  );
  return [
    {
      name: "anomaly",
      // The minimum of samples counts on this.
      interval: 15,
      rules: [
        ...values,
        { record: "service:watched:mean1h", expr: baseline("avg") },
        { record: "service:watched:samples1h", expr: baseline("count") },
        ...sigmas,
        {
          name: "MetricAnomaly",
          expr: `abs(service:watched:value - service:watched:mean1h) / service:watched:stddev1h > ${anomalySigmas}\nand service:watched:samples1h >= ${anomalyMinimumSamples}`,
          for: 300,
          severity: "warning",
          priority: "P3",
          area: "anomaly",
          owner,
          summary: "{{ $labels.metric }} of {{ $labels.service }} is unlike the hour before",
          description: `It is {{ $value | humanize }} standard deviations away from its mean of the hour before; allowed are ${anomalySigmas}.`,
        },
      ],
    },
  ];
}
