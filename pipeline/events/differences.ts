import { UNKNOWN } from "../against/plan.ts";
import type { Op } from "./read.ts";
import type { Metadata } from "./schema.ts";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** One property of a resource that changes. */
export interface Difference {
  /** As the engine writes it: `envs[2]`, `metadata.labels["a.b"]`. */
  readonly path: string;
  /** Whether the resource is replaced because of it. */
  readonly replaces: boolean;
  /** Absent: there was none, or only the update will tell. */
  readonly before?: Json | undefined;
  readonly after?: Json | undefined;
}

/** What the plugin says changes, with the values; of a created or deleted resource, every input. */
export function differences({ detailedDiff, diffs, old, new: now }: Metadata, op: Op): Difference[] {
  if (op === "create" || op === "import") return own(now?.inputs).map(([path, after]) => ({ path, replaces: false, after }));
  if (op === "delete") return own(old?.inputs).map(([path, before]) => ({ path, replaces: false, before }));
  const named = detailedDiff
    ? Object.entries(detailedDiff).map(([path, { diffKind }]) => ({ path, replaces: diffKind.endsWith("-replace") }))
    : (diffs ?? []).map((path) => ({ path, replaces: false }));
  const whole = new Map<string, boolean>();
  for (const { path, replaces } of named) {
    const list = listOf(path, old, now);
    whole.set(list, replaces || whole.get(list) === true);
  }
  return [...whole]
    .map(([path, replaces]) => ({ path, replaces, before: valueAt(old, path), after: valueAt(now, path) }))
    .sort((a, b) => Number(b.replaces) - Number(a.replaces) || a.path.localeCompare(b.path, "en", { numeric: true }));
}

type State = { readonly inputs?: Json | null | undefined; readonly outputs?: Json | null | undefined } | null | undefined;

/** A list of plain values is read as a whole: one more at its beginning is not a change of them all. */
function listOf(path: string, old: State, now: State): string {
  const list = path.replace(/\[\d+\]$/, "");
  const plain = [valueAt(old, list), valueAt(now, list)].every(
    (value) => value === undefined || (Array.isArray(value) && value.every((one) => typeof one !== "object")),
  );
  return plain ? list : path;
}

/** What the engine adds for itself is nobody's setting. */
const INTERNAL = ["__defaults", "__internal", "__meta"];

const own = (inputs: Readonly<Record<string, Json>> | null | undefined): [string, Json][] =>
  Object.entries(inputs ?? {}).filter(([key, value]) => !INTERNAL.includes(key) && !isEmpty(value) && !isDefault(inputs, key));

/** Plugins name the inputs that they have filled in themselves. */
const isDefault = (inputs: Readonly<Record<string, Json>> | null | undefined, key: string): boolean =>
  Array.isArray(inputs?.__defaults) && inputs.__defaults.includes(key);

const isEmpty = (value: Json): boolean => value === null || value === "" || (Array.isArray(value) && value.length === 0);

/** Inputs are what people wrote; what they did not write is in the outputs alone. */
function valueAt(state: State, path: string): Json | undefined {
  const keys = segments(path);
  const told = find(state?.outputs, keys);
  // An output that only the update will tell is no change that anybody made.
  return find(state?.inputs, keys) ?? (told === UNKNOWN ? undefined : told);
}

function find(value: Json | null | undefined, keys: readonly string[]): Json | undefined {
  const found = keys.reduce<Json | undefined>(
    (at, key) => (typeof at === "object" && at !== null ? (at as { [key: string]: Json })[key] : undefined),
    value ?? undefined,
  );
  return found ?? undefined;
}

/** `a.b[0]["c.d"]` as its keys. */
export function segments(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, plain]) => quoted?.replace(/\\(.)/g, "$1") ?? index ?? plain ?? "",
  );
}

/** A value without what the engine adds, for people. */
export function withoutInternals(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutInternals);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      INTERNAL.includes(key) || isDefault(value, key) ? [] : [[key, withoutInternals(inner)]],
    ),
  );
}
