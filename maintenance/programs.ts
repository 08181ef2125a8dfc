import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";

/** A program to start: it gets no shell, and no environment but what is named here and a PATH. */
export interface Program {
  readonly name: string;
  readonly args: readonly string[];
  /** Secrets may be here: only a process of the same user can read it. They are never among `args`, which everybody on the host sees. */
  readonly env?: Readonly<Record<string, string>>;
  /** Given to it on stdin. @default nothing */
  readonly input?: string;
}

/** How a program ended. */
export interface Ended {
  /** Its exit code; 128 and the signal's number where a signal ended it, as a shell says it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Watching {
  /** Ends the program. */
  readonly signal: AbortSignal;
  /** Every line of stdout as it comes; without it they are collected in `Ended.stdout`. */
  readonly onLine?: (line: string) => void;
  /** Every line of stderr as it comes; its end is kept in `Ended.stderr` all the same. */
  readonly onErrorLine?: (line: string) => void;
}

/** Of what a program says, the end is kept: that is where it says why it gave up. */
const KEPT = 64 * 1024;
/** A program that was asked to end gets this long; restic uses it to take its lock away. */
const GRACE_MS = 10_000;
/** How a program ends whose reader has gone, as a shell says it. */
export const CLOSED_PIPE = 141;
const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** Run a program to its end, whatever its exit code is. @throws when it cannot be started */
export async function run(program: Program, { signal, onLine, onErrorLine }: Watching): Promise<Ended> {
  const child = start(program, signal);
  if (onErrorLine !== undefined && child.stderr !== null) createInterface({ input: child.stderr }).on("line", onErrorLine);
  let stdout = "";
  const reading =
    onLine === undefined
      ? collect(child, "stdout", Number.POSITIVE_INFINITY, (text) => {
          stdout = text;
        })
      : lines(child, onLine);
  const [stderr, code] = await Promise.all([collect(child, "stderr", KEPT), ended(child), reading]);
  return { code, stdout, stderr };
}

/** Run two programs, the second of which reads what the first writes. Both have ended when this returns. */
export async function pipe(from: Program, into: Program, signal: AbortSignal): Promise<readonly [Ended, Ended]> {
  const { ended, stdin } = open(into, signal);
  const [first] = await Promise.all([send(from, stdin, signal), ended]);
  return [first, await ended];
}

/** A program that is written to from here. */
export interface Opened {
  /** A write to one that has ended is lost without an error: how it ended is in `ended`. */
  readonly stdin: Writable;
  readonly ended: Promise<Ended>;
}

/** Start a program without waiting for its end. */
export function open(program: Program, signal: AbortSignal): Opened {
  const child = start(program, signal);
  if (child.stdin === null) throw new Error("a program without stdin");
  let stdout = "";
  const kept = collect(child, "stdout", Number.POSITIVE_INFINITY, (text) => {
    stdout = text;
  });
  const over = Promise.all([collect(child, "stderr", KEPT), ended(child), kept]).then(([stderr, code]) => ({ code, stdout, stderr }));
  over.catch(() => undefined);
  return { stdin: child.stdin, ended: over };
}

/** Run a program and write what it says to a stream, which is closed behind it. */
async function send(from: Program, into: Writable, signal: AbortSignal): Promise<Ended> {
  const child = start(from, signal);
  const moving = move(child, into, { end: true });
  const [stderr, code, gone] = await Promise.all([collect(child, "stderr", KEPT), ended(child), moving]);
  return { code: gone && code !== 0 ? CLOSED_PIPE : code, stdout: "", stderr };
}

/**
 * Write what a program says to a stream. When the reader has gone, the program is asked to end and listened to until it has: one that is cut off dies
 * on the spot, and restic would leave its lock behind.
 * @returns whether the reader went before the program had said everything
 */
async function move(child: ChildProcess, into: Writable, { end }: { end: boolean }): Promise<boolean> {
  const { stdout } = child;
  if (stdout === null) throw new Error("a program without stdout");
  let gone = false;
  const stop = () => {
    if (gone || stdout.readableEnded) return;
    gone = true;
    stdout.unpipe(into);
    stdout.resume();
    askToEnd(child);
  };
  into.once("close", stop);
  if (into.destroyed) stop();
  else stdout.pipe(into, { end });
  await finished(stdout, { writable: false }).catch(() => undefined);
  into.removeListener("close", stop);
  return gone;
}

/**
 * Run two programs: what the first writes, the second makes something else of and writes it to a stream, which stays open for more.
 * @returns how both ended
 */
export async function relay(from: Program, through: Program, into: Writable, signal: AbortSignal): Promise<readonly [Ended, Ended]> {
  const child = start(through, signal);
  if (child.stdin === null) throw new Error("a program without stdin");
  const moving = move(child, into, { end: false });
  const [first, stderr, code, gone] = await Promise.all([
    send(from, child.stdin, signal),
    collect(child, "stderr", KEPT),
    ended(child),
    moving,
  ]);
  return [first, { code: gone && code !== 0 ? CLOSED_PIPE : code, stdout: "", stderr }];
}

function start({ name, args, env = {}, input }: Program, signal: AbortSignal): ChildProcess {
  const child = spawn(name, args, { env: { PATH: process.env.PATH, HOME: "/tmp", TZ: "UTC", LANG: "C.UTF-8", ...env }, stdio: "pipe" });
  const end = () => askToEnd(child);
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  child.once("close", () => signal.removeEventListener("abort", end));
  child.stdin?.on("error", () => undefined);
  if (input !== undefined) child.stdin?.end(input);
  return child;
}

function askToEnd(child: ChildProcess): void {
  child.kill("SIGINT");
  setTimeout(() => child.kill("SIGKILL"), GRACE_MS).unref();
  // What it has started may still hold its output.
  child.once("exit", () => [child.stdout, child.stderr].map((stream) => stream?.destroy()));
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? 128 + (SIGNALS[signal ?? ""] ?? 0)));
  });
}

async function collect(child: ChildProcess, from: "stdout" | "stderr", most: number, done?: (text: string) => void): Promise<string> {
  let text = "";
  const stream = child[from];
  stream?.setEncoding("utf8").on("data", (part: string) => {
    text = most === Number.POSITIVE_INFINITY ? text + part : (text + part).slice(-most);
  });
  if (stream) await finished(stream, { writable: false }).catch(() => undefined);
  done?.(text);
  return text;
}

async function lines({ stdout }: ChildProcess, onLine: (line: string) => void): Promise<void> {
  if (stdout === null) return;
  createInterface({ input: stdout }).on("line", onLine);
  await finished(stdout, { writable: false }).catch(() => undefined);
}
