import { spawn } from "node:child_process";
import { open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { Engine } from "./engine.ts";
import { Problem } from "./problem.ts";
import { withoutAddedSalt } from "./salt.ts";

/** What a run of Pulumi needs of an engine. */
export type RunnableEngine = Pick<Engine, "pulumi" | "env">;

export interface RunOptions {
  /**
   * Folder of the project.
   * @default the current one
   */
  readonly cwd?: string;
  /** On top of this process's environment and the engine's. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * `inherit`: the person sees and answers Pulumi itself. `quiet`: nothing is shown, and a failure is a Problem with Pulumi's words.
   * @default "inherit"
   */
  readonly stdio?: "inherit" | "quiet";
  /**
   * File that the output goes to, in place of the terminal. The run is then one of its own: a signal to this process, or its end, does not
   * reach it.
   */
  readonly log?: string;
}

/**
 * Run one command of Pulumi to its end. Ctrl-C goes to Pulumi, which winds down; this waits for it.
 *
 * @returns its exit code
 * @throws Problem when it fails and runs `quiet`
 */
export async function runPulumi(engine: RunnableEngine, args: readonly string[], options: RunOptions = {}): Promise<number> {
  const { cwd = process.cwd(), env, stdio = "inherit", log } = options;
  if (stdio === "quiet") {
    await capturePulumi(engine, args, undefined, options);
    return 0;
  }
  if (log !== undefined) return runApart(engine, args, { cwd, env, log });
  return keepingStackFiles(projectFolder(args, cwd), async () => {
    const running = execa(engine.pulumi, args, { cwd, env: { ...engine.env, ...env }, stdio: "inherit", reject: false });
    // In a terminal the kernel gives Ctrl-C to Pulumi too, and a second one would make it drop everything at once.
    const interrupt = () => !process.stdin.isTTY && running.kill("SIGINT");
    const terminate = () => running.kill("SIGTERM");
    process.on("SIGINT", interrupt).on("SIGTERM", terminate);
    try {
      const ended = await running;
      if (ended.code === "ENOENT") throw new Problem(`${engine.pulumi} is gone. Run the command again: it is put back.`);
      return ended.exitCode ?? 130;
    } finally {
      process.off("SIGINT", interrupt).off("SIGTERM", terminate);
    }
  });
}

/** In a process group of its own, with a file for its words: it ends well whatever becomes of this process. */
async function runApart(
  engine: RunnableEngine,
  args: readonly string[],
  { cwd, env, log }: { readonly cwd: string; readonly env: RunOptions["env"]; readonly log: string },
): Promise<number> {
  return keepingStackFiles(projectFolder(args, cwd), async () => {
    const words = await open(log, "w");
    try {
      const running = spawn(engine.pulumi, args, {
        cwd,
        env: { ...process.env, ...engine.env, ...env },
        stdio: ["ignore", words.fd, words.fd],
        detached: true,
      });
      return await new Promise<number>((ended, failed) => {
        running.on("error", () => failed(new Problem(`${engine.pulumi} could not be started. Run the command again: it is put back.`)));
        running.on("exit", (code) => ended(code ?? 130));
      });
    } finally {
      await words.close();
    }
  });
}

/**
 * Run one command of Pulumi and give what it wrote to stdout.
 *
 * @param input what it reads on stdin
 * @throws Problem with its words when it fails
 */
export async function capturePulumi(
  engine: RunnableEngine,
  args: readonly string[],
  input?: string,
  { cwd = process.cwd(), env }: Omit<RunOptions, "stdio"> = {},
): Promise<string> {
  const { stdout, stderr, exitCode, shortMessage } = await runSilently(engine, args, { cwd, env, input });
  if (exitCode === 0) return stdout;
  const words = [stderr, stdout].map((text) => text.trim()).find((text) => text) ?? shortMessage;
  throw new Problem(`pulumi ${args.slice(0, 2).join(" ")} failed:\n${words}`);
}

/** Run one command of Pulumi and give all its words, whether it fails or not. */
export async function runCaptured(
  engine: RunnableEngine,
  args: readonly string[],
  { cwd = process.cwd(), env }: Omit<RunOptions, "stdio"> = {},
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const { stdout, stderr, exitCode } = await runSilently(engine, args, { cwd, env, input: undefined });
  return { text: [stdout, stderr].filter((words) => words !== "").join("\n"), exitCode };
}

async function runSilently(
  engine: RunnableEngine,
  args: readonly string[],
  { cwd, env, input }: { readonly cwd: string; readonly env: RunOptions["env"]; readonly input: string | undefined },
) {
  return keepingStackFiles(projectFolder(args, cwd), async () => {
    const ended = await execa(engine.pulumi, [...args, "--non-interactive"], {
      cwd,
      env: { ...engine.env, ...env },
      ...(input === undefined ? { stdin: "ignore" } : { input }),
      reject: false,
    });
    const { stdout = "", stderr = "", shortMessage = "" } = ended;
    return { stdout, stderr, shortMessage, exitCode: ended.failed ? (ended.exitCode ?? 130) : 0 };
  });
}

/** The project's folder, as Pulumi sees it: `--cwd` moves it. */
function projectFolder(args: readonly string[], cwd: string): string {
  for (const [index, arg] of args.entries()) {
    if (arg === "-C" || arg === "--cwd") return join(cwd, args[index + 1] ?? ".");
    if (arg.startsWith("--cwd=")) return join(cwd, arg.slice("--cwd=".length));
  }
  return cwd;
}

/** Run a command and take out of the stack files what only the engine put there. */
async function keepingStackFiles<T>(folder: string, run: () => Promise<T>): Promise<T> {
  const before = await stackFiles(folder);
  try {
    return await run();
  } finally {
    for (const [name, after] of await stackFiles(folder)) {
      const wanted = withoutAddedSalt(before.get(name), after);
      const file = join(folder, name);
      if (wanted === undefined) await rm(file);
      else if (wanted !== after) {
        await writeFile(`${file}.new`, wanted);
        await rename(`${file}.new`, file);
      }
    }
  }
}

async function stackFiles(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^Pulumi\..+\.ya?ml$/.test(name));
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)));
}
