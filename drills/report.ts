import { isGood, type Result } from "./result.ts";

const seconds = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;

function alertWords({ alert }: Result): string {
  if (alert === null) return "none expected";
  if (alert.after === null) return `${alert.name} did NOT come`;
  return `${alert.name} after ${seconds(alert.after)} (its rule waits ${alert.waits} s)`;
}

function recoveryWords({ recovery, healed }: Result): string {
  if (recovery === null) return "NOT recovered";
  return `${seconds(recovery)} ${healed ? "after the fault, by itself" : "after it was put back"}`;
}

function lossWords({ load: { requests, lost, span, why } }: Result): string {
  if (lost === 0) return `0 of ${requests}`;
  const reasons = Object.entries(why)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, times]) => `${times} × ${reason}`);
  return `${lost} of ${requests}, within ${seconds(span)} (${reasons.join(", ")})`;
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** Results as a table in Markdown. */
export function report(
  results: readonly Result[],
  facts: { readonly estate: string; readonly at: string; readonly perSecond: number },
): string {
  const rows = results.map((result) => [
    result.scenario,
    result.did,
    alertWords(result),
    recoveryWords(result),
    lossWords(result),
    result.differences.length === 0 ? "yes" : result.differences.join("; "),
  ]);
  const bad = results.filter((result) => !isGood(result));
  return [
    `Drills on '${facts.estate}', ${facts.at}, with ${facts.perSecond} requests a second.`,
    "",
    "| scenario | what was done | alert | recovery | requests lost | all as before |",
    "|---|---|---|---|---|---|",
    ...rows.map((cells) => `| ${cells.map(cell).join(" | ")} |`),
    "",
    bad.length === 0 ? "All as promised." : `Not as promised: ${bad.map(({ scenario }) => scenario).join(", ")}.`,
    "",
  ].join("\n");
}
