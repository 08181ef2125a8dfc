import { type AreaCases, fires, silent } from "./case.ts";

const labels = 'job="edge", service="api", slot="blue", release="v1"';
const of = (code: number) => `sluice_edge_requests_total{${labels}, code="${code}"}`;
const timed = (what: "sum" | "count") => `sluice_edge_request_duration_seconds_${what}{${labels}}`;

const odd = (metric: string, sigmas: string) => ({
  level: "warning P3",
  labels: { service: "api", metric },
  summary: `${metric} of api is unlike the hour before`,
  description: `It is ${sigmas} standard deviations away from its mean of the hour before; allowed are 3.`,
});

/** 10 requests per second for 80 minutes, then another rate (per 15 s). A still baseline has a sigma of its floor, 1. */
const then = (step: number) => ({ [of(200)]: `0+150x320 ${48_000 + step}+${step}x60` });

export const anomaly: AreaCases = {
  cases: [
    {
      says: "more requests than 3 sigma above the hour before, for 5 minutes",
      // The window of 5 minutes is above 13 a second from its 19th sample on.
      series: then(198),
      alerts: [silent("MetricAnomaly", "1h29m30s"), fires("MetricAnomaly", "1h29m45s", odd("request_rate", "3.2"))],
    },
    { says: "exactly 3 sigma above", series: then(195), alerts: [silent("MetricAnomaly", "1h30m")] },
    { says: "fewer requests", series: then(90), alerts: [fires("MetricAnomaly", "1h30m", odd("request_rate", "4"))] },
    {
      says: "a wide baseline has a wide sigma",
      // 10 and 30 a second by turns of 10 minutes: what would be 10 floors away is inside.
      series: {
        [of(200)]: "0+150x39 6000+450x39 23700+150x39 29700+450x39 47400+150x39 53400+450x39 71100+150x39 77100+450x39 94800+150x39",
      },
      alerts: [silent("MetricAnomaly", "1h20m"), silent("MetricAnomaly", "1h30m")],
    },
    {
      says: "errors where there were none",
      series: { [of(200)]: "0+150x380", [of(500)]: "_x321 3+3x58" },
      alerts: [fires("MetricAnomaly", "1h30m", odd("error_ratio", "3.922"))],
    },
    {
      says: "slower answers, from 120 samples of a baseline on",
      // 100 ms for 35 minutes, then 200 ms; the baseline has its 120 samples at 40 minutes.
      series: { [timed("count")]: "0+16x320", [timed("sum")]: "0+1.6x140 227.2+3.2x100" },
      alerts: [silent("MetricAnomaly", "44m45s"), fires("MetricAnomaly", "45m", odd("latency_mean_seconds", "5"))],
    },
    {
      says: "without requests there is a rate, but neither errors nor times",
      series: { [of(200)]: "5x60", [of(500)]: "5x60", [timed("count")]: "5x60", [timed("sum")]: "5x60" },
      queries: [{ expr: "service:watched:value", at: "15m", gives: { 'service:watched:value{service="api", metric="request_rate"}': 0 } }],
    },
  ],
};
