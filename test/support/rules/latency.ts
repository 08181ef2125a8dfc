import { type AreaCases, fires, silent } from "./case.ts";

const LABELS = 'job="edge", service="api", slot="green", release="v2"';

/** A histogram that grows by so many requests every 15 s, by bucket (upper edge in seconds). */
function histogram(steps: Readonly<Record<string, number>>): Record<string, string> {
  const edges = ["0.25", "0.5", "1", "2", "5", "+Inf"];
  const upTo = (edge: string) => edges.slice(0, edges.indexOf(edge) + 1).reduce((sum, each) => sum + (steps[each] ?? 0), 0);
  const buckets = edges.map((edge) => [`sluice_edge_request_duration_seconds_bucket{${LABELS}, le="${edge}"}`, `0+${upTo(edge)}x60`]);
  return Object.fromEntries([...buckets, [`sluice_edge_request_duration_seconds_count{${LABELS}}`, `0+${upTo("+Inf")}x60`]]);
}

const p99 = (value: string) => ({
  level: "critical P1",
  labels: { service: "api", slot: "green" },
  summary: "Slow answers from slot green of api",
  description: `1 of 100 requests takes longer than ${value}; allowed are 0.5 s.`,
});
const p95 = (value: string) => ({
  level: "critical P1",
  labels: { service: "api", slot: "green" },
  summary: "Very slow answers from slot green of api",
  description: `1 of 20 requests takes longer than ${value}; allowed are 2 s.`,
});

export const latency: AreaCases = {
  cases: [
    {
      says: "a 99th percentile above its limit for 5 minutes fires",
      series: histogram({ 0.5: 1470, 1: 30 }),
      alerts: [silent("HighLatencyP99", "5m"), fires("HighLatencyP99", "5m15s", p99("750ms")), silent("ResponseTimeSlow", "10m")],
    },
    { says: "one at its limit does not", series: histogram({ 0.5: 1485, 1: 15 }), alerts: [silent("HighLatencyP99", "15m")] },
    {
      says: "a 95th percentile above 2 seconds for 5 minutes fires",
      series: histogram({ 2: 1410, 5: 90 }),
      alerts: [silent("ResponseTimeSlow", "5m"), fires("ResponseTimeSlow", "5m15s", p95("2.5s"))],
    },
    { says: "one of exactly 2 seconds does not", series: histogram({ 2: 1425, 5: 75 }), alerts: [silent("ResponseTimeSlow", "15m")] },
    {
      says: "20 requests in a minute are enough to judge",
      series: histogram({ 5: 5 }),
      alerts: [fires("HighLatencyP99", "15m", p99("4.97s")), fires("ResponseTimeSlow", "15m", p95("4.85s"))],
    },
    {
      says: "fewer are not",
      series: histogram({ 5: 4.9375 }),
      alerts: [silent("HighLatencyP99", "15m"), silent("ResponseTimeSlow", "15m")],
    },
    {
      says: "no requests, no percentile",
      series: histogram({}),
      alerts: [silent("HighLatencyP99", "15m"), silent("ResponseTimeSlow", "15m")],
    },
  ],
};
