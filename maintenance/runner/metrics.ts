import type { Gauge } from "../job.ts";

const quoted = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/**
 * Gauges in Prometheus' text format, each with the label `job`.
 * @throws RangeError for a name or a value that Prometheus would refuse: one of those would cost it the whole file
 */
export function renderMetrics(job: string, gauges: readonly Gauge[]): string {
  const names = [...new Set(gauges.map(({ name }) => name))];
  return names
    .map((name) => {
      const own = gauges.filter((gauge) => gauge.name === name);
      return `# HELP ${name} ${quoted(own[0]?.help ?? "")}\n# TYPE ${name} gauge\n${own.map((gauge) => sample(job, gauge)).join("")}`;
    })
    .join("");
}

function sample(job: string, { name, labels = {}, value }: Gauge): string {
  const all = Object.entries({ ...labels, job });
  const bad = [name, ...all.map(([label]) => label)].find((word) => !NAME.test(word));
  if (bad !== undefined) throw new RangeError(`'${bad}' is no name of a metric or a label`);
  if (typeof value !== "number") throw new RangeError(`${name} has no number`);
  const pairs = all.map(([label, text]) => `${label}="${quoted(text)}"`).join(",");
  return `${name}{${pairs}} ${Number.isFinite(value) ? value : Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf"}\n`;
}

export interface RunNumbers {
  /** Seconds since 1970. */
  readonly began: number;
  /** 0: it has ended. */
  readonly runningSince: number;
  readonly seconds?: number;
  readonly exitCode?: number;
  /** Seconds since 1970; absent: none is known. */
  readonly lastSuccess?: number | undefined;
}

/** What is known of every job. */
export const runGauges = ({ began, runningSince, seconds, exitCode, lastSuccess }: RunNumbers): Gauge[] => [
  { name: "sluice_job_last_run_timestamp_seconds", help: "When the job last began.", value: began },
  { name: "sluice_job_running_since_timestamp_seconds", help: "When the run began that is under way; 0: none is.", value: runningSince },
  ...(seconds === undefined ? [] : [{ name: "sluice_job_last_duration_seconds", help: "How long the last run took.", value: seconds }]),
  ...(exitCode === undefined
    ? []
    : [
        {
          name: "sluice_job_last_exit_code",
          help: "How the last run ended: 0 well, 1 failed, 2 found something critical, 124 out of time, 143 stopped.",
          value: exitCode,
        },
      ]),
  ...(lastSuccess === undefined
    ? []
    : [{ name: "sluice_job_last_success_timestamp_seconds", help: "When the job last did its work.", value: lastSuccess }]),
];
