import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { capturePulumi, type RunnableEngine } from "../toolchain/pulumi.ts";

/** The stack that arguments of Pulumi name; nothing when they name none. */
export function namedStack(args: readonly string[]): string | undefined {
  for (const [index, arg] of args.entries()) {
    if (arg === "-s" || arg === "--stack") return args[index + 1];
    const joined = /^(?:--stack=|-s=)(.+)$/.exec(arg)?.[1];
    if (joined !== undefined) return joined;
  }
  return undefined;
}

/**
 * The stack that a command of Pulumi works on: the one it names, else the only one there is, else the one Pulumi says is selected.
 * @param state folder of the file backend, where it is one of this checkout
 */
export async function currentStack(args: readonly string[], state: string, engine: RunnableEngine): Promise<string | undefined> {
  const { PULUMI_STACK: chosen } = process.env;
  const named = namedStack(args) ?? chosen;
  if (named) return named.split("/").at(-1);
  const folder = join(state, ".pulumi", "stacks", "sluice");
  const stacks = (await readdir(folder).catch(() => []))
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length));
  if (stacks.length === 1) return stacks[0];
  return (await capturePulumi(engine, ["stack", "--show-name"]).catch(() => "")).trim() || undefined;
}
