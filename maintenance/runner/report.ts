import { list, plain, prose, table } from "../../pipeline/markdown.ts";
import { span } from "../../rollout/records/words.ts";
import { type Finding, type JobOutcome, LEVELS, type Level, type Section } from "../job.ts";
import type { JobConfig, RunRecord } from "./config.ts";

const WORDS: Readonly<Record<Level, string>> = { critical: "critical", warning: "warning", notice: "notice", ok: "ok" };
const RANK = (level: Level): number => LEVELS.indexOf(level);

/** The worst first. */
export const byWeight = (findings: readonly Finding[]): Finding[] => [...findings].sort((a, b) => RANK(b.level) - RANK(a.level));

/** How many of each level, in words: `1 critical, 2 notices`. */
export function tally(findings: readonly Finding[]): string {
  const counts = [...LEVELS].reverse().flatMap((level) => {
    const many = findings.filter((finding) => finding.level === level).length;
    return many === 0 ? [] : [`${many} ${WORDS[level]}${many > 1 && (level === "warning" || level === "notice") ? "s" : ""}`];
  });
  return counts.length === 0 ? "nothing found" : list(counts);
}

/** A run's report. @param outcome absent: the run came to none */
export function renderReport(
  config: Pick<JobConfig, "estate" | "name" | "does">,
  record: RunRecord,
  outcome: JobOutcome | undefined,
): string {
  const { began, seconds, result, attempts, summary } = record;
  const tries = attempts > 1 ? `, ${attempts} tries` : "";
  const parts = [
    `# ${plain(config.name)} of ${plain(config.estate)}`,
    `${began.slice(0, 16).replace("T", " ")} UTC, ${span(seconds * 1000)}${tries}: **${result}**. It ${prose(config.does)}.`,
    prose(summary),
  ];
  if (outcome && outcome.findings.length > 0) {
    const rows = byWeight(outcome.findings).map(({ level, what, todo = "" }) => [WORDS[level], prose(what), prose(todo)]);
    parts.push(`## Findings: ${tally(outcome.findings)}`, table(["level", "what", "to do"], rows));
  }
  for (const section of outcome?.sections ?? []) parts.push(...renderSection(section, record.id));
  return `${parts.join("\n\n")}\n`;
}

function renderSection({ title, text, table: cells, picture }: Section, id: string): string[] {
  return [
    `## ${plain(title)}`,
    ...(text === undefined ? [] : [prose(text)]),
    ...(cells === undefined
      ? []
      : [
          table(
            cells.head.map(plain),
            cells.rows.map((row) => row.map(prose)),
          ),
        ]),
    ...(picture === undefined ? [] : [`![${plain(title)}](${pictureFile(id, picture.name)})`]),
  ];
}

/** Name of a picture's file, beside the report. */
export const pictureFile = (id: string, name: string): string => `${id}-${name.replaceAll(/[^a-z0-9-]/gi, "-")}.svg`;
