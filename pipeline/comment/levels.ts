import type { Levels } from "../../policies/levels.ts";
import { levelOf } from "../../policies/levels.ts";
import { RULES } from "../../policies/rules.ts";

/** Rules about a release are judged by signed evidence, and that is made from the commit that is deployed: a pull request has none. */
const LATER = RULES.release.map(({ name }) => name);

/** A stack's levels for a pull request, and the rules that are asked at the deploy. */
export function levelsForPreview(levels: Levels): { readonly levels: Levels; readonly later: readonly string[] } {
  const later = RULES.release.filter((rule) => levelOf(rule, levels) === "mandatory").map(({ name }) => name);
  return { levels: { ...levels, ...Object.fromEntries(LATER.map((name) => [name, "disabled"] as const)) }, later };
}
