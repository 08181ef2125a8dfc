import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ensurePluginsOf } from "../../estate/plugins.ts";
import { headCommit } from "../../evidence/git.ts";
import { prepareImages } from "../../images/prepare.ts";
import { withoutSecretsIn } from "../../policies/detector.ts";
import { ensureEngine } from "../../toolchain/engine.ts";
import { Problem } from "../../toolchain/problem.ts";
import { say, step } from "../../toolchain/say.ts";
import { ensureState } from "../../toolchain/state.ts";
import { readEvents } from "../events/read.ts";
import { pullRequestOf } from "../github/event.ts";
import { runUrlOf } from "../github/run.ts";
import { maskOf, secretsOfEnvironment } from "../mask.ts";
import { knownSecrets } from "../secrets.ts";
import { type Comment, LIMIT, renderComment } from "./comment.ts";
import { previewAgainst, previewStack, type Ran } from "./run.ts";

export interface MakeOptions {
  readonly stack: string;
  readonly out?: string;
  readonly events?: string;
  readonly keepEvents?: string;
  readonly against?: string;
  readonly fork?: boolean;
}

/** Preview a stack and write its comment. Sets the exit code. */
export async function make({ stack, out, events, keepEvents, against, fork }: MakeOptions): Promise<void> {
  if (!/^[\w.-]+$/.test(stack)) throw new Problem(`'${stack}' is no name of a stack. Allowed: letters, digits, dots, - and _.`);
  const pullRequest = pullRequestOf(process.env);
  // An empty state would make a pull request look as if it made everything anew.
  const noState = pullRequest !== undefined && !process.env.PULUMI_BACKEND_URL && events === undefined ? "no-state" : undefined;
  const withoutSecrets = fork ? "fork" : (pullRequest?.withoutSecrets ?? (against === undefined ? noState : undefined));
  const commit = against ?? (withoutSecrets && pullRequest?.base);
  if (withoutSecrets && commit === undefined && events === undefined)
    throw new Problem("--fork needs to know what to compare with: --against COMMIT, e.g. --against origin/main.");
  const { ran, secrets } = events === undefined ? await run(stack, commit) : await read(events);
  const made = renderComment({
    ...{ stack, run: readEvents(ran.events), exitCode: ran.exitCode, words: ran.words, later: ran.later },
    ...{ commit: pullRequest?.head ?? (await headCommit(process.cwd())), against: commit, withoutSecrets, runUrl: runUrlOf(process.env) },
  });
  const mask = maskOf(secrets);
  if (keepEvents !== undefined) {
    await mkdir(dirname(keepEvents), { recursive: true });
    await writeFile(keepEvents, await withoutSecretsIn(mask(ran.events)));
  }
  const comment = await masked(made, mask);
  await write(stack, comment, out);
  await summarize(comment);
  if (comment.outcome.kind === "broken" || comment.outcome.kind === "failed") process.exitCode = 1;
}

/** GitHub takes 1 MiB of summary from a step, and shows nothing of a longer one. */
const SUMMARY_BYTES = 1_000_000;

async function summarize({ text, full }: Comment): Promise<void> {
  const { GITHUB_STEP_SUMMARY: file } = process.env;
  if (file) await appendFile(file, `${Buffer.byteLength(full) < SUMMARY_BYTES ? full : text}\n`);
}

async function run(stack: string, commit: string | undefined): Promise<{ readonly ran: Ran; readonly secrets: readonly string[] }> {
  const root = process.cwd();
  const engine = await ensureEngine();
  await ensurePluginsOf(stack, engine);
  const doing = step(
    `previewing ${stack}${commit === undefined ? "" : ` against ${commit}`}`,
    commit === undefined ? "seconds" : "half a minute",
  );
  try {
    if (commit !== undefined) {
      const ran = await previewAgainst(root, stack, engine, commit);
      doing.done();
      return { ran, secrets: secretsOfEnvironment(process.env) };
    }
    const { env } = await ensureState(".sluice");
    await prepareImages();
    const ran = await previewStack(root, stack, engine, env);
    doing.done();
    return { ran, secrets: await knownSecrets(root, stack, engine, env) };
  } catch (error) {
    doing.failed();
    throw error;
  }
}

async function read(file: string): Promise<{ readonly ran: Ran; readonly secrets: readonly string[] }> {
  const events = await readFile(file, "utf8").catch(() => {
    throw new Problem(`${file} cannot be read. Give the engine's event log to --events.`);
  });
  return { ran: { events, exitCode: 0, words: "", later: [] }, secrets: secretsOfEnvironment(process.env) };
}

/** Twice: what is known to be secret, and what looks like it. */
async function masked({ text, full, outcome }: Comment, mask: (text: string) => string): Promise<Comment> {
  const [short, whole] = await Promise.all([text, full].map((one) => withoutSecretsIn(mask(one))));
  if (short === undefined || whole === undefined || short.length > LIMIT) throw new Error("the comment is longer than GitHub takes");
  return { text: short, full: whole, outcome };
}

async function write(stack: string, { text, full, outcome }: Comment, out: string | undefined): Promise<void> {
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  await mkdir(out, { recursive: true });
  await writeFile(join(out, `${stack}.md`), text);
  await writeFile(join(out, `${stack}.full.md`), full);
  await writeFile(join(out, `${stack}.json`), `${JSON.stringify({ stack, ...outcome }, undefined, 2)}\n`);
  say(`${stack}: ${outcome.title}. The comment is in ${join(out, `${stack}.md`)}.`);
}
