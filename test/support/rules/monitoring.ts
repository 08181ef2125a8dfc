import { type AreaCases, type Firing, fires, silent } from "./case.ts";

const watchdog: Firing = {
  level: "info P3",
  summary: "Alerts are evaluated and delivered",
  description: "This always fires (value 1). Whoever receives it should raise the alarm when it stops coming.",
};
const missing = (metric: string, labels: Record<string, string> = {}): Firing => ({
  level: "warning P2",
  labels: { metric, ...labels },
  summary: `No ${metric} any more: alerts on it are blind`,
  description: `1 series that must be there is not: ${metric}${Object.entries(labels)
    .map(([name, value]) => `, ${name} ${value}`)
    .join("")}.`,
});
const refused = (program: string): Firing => ({
  level: "warning P2",
  summary: `${program} has refused its configuration`,
  description: "The success of its last reload is 0 (1 is good). It works on with the configuration before.",
});

/** Everything that must be there in an estate with everything, as series, and as it is named when it is gone. */
const JOBS = ["alertmanager", "edge", "node", "probes", "prometheus", "postgres", "redis"];
const EXPECTED: readonly (readonly [metric: string, labels?: Record<string, string>])[] = [
  ...JOBS.map((job) => ["up", { job }] as const),
  ["node_filesystem_avail_bytes"],
  ["sluice_container_info"],
  ["pg_up"],
  ["redis_up"],
  ...["api", "web"].map((service) => ["probe_success", { job: "route", service }] as const),
  ...["api", "web", "worker"].map((service) => ["probe_success", { job: "slot", service }] as const),
  ...["api", "web"].map((service) => ["sluice_share_percent", { job: "node", service }] as const),
  ...["blocks", "orders"].map((counter) => ["sluice_progress_total", { counter }] as const),
];
const name = (metric: string, labels: Record<string, string> = {}) =>
  `${metric}{${Object.entries({ instance: "x", ...labels })
    .map(([label, value]) => `${label}="${value}"`)
    .join(", ")}}`;
const present = Object.fromEntries(EXPECTED.map(([metric, labels]) => [name(metric, labels), "1x40"]));

export const monitoring: AreaCases = {
  cases: [
    {
      says: "the dead man's switch fires from the first moment, whatever is there",
      series: {},
      alerts: [fires("Watchdog", "0s", watchdog), fires("Watchdog", "5m", watchdog)],
    },
    {
      says: "exporters that do not answer for 2 minutes are counted by job; stores are spoken of elsewhere",
      series: {
        'up{job="service", instance="a"}': "1 0x20",
        'up{job="service", instance="b"}': "1 0x20",
        'up{job="service", instance="c"}': "1x20",
        'up{job="postgres", instance="d"}': "0x20",
      },
      alerts: [
        silent("ExporterDown", "2m"),
        fires("ExporterDown", "2m15s", {
          level: "warning P2",
          labels: { job: "service" },
          summary: "Metrics of service cannot be collected",
          description: "2 targets of service have not answered for 2 minutes. What they measure is not watched.",
        }),
      ],
    },
    { says: "exporters that answer", series: { 'up{job="node", instance="a"}': "1x20" }, alerts: [silent("ExporterDown", "5m")] },
    {
      says: "each series that must be there is named when it is not, after 5 minutes",
      series: {},
      alerts: [
        silent("MetricsMissing", "4m45s"),
        fires("MetricsMissing", "5m", ...EXPECTED.map(([metric, labels]) => missing(metric, labels))),
      ],
    },
    { says: "nothing is missing", series: present, alerts: [silent("MetricsMissing", "9m")] },
    {
      says: "a configuration that was refused a minute ago",
      series: { prometheus_config_last_reload_successful: "1 0x20", alertmanager_config_last_reload_successful: "1 0x20" },
      alerts: [
        silent("PrometheusReloadFailed", "1m"),
        fires("PrometheusReloadFailed", "1m15s", refused("Prometheus")),
        silent("AlertmanagerReloadFailed", "1m"),
        fires("AlertmanagerReloadFailed", "1m15s", refused("Alertmanager")),
      ],
    },
    {
      says: "configurations that were taken",
      series: { prometheus_config_last_reload_successful: "1x20", alertmanager_config_last_reload_successful: "1x20" },
      alerts: [silent("PrometheusReloadFailed", "5m"), silent("AlertmanagerReloadFailed", "5m")],
    },
    {
      says: "rules that cannot be evaluated for a minute",
      series: { 'prometheus_rule_evaluation_failures_total{job="prometheus", rule_group="slo"}': "0 0+1x40" },
      alerts: [
        silent("RuleEvaluationFailing", "1m15s"),
        fires("RuleEvaluationFailing", "1m30s", {
          level: "warning P2",
          labels: { rule_group: "slo" },
          summary: "Rules of slo cannot be evaluated",
          description: "5 evaluations failed in 5 minutes; alerts among them are blind.",
        }),
      ],
    },
    {
      says: "rules and messages that work",
      series: {
        'prometheus_rule_evaluation_failures_total{job="prometheus", rule_group="slo"}': "3x60",
        'prometheus_notifications_errors_total{job="prometheus", alertmanager="a"}': "3x60",
        'alertmanager_notifications_failed_total{job="alertmanager", integration="slack"}': "3x60",
      },
      alerts: [silent("RuleEvaluationFailing", "15m"), silent("NotificationsFailing", "15m")],
    },
    {
      says: "messages that are not handed over for 5 minutes",
      series: {
        'prometheus_notifications_errors_total{job="prometheus", alertmanager="a"}': "0+1x60",
        'alertmanager_notifications_failed_total{job="alertmanager", integration="slack"}': "0+2x60",
      },
      alerts: [
        silent("NotificationsFailing", "5m"),
        fires(
          "NotificationsFailing",
          "5m15s",
          ...[
            ["prometheus", "20"],
            ["alertmanager", "40"],
          ].map(([job, count]) => ({
            level: "critical P1",
            labels: { job: `${job}` },
            summary: `Alerts from ${job} do not arrive`,
            description: `${count} messages could not be handed over in 5 minutes.`,
          })),
        ),
      ],
    },
  ],
};
