import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { type DashboardSettings, dashboard } from "./dashboard.ts";
import { fullLimits } from "./limits.ts";
import { graph, number, type Panel, states, table, UP_DOWN } from "./panels.ts";
import { SERVICE } from "./promql.ts";

/** Steps of an escalation are copies of an alert: each alert is counted once. */
const FIRING = 'ALERTS{alertstate="firing", escalation=""';

/** What is wrong now, how much error budget is left, and can the monitoring itself be believed? */
export function alerts(settings: DashboardSettings): Dashboard {
  return dashboard(
    {
      name: "alerts",
      title: "Alerts and SLOs",
      description:
        "What is wrong now and what to do about it; how much of the error budget is left; can the monitoring itself be believed?",
      variables: ["service"],
      services: settings.services.map(({ name }) => name),
      rows: [
        { title: "Now", panels: now(settings.runbookBase) },
        { title: "Objectives and error budgets", panels: objectives() },
        { title: "Is the monitoring itself well?", panels: monitoring(settings) },
      ],
      from: "now-6h",
    },
    settings,
  );
}

const now = (runbookBase: string): Panel[] => [
  ...(
    [
      ["P0", "A service is down. Somebody answers within 5 minutes."],
      ["P1", "A critical feature is broken. Somebody answers within 30 minutes."],
      ["P2", "Something got much worse. Within 4 hours."],
      ["P3", "Something small. Within 2 days."],
    ] as const
  ).map(([priority, description]) =>
    number({
      title: `Firing, ${priority}`,
      unit: "short",
      queries: { "": `count(${FIRING}, priority="${priority}"}) or vector(0)` },
      limits: priority === "P0" || priority === "P1" ? { critical: 1 } : { warning: 1, critical: 10 },
      description: `${description} Anything but 0: the table below has the runbook.`,
    }),
  ),
  number({
    title: "About to fire",
    unit: "short",
    queries: { "": 'count(ALERTS{alertstate="pending", escalation=""}) or vector(0)' },
    limits: { warning: 1, critical: 10 },
    description: "True already, but not for long enough yet. Many at once: something shared has just broken.",
  }),
  number({
    title: "Targets up",
    unit: "percentunit",
    queries: { "": "avg(up)" },
    limits: { warning: 1, critical: 0.9, lowIsBad: true },
    description: "Below 100 % some of the numbers on all dashboards are missing: see the last row.",
  }),
  table({
    title: "Alerts, firing and pending",
    unit: "short",
    queries: { "": 'sort_desc(ALERTS{escalation=""})' },
    columns: ["alertname", "alertstate", "priority", "severity", "service", "slot", "area", "owner"],
    link: { title: "Runbook", url: `${runbookBase}/\${__data.fields.alertname}.md` },
    description: "A click on a row opens its runbook. Many rows with one service: read its availability first, the rest are symptoms.",
  }),
  graph({
    title: "Alerts firing over time",
    unit: "short",
    queries: { "{{alertname}}": `count by (alertname) (${FIRING}, severity=~"critical|warning"})` },
    stack: true,
    width: 24,
    description: "Bands that come and go: an alert that flaps, so its limit or its time is wrong. Several that begin together: one cause.",
  }),
];

/** How many times faster than allowed the budget goes, in a long window and in the short one that must agree before anybody is told. */
const BURNS = [
  ["1h", "5m", 14.4, "Above 14.4 in both: a fiftieth of the month's budget in an hour. Somebody is woken."],
  ["6h", "30m", 6, "Above 6 in both: a twentieth of the month's budget in six hours. Somebody is woken."],
  ["1d", "2h", 3, "Above 3 in both: a tenth of the month's budget in a day. A ticket, for today."],
  ["3d", "6h", 1, "Above 1 in both: the budget will not last the month. A ticket, for this week."],
] as const;

const SLO = "{{service}} {{slo}}";

const objectives = (): Panel[] => [
  number({
    title: "Error budget left, of 30 days",
    unit: "percentunit",
    queries: { [SLO]: `slo:budget_left:ratio30d{${SERVICE}}` },
    limits: { warning: 0.5, critical: 0.1, lowIsBad: true },
    width: 16,
    height: 6,
    description: "Below 10 %: no risky release until it has recovered. Below 0: the promise of this month is broken.",
  }),
  number({
    title: "Objective",
    unit: "percentunit",
    queries: { [SLO]: `slo:objective:ratio{${SERVICE}}` },
    width: 8,
    height: 6,
    description: "What was promised: requests without a 5xx, and requests that are fast enough. Nothing here: no service has a route.",
  }),
  ...BURNS.map(([long, short, limit, description]) =>
    graph({
      title: `Burn rate over ${long} and ${short}`,
      unit: "none",
      queries: { [`${SLO} ${long}`]: `slo:burn:rate${long}{${SERVICE}}`, [`${SLO} ${short}`]: `slo:burn:rate${short}{${SERVICE}}` },
      limits: { critical: limit },
      width: 6,
      description,
    }),
  ),
  graph({
    title: "Error budget left, over time",
    unit: "percentunit",
    queries: { [SLO]: `slo:budget_left:ratio30d{${SERVICE}}` },
    min: -0.2,
    max: 1,
    width: 12,
    description: "A cliff is an outage; a steady slope is something that always fails a little. It recovers as old days leave the window.",
  }),
  graph({
    title: "Requests that keep the promise",
    unit: "percentunit",
    queries: { [SLO]: `1 - slo:bad_requests:increase5m{${SERVICE}} / (slo:requests:increase5m{${SERVICE}} > 0)` },
    max: 1,
    width: 12,
    description: "In the last 5 min. Latency below availability: slow and not broken. Both down: it fails, and slowly.",
  }),
];

const monitoring = ({ limits }: DashboardSettings): Panel[] => [
  states({
    title: "Targets, by job",
    unit: "none",
    queries: { "{{job}}": "min by (job) (up)" },
    words: UP_DOWN,
    width: 12,
    height: 10,
    description:
      "Red: at least one target of that job cannot be read, and alerts that need it are blind. Job edge: no traffic numbers at all.",
  }),
  graph({
    title: "Time a scrape takes, of its slowest target",
    unit: "s",
    queries: { "{{job}}": "max by (job) (scrape_duration_seconds)" },
    limits: { warning: 1, critical: 5 },
    width: 12,
    height: 10,
    description: "Close to the time between scrapes: gaps in every graph of that job. A slow host shows here early.",
  }),
  number({
    title: "Dead man's switch",
    unit: "short",
    queries: { "": 'count(ALERTS{alertname="Watchdog", alertstate="firing"}) or vector(0)' },
    limits: { critical: 1, lowIsBad: true },
    description: "Must be 1, always. 0: rules are not evaluated, and no alert can fire.",
  }),
  number({
    title: "Rules that fail",
    unit: "short",
    queries: { "": "sum(increase(prometheus_rule_evaluation_failures_total[15m]))" },
    limits: { critical: 1 },
    description: "In the last 15 min. Anything but 0: an alert that cannot fire. Prometheus' log names the rule.",
  }),
  number({
    title: "Notifications that failed",
    unit: "short",
    queries: { "": "sum(increase(alertmanager_notifications_failed_total[1h]))" },
    limits: { critical: 1 },
    description: "In the last hour. Anything but 0: somebody was not told. Alertmanager's log names the receiver.",
  }),
  number({
    title: "Age of the containers' numbers",
    unit: "s",
    queries: { "": 'max(time() - node_textfile_mtime_seconds{file=~".*containers[.]prom"})' },
    limits: { warning: 60, critical: 300 },
    description:
      "Written every few seconds. Older: memory and CPU of containers stand still on all graphs. Restart the container node-metrics.",
  }),
  number({
    title: "Certificate ends in",
    unit: "d",
    queries: { "": 'min((probe_ssl_earliest_cert_expiry{job="route"} - time()) / 86400)' },
    limits: { warning: limits.certificateDays, critical: limits.certificateDays / 2, lowIsBad: true },
    description: "Days until clients are refused. Yellow: it should have been renewed already.",
  }),
  number({
    title: "Rate limit closest to its end",
    unit: "percentunit",
    queries: { "{{limit}}": "topk(1, sluice_rate_limit_used_ratio)" },
    limits: fullLimits(limits.rateLimitRatio),
    description: "Used part of what a provider allows (registry, API). At 100 % deployments fail until it is given back.",
  }),
  graph({
    title: "Series in Prometheus",
    unit: "short",
    queries: { series: "prometheus_tsdb_head_series" },
    width: 12,
    description: "A steep climb: a label takes ever new values, such as an address or an id. It ends when memory does.",
  }),
  graph({
    title: "Samples taken in",
    unit: "ops",
    queries: { samples: "sum(rate(prometheus_tsdb_head_samples_appended_total[$__rate_interval]))" },
    width: 12,
    description: "A drop: targets are gone. Nothing: Prometheus cannot write, most often because its disk is full.",
  }),
];
