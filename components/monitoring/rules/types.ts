/** How loud an alert is. `critical` wakes somebody, `warning` is read during the day, `info` is only written down. */
export const SEVERITIES = ["critical", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** How soon somebody answers: P0 in 5 minutes, P1 in 30 minutes, P2 in 4 hours, P3 in 2 days. */
export const PRIORITIES = ["P0", "P1", "P2", "P3"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** What part of an estate a rule speaks of; the label `area`, and the name of the file. `containers` has no alerts. */
export const AREAS = [
  "anomaly",
  "availability",
  "containers",
  "data",
  "deploy",
  "errors",
  "latency",
  "maintenance",
  "monitoring",
  "resources",
  "rollout",
  "slo",
  "traffic",
] as const;
export type Area = (typeof AREAS)[number];

/** One alerting rule. Two rules may share a name when their labels differ; they then share a runbook, too. */
export interface AlertRule {
  /** Also the name of its runbook, docs/runbooks/<name>.md. */
  readonly name: string;
  /** PromQL; it fires while this has a result. */
  readonly expr: string;
  /** Seconds without a break that `expr` must have a result before the alert fires; 0 for at once. */
  readonly for: number;
  /** Seconds the alert goes on after `expr` has no result any more. @default 0 */
  readonly keepFiringFor?: number;
  readonly severity: Severity;
  readonly priority: Priority;
  readonly area: Area;
  /** Team that answers. */
  readonly owner: string;
  /** More labels, beside the four above and those of the result. */
  readonly labels?: Readonly<Record<string, string>>;
  /** One line without figures: the title of a message. May use Prometheus' templates. */
  readonly summary: string;
  /** What was measured, against what. May use Prometheus' templates, `{{ $value }}` above all. */
  readonly description: string;
}

/** One recording rule. Names are level:metric:operation, as Prometheus' own guide has them. */
export interface RecordingRule {
  readonly record: string;
  /** PromQL. */
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export type Rule = AlertRule | RecordingRule;

/** Rules that are evaluated one after the other, at the same moment: a rule sees what those before it have recorded. */
export interface RuleGroup {
  readonly name: string;
  /** Seconds between two evaluations. @default Prometheus' global evaluation interval */
  readonly interval?: number;
  readonly rules: readonly Rule[];
}

export const isAlert = (rule: Rule): rule is AlertRule => "name" in rule;
