import { z } from "zod";
import type { Evidence } from "../schema.ts";
import { lastWords, parseJson, runTool, toolName, type World } from "../world.ts";

type Lint = Evidence["lint"];

const Report = z.object({ summary: z.object({ errors: z.int().min(0), warnings: z.int().min(0), unchanged: z.int(), changed: z.int() }) });

/** Biome's own summary counts what its list of diagnostics, which is limited, may leave out. */
export function parseBiome(stdout: string): { errors: number; warnings: number } {
  const { summary } = Report.parse(parseJson(stdout, "biome"));
  if (summary.unchanged + summary.changed === 0) throw new Error("biome looked at no file");
  return { errors: summary.errors, warnings: summary.warnings };
}

export async function lint({ root }: World): Promise<Lint> {
  const ran = await runTool(root, "biome", ["lint", "--reporter=json", "."]);
  if (ran.stdout.trim() === "") throw new Error(lastWords(ran));
  return { ...parseBiome(ran.stdout), tool: toolName(root, "@biomejs/biome", "biome") };
}
