import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { levelsProblems } from "../policies/levels.ts";
import { Problem } from "../toolchain/problem.ts";
import { say } from "../toolchain/say.ts";

const PACK = "policies";
/** Whoever has no levels of their own gets the hardest: a forgotten file must not open a gate. */
const STRICTEST = "prod";

/** The levels file of a stack, relative to the project. */
export function levelsFile(root: string, stack: string): string {
  const own = join(PACK, `levels.${stack}.json`);
  return existsSync(join(root, own)) ? own : join(PACK, `levels.${STRICTEST}.json`);
}

/** What puts the quality gates before a preview or an update. */
export interface Gates {
  /** Arguments of Pulumi. */
  readonly args: readonly string[];
  /** On top of the engine's environment. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The quality gates of a stack.
 * @throws Problem with everything that is wrong with the stack's levels file
 */
export function gatesOf(root: string, stack: string): Gates {
  const file = levelsFile(root, stack);
  if (!file.includes(`levels.${stack}.`)) say(`'${stack}' has no levels file of its own: ${file} is taken.`);
  const problems = levelsProblems(readFileSync(join(root, file), "utf8"));
  if (problems.length > 0) throw new Problem(`${file}:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  const options = [process.env.NODE_OPTIONS, `--require "${join(root, PACK, "lean-runner.cjs")}"`].filter(Boolean).join(" ");
  return { args: ["--policy-pack", join(root, PACK), "--policy-pack-config", join(root, file)], env: { NODE_OPTIONS: options } };
}
