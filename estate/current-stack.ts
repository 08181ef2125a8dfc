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

/** The stack that a command of Pulumi works on. Each question is asked once, however often the answer is wanted. */
export interface CurrentStack {
  /** The one it names, else the only one there is; nothing when only Pulumi knows. Costs a look into a folder. */
  known(): Promise<string | undefined>;
  /** The same, else the one that Pulumi says is selected: that starts the engine. */
  ask(): Promise<string | undefined>;
}

/** @param state folder of the file backend, where it is one of this checkout */
export function currentStack(args: readonly string[], state: string, engine: RunnableEngine): CurrentStack {
  const known = once(() => knownStack(args, state));
  const ask = once(
    async () => (await known()) ?? ((await capturePulumi(engine, ["stack", "--show-name"]).catch(() => "")).trim() || undefined),
  );
  return { known, ask };
}

async function knownStack(args: readonly string[], state: string): Promise<string | undefined> {
  const { PULUMI_STACK: chosen } = process.env;
  const named = namedStack(args) ?? chosen;
  if (named) return named.split("/").at(-1);
  const folder = join(state, ".pulumi", "stacks", "sluice");
  const stacks = (await readdir(folder).catch(() => []))
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length));
  return stacks.length === 1 ? stacks[0] : undefined;
}

function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => {
    found ??= find();
    return found;
  };
}
