import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import { type About, abouts, schemaAt } from "./field.ts";
import { isSecretPath, type Path, type Problem, pathText, shown, withoutLogin } from "./problems.ts";
import { schema } from "./schema.ts";

/** A value that is wrong by itself, and where it stands in what was written. */
export interface ShapeProblem {
  readonly at: Path;
  readonly problem: Problem;
}

/** What zod found, in this project's words; at most one problem per place. */
export function shapeProblems(raw: unknown, issues: readonly z.core.$ZodIssue[]): ShapeProblem[] {
  const found = new Map<string, ShapeProblem>();
  const add = (at: Path, problem: Omit<Problem, "path">) => {
    const path = pathText(at);
    const id = JSON.stringify(at);
    if (!found.has(id)) found.set(id, { at, problem: { path, ...problem } });
  };
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") for (const key of issue.keys) add([...issue.path, key], unknownKey(issue.path, key));
    else add(issue.path, wrongValue(issue.path, valueAt(raw, issue.path)));
  }
  return [...found.values()];
}

function unknownKey(parent: Path, key: string): Omit<Problem, "path"> {
  const judge = schemaAt(schema, parent);
  const known = judge instanceof z.ZodObject ? Object.keys(judge.shape) : [];
  const near = known.length > 0 ? closest(key, known) : undefined;
  // Beyond a third of its letters, another key is a guess, not a typing mistake.
  const likely = near !== undefined && distance(key.toLowerCase(), near.toLowerCase()) <= Math.max(2, Math.ceil(key.length / 3));
  return {
    received: `an unknown setting, ${JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key)}`,
    allowed: known.join(", "),
    fix: likely ? `write \`${near}\`` : "remove it",
  };
}

function wrongValue(at: Path, value: unknown): Omit<Problem, "path"> {
  const judge = schemaAt(schema, at);
  const about = judge && abouts.get(judge);
  if (!judge || !about) return { received: shown(value, at), allowed: "text", fix: "write it as text, in quotes" };
  return {
    received: shown(value, at),
    allowed: about.allowed,
    fix: withoutLogin(fixFor(judge, about, at, isSecretPath(at) ? undefined : value)),
  };
}

function fixFor(judge: z.core.$ZodType, about: About, at: Path, value: unknown): string {
  return (
    about.fix?.(value) ??
    retyped(judge, at, value) ??
    nearest(judge, value) ??
    `set it to ${about.allowed}, for example ${example(about.example)}`
  );
}

/** The same value in the type that is wanted, where only quotes are wrong. */
function retyped(judge: z.core.$ZodType, at: Path, value: unknown): string | undefined {
  const quoted = typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
  if (quoted !== undefined && judge instanceof z.ZodNumber && judge.safeParse(Number(quoted)).success) {
    // No command is named: `config set` keeps the quotes of a value that has them, whatever `--type` says (seen with 3.220).
    return `write it without quotes in the stack file: ${Number(quoted)} (\`config set\` would keep the quotes)`;
  }
  if (judge instanceof z.ZodBoolean && (quoted === "true" || quoted === "false"))
    return `write it without quotes in the stack file: ${quoted} (\`config set\` would keep the quotes)`;
  if (judge instanceof z.ZodString && typeof value === "number" && judge.safeParse(String(value)).success) {
    return `write it in quotes: "${value}" (npm run pulumi -- config set --path --type string '${pathText(at)}' ${value})`;
  }
  return undefined;
}

function nearest(judge: z.core.$ZodType, value: unknown): string | undefined {
  if (!(judge instanceof z.ZodEnum) || typeof value !== "string") return undefined;
  const near = closest(value, judge.options.map(String));
  return distance(value.toLowerCase(), near) <= 2 ? `write ${near}` : undefined;
}

const example = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** A copy of `root` without what stands at `paths`; a list closes up behind what is taken out. */
export function without(root: Record<string, unknown>, paths: readonly Path[]): Record<string, unknown> {
  const taken = new Set(paths.map((path) => JSON.stringify(path)));
  const copy = (value: unknown, at: Path): unknown => {
    if (Array.isArray(value))
      return value.flatMap((item, index) => (taken.has(JSON.stringify([...at, index])) ? [] : [copy(item, [...at, index])]));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([key]) => !taken.has(JSON.stringify([...at, key])));
    return Object.fromEntries(entries.map(([key, item]) => [key, copy(item, [...at, key])]));
  };
  return copy(root, []) as Record<string, unknown>;
}
