import { grown, orZero, percent } from "./promql.ts";
import type { RuleSettings } from "./settings.ts";
import type { RecordingRule, RuleGroup } from "./types.ts";

const REQUESTS = "sluice_edge_requests_total";
const ERRORS = `${REQUESTS}{code=~"5.."}`;

/** Requests and 5xx of every slot in a window. */
function counts(window: string): RecordingRule[] {
  const requests = `slot:requests:increase${window}`;
  return [
    { record: requests, expr: `sum by (service, slot) (${grown(REQUESTS, window)})` },
    { record: `slot:errors:increase${window}`, expr: orZero(`sum by (service, slot) (${grown(ERRORS, window)})`, requests) },
  ];
}

/** What the slots of a service had together, without the slot itself. */
const others = (metric: string): string => `(sum by (service) (${metric}) - on (service) group_right () ${metric})`;

/** Errors that clients got. A service without requests has no ratio, so it can neither fire nor divide by zero. */
export function errors({
  owner,
  errorCriticalRatio,
  errorWarningRatio,
  canaryErrorMargin,
  canaryMinimumRequests,
}: RuleSettings): RuleGroup[] {
  const own = { area: "errors", owner } as const;
  return [
    {
      name: "errors",
      rules: [
        ...counts("1m"),
        {
          record: "service:errors:ratio1m",
          expr: "sum by (service) (slot:errors:increase1m) / (sum by (service) (slot:requests:increase1m) > 0)",
        },
        {
          ...own,
          name: "HighErrorRate",
          expr: `service:errors:ratio1m > ${errorCriticalRatio}`,
          for: 300,
          severity: "critical",
          priority: "P1",
          summary: "Many requests to {{ $labels.service }} fail",
          description: `{{ $value | humanizePercentage }} of its requests in the last minute ended in a 5xx; above ${percent(errorCriticalRatio)} for 5 minutes.`,
        },
        {
          ...own,
          name: "HighErrorRate",
          // The rule above stands first, so its verdict of this same moment is already there. It alone speaks while it fires; when it
          // ends and errors stay above this threshold, the 5 minutes of this one begin anew.
          expr: `service:errors:ratio1m > ${errorWarningRatio}\nunless on (service) ALERTS{alertname="HighErrorRate", alertstate="firing", severity="critical"}`,
          for: 300,
          severity: "warning",
          priority: "P2",
          summary: "Some requests to {{ $labels.service }} fail",
          description: `{{ $value | humanizePercentage }} of its requests in the last minute ended in a 5xx; above ${percent(errorWarningRatio)} for 5 minutes.`,
        },
      ],
    },
    {
      name: "errors-canary",
      rules: [
        ...counts("2m"),
        { record: "slot:errors:ratio2m", expr: "slot:errors:increase2m / (slot:requests:increase2m > 0)" },
        {
          record: "slot:others_errors:ratio2m",
          expr: `${others("slot:errors:increase2m")} / (${others("slot:requests:increase2m")} > 0)`,
        },
        {
          ...own,
          name: "ErrorRateCanary",
          expr: `slot:errors:ratio2m - slot:others_errors:ratio2m > ${canaryErrorMargin} and slot:requests:increase2m >= ${canaryMinimumRequests}`,
          for: 60,
          severity: "critical",
          priority: "P1",
          summary: "Slot {{ $labels.slot }} of {{ $labels.service }} fails more often than the other slot",
          description: `Its share of 5xx in the last 2 minutes is {{ $value | humanizePercentage }} above that of the other slot in the same minutes; allowed are ${percent(canaryErrorMargin)}.`,
        },
      ],
    },
  ];
}
