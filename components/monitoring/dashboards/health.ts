import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { type DashboardSettings, dashboard } from "./dashboard.ts";
import { errorLimits, latencyLimits } from "./limits.ts";
import { graph, number, type Panel, states, UP_DOWN } from "./panels.ts";
import { edgeErrors, edgeLatency, edgeRequests, SERVICE, SLOT } from "./promql.ts";

/** Is it up, and if not: what broke, and since when? */
export function health(settings: DashboardSettings): Dashboard {
  return dashboard(
    {
      name: "health",
      title: "System health",
      description: "Is the estate up? If not: what broke, since when, and did a deployment come just before it?",
      variables: ["service", "slot"],
      services: settings.services.map(({ name }) => name),
      rows: [
        { title: "Now", panels: now(settings) },
        { title: "Services", panels: services(settings) },
        { title: "Data stores", panels: stores(settings) },
        { title: "Deployments, backups, tests", panels: work(settings) },
      ],
    },
    settings,
  );
}

const now = ({ limits }: DashboardSettings): Panel[] => [
  number({
    title: "Alerts firing",
    unit: "short",
    queries: { "": 'count(ALERTS{alertstate="firing", escalation="", severity=~"critical|warning"}) or vector(0)' },
    limits: { warning: 1, critical: 3 },
    description: "Anything but 0: open the dashboard of alerts. Information and the dead man's switch are not counted.",
  }),
  number({
    title: "Routes failing",
    unit: "short",
    queries: { "": 'count(probe_success{job="route"} == 0) or vector(0)' },
    limits: { critical: 1 },
    description: "Routes that do not answer end to end, through the edge. 1 or more: clients see errors now.",
  }),
  number({
    title: "Slots failing",
    unit: "short",
    queries: { "": 'count(probe_success{job="slot"} == 0) or vector(0)' },
    limits: { warning: 1, critical: 2 },
    description: "Containers that fail their health check when asked directly. With no route failing, the other slot carries the clients.",
  }),
  number({
    title: "Targets down",
    unit: "short",
    queries: { "": "count(up == 0) or vector(0)" },
    limits: { warning: 1, critical: 3 },
    description: "What Prometheus cannot read. Until it is 0, other panels may show less than there is.",
  }),
  number({
    title: "Errors of all requests",
    unit: "percentunit",
    queries: { "": edgeErrors("", SERVICE) },
    limits: errorLimits(limits),
    description:
      "Share of answers with 5xx at the edge, all services together. Yellow: somebody should look. Red for 5 min: somebody is paged.",
  }),
  number({
    title: "Frozen services",
    unit: "short",
    queries: { "": "sum(sluice_frozen)" },
    limits: { warning: 1, critical: 2 },
    description: "Services whose canary was taken back and whose weight may not be raised until somebody has looked.",
  }),
];

const services = ({ limits }: DashboardSettings): Panel[] => [
  states({
    title: "Routes, end to end",
    unit: "none",
    queries: { "{{service}}": `min by (service) (probe_success{job="route", ${SERVICE}})` },
    words: UP_DOWN,
    description: "Red: the route does not answer through the edge. All red at once: the edge itself. One red: that service, both slots.",
  }),
  states({
    title: "Slots, asked directly",
    unit: "none",
    queries: { "{{service}} {{slot}}": `min by (service, slot) (probe_success{job="slot", ${SLOT}})` },
    words: UP_DOWN,
    description: "Red: a container of that slot fails its health check. Right after a deployment of that slot, suspect the release.",
  }),
  graph({
    title: "Requests",
    unit: "reqps",
    queries: { "{{service}}": edgeRequests("service", SERVICE) },
    description: "A fall to nothing while routes are up: clients cannot reach the edge. A sudden rise: look for retries or a crawler.",
  }),
  graph({
    title: "Errors (5xx)",
    unit: "percentunit",
    queries: { "{{service}}": `service:errors:ratio1m{${SERVICE}}` },
    limits: errorLimits(limits),
    description: "A step up at a deployment's mark is that release. A slow climb is something that fills up.",
  }),
  graph({
    title: "Latency, p99",
    unit: "s",
    queries: { "{{service}}": edgeLatency(0.99, "service", SERVICE) },
    limits: latencyLimits(limits),
    description: "The slowest hundredth of requests. All services slow together: data store or host. One: that service.",
  }),
];

const stores = ({ hasPostgres, hasRedis }: DashboardSettings): Panel[] => [
  ...(hasPostgres
    ? [
        states({
          title: "Postgres",
          unit: "none",
          queries: { postgres: "pg_up" },
          words: UP_DOWN,
          height: 4,
          description: "Red: its exporter cannot log in. Every service that uses it answers errors meanwhile.",
        }),
      ]
    : []),
  ...(hasRedis
    ? [
        states({
          title: "Redis",
          unit: "none",
          queries: { redis: "redis_up" },
          words: UP_DOWN,
          height: 4,
          description: "Red: the cache does not answer. Services that can do without it get slower; sessions may be lost.",
        }),
      ]
    : []),
];

const work = ({ limits }: DashboardSettings): Panel[] => [
  number({
    title: "Last deployment",
    unit: "none",
    queries: { "": "sluice_deployment_succeeded" },
    words: { 0: { text: "failed", color: "red" }, 1: { text: "went well", color: "green" } },
    description: "Failed: the estate is between two states. What it said is in the output of that run; run it again once mended.",
  }),
  number({
    title: "Deployed",
    unit: "dateTimeFromNow",
    queries: { "": "sluice_deployment_finished_timestamp_seconds * 1000" },
    description: "When the last deployment ended. A few minutes before the trouble began: it is the first suspect.",
  }),
  number({
    title: "It took",
    unit: "s",
    queries: { "": "sluice_deployment_finished_timestamp_seconds - sluice_deployment_started_timestamp_seconds >= 0" },
    limits: { critical: limits.slowDeploySeconds },
    description: "Time of the last deployment, from start to end. Red: something is pulled, built or waited for that should not be.",
  }),
  number({
    title: "Last backup",
    unit: "s",
    queries: { "{{job}} {{exported_job}}": "time() - sluice_backup_last_success_timestamp_seconds" },
    limits: { warning: 90_000, critical: 172_800 },
    description: "Time since the last backup that succeeded. More than a day: it fails, or its timer is gone.",
  }),
  number({
    title: "Tests failed",
    unit: "short",
    queries: { "{{suite}}": "sluice_tests_failed" },
    limits: { critical: 1 },
    description: "By suite, in the last run that was reported. Anything but 0 should not be deployed.",
  }),
];
