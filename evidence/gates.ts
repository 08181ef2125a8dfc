import type { Evidence, Part } from "./schema.ts";

/** What a release must be at least; the numbers are this project's own, a stack's levels file may ask for more. */
export interface Limits {
  /** Percent of lines that the unit tests reach, at least. */
  readonly unitPercent: number;
  /** Percent of lines that the end-to-end tests reach, at least. */
  readonly endToEndPercent: number;
  readonly lintErrors: number;
  readonly typeErrors: number;
  /** Open P0 and P1 together. */
  readonly blockers: number;
  readonly secrets: number;
}

export const DEFAULT_LIMITS: Limits = { unitPercent: 90, endToEndPercent: 85, lintErrors: 0, typeErrors: 0, blockers: 0, secrets: 0 };

/** One question to the evidence, and its answer. */
export interface Gate {
  readonly part: Part | "builds";
  /** What the tools produced, in words. */
  readonly found: string;
  /** What is wanted, in words. */
  readonly asked: string;
  readonly ok: boolean;
}

type Tested = Evidence["unit"];

/**
 * Every gate of a release, in the order in which a person mends them: what does not build needs no coverage.
 *
 * What was not done is red, never clean. Audit, scan and performance are told but ask nothing here: a network or a scanner that is not there
 * must not hold up a repair; policies/release.ts may ask for them.
 */
export function gatesOf(evidence: Evidence, limits: Limits = DEFAULT_LIMITS): Gate[] {
  const { unitPercent, endToEndPercent, lintErrors, typeErrors, blockers, secrets } = limits;
  return [
    builds(evidence.builds),
    coverage("unit", evidence.unit, unitPercent),
    coverage("endToEnd", evidence.endToEnd, endToEndPercent),
    gate("lint", evidence.lint, atMost(lintErrors, "errors"), ({ errors, warnings }) => ({
      found: `${count(errors, "error")}, ${count(warnings, "warning")}`,
      ok: errors <= lintErrors,
    })),
    gate("types", evidence.types, atMost(typeErrors, "errors"), ({ errors }) => ({
      found: count(errors, "error"),
      ok: errors <= typeErrors,
    })),
    gate("schema", evidence.schema, "no migration pending, no drift", ({ pending, drift }) => ({
      found:
        pending.length + drift.length === 0
          ? "in sync"
          : `${count(pending.length, "migration")} pending${some(pending)}, ${count(drift.length, "line")} of drift${some(drift)}`,
      ok: pending.length + drift.length === 0,
    })),
    gate("blockers", evidence.blockers, atMost(blockers, "open P0 or P1"), ({ open }) => ({
      found: `${open.length} open${some(open.map(({ id, priority }) => `${priority} ${id}`))}`,
      ok: open.length <= blockers,
    })),
    gate("secrets", evidence.secrets, atMost(secrets, "findings"), ({ findings, files }) => ({
      found: `${count(findings.length, "finding")} in ${count(files, "file")}${some(findings.map(({ file, line }) => `${file}:${line}`))}`,
      // A search that saw no file found nothing, and proves nothing.
      ok: findings.length <= secrets && files > 0,
    })),
  ];
}

function builds(all: Evidence["builds"]): Gate {
  const asked = "every program builds";
  if (all.length === 0) return { part: "builds", found: "nothing was built", asked, ok: false };
  const bad = all.filter(({ ok }) => !ok).map(({ name }) => name);
  const names = all.map(({ name }) => name).join(", ");
  const found = bad.length === 0 ? `${names} built` : `${bad.length} of ${all.length} failed: ${bad.join(", ")}`;
  return { part: "builds", found, asked, ok: bad.length === 0 };
}

function coverage(part: "unit" | "endToEnd", tested: Tested, least: number): Gate {
  return gate(part, tested, `>= ${least} % of lines, no failure`, ({ tests, coverage: { percent, covered, total } }) => ({
    found: `${percent} % (${covered} of ${total}), ${tests.passed} passed, ${tests.failed} failed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ""}`,
    // No test and no line is no proof either.
    ok: percent >= least && tests.failed === 0 && tests.passed > 0 && total > 0,
  }));
}

interface NotDone {
  readonly status: "not done";
  readonly why: string;
}

export type Done<R> = Exclude<R, NotDone>;

/** Whether somebody has looked at a part at all. */
export const isDone = <R extends object>(result: R): result is Done<R> => !("status" in result);

function gate<R extends object>(
  part: Gate["part"],
  result: R,
  asked: string,
  judge: (result: Done<R>) => Pick<Gate, "found" | "ok">,
): Gate {
  if (isDone(result)) return { part, asked, ...judge(result) };
  return { part, found: `not done: ${(result as unknown as NotDone).why}`, asked, ok: false };
}

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;
const atMost = (number: number, words: string): string => (number === 0 ? `no ${words.replace(/s$/, "")}` : `<= ${number} ${words}`);

/** The first few by name: a table is read by people. */
function some(names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length > 3 ? `, and ${names.length - 3} more` : "";
  return ` (${names.slice(0, 3).join("; ")}${more})`;
}
