import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { Engine } from "../toolchain/engine.ts";
import type { OnDemand } from "../toolchain/on-demand.ts";
import { capturePulumi } from "../toolchain/pulumi.ts";
import type { CurrentStack } from "./current-stack.ts";

/** The setting that wants a plugin which only some stacks need. */
const SETTING: Readonly<Record<OnDemand, string>> = { kubernetes: "sluice:cluster" };

/**
 * Make sure that the engine has the plugins which a stack's settings want, or which what it has made so far wants: settings that a person has
 * just taken away are still there to be deleted, maybe by another machine than the one that made them.
 *
 * Settings that cannot be read are the engine's to speak of: then nothing is made.
 *
 * @param root the checkout, whose state is in `.sluice` unless PULUMI_BACKEND_URL says otherwise
 */
export async function ensurePluginsOf(
  stack: string,
  engine: Pick<Engine, "pulumi" | "origin" | "env">,
  root = process.cwd(),
): Promise<void> {
  for (const [plugin, setting] of Object.entries(SETTING) as [OnDemand, string][]) {
    if ((await names(join(root, `Pulumi.${stack}.yaml`), setting)) || (await wasMade(stack, engine, root, plugin))) {
      const { ensurePlugin } = await import("../toolchain/on-demand.ts"); // most estates are on Docker alone
      await ensurePlugin(engine, plugin);
    }
  }
}

/**
 * The same for the stack that a command works on. Pulumi is asked which one that is only where it matters: where a plugin is not there yet.
 */
export async function ensurePluginsFor(
  stack: CurrentStack,
  engine: Pick<Engine, "pulumi" | "origin" | "env">,
  root = process.cwd(),
): Promise<void> {
  const known = await stack.known();
  if (known !== undefined) return ensurePluginsOf(known, engine, root);
  const { hasPlugin } = await import("../toolchain/on-demand.ts");
  const there = await Promise.all((Object.keys(SETTING) as OnDemand[]).map((plugin) => hasPlugin(engine, plugin)));
  if (there.includes(false)) await ensurePluginsOf((await stack.ask()) ?? "dev", engine, root);
}

/** Whether the stack's state has a provider of the plugin: a look into its file, or, where others keep it, a question to the engine. */
async function wasMade(stack: string, engine: Pick<Engine, "pulumi" | "origin" | "env">, root: string, plugin: OnDemand): Promise<boolean> {
  const { PULUMI_BACKEND_URL: elsewhere } = process.env;
  let state: string;
  if (elsewhere) {
    const { hasPlugin } = await import("../toolchain/on-demand.ts");
    if (await hasPlugin(engine, plugin)) return false; // nothing to make: no reason to ask
    state = await capturePulumi(engine, ["stack", "export", "--stack", stack], undefined, { cwd: root }).catch(() => "");
  } else {
    state = await readFile(join(root, ".sluice", "state", ".pulumi", "stacks", "sluice", `${stack}.json`), "utf8").catch(() => "");
  }
  return state.includes(`pulumi:providers:${plugin}`);
}

async function names(stackFile: string, setting: string): Promise<boolean> {
  const text = await readFile(stackFile, "utf8").catch(() => "");
  // The whole file is parsed only where it may matter.
  if (!text.includes(setting)) return false;
  try {
    return parse(text)?.config?.[setting] !== undefined;
  } catch {
    return false;
  }
}
