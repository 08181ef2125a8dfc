import { anyOf, labelled, percent, quoted } from "./promql.ts";
import type { RuleSettings } from "./settings.ts";
import type { RuleGroup } from "./types.ts";

const rate = (window: string): string => `sum by (service) (rate(sluice_edge_requests_total[${window}]))`;

const auth = (codes: string): string => `sum by (service) (increase(sluice_edge_workflow_requests_total{workflow="auth"${codes}}[5m]))`;

/** How much comes in, and what the limits and workflows in it say. */
export function traffic(settings: RuleSettings): RuleGroup[] {
  const { owner, services, throughputDropRatio, throughputBaselineMinimum, rateLimitRatio, authFailureRatio, authMinimumRequests } =
    settings;
  const own = { area: "traffic", owner } as const;
  const routed = services.filter((service) => service.routed);
  const floors = routed.flatMap(({ name, throughputFloor }) =>
    throughputFloor === undefined ? [] : [`service:requests:rate1m{service=${quoted(name)}} < ${throughputFloor}`],
  );
  return [
    {
      name: "traffic",
      rules: [
        {
          record: "service:requests:rate1m",
          // A service that nobody has asked yet, or whose metrics are gone, has a rate of 0 and falls below its floor like any other.
          expr: anyOf([rate("1m"), ...routed.map(({ name }) => labelled("vector(0)", "service", name))]),
        },
        { record: "service:requests:rate5m", expr: rate("5m") },
        // It ends ten minutes ago, so that a fall does not drag its own baseline down while it is judged; and it must be a whole hour.
        {
          record: "service:requests_baseline:rate1h",
          expr: "avg_over_time(service:requests:rate5m[1h] offset 10m) and service:requests:rate5m offset 70m",
        },
        ...(floors.length === 0
          ? []
          : [
              {
                ...own,
                name: "ThroughputDrop",
                expr: anyOf(floors),
                for: 300,
                severity: "critical",
                priority: "P1",
                summary: "{{ $labels.service }} gets fewer requests than its floor",
                description: "It gets {{ $value | humanize }} requests per second and has been below its floor for 5 minutes.",
              } as const,
            ]),
        {
          ...own,
          name: "ThroughputBelowBaseline",
          expr: `service:requests:rate5m < ${Number((1 - throughputDropRatio).toFixed(6))} * service:requests_baseline:rate1h\nand service:requests_baseline:rate1h >= ${throughputBaselineMinimum}`,
          for: 300,
          severity: "warning",
          priority: "P2",
          summary: "{{ $labels.service }} gets fewer requests than it did",
          description: `It gets {{ $value | humanize }} requests per second, more than ${percent(throughputDropRatio)} below the hour before.`,
        },
        { record: "service:auth_requests:increase5m", expr: auth("") },
        {
          ...own,
          name: "AuthWorkflowFailures",
          // Wrong passwords are 401s, too: a share of them is normal, a jump is a broken sign-in or somebody trying passwords.
          expr: `${auth(', code=~"5..|401|403"')} / service:auth_requests:increase5m > ${authFailureRatio}\nand service:auth_requests:increase5m >= ${authMinimumRequests}`,
          for: 300,
          severity: "critical",
          priority: "P1",
          summary: "Signing in to {{ $labels.service }} fails",
          description: `{{ $value | humanizePercentage }} of its requests to sign in were refused or failed; allowed are ${percent(authFailureRatio)}.`,
        },
        {
          ...own,
          name: "RateLimitNearlyUsed",
          expr: `max by (limit) (sluice_rate_limit_used_ratio) > ${rateLimitRatio}`,
          for: 60,
          severity: "warning",
          priority: "P2",
          summary: "The limit {{ $labels.limit }} is nearly used up",
          description: `{{ $value | humanizePercentage }} of it is used; above ${percent(rateLimitRatio)}.`,
        },
      ],
    },
  ];
}
