import Table from "cli-table3";
import picocolors from "picocolors";
import { type Done, type Gate, isDone } from "./gates.ts";
import type { Evidence } from "./schema.ts";

/** What the evidence says besides its gates, in words: told, and asked of nobody here. */
export function toldBesides(evidence: Evidence): readonly (readonly [part: string, found: string])[] {
  const { audit, scan, performance, changedFiles } = evidence;
  return [
    ["audit", said(audit, ({ found }) => severities(found))],
    ["scan", said(scan, ({ found, packages }) => `${severities(found)}, in ${packages} packages`)],
    [
      "performance",
      said(performance, ({ budgets }) => {
        const over = budgets
          .filter(({ value, limit }) => value > limit)
          .map(({ name, value, limit, unit }) => `${name}: ${value} ${unit}, not ${limit}`);
        return over.length === 0
          ? `${budgets.length} budgets kept`
          : `${over.length} of ${budgets.length} budgets exceeded: ${over.join("; ")}`;
      }),
    ],
    [
      "work tree",
      changedFiles.length === 0
        ? "as committed"
        : `${changedFiles.length} files differ from the commit (${changedFiles.slice(0, 3).join(", ")}…)`,
    ],
  ];
}

const severities = ({ critical, high, moderate, low }: Record<"critical" | "high" | "moderate" | "low", number>): string =>
  `${critical} critical, ${high} high, ${moderate} moderate, ${low} low`;

function said<R extends object>(part: R, words: (done: Done<R>) => string): string {
  return isDone(part) ? words(part) : `not done: ${(part as unknown as { why: string }).why}`;
}

/** Part, what was found, what is asked, and the verdict; for people. */
export function render(evidence: Evidence, gates: readonly Gate[]): string {
  const table = new Table({
    head: ["part", "found", "asked", "verdict"],
    style: { head: ["bold"], border: [] },
    colWidths: [13, 66, 32, 9],
    wordWrap: true,
  });
  table.push(...gates.map(({ part, found, asked, ok }) => [part, found, asked, ok ? picocolors.green("ok") : picocolors.red("red")]));
  table.push(...toldBesides(evidence).map(([part, found]) => [part, found, "-", "-"]));
  return table.toString();
}
