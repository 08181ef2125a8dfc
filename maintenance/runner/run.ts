import { readFileSync } from "node:fs";
import { join } from "node:path";
import { maskOf } from "../../pipeline/mask.ts";
import { clock } from "../../rollout/records/words.ts";
import type { Finding, JobOutcome } from "../job.ts";
import { EXIT_CODES, isDone, type JobConfig, type Result, type RunRecord } from "./config.ts";
import { renderMetrics, runGauges } from "./metrics.ts";
import { pictureFile, renderReport, tally } from "./report.ts";
import { Store } from "./store.ts";
import { type Attempted, type Patience, supervise } from "./supervise.ts";
import { isTold, message, newsOf, tellAlertmanager, tellWebhook } from "./tell.ts";

export interface RunPlace {
  /** The jobs' volume. */
  readonly jobs: string;
  readonly secrets: string;
  /** What one try is started with. */
  readonly attempt: readonly [string, ...string[]];
  /** Milliseconds that a try gets to clean up when its time is over. */
  readonly graceMs: number;
}

const say = (line: string): void => console.log(`${clock(Date.now())} ${line}`);

/**
 * One run of a job, from the first number to the last message. It never throws for what the job does.
 * @returns the exit code
 */
export async function run(config: JobConfig, place: RunPlace, stop: AbortSignal): Promise<number> {
  const store = new Store(place.jobs, config.name);
  const began = new Date();
  const id = began.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  if (config.onlyOn && !isDay(config.onlyOn, began)) {
    say(`it is not ${config.onlyOn.weekday} in ${config.onlyOn.timeZone}: nothing to do`);
    return EXIT_CODES["not today"];
  }

  const lastSuccess = store.lastSuccess();
  const at = Math.floor(began.getTime() / 1000);
  store.metrics(renderMetrics(config.name, runGauges({ began: at, runningSince: at, lastSuccess })));
  say(`${config.name} of ${config.estate}: ${config.does}; at most ${config.limitSeconds} s`);

  const tried = await supervise(place.attempt, patience(config, place.graceMs), stop, say);
  const record = recordOf(config, tried, { id, began, ended: Date.now() });
  const findings = tried.outcome?.findings ?? [];
  keep(store, config, record, tried.outcome);
  writeNumbers(store, config, record, tried.outcome?.metrics ?? []);
  say(`${record.result}: ${record.summary}${findings.length > 0 ? ` (${tally(findings)})` : ""}`);
  if (isTold(config, record, findings)) await tell(config, place, record, findings);
  return EXIT_CODES[record.result];
}

const patience = ({ limitSeconds, retries, pauseSeconds }: JobConfig, graceMs: number): Patience => ({
  ...{ limitMs: limitSeconds * 1000, retries, pauseMs: pauseSeconds * 1000, graceMs },
});

interface Times {
  readonly id: string;
  readonly began: Date;
  readonly ended: number;
}

export function recordOf({ name, limitSeconds }: JobConfig, tried: Attempted, { id, began, ended }: Times): RunRecord {
  const { end, outcome, problem, attempts } = tried;
  const findings = outcome?.findings ?? [];
  const result: Result = end !== "done" ? end : findings.some(({ level }) => level === "critical") ? "found" : "ok";
  const after = problem === undefined ? "" : ` The last try before: ${problem}`;
  const words: Partial<Record<Result, string>> = {
    "timed out": `It had not ended after ${limitSeconds} s, and was killed with all that it had started.${after}`,
    stopped: `It was stopped from outside.${after}`,
    failed: problem ?? "It failed without a word.",
  };
  const counts = Object.fromEntries(
    [...new Set(findings.map(({ level }) => level))].map((level) => [level, findings.filter((one) => one.level === level).length]),
  );
  return {
    ...{ id, job: name, began: began.toISOString(), seconds: (ended - began.getTime()) / 1000, result, attempts },
    ...{ summary: words[result] ?? outcome?.summary ?? "", findings: counts },
  };
}

function keep(store: Store, config: JobConfig, record: RunRecord, outcome: JobOutcome | undefined): void {
  const pictures = (outcome?.sections ?? []).flatMap(({ picture }) =>
    picture ? [[pictureFile(record.id, picture.name), picture.svg] as const] : [],
  );
  store.add(record);
  store.report(record.id, renderReport(config, record, outcome), Object.fromEntries(pictures));
}

function writeNumbers(store: Store, config: JobConfig, record: RunRecord, own: JobOutcome["metrics"]): void {
  const began = Math.floor(Date.parse(record.began) / 1000);
  const numbers = {
    began,
    runningSince: 0,
    seconds: record.seconds,
    exitCode: EXIT_CODES[record.result],
    lastSuccess: store.lastSuccess(),
  };
  store.metrics(renderMetrics(config.name, runGauges(numbers)));
  // What a run that failed did not measure keeps its last value: its own time says how old it is.
  if (!isDone(record.result)) return;
  try {
    store.metrics(renderMetrics(config.name, own), ".own");
  } catch (error) {
    say(`its own numbers are left out: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function tell(config: JobConfig, place: RunPlace, record: RunRecord, findings: readonly Finding[]): Promise<void> {
  const address = config.webhook === undefined ? undefined : secretOf(place.secrets, config.webhook);
  const { title, text } = message(config, record, findings);
  const problems = await Promise.all([
    tellAlertmanager(config.alertmanager, newsOf(config, record, findings, Date.now())),
    address === undefined
      ? undefined
      : tellWebhook(address, maskOf([address])(`${title}\n${text}`)).then((why) => why && `the webhook: ${why}`),
  ]);
  for (const problem of problems) if (problem !== undefined) say(`could not tell: ${problem}`);
}

function secretOf(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), "utf8").trim();
  } catch {
    say(`could not tell: there is no secret '${name}'`);
    return undefined;
  }
}

const isDay = ({ weekday, timeZone }: NonNullable<JobConfig["onlyOn"]>, at: Date): boolean =>
  new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "long" }).format(at) === weekday;
