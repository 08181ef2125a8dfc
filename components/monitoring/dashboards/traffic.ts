import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { type DashboardSettings, dashboard } from "./dashboard.ts";
import { errorLimits, latencyLimits } from "./limits.ts";
import { graph, number, type Panel } from "./panels.ts";
import { edgeErrors, edgeLatency, edgeRequests, ofActive, SERVICE, SLOT } from "./promql.ts";

const BY_SLOT = "{{service}} {{slot}}";

/** Who gets which clients, and does the canary do worse than the other slot? */
export function traffic(settings: DashboardSettings): Dashboard {
  return dashboard(
    {
      name: "traffic",
      title: "Traffic and canary",
      description: "Which slot gets which clients, and does the canary do worse than the slot beside it?",
      variables: ["service", "slot"],
      services: settings.services.filter(({ routed }) => routed).map(({ name }) => name),
      rows: [
        { title: "Who gets the clients", panels: split() },
        { title: "Errors", panels: errors(settings) },
        { title: "Latency", panels: latency(settings) },
        { title: "Releases", panels: releases(settings) },
      ],
      from: "now-30m",
    },
    settings,
  );
}

const split = (): Panel[] => [
  number({
    title: "Active slot",
    unit: "none",
    queries: { "{{service}}: {{slot}}": `sluice_active_slot{${SERVICE}} == 1` },
    words: { 1: { text: "active", color: "blue" } },
    description: "The slot with the stable release. A service with two or with none here has lost its control files: npm run status.",
  }),
  number({
    title: "Canary's weight",
    unit: "percent",
    queries: { "{{service}}": `sluice_share_percent{${SERVICE}} and on (service, slot) (sluice_active_slot == 0)` },
    description:
      "Percent of clients that the slot beside the active one gets. Not what settings say? A rollback or an unfinished deployment.",
  }),
  number({
    title: "Frozen",
    unit: "none",
    queries: { "{{service}}": `sluice_frozen{${SERVICE}}` },
    words: { 0: { text: "no", color: "green" }, 1: { text: "FROZEN", color: "red" } },
    description: "Red: the canary was taken back. Its weight stays down until somebody has read the decision and acknowledged it.",
  }),
  graph({
    title: "Share a slot should get",
    unit: "percent",
    queries: { [BY_SLOT]: `sluice_share_percent{${SLOT}}` },
    max: 100,
    width: 6,
    height: 8,
    description: "Steps are changes of weight. A drop of the canary to 0 without a deployment's mark is a rollback.",
  }),
  graph({
    title: "Share it got",
    unit: "percent",
    queries: { [BY_SLOT]: `100 * ${edgeRequests("service, slot")} / on (service) group_left () ${edgeRequests("service", SERVICE)}` },
    max: 100,
    width: 6,
    height: 8,
    description:
      "By requests, where the weight goes by client: few or very busy clients scatter. Far off for minutes: one slot answers for the other.",
  }),
  graph({
    title: "Requests by slot",
    unit: "reqps",
    queries: { [BY_SLOT]: edgeRequests("service, slot") },
    stack: true,
    width: 12,
    description: "Requests on a slot of weight 0: it is the other's backup just now, or a tester chose it by header.",
  }),
  graph({
    title: "Answers by status",
    unit: "reqps",
    queries: { "{{service}} {{slot}} {{code}}": edgeRequests("service, slot, code") },
    width: 12,
    description: "502: no container reached. 504: too slow. 500: the service's own fault. 4xx on one slot only: routes or sign-in changed.",
  }),
];

const errors = ({ limits }: DashboardSettings): Panel[] => [
  graph({
    title: "Errors (5xx) by slot",
    unit: "percentunit",
    queries: { [BY_SLOT]: `slot:errors:increase1m{${SLOT}} / (slot:requests:increase1m{${SLOT}} > 0)` },
    limits: errorLimits(limits),
    width: 12,
    description: "One slot above the other: that release. Both: what they share, a data store or the host. Gaps: no requests.",
  }),
  graph({
    title: "Canary's errors minus the active slot's",
    unit: "percentunit",
    queries: {
      "{{service}} {{slot}}": ofActive(`slot:errors:ratio2m{${SERVICE}} - slot:others_errors:ratio2m{${SERVICE}}`, 0),
    },
    limits: { critical: 0.01 },
    min: -0.05,
    width: 12,
    description:
      "Above 0 for minutes: the canary fails more than the release beside it, under the same load. Take it back. Empty while the canary gets no requests.",
  }),
];

const QUANTILES = [
  [0.5, "p50", "Half of the requests are slower. It moves when everything moves: CPU, data store, network."],
  [0.95, "p95", "One in twenty is slower. One slot above the other: that release does more work for each request."],
  [0.99, "p99", "One in a hundred is slower. Up alone, with p50 still: locks, a cold cache, garbage collection."],
] as const;

const latency = ({ limits }: DashboardSettings): Panel[] => [
  ...QUANTILES.map(([quantile, name, description]) =>
    graph({
      title: `Latency by slot, ${name}`,
      unit: "s",
      queries: { [BY_SLOT]: edgeLatency(quantile, "service, slot") },
      limits: latencyLimits(limits),
      description,
    }),
  ),
  graph({
    title: "Canary's p99 as a multiple of the active slot's",
    unit: "none",
    queries: {
      "{{service}}": `(${ofActive(edgeLatency(0.99, "service, slot", SERVICE), 0)}) / on (service) (${ofActive(edgeLatency(0.99, "service, slot", SERVICE), 1)})`,
    },
    limits: { warning: 1.2, critical: 1.5 },
    width: 12,
    description:
      "1 is as fast. Above 1.5 for minutes: the canary is slower under the same load. Jumpy with few requests. Empty while the canary gets none.",
  }),
  graph({
    title: "Mean latency by slot",
    unit: "s",
    queries: {
      [BY_SLOT]: `sum by (service, slot) (rate(sluice_edge_request_duration_seconds_sum{${SLOT}}[$__rate_interval])) / sum by (service, slot) (rate(sluice_edge_request_duration_seconds_count{${SLOT}}[$__rate_interval]))`,
    },
    width: 12,
    description: "Exact, where quantiles are read out of buckets. Far above p50: few requests are very slow.",
  }),
];

const releases = ({ limits }: DashboardSettings): Panel[] => [
  graph({
    title: "Requests by release",
    unit: "reqps",
    queries: { "{{service}} {{slot}} {{release}}": edgeRequests("service, slot, release") },
    stack: true,
    width: 12,
    description: "A release ends where its successor begins. Two of one slot at once for minutes: a replica was not replaced.",
  }),
  graph({
    title: "Errors (5xx) by release",
    unit: "percentunit",
    queries: { "{{service}} {{slot}} {{release}}": edgeErrors("service, slot, release") },
    limits: errorLimits(limits),
    width: 12,
    description: "Which release to go back to: the last one whose line lies on the floor.",
  }),
];
