import { structuredPatch } from "diff";
import { stringify } from "yaml";
import { UNKNOWN } from "../against/plan.ts";
import { type Difference, type Json, withoutInternals } from "../events/differences.ts";
import type { Change, Op } from "../events/read.ts";
import { count, cut } from "../markdown.ts";
import { SECRET } from "../mask.ts";

/** How much of a value is shown. */
export interface Detail {
  /** Characters of one line. */
  readonly width: number;
  /** Lines of one property. */
  readonly lines: number;
  /** Names of resources that change alike. */
  readonly names: number;
}
export const SHORT: Detail = { width: 160, lines: 24, names: 12 };
export const FULL: Detail = { width: 4_000, lines: 2_000, names: 1_000 };

/** Characters of a value that is not worth showing where nobody knows the next one: ids, mostly. */
const LONG = 60;
const LATER = "(known after the update)";
/** What GitHub's colours of a diff know: green, red, and what is neither. */
const SIGN: Partial<Record<Op, string>> = { create: "+", import: "+", delete: "-" };

/**
 * What changes, resource by resource, as the text of a `diff` block. Resources that change alike are shown as one.
 * @returns one text for each, in the order of the changes
 */
export function renderDiffs(changes: readonly Change[], detail: Detail): string[] {
  const alike = new Map<string, Change[]>();
  const body = new Map<string, string>();
  for (const change of changes) {
    const lines = telling(change.differences)
      .flatMap((difference) => property(difference, change.op, detail))
      .join("\n");
    const key = JSON.stringify([change.op, change.type, lines]);
    alike.set(key, [...(alike.get(key) ?? []), change]);
    body.set(key, lines);
  }
  return [...alike].map(([key, group]) => [heads(group, detail), body.get(key)].filter(Boolean).join("\n"));
}

/** Without properties that have the same value as before, or none: plugins name them beside the one that matters. */
export function telling(differences: readonly Difference[]): readonly Difference[] {
  const found = differences.filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after));
  return found.length > 0 ? found : differences;
}

function heads(group: readonly Change[], { names, width }: Detail): string {
  const [first] = group;
  if (first === undefined) return "";
  const sign = SIGN[first.op] ?? "!";
  const lines = group.slice(0, names).map((change) => {
    const part = change.within.length === 0 ? "" : `, in ${change.within.map(({ name }) => name).join(" › ")}`;
    return cut(`${sign} ${change.op} ${change.name} (${change.type}${part})${change.failed ? ": failed" : ""}`, width);
  });
  const more = group.length - names;
  return [...lines, ...(more > 0 ? [`${sign} … and ${more} more, each like this:`] : [])].join("\n");
}

function property({ path, before, after, replaces }: Difference, op: Op, detail: Detail): string[] {
  const why = replaces ? "   # this replaces it" : "";
  const [old, now] = [shown(before), shown(after)];
  const only = op === "create" || op === "import" ? "+" : op === "delete" ? "-" : undefined;
  const lines =
    only !== undefined
      ? prefixed(only, path, (only === "+" ? now : old) ?? LATER, "")
      : old === now
        ? prefixed("!", path, old === undefined || !old.includes(SECRET) ? LATER : `${SECRET}, another one`, why)
        : now === LATER && old !== undefined && (old.includes("\n") || old.length > LONG)
          ? [`!     ${path}: ${LATER}${why}`]
          : old !== undefined && now !== undefined && (old.includes("\n") || now.includes("\n"))
            ? patched(path, old, now, why, Array.isArray(after) ? 0 : 2)
            : [
                ...(old === undefined ? [] : prefixed("-", path, old, "")),
                ...prefixed("+", path, now ?? (op === "update" ? "(none)" : LATER), why),
              ];
  const kept = lines.slice(0, detail.lines).map((line) => cut(line, detail.width));
  const left = lines.length - kept.length;
  return left > 0 ? [...kept, `      … ${count(left, "more line")}`] : kept;
}

function prefixed(sign: string, path: string, value: string, why: string): string[] {
  if (!value.includes("\n") && !/^- |^[\w./-]+: /.test(value)) return [`${sign}     ${path}: ${value}${why}`];
  return [`${sign}     ${path}:${why}`, ...value.split("\n").map((line) => `${sign}       ${line}`)];
}

/** Only the lines around what differs. @param context how many */
function patched(path: string, old: string, now: string, why: string, context: number): string[] {
  const { hunks } = structuredPatch("", "", `${old}\n`, `${now}\n`, undefined, undefined, { context });
  const lines = hunks.flatMap(({ lines: own }, index) => [
    ...(index > 0 ? ["        ⋮"] : []),
    ...own.filter((line) => !line.startsWith("\\")).map((line) => `${line[0] ?? " "}       ${line.slice(1)}`),
  ]);
  return [`!     ${path}:${why}`, ...lines];
}

/** A value as people write it in a stack file. */
function shown(value: Json | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === "string" ? value : stringify(hidden(withoutInternals(value)), { lineWidth: 0 });
  return text.replaceAll(UNKNOWN, LATER).replace(/\n$/, "");
}

/** The engine wraps a secret in an object that says so. */
function hidden(value: Json): Json {
  if (Array.isArray(value)) return value.map(hidden);
  if (typeof value !== "object" || value === null) return value;
  if ("ciphertext" in value || "plaintext" in value) return SECRET;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hidden(inner)]));
}
