import type { RuleSettings } from "./settings.ts";
import type { RecordingRule, RuleGroup } from "./types.ts";

const percentile = (percent: number): RecordingRule => ({
  record: `slot:latency_p${percent}_seconds:rate1m`,
  expr: `histogram_quantile(${percent / 100}, sum by (service, slot, le) (rate(sluice_edge_request_duration_seconds_bucket[1m])))`,
});

/**
 * How long clients wait, by slot: one slow slot must not hide behind a fast one. A percentile of a handful of requests is their maximum, so a slot
 * needs some traffic to be judged. The objectives in slo.ts judge slower traffic.
 */
export function latency({ owner, latencyP99Seconds, responseTimeSeconds, latencyMinimumRequests }: RuleSettings): RuleGroup[] {
  const own = { area: "latency", owner, for: 300, severity: "critical", priority: "P1" } as const;
  const enough = `slot:timed_requests:increase1m >= ${latencyMinimumRequests}`;
  return [
    {
      name: "latency",
      rules: [
        percentile(95),
        percentile(99),
        {
          record: "slot:timed_requests:increase1m",
          expr: "sum by (service, slot) (increase(sluice_edge_request_duration_seconds_count[1m]))",
        },
        {
          ...own,
          name: "HighLatencyP99",
          expr: `slot:latency_p99_seconds:rate1m > ${latencyP99Seconds} and ${enough}`,
          summary: "Slow answers from slot {{ $labels.slot }} of {{ $labels.service }}",
          description: `1 of 100 requests takes longer than {{ $value | humanizeDuration }}; allowed are ${latencyP99Seconds} s.`,
        },
        {
          ...own,
          name: "ResponseTimeSlow",
          expr: `slot:latency_p95_seconds:rate1m > ${responseTimeSeconds} and ${enough}`,
          summary: "Very slow answers from slot {{ $labels.slot }} of {{ $labels.service }}",
          description: `1 of 20 requests takes longer than {{ $value | humanizeDuration }}; allowed are ${responseTimeSeconds} s.`,
        },
      ],
    },
  ];
}
