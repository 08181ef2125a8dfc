import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gatesOf, levelsFile } from "../../estate/policy.ts";
import { parseLevels } from "../../policies/levels.ts";
import type { RunnableEngine } from "../../toolchain/pulumi.ts";
import { runCaptured } from "../../toolchain/pulumi.ts";
import { Sandbox } from "../against/sandbox.ts";
import { levelsForPreview } from "./levels.ts";

/** A preview that has been run. */
export interface Ran {
  /** The engine's event log, one JSON object a line. */
  readonly events: string;
  readonly exitCode: number;
  /** What the engine said: all there is where it ended before its first event. */
  readonly words: string;
  /** Mandatory rules that are asked at the deploy only. */
  readonly later: readonly string[];
}

/** Preview a stack against its state, with the quality gates. @param env what reaches the stack: its backend and passphrase */
export async function previewStack(
  root: string,
  stack: string,
  engine: RunnableEngine,
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  const work = await mkdtemp(join(tmpdir(), "sluice-preview-"));
  try {
    const { gates, later } = await gatesFor(root, stack, work);
    const log = join(work, "events.jsonl");
    // A stack that has a file but was never brought up can be previewed all the same.
    await runCaptured(engine, ["stack", "select", "--create", stack], { cwd: root, env });
    const args = ["preview", "--stack", stack, "--color", "never", "--event-log", log, ...gates.args];
    const { text, exitCode } = await runCaptured(engine, args, { cwd: root, env: { ...env, ...gates.env, PULUMI_DEBUG_COMMANDS: "true" } });
    return { events: await readLog(log), exitCode, words: text, later };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Preview what the checkout declares against what a commit declares: without state, host, cluster and secrets.
 * @param env more environment for the sandbox's runs
 */
export async function previewAgainst(root: string, stack: string, engine: RunnableEngine, commit: string): Promise<Ran> {
  const sandbox = await Sandbox.make(root, stack, engine);
  try {
    await sandbox.checkOut(commit);
    // A stack that the commit does not have yet is compared with nothing.
    if (!sandbox.isNew) await sandbox.adopt();
    await sandbox.copyCheckout();
    const { gates, later } = await gatesFor(sandbox.project, stack, sandbox.work);
    const log = join(sandbox.work, "events.jsonl");
    const { text, exitCode } = await sandbox.run(["preview", "--event-log", log, ...gates.args], gates.env);
    return { events: await readLog(log), exitCode, words: text, later };
  } finally {
    await sandbox.remove();
  }
}

async function gatesFor(root: string, stack: string, work: string) {
  const gates = gatesOf(root, stack);
  const own = levelsFile(root, stack);
  const { levels, later } = levelsForPreview(parseLevels(await readFile(join(root, own), "utf8")));
  const file = join(work, "levels.json");
  await writeFile(file, JSON.stringify(levels));
  return { gates: { ...gates, args: gates.args.map((arg) => (arg === join(root, own) ? file : arg)) }, later };
}

const readLog = async (file: string): Promise<string> => (existsSync(file) ? readFile(file, "utf8") : "");
