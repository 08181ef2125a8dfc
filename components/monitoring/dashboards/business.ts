import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { type BusinessPanel, type DashboardSettings, dashboard } from "./dashboard.ts";
import { latencyLimits } from "./limits.ts";
import { graph, number, type Panel } from "./panels.ts";
import { edgeErrors, edgeLatency, edgeRequests, rate, ratio, SERVICE, SLOT, sumBy } from "./promql.ts";

/** Can people do what they came for? */
export function business(settings: DashboardSettings): Dashboard {
  return dashboard(
    {
      name: "business",
      title: "Business and transactions",
      description: "Can people do what they came for: which steps fail, which are slow, and how much gets done?",
      variables: ["service", "slot"],
      services: settings.services.map(({ name }) => name),
      rows: [
        { title: "Transactions", panels: transactions(settings) },
        {
          title: "Workflows, as settings name them",
          panels: settings.services.some(({ workflows = [] }) => workflows.length > 0) ? workflows() : [],
        },
        { title: "Journeys, step by step", panels: journeys(settings) },
        // Last, so that a panel more does not move the others.
        { title: "Your own", panels: (settings.businessPanels ?? DEMO_PANELS).map(own) },
      ],
      from: "now-6h",
    },
    settings,
  );
}

/** What the demo counts for its business: for an estate whose settings name no panels of their own. */
export const DEMO_PANELS: readonly BusinessPanel[] = [
  {
    name: "Orders created",
    query: "sum(rate(orders_created_total[$__rate_interval])) * 60",
    unit: "cpm",
    legend: "orders a minute",
    description: "Nothing while the web page is visited: orders fail, or nobody gets as far. Compare with the workflows above.",
  },
  {
    name: "Orders created, by slot",
    query: `sum by (slot) (rate(orders_created_total{slot=~"$slot"}[$__rate_interval])) * 60`,
    unit: "cpm",
    legend: "{{slot}}",
    description: "Fewer orders on the canary than its share of clients: it answers without errors and still loses people.",
  },
  {
    name: "Orders in the last 24 h",
    query: "sum(increase(orders_created_total[24h]))",
    unit: "short",
    legend: "orders",
    description: "A slope downward at the same hour as yesterday: something keeps people from ordering since then.",
  },
];

const own = ({ name, query, unit, legend, description }: BusinessPanel): Panel =>
  graph({
    title: name,
    unit,
    queries: { [legend ?? "__auto"]: query },
    description:
      description ??
      "Your own panel, from sluice:monitoring.businessPanels: give it a description that says what a bad picture looks like.",
  });

const GOOD = 'code!~"5.."';

const transactions = ({ limits }: DashboardSettings): Panel[] => [
  number({
    title: "Requests that succeed",
    unit: "percentunit",
    queries: { "": `1 - (${edgeErrors("", SLOT)})` },
    limits: { warning: 0.999, critical: 0.99, lowIsBad: true },
    height: 8,
    description: "Now, of all requests at the edge, those not answered with 5xx. Below 99.9 % the budget of errors is being spent.",
  }),
  graph({
    title: "Throughput",
    unit: "reqps",
    queries: { "{{service}}": sumBy("service", rate(`sluice_edge_requests_total{${SLOT}, ${GOOD}}`)) },
    stack: true,
    width: 10,
    description: "Requests that succeeded. Down while requests go on: they fail. Both down: people cannot reach you, or it is night.",
  }),
  graph({
    title: "Response time, p99",
    unit: "s",
    queries: { "{{service}}": edgeLatency(0.99, "service") },
    limits: latencyLimits(limits),
    width: 10,
    description: "The slowest hundredth of requests, as clients see it. People give up at a few seconds.",
  }),
];

const WORKFLOW = "sluice_edge_workflow_requests_total";

const workflows = (): Panel[] => [
  graph({
    title: "Success by workflow",
    unit: "percentunit",
    queries: { "{{service}} {{workflow}}": ratio("service, workflow", `${WORKFLOW}{${SLOT}, ${GOOD}}`, `${WORKFLOW}{${SLOT}}`) },
    limits: { warning: 0.995, critical: 0.95, lowIsBad: true },
    max: 1,
    description:
      "Sign-in below 95 % pages somebody. One workflow down and the rest fine: what only it uses, such as a mail or payment provider.",
  }),
  graph({
    title: "Success by workflow and slot",
    unit: "percentunit",
    queries: {
      "{{service}} {{workflow}} {{slot}}": ratio("service, workflow, slot", `${WORKFLOW}{${SLOT}, ${GOOD}}`, `${WORKFLOW}{${SLOT}}`),
    },
    limits: { warning: 0.995, critical: 0.95, lowIsBad: true },
    max: 1,
    description: "The canary's line below the other slot's: the new release breaks this workflow.",
  }),
  graph({
    title: "Throughput by workflow",
    unit: "reqps",
    queries: { "{{service}} {{workflow}}": sumBy("service, workflow", rate(`${WORKFLOW}{${SLOT}}`)) },
    description: "A step of a journey that gets fewer requests than the one before it did yesterday: people are lost between them.",
  }),
];

const STEP = "{{service}} {{method}} {{route}}";
const BY_STEP = "service, method, route";

const journeys = ({ limits }: DashboardSettings): Panel[] => [
  graph({
    title: "Steps taken",
    unit: "reqps",
    queries: { [STEP]: sumBy(BY_STEP, rate(`http_requests_total{${SLOT}}`)) },
    description: "By route, as services count it. The first step goes on and the next one stops: that is where people are stuck.",
  }),
  graph({
    title: "Steps that succeed",
    unit: "percentunit",
    queries: { [STEP]: ratio(BY_STEP, `http_requests_total{${SLOT}, ${GOOD}}`, `http_requests_total{${SLOT}}`) },
    limits: { warning: 0.999, critical: 0.99, lowIsBad: true },
    max: 1,
    description: "One route down: that code. All routes of a service down: what it depends on.",
  }),
  graph({
    title: "Time of a step, p99",
    unit: "s",
    queries: { [STEP]: `histogram_quantile(0.99, ${sumBy(`le, ${BY_STEP}`, rate(`http_request_duration_seconds_bucket{${SLOT}}`))})` },
    limits: latencyLimits(limits),
    description: "Slow here and slow at the edge: the service. Fast here and slow at the edge: the way between, or a queue before it.",
  }),
  graph({
    title: "Requests refused (4xx)",
    unit: "percentunit",
    queries: { [STEP]: ratio(BY_STEP, `http_requests_total{${SLOT}, code=~"4.."}`, `http_requests_total{${SLOT}}`) },
    limits: { warning: 0.2, critical: 0.5 },
    description: "A jump after a deployment: the page and the service no longer agree, though nothing counts as an error.",
  }),
  graph({
    title: "Named progress",
    unit: "cpm",
    queries: { "{{counter}}": "rate(sluice_progress_total[$__rate_interval]) * 60" },
    description: "Counters that must move, as jobs and pipelines report them. Flat: that work is stuck.",
  }),
  graph({
    title: "Requests at the edge",
    unit: "reqps",
    queries: { "{{service}}": edgeRequests("service", SERVICE) },
    description: "What came in, failed or not. Compare with the steps: more here than there is answered by the edge itself.",
  }),
];
