import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { imageHash } from "../images/hash.ts";
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
export async function passGates({ root, stack }: Pick<Project, "root" | "stack">, engine: RunnableEngine): Promise<readonly string[]> {
  const { args, env } = gatesOf(root, stack);
  const { text, exitCode } = await runCaptured(engine, ["preview", "--stack", stack, "--color", "never", ...args], { cwd: root, env });
  if (exitCode !== 0) throw new Problem(`Nothing was changed. The preview says:\n\n${wordsOf(text)}`);
  const advice = adviceOf(text);
  if (advice.length > 0) say(["The quality gates advise (npm run policy -- list):", ...advice.map((line) => `  ${line}`)].join("\n"));
  return advice;
}

/**
 * The same, unless exactly this has passed today, with nothing to advise: a start that changes nothing does not wait for a second preview.
 * Evidence gets old by the hour, so a stack that has some is always judged.
 */
export async function passGatesOnce(project: Project, engine: RunnableEngine): Promise<void> {
  const { root, stack, settings } = project;
  const file = join(root, ".sluice", "gates", stack);
  const key = gateKey(project, new Date());
  if (settings.evidence === undefined && existsSync(file) && readFileSync(file, "utf8") === key) return;
  if ((await passGates(project, engine)).length > 0) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, key);
  renameSync(`${file}.new`, file);
}

/** Folders and files that the gates' answer depends on. */
const FOLDERS = ["components", "program", "settings", "policies", "images"];
const FILES = ["index.ts", "Pulumi.yaml", "package-lock.json"];

/** Stands for all that the gates look at: the program, the pack with its levels and exceptions, the settings, the host, the day (exceptions end). */
export function gateKey({ root, stackFile, settings }: Pick<Project, "root" | "stackFile" | "settings">, now: Date): string {
  const hash = createHash("sha256").update(`${now.toISOString().slice(0, 10)} ${settings.host.docker}\n`);
  for (const folder of FOLDERS) hash.update(`${imageHash(join(root, folder))}\n`);
  for (const file of [...FILES.map((name) => join(root, name)), stackFile]) hash.update(readFileSync(file)).update("\n");
  return hash.digest("hex");
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
