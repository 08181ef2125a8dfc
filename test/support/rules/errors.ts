import { type AreaCases, fires, silent } from "./case.ts";

const of = (code: number, slot = "blue", release = "v1") =>
  `sluice_edge_requests_total{job="edge", instance="edge:3903", service="api", slot="${slot}", release="${release}", code="${code}"}`;
const edgeUp = { 'up{job="edge", instance="edge:3903"}': "1x80" };

const critical = (value: string) => ({
  level: "critical P1",
  labels: { service: "api" },
  summary: "Many requests to api fail",
  description: `${value} of its requests in the last minute ended in a 5xx; above 5 % for 5 minutes.`,
});
const warning = (value: string) => ({
  level: "warning P2",
  labels: { service: "api" },
  summary: "Some requests to api fail",
  description: `${value} of its requests in the last minute ended in a 5xx; above 1 % for 5 minutes.`,
});
const canary = (value: string) => ({
  level: "critical P1",
  labels: { service: "api", slot: "green" },
  summary: "Slot green of api fails more often than the other slot",
  description: `Its share of 5xx in the last 2 minutes is ${value} above that of the other slot in the same minutes; allowed are 5 %.`,
});

export const errors: AreaCases = {
  cases: [
    {
      says: "6 % of errors: first the warning, then the critical alert in its place, never both",
      // The window of a minute holds 1.5 % at 2m30s and 6 % at 3m15s.
      series: { ...edgeUp, [of(200)]: "0+94x80", [of(503)]: "0x9 6+6x60" },
      alerts: [
        silent("HighErrorRate", "7m15s"),
        fires("HighErrorRate", "7m30s", warning("6%")),
        fires("HighErrorRate", "8m", warning("6%")),
        fires("HighErrorRate", "8m15s", critical("6%")),
        fires("HighErrorRate", "15m", critical("6%")),
      ],
    },
    {
      says: "exactly 5 % is not critical",
      series: { ...edgeUp, [of(200)]: "0+95x80", [of(500)]: "0x9 5+5x60" },
      alerts: [fires("HighErrorRate", "15m", warning("5%"))],
    },
    {
      says: "exactly 1 % is no warning",
      series: { ...edgeUp, [of(200)]: "0+99x80", [of(500)]: "0x9 1+1x60" },
      alerts: [silent("HighErrorRate", "15m")],
    },
    {
      says: "answers of the kind 4xx are no errors",
      series: { ...edgeUp, [of(200)]: "0+50x80", [of(404)]: "0+50x80" },
      alerts: [silent("HighErrorRate", "15m")],
      queries: [{ expr: "service:errors:ratio1m", at: "15m", gives: { 'service:errors:ratio1m{service="api"}': 0 } }],
    },
    {
      says: "a service without requests has no ratio",
      series: { ...edgeUp, [of(200)]: "100x80", [of(500)]: "100x80" },
      alerts: [silent("HighErrorRate", "15m"), silent("ErrorRateCanary", "15m")],
      queries: [
        { expr: "service:errors:ratio1m", at: "15m", gives: {} },
        { expr: "slot:errors:ratio2m", at: "15m", gives: {} },
        { expr: "slot:others_errors:ratio2m", at: "15m", gives: {} },
      ],
    },
    {
      says: "a canary that fails is named, after a minute, and the other slot is not",
      series: { ...edgeUp, [of(200)]: "0+100x80", [of(200, "green")]: "0+9x80", [of(502, "green")]: "0x19 1+1x60" },
      // The window of 2 minutes holds more than 5 % from its fourth error in 80 requests on: 1/73, 2/74, 3/75, 4/76 (5.26 %).
      alerts: [silent("ErrorRateCanary", "6m30s"), fires("ErrorRateCanary", "6m45s", canary("10%"))],
      queries: [
        {
          expr: "slot:others_errors:ratio2m",
          at: "15m",
          gives: {
            'slot:others_errors:ratio2m{service="api", slot="blue"}': 0.1,
            'slot:others_errors:ratio2m{service="api", slot="green"}': 0,
          },
        },
      ],
    },
    {
      says: "a canary that fails exactly 5 % more often is not named",
      series: { ...edgeUp, [of(200)]: "0+100x80", [of(200, "green")]: "0+95x80", [of(502, "green")]: "0x19 5+5x60" },
      alerts: [silent("ErrorRateCanary", "15m")],
    },
    {
      says: "errors that both slots have are not the canary's",
      series: {
        ...edgeUp,
        [of(200)]: "0+50x80",
        [of(502)]: "0+50x80",
        [of(200, "green")]: "0+50x80",
        [of(502, "green")]: "0+50x80",
      },
      alerts: [silent("ErrorRateCanary", "15m")],
    },
    {
      says: "30 requests in 2 minutes are enough to judge a canary",
      series: { ...edgeUp, [of(200)]: "0+100x80", [of(200, "green")]: "0+1.875x80", [of(502, "green")]: "0+1.875x80" },
      alerts: [fires("ErrorRateCanary", "15m", canary("50%"))],
    },
    {
      says: "29 are not",
      series: { ...edgeUp, [of(200)]: "0+100x80", [of(200, "green")]: "0+1.8125x80", [of(502, "green")]: "0+1.8125x80" },
      alerts: [silent("ErrorRateCanary", "15m")],
    },
    {
      says: "a fresh canary's first errors are seen, though its counters have no zero to grow from",
      series: { ...edgeUp, [of(200)]: "0+100x80", [of(200, "green", "v2")]: "_x20 60x60", [of(502, "green", "v2")]: "_x20 40x60" },
      alerts: [silent("ErrorRateCanary", "5m45s"), fires("ErrorRateCanary", "6m", canary("40%"))],
      queries: [
        {
          expr: 'slot:errors:increase1m{slot="green"}',
          at: "5m45s",
          gives: { 'slot:errors:increase1m{service="api", slot="green"}': 40 },
        },
        { expr: 'slot:errors:increase1m{slot="green"}', at: "6m", gives: { 'slot:errors:increase1m{service="api", slot="green"}': 0 } },
      ],
    },
    {
      says: "after a time without Prometheus, old errors are not taken for new ones",
      series: { 'up{job="edge", instance="edge:3903"}': "_x40 1x40", [of(200)]: "_x40 1000x40", [of(502)]: "_x40 1000x40" },
      queries: [
        { expr: "sum(slot:errors:increase1m) or vector(-1)", at: "10m15s", gives: { "{}": 0 } },
        { expr: "sum(slot:errors:increase2m) or vector(-1)", at: "11m", gives: { "{}": 0 } },
      ],
    },
    {
      says: "a canary that has all the clients has nothing to be compared with",
      series: { ...edgeUp, [of(200, "green")]: "0+50x80", [of(502, "green")]: "0+50x80", [of(200)]: "100x80" },
      alerts: [silent("ErrorRateCanary", "15m"), fires("HighErrorRate", "15m", critical("50%"))],
    },
  ],
};
