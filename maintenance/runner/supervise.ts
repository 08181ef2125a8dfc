import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { JobOutcome } from "../job.ts";

/** What a try tells the runner. */
export type Word = { readonly outcome: JobOutcome } | { readonly problem: string };

export interface Attempted {
  readonly end: "done" | "failed" | "timed out" | "stopped";
  readonly outcome?: JobOutcome;
  readonly problem?: string;
  readonly attempts: number;
}

export interface Patience {
  readonly limitMs: number;
  readonly retries: number;
  readonly pauseMs: number;
  /** Time that a try gets to clean up before it is killed. */
  readonly graceMs: number;
}

/**
 * A job's tries, each in a process group of its own: when the time is up, whatever a try has started ends with it, and nothing of it is left to
 * hold a lock or a disk.
 *
 * @param words what a try is started with: program and arguments
 * @param stop aborted when somebody stops the job
 */
export async function supervise(
  words: readonly [string, ...string[]],
  patience: Patience,
  stop: AbortSignal,
  say: (line: string) => void,
): Promise<Attempted> {
  const { limitMs, retries, pauseMs, graceMs } = patience;
  const time = AbortSignal.timeout(limitMs);
  const over = AbortSignal.any([time, stop]);
  let problem = "";
  for (let attempts = 1; ; attempts += 1) {
    const word = await attempt(words, over, graceMs);
    if (over.aborted) return { end: stop.aborted ? "stopped" : "timed out", attempts };
    if ("outcome" in word) return { end: "done", outcome: word.outcome, attempts };
    problem = word.problem;
    if (attempts > retries) return { end: "failed", problem, attempts };
    const pause = pauseMs * 2 ** (attempts - 1);
    say(`try ${attempts} failed: ${problem}`);
    say(`the next begins in ${Math.round(pause / 1000)} s`);
    await sleep(pause, undefined, { signal: over }).catch(() => undefined);
    if (over.aborted) return { end: stop.aborted ? "stopped" : "timed out", problem, attempts };
  }
}

async function attempt([program, ...args]: readonly [string, ...string[]], over: AbortSignal, graceMs: number): Promise<Word> {
  const child = spawn(program, args, { detached: true, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  let word: Word | undefined;
  child.on("message", (message) => {
    word = message as Word;
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`));
  });
  const end = () => void endGroup(child, graceMs, ended);
  over.addEventListener("abort", end, { once: true });
  if (over.aborted) end();
  const how = await ended;
  over.removeEventListener("abort", end);
  // What a try leaves behind would hold what the next one needs.
  signalGroup(child, "SIGKILL");
  return word ?? { problem: `it ended without a word: ${how}` };
}

async function endGroup(child: ChildProcess, graceMs: number, ended: Promise<unknown>): Promise<void> {
  signalGroup(child, "SIGTERM");
  await Promise.race([ended, sleep(graceMs)]);
  signalGroup(child, "SIGKILL");
}

/** A try is the leader of its group: whatever it has started has its number as the group's. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
