import { type AreaCases, type Firing, fires, type RuleCase } from "./case.ts";

/** Requests per second of the service `web`. Its budget is 1/64, so 1000 bad ones per second are a burn rate of 1. */
const TOTAL = 64_000;
const STEP = 300;
const labels = 'job="edge", service="web", slot="blue", release="v1"';

/**
 * Every long window is 12 short ones. Looked at once per short window, the long one holds 13 samples and the short one 2; that of 5 minutes
 * is an increase by itself.
 */
const BURNS = [
  { burn: 14.4, window: "1h", short: "5m", level: "critical P1", minutes: 5, last: 1 },
  { burn: 6, window: "6h", short: "30m", level: "critical P1", minutes: 30, last: 2 },
  { burn: 3, window: "1d", short: "2h", level: "warning P2", minutes: 120, last: 2 },
  { burn: 1, window: "3d", short: "6h", level: "warning P3", minutes: 360, last: 2 },
] as const;
const LONG = 13;

/** A counter that grows by one rate, then by another. */
const twoRates = (first: number, steps: number, second: number, more: number) =>
  `0+${first * STEP}x${steps} ${(first * steps + second) * STEP}+${second * STEP}x${more}`;

/** Both promises broken alike: `bad` of all requests per second fail, and as many are too slow. */
function broken(bad: readonly [first: number, steps: number, second: number, more: number]): Record<string, string> {
  const [first, steps, second, more] = bad;
  const good = twoRates(TOTAL - first, steps, TOTAL - second, more);
  return {
    [`sluice_edge_requests_total{${labels}, code="500"}`]: twoRates(...bad),
    [`sluice_edge_requests_total{${labels}, code="200"}`]: good,
    [`sluice_edge_request_duration_seconds_count{${labels}}`]: twoRates(TOTAL, steps, TOTAL, more),
    [`sluice_edge_request_duration_seconds_bucket{${labels}, le="1"}`]: good,
    [`sluice_edge_request_duration_seconds_bucket{${labels}, le="+Inf"}`]: twoRates(TOTAL, steps, TOTAL, more),
  };
}

function burning(kind: "availability" | "latency", { window, short, burn, level }: (typeof BURNS)[number], value: string): Firing {
  const bad = kind === "availability" ? "ends in a 5xx" : "is too slow";
  return {
    level,
    labels: { service: "web", slo: kind, window },
    summary: `web uses up its error budget (${kind})`,
    description: `Over ${window}, more of its traffic ${bad} than its objective allows: ${value} times the share; ${burn} times is the limit, in the last ${short} as well.`,
  };
}

const perBurn: RuleCase[] = BURNS.flatMap((each, index) => {
  const { burn, window, short, minutes, last } = each;
  const limit = burn * 1000;
  const steps = (count: number) => (count * minutes) / 5;
  const end = `${LONG * minutes}m`;
  // No alert of this window, of either kind; those of longer ones may well fire.
  const queries = ["AvailabilityBudgetBurn", "LatencyBudgetBurn"].map((name) => ({
    expr: `ALERTS{alertname="${name}", window="${window}"}`,
    at: end,
    gives: {},
  }));
  const common = { every: short, samples: "5m" };
  return [
    {
      ...common,
      says: `a budget that is used up ${burn + 0.5} times too fast over ${window} and ${short}`,
      series: broken([limit + 500, steps(LONG), limit + 500, 1]),
      alerts: (
        [
          ["AvailabilityBudgetBurn", "availability"],
          ["LatencyBudgetBurn", "latency"],
        ] as const
      ).map(([name, kind]) => fires(name, end, ...BURNS.slice(index).map((fired) => burning(kind, fired, `${burn + 0.5}`)))),
    },
    {
      ...common,
      says: `a fast burn that has only begun: ${short} is above ${burn}, ${window} stands at it exactly`,
      series: broken([limit - 10 * last, steps(LONG - last), limit + 10 * (LONG - last), steps(last)]),
      queries,
    },
    {
      ...common,
      says: `a burn that is over: ${window} is above ${burn}, ${short} stands at it exactly`,
      series: broken([limit + 500, steps(LONG - last), limit, steps(last)]),
      queries,
    },
  ];
});

/** Requests per 5 minutes, all of them failing and slow. */
const sparse = (perStep: number) => ({
  [`sluice_edge_requests_total{${labels}, code="500"}`]: `0+${perStep}x20`,
  [`sluice_edge_request_duration_seconds_count{${labels}}`]: `0+${perStep}x20`,
  [`sluice_edge_request_duration_seconds_bucket{${labels}, le="1"}`]: "0x20",
});

export const slo: AreaCases = {
  cases: [
    ...perBurn,
    {
      says: "6 requests in 5 minutes are enough to judge",
      every: "5m",
      series: sparse(6),
      alerts: [
        fires("AvailabilityBudgetBurn", "75m", ...BURNS.map((each) => burning("availability", each, "64"))),
        fires("LatencyBudgetBurn", "75m", ...BURNS.map((each) => burning("latency", each, "64"))),
      ],
    },
    {
      says: "5 are not",
      every: "5m",
      series: sparse(5),
      alerts: [fires("AvailabilityBudgetBurn", "75m"), fires("LatencyBudgetBurn", "75m")],
    },
    {
      says: "a service without requests has no burn rate, and no budget to lose",
      every: "5m",
      series: {
        [`sluice_edge_requests_total{${labels}, code="200"}`]: "9x20",
        [`sluice_edge_request_duration_seconds_count{${labels}}`]: "9x20",
        [`sluice_edge_request_duration_seconds_bucket{${labels}, le="1"}`]: "9x20",
      },
      queries: [
        "burn:rate5m",
        "burn:rate30m",
        "burn:rate1h",
        "burn:rate2h",
        "burn:rate6h",
        "burn:rate1d",
        "burn:rate3d",
        "budget_left:ratio30d",
      ].map((metric) => ({ expr: `slo:${metric}`, at: "1h", gives: {} })),
    },
    {
      says: "each service is slow by its own measure, and has its own budget",
      every: "5m",
      series: Object.fromEntries(
        ["api", "web"].flatMap((service) => [
          [`sluice_edge_requests_total{job="edge", service="${service}", code="200"}`, "0+300x20"],
          [`sluice_edge_request_duration_seconds_count{job="edge", service="${service}"}`, "0+300x20"],
          [`sluice_edge_request_duration_seconds_bucket{job="edge", service="${service}", le="0.5"}`, "0+150x20"],
          [`sluice_edge_request_duration_seconds_bucket{job="edge", service="${service}", le="1"}`, "0+225x20"],
        ]),
      ),
      queries: [
        {
          expr: 'slo:bad_requests:increase5m{slo="latency"}',
          at: "1h",
          gives: {
            'slo:bad_requests:increase5m{service="api", slo="latency"}': 150,
            'slo:bad_requests:increase5m{service="web", slo="latency"}': 75,
          },
        },
        {
          expr: 'slo:bad_requests:increase5m{slo="availability"}',
          at: "1h",
          gives: {
            'slo:bad_requests:increase5m{service="api", slo="availability"}': 0,
            'slo:bad_requests:increase5m{service="web", slo="availability"}': 0,
          },
        },
        {
          expr: 'slo:budget_left:ratio30d{service="web"}',
          at: "1h",
          gives: {
            'slo:budget_left:ratio30d{service="web", slo="availability"}': 1,
            // A quarter of the requests is too slow; one in 64 may be.
            'slo:budget_left:ratio30d{service="web", slo="latency"}': -15,
          },
        },
      ],
    },
  ],
};
