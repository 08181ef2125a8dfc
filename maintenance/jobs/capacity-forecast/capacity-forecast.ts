import { z } from "zod";
import type { Finding, Job, JobOutcome, JobWorld } from "../../job.ts";
import { Prometheus } from "../../prometheus.ts";
import { percent } from "../../words.ts";
import { dayOf, type Forecast, forecast, judge, type Resource } from "./forecast.ts";

/** When disk, memory and connections run out, if they go on as in the last month. */
export const capacityForecast: Job = { name: "capacity-forecast", run: foresee };

const Facts = z.object({ prometheus: z.string() });
const DAYS = 30;
const STEP_SECONDS = 3600;
/** File systems in memory, and layers that show their host's disk a second time. */
const DISK = '{fstype!~"tmpfs|ramfs|overlay|squashfs|nsfs"}';

/** What is measured, as a used share of 1. */
const QUERIES: readonly { readonly name: (labels: Readonly<Record<string, string>>) => string; readonly query: string }[] = [
  {
    name: ({ mountpoint }) => `disk ${mountpoint}`,
    query: `max by (mountpoint) (1 - node_filesystem_avail_bytes${DISK} / node_filesystem_size_bytes${DISK})`,
  },
  { name: () => "memory of the host", query: "max(1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)" },
  { name: () => "connections of Postgres", query: "sum(pg_stat_activity_count) / max(pg_settings_max_connections)" },
  { name: ({ name }) => `memory of ${name}`, query: 'max by (name) (container:memory_used:ratio{name!=""})' },
];

async function foresee(world: JobWorld): Promise<JobOutcome> {
  const { prometheus: url } = Facts.parse(world.facts);
  const prometheus = new Prometheus(url, world.signal);
  const now = Math.floor(world.now().getTime() / 1000);
  const resources: Resource[] = [];
  for (const { name, query } of QUERIES) {
    const lines = await prometheus.range(query, now - DAYS * 86_400, now, STEP_SECONDS);
    resources.push(...lines.map(({ labels, points }) => ({ name: name(labels), line: points })));
  }
  return render(
    resources.map((resource) => forecast(resource, now)),
    now,
  );
}

const NOTHING: Finding = {
  ...{ level: "warning", what: "Prometheus has measured nothing that could run out." },
  todo: "See whether its targets answer: npm run status.",
};

/** Further than a straight line of a month says anything. */
const SIGHT_DAYS = 730;
const ending = (daysLeft: number | undefined, now: number): string =>
  daysLeft === undefined ? "no" : daysLeft > SIGHT_DAYS ? "not in sight" : dayOf(daysLeft, now);

/** The report of a forecast. @param now seconds since 1970 */
export function render(forecasts: readonly Forecast[], now: number): JobOutcome {
  const order = [...forecasts].sort(
    (a, b) => (a.daysLeft ?? Number.POSITIVE_INFINITY) - (b.daysLeft ?? Number.POSITIVE_INFINITY) || b.used - a.used,
  );
  const next = order.find(({ daysLeft }) => daysLeft !== undefined);
  return {
    summary:
      next?.daysLeft === undefined
        ? `Nothing of ${forecasts.length} things runs out, as far as ${DAYS} days say.`
        : `The first to run out is ${next.name}, on ${dayOf(next.daysLeft, now)} (in ${Math.floor(next.daysLeft)} days).`,
    findings: order.length === 0 ? [NOTHING] : order.flatMap((one) => judge(one, now)),
    sections: [
      {
        title: "Forecast",
        text: `A straight line through hourly values of at most ${DAYS} days. "Fit" is how well it tells them, of 1: below 0.5 the day is a guess.`,
        table: {
          head: ["what", "used", "in a month", "runs out", "fit", "measured"],
          rows: order.map(({ name, used, perMonth, daysLeft, fit, days, unknown }) => [
            ...[name, percent(used)],
            ...(unknown === undefined
              ? [`${perMonth >= 0 ? "+" : "-"}${percent(Math.abs(perMonth))}`, ending(daysLeft, now), fit.toFixed(2)]
              : ["?", "?", "?"]),
            `${days.toFixed(1)} days`,
          ]),
        },
      },
    ],
    metrics: order.flatMap(({ name, daysLeft }) =>
      daysLeft === undefined
        ? []
        : [
            {
              name: "sluice_capacity_days_left",
              help: "Days until a resource is used up, by a straight line.",
              labels: { resource: name },
              value: daysLeft,
            },
          ],
    ),
  };
}
