import { OPS, type Op, type Run } from "../events/read.ts";
import { count } from "../markdown.ts";

/** How a preview has ended, for people and for the next step of a pipeline. */
export interface Outcome {
  readonly kind: "same" | "changes" | "broken" | "failed";
  /** A few words, without the stack's name. */
  readonly title: string;
  readonly counts: Readonly<Record<Op, number>>;
  /** Mandatory rules that are broken, and findings of rules that only advise. */
  readonly mandatory: number;
  readonly advisory: number;
}

/** How a change is said before it is done. */
export const PLANNED: Readonly<Record<Op, string>> = {
  ...{ create: "to create", update: "to update", replace: "to replace", delete: "to delete" },
  ...{ import: "to import", read: "to read", refresh: "to refresh" },
};

export function outcomeOf(run: Run, exitCode: number): Outcome {
  const counts = Object.fromEntries(OPS.map((op) => [op, run.changes.filter((change) => change.op === op).length])) as Record<Op, number>;
  const mandatory = new Set(run.violations.filter(({ level }) => level === "mandatory").map(({ rule }) => rule)).size;
  const advisory = run.violations.filter(({ level }) => level !== "mandatory").length;
  const said = OPS.filter((op) => counts[op] > 0).map((op) => `${counts[op]} ${PLANNED[op]}`);
  const failed = !run.complete || (exitCode !== 0 && mandatory === 0);
  const kind = failed ? "failed" : mandatory > 0 ? "broken" : said.length > 0 ? "changes" : "same";
  const titles = {
    failed: "the preview failed",
    broken: `${count(mandatory, "mandatory rule")} ${mandatory === 1 ? "is" : "are"} broken`,
    changes: said.join(", "),
    same: "nothing changes",
  };
  return { kind, title: titles[kind], counts, mandatory, advisory };
}
