import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { median } from "simple-statistics";
import { z } from "zod";
import type { Job, JobOutcome, JobWorld } from "../../job.ts";
import { DatabaseFacts, session } from "../../postgres/connection.ts";
import { percent } from "../../words.ts";
import { databaseOf } from "../backup/take.ts";
import { baseline, compare, figures, Measured } from "./compare.ts";
import { load } from "./load.ts";
import { trend } from "./trend.ts";

/** A bounded load at the estate's own edge, held against what was measured before. */
export const performanceBenchmark: Job = { name: "performance-benchmark", run: measure };

const Facts = z.object({
  origin: z.string(),
  paths: z.array(z.string()).min(1),
  requestsPerSecond: z.number(),
  seconds: z.number(),
  slowerPercent: z.number(),
  postgres: DatabaseFacts.optional(),
});
const KEPT = 520;
const QUERIES = 9;
/** A first few requests, which open connections and wake caches: not counted. */
const WARM_UP_SECONDS = 3;

async function measure(world: JobWorld): Promise<JobOutcome> {
  const facts = Facts.parse(world.facts);
  const { origin, paths, requestsPerSecond: perSecond, seconds } = facts;
  world.say(`${perSecond} requests a second for ${seconds} s to ${paths.join(", ")}`);
  await load({ origin, paths, perSecond: Math.min(perSecond, 20), seconds: WARM_UP_SECONDS }, world.signal);
  const shots = await load({ origin, paths, perSecond, seconds }, world.signal);
  const query = facts.postgres && (await queryMs(world, facts.postgres));
  const now: Measured = {
    ...figures(shots, `${perSecond}/s for ${seconds} s: ${paths.join(" ")}`, world.now().toISOString(), seconds),
    ...(query !== undefined && { query }),
  };
  const file = join(world.folder, "history.json");
  const history = await remembered(file);
  const outcome = render(now, history, facts.slowerPercent);
  await writeFile(`${file}.next`, JSON.stringify([...history, now].slice(-KEPT)));
  await rename(`${file}.next`, file);
  return outcome;
}

/** Milliseconds of a round to the database and back, the one in the middle of nine. */
async function queryMs(world: JobWorld, facts: DatabaseFacts): Promise<number> {
  return session(await databaseOf(world, facts), async (ask) => {
    const times: number[] = [];
    for (let count = 0; count < QUERIES; count++) {
      const began = performance.now();
      await ask("select count(*) from generate_series(1, 100000)");
      times.push(performance.now() - began);
    }
    return Number(median(times).toFixed(2));
  });
}

async function remembered(file: string): Promise<Measured[]> {
  try {
    return z.array(Measured).parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return [];
  }
}

/** The report of a measurement. */
export function render(now: Measured, history: readonly Measured[], slowerPercent: number): JobOutcome {
  const before = baseline(history, now.plan);
  const findings = compare(now, before, slowerPercent);
  const usual = (key: "p50" | "p95" | "p99"): string =>
    before.length === 0 ? "-" : `${median(before.map((one) => one[key])).toFixed(1)} ms`;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  return {
    summary: `p50 ${ms(now.p50)}, p95 ${ms(now.p95)}, p99 ${ms(now.p99)} at ${now.perSecond} answers a second; ${percent(now.failed)} failed.`,
    findings,
    sections: [
      {
        title: "Figures",
        text: `${now.plan}. The baseline is the median of the last ${before.length} measurements of this load.`,
        table: {
          head: ["", "now", "baseline"],
          rows: [
            ["p50", ms(now.p50), usual("p50")],
            ["p95", ms(now.p95), usual("p95")],
            ["p99", ms(now.p99), usual("p99")],
            ["answers a second", `${now.perSecond}`, before.length === 0 ? "-" : `${median(before.map(({ perSecond }) => perSecond))}`],
            ["failed", percent(now.failed), before.length === 0 ? "-" : percent(median(before.map(({ failed }) => failed)))],
            ...(now.query === undefined
              ? []
              : [
                  [
                    "a query of 100,000 numbers",
                    ms(now.query),
                    before.some(({ query }) => query !== undefined) ? ms(median(before.flatMap(({ query }) => query ?? []))) : "-",
                  ],
                ]),
          ],
        },
      },
      { title: "Trend", picture: { name: "trend", svg: trend([...history.filter(({ plan }) => plan === now.plan), now]) } },
    ],
    metrics: [
      ...(["p50", "p95", "p99"] as const).map((quantile) => ({
        name: "sluice_benchmark_seconds",
        help: "Response time of the last benchmark.",
        labels: { quantile },
        value: now[quantile] / 1000,
      })),
      { name: "sluice_benchmark_failed_ratio", help: "Share of requests of the last benchmark that failed.", value: now.failed },
    ],
  };
}
