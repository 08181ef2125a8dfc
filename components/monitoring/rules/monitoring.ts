import { anyOf, labelled, quoted } from "./promql.ts";
import type { RuleSettings } from "./settings.ts";
import type { AlertRule, RuleGroup } from "./types.ts";

/** A selector that must always find something. */
interface Expected {
  readonly metric: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What alerts stand on. When it is gone, they are silent, and silence would look like health. */
function expected({ services, hasPostgres, hasRedis, progressCounters }: RuleSettings): Expected[] {
  const routed = services.filter((service) => service.routed);
  const of = (metric: string, job: string, names: readonly { name: string }[]): Expected[] =>
    names.map(({ name }) => ({ metric, labels: { job, service: name } }));
  const jobs = [
    "alertmanager",
    "edge",
    "node",
    "probes",
    "prometheus",
    ...(hasPostgres ? ["postgres"] : []),
    ...(hasRedis ? ["redis"] : []),
  ];
  return [
    ...jobs.map((job) => ({ metric: "up", labels: { job } })),
    { metric: "node_filesystem_avail_bytes" },
    { metric: "sluice_container_info" },
    ...(hasPostgres ? [{ metric: "pg_up" }] : []),
    ...(hasRedis ? [{ metric: "redis_up" }] : []),
    ...of(
      "probe_success",
      "route",
      routed.filter(({ probed }) => probed),
    ),
    ...of("probe_success", "slot", services),
    ...of("sluice_share_percent", "node", routed),
    ...progressCounters.map((counter) => ({ metric: "sluice_progress_total", labels: { counter } })),
  ];
}

function missing({ metric, labels = {} }: Expected): string {
  const matchers = Object.entries(labels).map(([label, value]) => `${label}=${quoted(value)}`);
  return labelled(`absent(${metric}${matchers.length > 0 ? `{${matchers.join(", ")}}` : ""})`, "metric", metric);
}

function reloadFailed(name: string, program: string, metric: string): Omit<AlertRule, "area" | "owner"> {
  return {
    name,
    expr: `min(${metric}) == 0`,
    for: 60,
    severity: "warning",
    priority: "P2",
    summary: `${program} has refused its configuration`,
    description: "The success of its last reload is {{ $value }} (1 is good). It works on with the configuration before.",
  };
}

/** The watchers themselves. */
export function monitoring(settings: RuleSettings): RuleGroup[] {
  const own = { area: "monitoring", owner: settings.owner } as const;
  return [
    {
      name: "monitoring",
      rules: [
        {
          ...own,
          name: "Watchdog",
          expr: "vector(1)",
          for: 0,
          severity: "info",
          priority: "P3",
          summary: "Alerts are evaluated and delivered",
          description: "This always fires (value {{ $value }}). Whoever receives it should raise the alarm when it stops coming.",
        },
        {
          ...own,
          name: "ExporterDown",
          // Stores have alerts of their own, which count their exporters in.
          expr: 'count by (job) (up{job!~"postgres|redis"} == 0)',
          for: 120,
          severity: "warning",
          priority: "P2",
          summary: "Metrics of {{ $labels.job }} cannot be collected",
          description: "{{ $value }} targets of {{ $labels.job }} have not answered for 2 minutes. What they measure is not watched.",
        },
        {
          ...own,
          name: "MetricsMissing",
          expr: anyOf(expected(settings).map(missing)),
          for: 300,
          severity: "warning",
          priority: "P2",
          summary: "No {{ $labels.metric }} any more: alerts on it are blind",
          description:
            "{{ $value }} series that must be there is not: {{ $labels.metric }}{{ with $labels.job }}, job {{ . }}{{ end }}{{ with $labels.service }}, service {{ . }}{{ end }}{{ with $labels.counter }}, counter {{ . }}{{ end }}.",
        },
        { ...own, ...reloadFailed("PrometheusReloadFailed", "Prometheus", "prometheus_config_last_reload_successful") },
        { ...own, ...reloadFailed("AlertmanagerReloadFailed", "Alertmanager", "alertmanager_config_last_reload_successful") },
        {
          ...own,
          name: "RuleEvaluationFailing",
          expr: "sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total[5m])) > 0",
          for: 60,
          severity: "warning",
          priority: "P2",
          summary: "Rules of {{ $labels.rule_group }} cannot be evaluated",
          description: "{{ $value | humanize }} evaluations failed in 5 minutes; alerts among them are blind.",
        },
        {
          ...own,
          name: "NotificationsFailing",
          expr: "sum by (job) (increase(prometheus_notifications_errors_total[5m]) or increase(alertmanager_notifications_failed_total[5m])) > 0",
          for: 300,
          severity: "critical",
          priority: "P1",
          summary: "Alerts from {{ $labels.job }} do not arrive",
          description: "{{ $value | humanize }} messages could not be handed over in 5 minutes.",
        },
      ],
    },
  ];
}
