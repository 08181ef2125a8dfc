import { anyOf, duration, oneOf, orZero } from "./promql.ts";
import { EDGE_BUCKETS, type RuledService, type RuleSettings, type SloDeclaration } from "./settings.ts";
import type { AlertRule, Priority, RecordingRule, RuleGroup, Severity } from "./types.ts";

interface Burn {
  /** How many times faster than allowed the budget of 30 days is used up. */
  readonly rate: number;
  /** Seconds in which that is judged, and in which it must still be so. */
  readonly long: number;
  readonly short: number;
  readonly severity: Severity;
  readonly priority: Priority;
}

const HOUR = 3600;

/**
 * Multi-window, multi-burn-rate alerts with the figures of the Google SRE workbook, chapter 5, "Alerting on SLOs": 2 % of the budget in an
 * hour and 5 % in six page somebody; 10 % in a day and in three days are tickets. The long window gives certainty, the short one
 * ends the alert soon after the trouble has ended; nothing else waits, so `for` is 0.
 */
const BURNS: readonly Burn[] = [
  { rate: 14.4, long: HOUR, short: HOUR / 12, severity: "critical", priority: "P1" },
  { rate: 6, long: 6 * HOUR, short: HOUR / 2, severity: "critical", priority: "P1" },
  { rate: 3, long: 24 * HOUR, short: 2 * HOUR, severity: "warning", priority: "P2" },
  { rate: 1, long: 72 * HOUR, short: 6 * HOUR, severity: "warning", priority: "P3" },
];
/** Windows above this one are looked at every two minutes: they hardly move in less, and have thousands of samples. */
const SLOW_ABOVE = 2 * HOUR;

interface Objective extends SloDeclaration {
  readonly service: string;
}

/** The two promises, and what counts as breaking them. */
const KINDS = [
  { slo: "availability", name: "AvailabilityBudgetBurn", objectiveOf: (o: Objective) => o.availability, bad: "ends in a 5xx" },
  { slo: "latency", name: "LatencyBudgetBurn", objectiveOf: (o: Objective) => o.latencyObjective, bad: "is too slow" },
] as const;

const DURATION = "sluice_edge_request_duration_seconds";
const grown = (selector: string): string => `sum by (service) (increase(${selector}[5m]))`;

/** Whether a whole number is written `1` or `1.0` depends on the version of the format. */
const bucketOf = (seconds: number): string => (Number.isInteger(seconds) ? String.raw`le=~"${seconds}(\\.0)?"` : `le="${seconds}"`);

function checked({ name, slo }: RuledService): Objective[] {
  if (slo === undefined) return [];
  const { availability, latencySeconds, latencyObjective } = slo;
  if (!EDGE_BUCKETS.some((bucket) => bucket === latencySeconds))
    throw new RangeError(`objective of '${name}': latencySeconds is ${latencySeconds}; allowed: ${EDGE_BUCKETS.join(", ")}`);
  for (const [key, share] of Object.entries({ availability, latencyObjective }))
    if (!(share > 0 && share < 1)) throw new RangeError(`objective of '${name}': ${key} is ${share}; allowed: above 0 and below 1`);
  return [{ service: name, ...slo }];
}

/** Requests, and those that break a promise. Requests of one limit are counted together, whatever their service. */
function indicators(objectives: readonly Objective[]): RecordingRule[] {
  const limits = [...new Set(objectives.map(({ latencySeconds }) => latencySeconds))].sort((a, b) => a - b);
  const slow = limits.map((limit) => {
    const of = oneOf(
      "service",
      objectives.flatMap(({ service, latencySeconds }) => (latencySeconds === limit ? [service] : [])),
    );
    return `${grown(`${DURATION}_count{${of}}`)} - ${grown(`${DURATION}_bucket{${of}, ${bucketOf(limit)}}`)}`;
  });
  const requests = grown("sluice_edge_requests_total");
  return [
    { record: "slo:requests:increase5m", expr: requests, labels: { slo: "availability" } },
    { record: "slo:requests:increase5m", expr: grown(`${DURATION}_count`), labels: { slo: "latency" } },
    {
      record: "slo:bad_requests:increase5m",
      expr: orZero(grown('sluice_edge_requests_total{code=~"5.."}'), requests),
      labels: { slo: "availability" },
    },
    { record: "slo:bad_requests:increase5m", expr: anyOf(slow), labels: { slo: "latency" } },
  ];
}

/** Share of bad requests in a window, as a multiple of the share that is allowed. Sums weigh every request alike; a mean of ratios would not. */
function burnOver(seconds: number): RecordingRule {
  const window = duration(seconds);
  const over = (metric: string): string => (seconds === HOUR / 12 ? metric : `sum_over_time(${metric}[${window}])`);
  return {
    record: `slo:burn:rate${window}`,
    expr: `${over("slo:bad_requests:increase5m")} / (${over("slo:requests:increase5m")} > 0) / on (service, slo) slo:budget:ratio`,
  };
}

function burnAlert({ slo, name, bad }: (typeof KINDS)[number], burn: Burn, { owner, sloMinimumRequests }: RuleSettings): AlertRule {
  const [long, short] = [duration(burn.long), duration(burn.short)];
  return {
    name,
    expr: [
      `slo:burn:rate${long}{slo="${slo}"} > ${burn.rate}`,
      `and slo:burn:rate${short}{slo="${slo}"} > ${burn.rate}`,
      `and avg_over_time(slo:requests:increase5m[${long}]) >= ${sloMinimumRequests}`,
    ].join("\n"),
    for: 0,
    severity: burn.severity,
    priority: burn.priority,
    area: "slo",
    owner,
    labels: { window: long },
    summary: `{{ $labels.service }} uses up its error budget (${slo})`,
    description: `Over ${long}, more of its traffic ${bad} than its objective allows: {{ $value | humanize }} times the share; ${burn.rate} times is the limit, in the last ${short} as well.`,
  };
}

/** Objectives, what is left of them, and how fast it goes. Without objectives there is nothing. */
export function slo(settings: RuleSettings): RuleGroup[] {
  const objectives = settings.services.flatMap(checked);
  if (objectives.length === 0) return [];
  const windows = [...new Set(BURNS.flatMap(({ long, short }) => [short, long]))].sort((a, b) => a - b);
  return [
    {
      name: "slo",
      interval: 30,
      rules: [
        ...objectives.flatMap((objective) =>
          KINDS.map(({ slo: kind, objectiveOf }) => ({
            record: "slo:objective:ratio",
            expr: `vector(${objectiveOf(objective)})`,
            labels: { service: objective.service, slo: kind },
          })),
        ),
        { record: "slo:budget:ratio", expr: "1 - slo:objective:ratio" },
        ...indicators(objectives),
        ...windows.filter((window) => window <= SLOW_ABOVE).map(burnOver),
        ...KINDS.flatMap((kind) => BURNS.filter(({ long }) => long <= SLOW_ABOVE).map((burn) => burnAlert(kind, burn, settings))),
      ],
    },
    {
      name: "slo-slow",
      interval: 120,
      rules: [
        ...windows.filter((window) => window > SLOW_ABOVE).map(burnOver),
        {
          record: "slo:budget_left:ratio30d",
          expr: "1 - sum_over_time(slo:bad_requests:increase5m[30d]) / (sum_over_time(slo:requests:increase5m[30d]) > 0) / on (service, slo) slo:budget:ratio",
        },
        ...KINDS.flatMap((kind) => BURNS.filter(({ long }) => long > SLOW_ABOVE).map((burn) => burnAlert(kind, burn, settings))),
      ],
    },
  ];
}
