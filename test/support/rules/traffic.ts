import { type AreaCases, fires, silent } from "./case.ts";

const requests = (service: string, slot = "blue") =>
  `sluice_edge_requests_total{job="edge", service="${service}", slot="${slot}", release="v1", code="200"}`;
const auth = (code: string, workflow = "auth") =>
  `sluice_edge_workflow_requests_total{job="edge", service="api", slot="blue", release="v1", workflow="${workflow}", code="${code}"}`;
const limit = (name: string) => `sluice_rate_limit_used_ratio{job="node", limit="${name}"}`;

const drop = (service: string, value: string) => ({
  level: "critical P1",
  labels: { service },
  summary: `${service} gets fewer requests than its floor`,
  description: `It gets ${value} requests per second and has been below its floor for 5 minutes.`,
});
const below = (value: string) => ({
  level: "warning P2",
  labels: { service: "api" },
  summary: "api gets fewer requests than it did",
  description: `It gets ${value} requests per second, more than 15 % below the hour before.`,
});
const authFails = (value: string) => ({
  level: "critical P1",
  labels: { service: "api" },
  summary: "Signing in to api fails",
  description: `${value} of its requests to sign in were refused or failed; allowed are 5 %.`,
});

export const traffic: AreaCases = {
  cases: [
    {
      says: "a service below its floor for 5 minutes; one at its floor is not",
      // 100 a second from both slots together until 3 minutes, then 96; web has its 8.
      series: { [requests("api")]: "0+750x12 9690+690x60", [requests("api", "green")]: "0+750x80", [requests("web")]: "0+120x80" },
      alerts: [silent("ThroughputDrop", "8m"), fires("ThroughputDrop", "8m15s", drop("api", "96"))],
    },
    {
      says: "services that nobody asks, or whose metrics are gone, are below their floor",
      series: { [requests("web")]: "0+120x20 stale" },
      alerts: [
        silent("ThroughputDrop", "4m45s"),
        fires("ThroughputDrop", "5m", drop("api", "0")),
        fires("ThroughputDrop", "15m", drop("api", "0"), drop("web", "0")),
      ],
    },
    {
      says: "services at their floors",
      series: { [requests("api")]: "100+1500x80", [requests("web")]: "100+120x80" },
      // The first samples give no rate yet, so nothing is said before 5 minutes have passed.
      alerts: [silent("ThroughputDrop", "15m")],
    },
    {
      says: "more than 15 % below the hour before, for 5 minutes",
      every: "1m",
      // 100 a second for 80 minutes, then 84: the window of 5 minutes falls below 85 after its fifth sample.
      series: { [requests("api")]: "0+6000x80 485040+5040x60" },
      alerts: [silent("ThroughputBelowBaseline", "1h29m"), fires("ThroughputBelowBaseline", "1h30m", below("84"))],
    },
    {
      says: "exactly 15 % below the hour before",
      every: "1m",
      // 20 and 17 a second: rates that floating point meets exactly.
      series: { [requests("api")]: "0+1200x80 97020+1020x60" },
      alerts: [silent("ThroughputBelowBaseline", "1h30m")],
    },
    {
      says: "a baseline of 5 requests per second is enough",
      every: "1m",
      series: { [requests("api")]: "0+300x80 24060+60x60" },
      alerts: [fires("ThroughputBelowBaseline", "1h30m", below("1"))],
    },
    {
      says: "a lower one is not",
      every: "1m",
      series: { [requests("api")]: "0+297x80 23820+60x60" },
      alerts: [silent("ThroughputBelowBaseline", "1h30m")],
    },
    {
      says: "no baseline before there is a whole hour of it",
      every: "1m",
      series: { [requests("api")]: "0+6000x60 360600+600x60" },
      alerts: [silent("ThroughputBelowBaseline", "1h9m")],
      queries: [
        { expr: "service:requests_baseline:rate1h", at: "1h10m", gives: {} },
        { expr: "count(service:requests_baseline:rate1h)", at: "1h11m", gives: { "{}": 1 } },
      ],
    },
    {
      says: "more than 5 % of sign-ins refused or failed, for 5 minutes",
      series: { [auth("200")]: "0+94x80", [auth("401")]: "0+2x80", [auth("403")]: "0+2x80", [auth("502")]: "0+2x80" },
      alerts: [silent("AuthWorkflowFailures", "5m"), fires("AuthWorkflowFailures", "5m15s", authFails("6%"))],
    },
    {
      says: "exactly 5 % of them; other codes and other workflows do not count",
      series: { [auth("200")]: "0+90x80", [auth("404")]: "0+5x80", [auth("401")]: "0x20 5+5x60", [auth("500", "checkout")]: "0+100x80" },
      alerts: [silent("AuthWorkflowFailures", "15m")],
    },
    {
      says: "20 sign-ins in 5 minutes are enough",
      series: { [auth("200")]: "0+0.5x80", [auth("500")]: "0+0.5x80" },
      alerts: [fires("AuthWorkflowFailures", "15m", authFails("50%"))],
    },
    {
      says: "19.9 are not",
      series: { [auth("200")]: "0+0.5x80", [auth("500")]: "0+0.495x80" },
      alerts: [silent("AuthWorkflowFailures", "15m")],
    },
    {
      says: "no sign-ins, no ratio",
      series: { [auth("200")]: "7x80", [auth("500")]: "7x80" },
      alerts: [silent("AuthWorkflowFailures", "15m")],
    },
    {
      says: "a limit that is used up by more than 80 % for a minute",
      series: { [limit("mail")]: "0.5 0.81x20", [limit("api")]: "0.8x20" },
      alerts: [
        silent("RateLimitNearlyUsed", "1m"),
        fires("RateLimitNearlyUsed", "1m15s", {
          level: "warning P2",
          labels: { limit: "mail" },
          summary: "The limit mail is nearly used up",
          description: "81% of it is used; above 80 %.",
        }),
      ],
    },
  ],
};
