import { z } from "zod";
import type { Finding, Job, JobOutcome, JobWorld } from "../../job.ts";
import { type Line, Prometheus, type Sample } from "../../prometheus.ts";
import { percent, seconds } from "../../words.ts";

/** The month in one page: availability, incidents, deployments, jobs. */
export const monthlyReport: Job = { name: "monthly-report", run: sumUp };

export const MonthFacts = z.object({
  prometheus: z.string(),
  services: z.array(z.object({ name: z.string(), availabilityPercent: z.number() })),
});
export type MonthFacts = z.infer<typeof MonthFacts>;

const DAYS = 30;
const WINDOW = `${DAYS}d`;
/** Between two looks at what fired, seconds: Prometheus answers 11,000 points at most. */
const STEP = 300;

/** What Prometheus is asked of the whole time. */
export const QUERIES = {
  measuredSince: `min(min_over_time(timestamp(up)[${WINDOW}:1h]))`,
  requests: `sum by (service) (increase(sluice_edge_requests_total[${WINDOW}]))`,
  errors: `sum by (service) (increase(sluice_edge_requests_total{code=~"5.."}[${WINDOW}]))`,
  deployments: `sum by (result) (increase(sluice_deployments_total[${WINDOW}]))`,
  rollbacks: `sum by (service) (increase(sluice_rollout_decisions_total[${WINDOW}]))`,
  jobSuccess: "max by (exported_job) (sluice_job_last_success_timestamp_seconds)",
  jobFailed: `max by (exported_job) (max_over_time(sluice_job_last_exit_code[${WINDOW}])) > 0`,
} as const;
const FIRED = 'max by (alertname) (ALERTS{alertstate="firing",alertname!="Watchdog"})';

export type Month = Readonly<Record<keyof typeof QUERIES, readonly Sample[]>> & {
  /** A point for every look at which an alert fired. */
  readonly fired: readonly Line[];
};

async function sumUp({ facts, signal, now, say }: JobWorld): Promise<JobOutcome> {
  const known = MonthFacts.parse(facts);
  const prometheus = new Prometheus(known.prometheus, signal);
  say(`asking Prometheus for ${DAYS} days`);
  const until = Math.floor(now().getTime() / 1000);
  const [fired, ...answers] = await Promise.all([
    prometheus.range(FIRED, until - DAYS * 86_400, until, STEP),
    ...Object.entries(QUERIES).map(async ([name, promql]) => [name, await prometheus.query(promql)] as const),
  ]);
  return judgeMonth(known, { ...(Object.fromEntries(answers) as unknown as Omit<Month, "fired">), fired }, now());
}

/** The month's page, and what of it needs a hand. */
export function judgeMonth({ services }: MonthFacts, month: Month, now: Date): JobOutcome {
  const available = services.map((service) => ({ ...service, ...availability(service.name, month) }));
  const incidents = month.fired.map(incidentsOf).sort((a, b) => b.lasted - a.lasted);
  const [since] = month.measuredSince;
  const measuredDays = since && (now.getTime() / 1000 - since.value) / 86_400;
  const findings: Finding[] = [
    ...available.flatMap(({ name, share, availabilityPercent }): Finding[] =>
      share === undefined || share * 100 >= availabilityPercent
        ? []
        : [
            {
              level: "warning",
              what: `${name} was available to ${availableTo(share)}, less than its objective of ${availabilityPercent} %`,
              todo: "look at what failed (the edge's log, the dashboard of the service) before the next release",
            },
          ],
    ),
    ...month.jobFailed.map(
      ({ labels }): Finding => ({
        level: "notice",
        what: `${labels.exported_job} failed at least once`,
        todo: `npm run job -- history ${labels.exported_job}`,
      }),
    ),
    ...(measuredDays !== undefined && measuredDays < DAYS - 1
      ? [{ level: "notice", what: `measured for ${measuredDays.toFixed(1)} days only` } as const]
      : []),
  ];
  const bad = findings.filter(({ level }) => level === "warning").length;
  return {
    summary:
      bad === 0
        ? `Every service kept its objective in ${DAYS} days; ${count(incidents)} incidents.`
        : `${bad} of ${services.length} services missed their objective in ${DAYS} days; ${count(incidents)} incidents.`,
    findings: findings.length > 0 ? findings : [{ level: "ok", what: "every service kept its objective, and no job failed" }],
    sections: [
      {
        title: "Availability",
        table: {
          head: ["service", "requests", "failed (5xx)", "available", "objective", "of its error budget"],
          rows: available.map(({ name, requests, errors, share, availabilityPercent }) => [
            ...[name, `${Math.round(requests)}`, `${Math.round(errors)}`, share === undefined ? "-" : availableTo(share)],
            ...[`${availabilityPercent} %`, share === undefined ? "-" : percent((1 - share) / (1 - availabilityPercent / 100))],
          ]),
        },
      },
      {
        title: "Incidents",
        ...(incidents.length === 0
          ? { text: "No alert has fired." }
          : {
              table: {
                head: ["alert", "times", "fired for"],
                rows: incidents.map(({ alert, times, lasted }) => [alert, `${times}`, seconds(lasted)]),
              },
            }),
      },
      {
        title: "Deployments",
        table: {
          head: ["what", "times"],
          rows: [
            ["good deployments", rounded(month.deployments, { result: "ok" })],
            ["failed deployments", rounded(month.deployments, { result: "failed" })],
            ...services.map(({ name }) => [`canaries of ${name} taken back`, rounded(month.rollbacks, { service: name })]),
          ],
        },
      },
      {
        title: "Jobs",
        table: {
          head: ["job", "last success"],
          rows: month.jobSuccess
            .map(({ labels, value }) => [
              `${labels.exported_job}`,
              `${new Date(value * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`,
            ])
            .sort(([a = ""], [b = ""]) => a.localeCompare(b, "en")),
        },
      },
    ],
    metrics: [
      { name: "sluice_month_incidents", help: "Alerts that fired in the month that the last report is about.", value: count(incidents) },
    ],
  };
}

/** Share of requests that did not fail; nothing where there were none. */
function availability(service: string, { requests: all, errors: failed }: Month) {
  const [requests, errors] = [of(all, { service }), of(failed, { service })];
  return { requests, errors, share: requests > 0 ? 1 - errors / requests : undefined };
}

/** Three decimals, never rounded up: 99.8996 % is not 99.9 %. */
const availableTo = (share: number): string => `${Math.floor(share * 100_000) / 1000} %`;

/** An alert that was quiet for longer than one look began anew. */
function incidentsOf({ labels, points }: Line): { alert: string; times: number; lasted: number } {
  const times = points.filter(([at], index) => at - (points[index - 1]?.[0] ?? Number.NEGATIVE_INFINITY) > STEP).length;
  return { alert: labels.alertname ?? "", times, lasted: points.length * STEP };
}

const count = (incidents: readonly { readonly times: number }[]): number => incidents.reduce((sum, { times }) => sum + times, 0);

const of = (samples: readonly Sample[], wanted: Readonly<Record<string, string>>): number =>
  samples.find(({ labels }) => Object.entries(wanted).every(([name, value]) => labels[name] === value))?.value ?? 0;

const rounded = (samples: readonly Sample[], wanted: Readonly<Record<string, string>>): string => `${Math.round(of(samples, wanted))}`;
