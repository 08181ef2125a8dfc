import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import type { Evidence } from "../schema.ts";
import { parseJson, type World } from "../world.ts";

type Performance = Exclude<Evidence["performance"], { status: string }>;

/** evidence/budgets.json: what a figure of `npm run bench` may be at most. */
export const Budgets = z.array(
  z.strictObject({ part: z.string().min(1), figure: z.string().min(1), atMost: z.number(), unit: z.string().max(40) }),
);
type Budgets = z.infer<typeof Budgets>;

const Figures = z.object({
  quick: z.boolean(),
  results: z.array(z.object({ part: z.string(), figures: z.array(z.object({ name: z.string(), value: z.number(), unit: z.string() })) })),
});

/**
 * Measured figures beside their budgets.
 * @throws in words, when a figure was not measured, or not in a way that is quoted: a budget that nobody looked at is not kept
 */
export function hold(budgets: Budgets, bench: unknown): Performance["budgets"] {
  const { quick, results } = Figures.parse(bench);
  if (quick) throw new Error("the figures are those of a quick run, which shows that the parts work and measures nothing");
  const missing: string[] = [];
  const held = budgets.flatMap(({ part, figure, atMost, unit }) => {
    const found = results.find((result) => result.part === part)?.figures.find(({ name }) => name === figure);
    if (found === undefined || found.unit !== unit) missing.push(`${part}: ${figure}${found ? ` in ${unit}` : ""}`);
    return found ? [{ name: `${part}: ${figure}`, value: found.value, limit: atMost, unit }] : [];
  });
  if (missing.length > 0) throw new Error(`not measured: ${missing.join("; ")}`);
  return held;
}

/** @param bench a file that `npm run bench -- --json FILE` wrote */
export async function performance({ root }: World, bench: string | undefined): Promise<Performance> {
  if (bench === undefined) throw new Error("no figures were given: npm run bench -- --json FILE, then --bench FILE");
  const [budgets, figures] = await Promise.all([
    readFile(resolve(root, "evidence/budgets.json"), "utf8"),
    readFile(resolve(bench), "utf8"),
  ]);
  return { budgets: hold(Budgets.parse(parseJson(budgets, "evidence/budgets.json")), parseJson(figures, bench)) };
}
