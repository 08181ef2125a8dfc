import { z } from "zod";
import type { Level, Rule } from "./rule.ts";
import { ALL, IN_ORDER } from "./rules.ts";

export const LEVELS = ["mandatory", "advisory", "disabled"] as const satisfies readonly Level[];

/** What a stack's levels file says of one rule: its level, and what is tuned. */
type Entry = Level | ({ readonly enforcementLevel?: Level } & Readonly<Record<string, unknown>>);
export type Levels = Readonly<Record<string, Entry>>;

const Written = z.record(z.string(), z.union([z.enum(LEVELS), z.looseObject({ enforcementLevel: z.enum(LEVELS).optional() })]));

/** Every problem of a levels file, in words; none when it is good. The engine itself passes over a rule name that it does not know. */
export function levelsProblems(text: string): readonly string[] {
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch (error) {
    return [`it is no JSON: ${error instanceof Error ? error.message : String(error)}`];
  }
  const parsed = Written.safeParse(written);
  if (!parsed.success) {
    return parsed.error.issues.map(
      ({ path }) => `${path.join(".") || "it"}: allowed are ${LEVELS.join(", ")}, or an object with enforcementLevel`,
    );
  }
  return Object.entries(parsed.data).flatMap(([name, entry]) => {
    if (name === "all") return typeof entry === "string" ? [] : ["all: allowed are mandatory, advisory, disabled"];
    if (name === IN_ORDER) return [];
    const rule = ALL.find((one) => one.name === name);
    if (!rule) return [`${name}: there is no such rule (npm run policy -- list)`];
    return typeof entry === "string" ? [] : tunedProblems(rule, entry);
  });
}

function tunedProblems({ name, config }: Rule, { enforcementLevel: _, ...own }: Record<string, unknown>): string[] {
  if (config === undefined) return Object.keys(own).map((key) => `${name}.${key}: this rule has nothing to tune`);
  const parsed = config.safeParse(own);
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${[name, ...path].join(".")}: ${message}`);
}

/** How much a rule weighs in a stack. */
export function levelOf(rule: Pick<Rule, "name" | "level">, levels: Levels): Level {
  const entry = levels[rule.name];
  const own = typeof entry === "object" ? entry.enforcementLevel : entry;
  const all = levels.all;
  return own ?? (typeof all === "string" ? all : undefined) ?? rule.level ?? "mandatory";
}

export const parseLevels = (text: string): Levels => JSON.parse(text) as Levels;
