import type { Evidence } from "../schema.ts";
import { lastWords, type Ran, runTool, toolName, type World } from "../world.ts";

/** Number of errors that tsc has written; `--pretty false` gives each a line of its own. @throws when it failed without naming one */
export function parseTsc(ran: Ran): number {
  const errors = ran.stdout.split("\n").filter((line) => /^(?:\S.*\(\d+,\d+\): )?error TS\d+:/.test(line)).length;
  if (ran.exitCode !== 0 && errors === 0) throw new Error(lastWords(ran));
  return errors;
}

export async function types({ root }: World): Promise<Evidence["types"]> {
  const ran = await runTool(root, "tsc", ["--noEmit", "--pretty", "false", "-p", "."]);
  return { errors: parseTsc(ran), tool: toolName(root, "typescript", "tsc") };
}
