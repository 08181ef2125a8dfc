import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
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

/** Tools that are at work now. */
const atWork = new Set<{ kill(): boolean } & PromiseLike<unknown>>();
let stopped = false;
const never = new Promise<never>(() => undefined);

/** End every tool, and wait until they are gone: they write to the last moment. No other begins, and none of them gives an answer any more. */
export async function endTools(): Promise<void> {
  stopped = true;
  const tools = [...atWork];
  for (const tool of tools) tool.kill();
  await Promise.allSettled(tools);
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
    ...{ cwd: root, preferLocal: true, localDir: root, reject: false, stdin: "ignore", maxBuffer: 256 * 1024 * 1024 },
    env: { ...env, NO_COLOR: "1", FORCE_COLOR: undefined },
  });
  atWork.add(tool);
  const ended = await tool.finally(() => atWork.delete(tool));
  if (stopped) return never;
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
