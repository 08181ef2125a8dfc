import { duration, percent } from "../analysis/words.ts";
import type { Entry, EventEntry, JudgedEntry, Summary } from "./entries.ts";
import { clock, moment, span } from "./words.ts";

const OUTCOMES: Record<Summary["outcome"], string> = {
  promoted: "promoted",
  frozen: "taken back, and the service is frozen",
  failed: "taken back",
  reverted: "promoted, then taken back",
};

/**
 * What happened in one rollout, for somebody who reads nothing else.
 * @param entries every record; those of other rollouts are left out
 * @returns Markdown; undefined when nothing is known of it
 */
export function report(entries: readonly Entry[], rollout: string): string | undefined {
  const own = entries.filter((entry) => "rollout" in entry && entry.rollout === rollout);
  const events = own.filter((entry): entry is EventEntry => entry.kind === "event");
  const judged = own.filter((entry): entry is JudgedEntry => entry.kind === "judged");
  const summary = own.filter((entry): entry is Summary => entry.kind === "summary").at(-1);
  const first = events[0];
  if (first === undefined && summary === undefined) return undefined;
  return [head(first, summary), timings(first, summary), checks(judged), course(events), next(summary)]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

function head(first: EventEntry | undefined, summary: Summary | undefined): string {
  const service = summary?.service ?? first?.service ?? "";
  const release = summary?.release ?? first?.canary?.release ?? "";
  if (summary === undefined)
    return `# ${service} ${release}: not over yet\n\nRollout \`${first?.rollout}\`, begun by ${cell(first?.by ?? "")}.`;
  const rows: [string, string][] = [
    ["Rollout", `\`${summary.rollout}\` on the stack ${summary.stack}`],
    ["Release", `${summary.release}, in place of ${summary.previous}`],
    ["Image", `\`${summary.image}\``],
    [
      "Commit",
      summary.commit === null ? "not known" : `\`${summary.commit}\`${summary.commitAt === null ? "" : ` of ${moment(summary.commitAt)}`}`,
    ],
    ["Begun by", summary.by],
    ["From, until", `${moment(summary.startedAt)}, ${moment(summary.endedAt)}`],
    ...(summary.decision === null ? [] : [["Decision", `\`${summary.decision}\``] as [string, string]]),
  ];
  return [
    `# ${service} ${release}: ${OUTCOMES[summary.outcome]}`,
    `${sentence(summary.why)}`,
    ["| | |", "|---|---|", ...rows.map(([name, value]) => `| ${name} | ${cell(value)} |`)].join("\n"),
  ].join("\n\n");
}

function timings(first: EventEntry | undefined, summary: Summary | undefined): string {
  if (summary === undefined) return "";
  const { startedAt, steppedAt, promotedAt, firstBadAt, decidedAt, backAt, endedAt } = summary;
  const between = (name: string, from: number | null, until: number | null): [string, string][] =>
    from === null || until === null ? [] : [[name, span(Math.max(0, until - from))]];
  const rows = [
    ...between("Start to first clients", startedAt, steppedAt),
    ...between("Start to promoted", startedAt, promotedAt),
    ...between("Detect: first bad response to decision", firstBadAt, decidedAt),
    ...between("Switch: decision to the last client back", decidedAt, backAt),
    ...between("Detect and switch", firstBadAt, backAt),
    ...between("Total", first?.at ?? startedAt, endedAt),
  ];
  return ["## Times", "", "| From, to | Time |", "|---|---|", ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join("\n");
}

function checks(judged: readonly JudgedEntry[]): string {
  if (judged.length === 0) return "## Checks\n\nNo window was judged.";
  return ["## Checks", ...judged.map(window)].join("\n\n");
}

function window({ weight, slot, from, until, verdict, reasons }: JudgedEntry): string {
  const rows = reasons.map(({ check, metric, value, baseline, sigma, n, threshold, outcome, words }) => {
    const number = (of: number | undefined) =>
      of === undefined ? "" : check === "history" && of === threshold ? `${of} sigma` : measure(metric, of);
    const spread = sigma === undefined ? "" : sigma.toFixed(1);
    return `| ${cell(metric)} (${check}) | ${number(value)} | ${number(baseline)} | ${spread} | ${n} | ${number(threshold)} | ${outcome} | ${cell(words)} |`;
  });
  return [
    `### ${weight} % of clients on ${slot}, ${clock(from)} to ${clock(until)}: ${verdict}`,
    "",
    "| Metric | Value | Baseline | Sigma | n | Threshold | Verdict | In words |",
    "|---|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

/** Shares as percent, times as times. */
function measure(metric: string, value: number): string {
  if (/^(median|P\d+|latency)/.test(metric)) return duration(value);
  return percent(value);
}

function course(events: readonly EventEntry[]): string {
  const rows = events.map(
    ({ at, action, by, why, weight }) =>
      `| ${clock(at)} | ${action} | ${cell(by)} | ${weight === null ? "" : `${weight} %`} | ${cell(why)} |`,
  );
  return [
    "## What was done, by whom and why",
    "",
    "Times are UTC; the weight is the canary's, as last seen on the edge.",
    "",
    "| At | What | By | Weight | Why |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function next(summary: Summary | undefined): string {
  if (summary === undefined || summary.outcome === "promoted" || summary.outcome === "failed") return "";
  return [
    "## What to do now",
    "",
    `Clients are on ${summary.previous} and are well. Nothing raises ${summary.service} again before this is said:`,
    "",
    "```",
    `npm run rollout -- acknowledge ${summary.decision ?? "ID"} --stack ${summary.stack}`,
    "```",
  ].join("\n");
}

/** A table's cell: no new line, no column. */
const cell = (text: string): string => text.replace(/\s*\n\s*/g, " ").replaceAll("|", "\\|");

const sentence = (text: string): string => {
  const line = cell(text);
  return `${line.charAt(0).toUpperCase()}${line.slice(1)}${/[.!?]$/.test(line) ? "" : "."}`;
};
