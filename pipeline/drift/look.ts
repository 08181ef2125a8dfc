import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensurePluginsOf } from "../../estate/plugins.ts";
import { openWayOf } from "../../estate/way.ts";
import { prepareImages } from "../../images/prepare.ts";
import { withoutSecretsIn } from "../../policies/detector.ts";
import { ensureEngine } from "../../toolchain/engine.ts";
import { Problem } from "../../toolchain/problem.ts";
import { runCaptured } from "../../toolchain/pulumi.ts";
import { say, step } from "../../toolchain/say.ts";
import { ensureState } from "../../toolchain/state.ts";
import { readEvents } from "../events/read.ts";
import { runUrlOf } from "../github/run.ts";
import { maskOf, secretsOfEnvironment } from "../mask.ts";
import { knownSecrets } from "../secrets.ts";
import { renderDrift } from "./report.ts";

export interface LookOptions {
  readonly stack: string;
  readonly out?: string;
  readonly events?: string;
}

interface Seen {
  readonly events: string;
  readonly exitCode: number;
  readonly words: string;
  readonly secrets: readonly string[];
}

/** For a pipeline: drift is no error of the program, and not nothing either. */
const DRIFTED = 2;

/** Look whether a stack drifted, and write the report. Sets the exit code. */
export async function look({ stack, out, events }: LookOptions): Promise<void> {
  if (!/^[\w.-]+$/.test(stack)) throw new Problem(`'${stack}' is no name of a stack. Allowed: letters, digits, dots, - and _.`);
  const seen = events === undefined ? await refresh(stack) : await read(events);
  const at = new Date().toISOString().slice(0, 16).replace("T", " ");
  const { text, drift } = renderDrift({
    ...{ stack, run: readEvents(seen.events), at: `${at} UTC`, runUrl: runUrlOf(process.env) },
    ...seen,
  });
  const report = await withoutSecretsIn(maskOf(seen.secrets)(text));
  if (out === undefined) process.stdout.write(report);
  else {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, `${stack}.md`), report);
    await writeFile(join(out, `${stack}.json`), `${JSON.stringify(drift, undefined, 2)}\n`);
    say(`${stack}: ${drift.title}. The report is in ${join(out, `${stack}.md`)}.`);
  }
  if (process.env.GITHUB_STEP_SUMMARY) await appendFile(process.env.GITHUB_STEP_SUMMARY, `${report}\n`);
  process.exitCode = { none: 0, drift: DRIFTED, unknown: 1 }[drift.kind];
}

async function refresh(stack: string): Promise<Seen> {
  const root = process.cwd();
  const engine = await ensureEngine();
  await ensurePluginsOf(stack, engine);
  const { env } = await ensureState(".sluice");
  await prepareImages();
  await openWayOf(stack, root);
  const work = await mkdtemp(join(tmpdir(), "sluice-drift-"));
  const doing = step(`looking at what runs of ${stack}`);
  try {
    const log = join(work, "events.jsonl");
    const args = ["refresh", "--preview-only", "--stack", stack, "--color", "never", "--event-log", log];
    // Without it, the engine hides its option --event-log.
    const { text, exitCode } = await runCaptured(engine, args, { cwd: root, env: { ...env, PULUMI_DEBUG_COMMANDS: "true" } });
    doing.done();
    const events = existsSync(log) ? await readFile(log, "utf8") : "";
    return { events, exitCode, words: text, secrets: await knownSecrets(root, stack, engine, env) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function read(file: string): Promise<Seen> {
  const events = await readFile(file, "utf8").catch(() => {
    throw new Problem(`${file} cannot be read. Give the engine's event log to --events.`);
  });
  return { events, exitCode: 0, words: "", secrets: secretsOfEnvironment(process.env) };
}
