import { Problem } from "../toolchain/problem.ts";
import { type RunnableEngine, runCaptured } from "../toolchain/pulumi.ts";
import { say } from "../toolchain/say.ts";
import { gatesOf } from "./policy.ts";
import type { Project } from "./project.ts";

/**
 * Preview a stack with the quality gates, before anything is changed: rules about several resources together are judged at the end of a
 * preview, and would come too late in an update.
 * @throws Problem with what the engine and the gates say against it
 */
export async function passGates({ root, stack }: Pick<Project, "root" | "stack">, engine: RunnableEngine): Promise<void> {
  const { args, env } = gatesOf(root, stack);
  const { text, exitCode } = await runCaptured(engine, ["preview", "--stack", stack, "--color", "never", ...args], { cwd: root, env });
  if (exitCode !== 0) throw new Problem(`Nothing was changed. The preview says:\n\n${wordsOf(text)}`);
  const advice = adviceOf(text);
  if (advice.length > 0) say(["The quality gates advise (npm run policy -- list):", ...advice.map((line) => `  ${line}`)].join("\n"));
}

/** What a preview says besides the list of resources: the rules that are broken, and its diagnostics. */
export function wordsOf(text: string): string {
  const [, words] = /^(?:Policies|Diagnostics):\n([\s\S]*)$/m.exec(text) ?? [];
  const section = words === undefined ? text : text.slice(text.length - words.length);
  return section.replace(/^(?:Outputs|Resources):\n[\s\S]*$/m, "").trim();
}

/** The advisory violations of a preview, a line each. */
export function adviceOf(text: string): string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => (/^\s*- \[advisory\]/.test(line) ? [(lines[index + 2] ?? line).trim()] : []));
}
