import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import type { Docker } from "../estate/docker.ts";
import type { Project } from "../estate/project.ts";
import type { Throwaway } from "./throwaway.ts";

/** What every part of the evidence works with. */
export interface World {
  readonly project: Project;
  /** Folder of the project. */
  readonly root: string;
  readonly throwaway: Throwaway;
  /** This machine's Docker engine. @throws in words, when there is none: only those parts are not done then */
  docker(): Promise<Docker>;
}

/** How a tool ended. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Tools that are at work now, by the number of their process group: what they have started is in it too. */
const atWork = new Set<number>();
let stopped = false;
const never = new Promise<never>(() => undefined);

/** Time for a tool to end by itself. */
const GRACE_MS = 5000;

/**
 * End every tool with all that it has started, and wait until they are gone: they write to the last moment. No other begins, and none of them
 * gives an answer any more.
 */
export async function endTools(): Promise<void> {
  stopped = true;
  const there = () => [...atWork].filter((group) => signal(group, 0));
  for (const group of there()) signal(group, "SIGTERM");
  for (const end = Date.now() + GRACE_MS; there().length > 0 && Date.now() < end; ) await sleep(50);
  for (const group of there()) signal(group, "SIGKILL");
}

/** @returns whether there was anybody in the group */
function signal(group: number, what: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, what);
  } catch {
    return false;
  }
}

/**
 * Run a tool of the project in its folder. Its exit code is for the caller to judge: a linter that finds something ends with 1.
 * @throws in words, when it could not be run at all or was killed
 */
export async function runTool(
  root: string,
  command: string,
  args: readonly string[],
  { env = {} }: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ran> {
  if (stopped) return never;
  const tool = execa(command, args, {
    ...{ cwd: root, preferLocal: true, localDir: root, reject: false, stdin: "ignore", maxBuffer: 256 * 1024 * 1024, detached: true },
    env: { ...env, NO_COLOR: "1", FORCE_COLOR: undefined },
  });
  const { pid } = tool;
  if (pid !== undefined) atWork.add(pid);
  const ended = await tool;
  if (stopped) return never;
  if (pid !== undefined) atWork.delete(pid);
  if (ended.exitCode === undefined) throw new Error(ended.failed ? ended.shortMessage : `${command} did not end`);
  return { exitCode: ended.exitCode, stdout: ended.stdout, stderr: ended.stderr };
}

/** The end of what a tool said, for the person who has to find out why it did not work. */
export function lastWords({ exitCode, stdout, stderr }: Ran): string {
  const said = `${stderr.trim() || stdout.trim()}`.split("\n").slice(-6).join("\n").slice(-1200);
  return `exit code ${exitCode}: ${said || "it said nothing"}`;
}

/** `biome 2.5.15`: the version of a package that is installed here. */
export function toolName(root: string, name: string, shown = name): string {
  const file = join(root, "node_modules", name, "package.json");
  const { version } = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as { version: string })
    : { version: "of unknown version" };
  return `${shown} ${version}`;
}

/** JSON as a tool wrote it. @throws in words, when it is none */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${what} gave no JSON, but: ${text.trim().slice(0, 200) || "nothing"}`);
  }
}
