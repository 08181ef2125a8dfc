import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { Engine } from "../toolchain/engine.ts";
import type { OnDemand } from "../toolchain/on-demand.ts";
import type { CurrentStack } from "./current-stack.ts";

/** The setting that wants each plugin. */
const WANTED_BY: Readonly<Record<OnDemand, string>> = { kubernetes: "sluice:cluster", github: "sluice:github" };
const ALL = Object.keys(WANTED_BY) as OnDemand[];

/**
 * Make sure that the engine has the plugins which a stack's settings want: the Kubernetes one when they name a cluster, the GitHub one when they
 * name a repository.
 *
 * Settings that cannot be read are the engine's to speak of: then nothing is made.
 */
export async function ensurePluginsOf(
  stack: string,
  engine: Pick<Engine, "pulumi" | "origin" | "env">,
  root = process.cwd(),
): Promise<void> {
  const wanted = await wantedBy(join(root, `Pulumi.${stack}.yaml`));
  if (wanted.length === 0) return; // most estates are on Docker alone
  const { ensurePlugin } = await import("../toolchain/on-demand.ts");
  for (const name of wanted) await ensurePlugin(engine, name);
}

/** Whether a stack's settings name a repository. */
export const decidesRepository = async (stack: string, root = process.cwd()): Promise<boolean> =>
  (await wantedBy(join(root, `Pulumi.${stack}.yaml`))).includes("github");

/**
 * The same for the stack that a command works on.
 *
 * Pulumi is asked which one that is only where it matters: where some stack wants a plugin that is not there yet. A stack that is on Docker
 * alone pays for the others with a look at their files.
 */
export async function ensurePluginsFor(
  stack: CurrentStack,
  engine: Pick<Engine, "pulumi" | "origin" | "env">,
  root = process.cwd(),
): Promise<void> {
  const known = await stack.known();
  if (known !== undefined) return ensurePluginsOf(known, engine, root);
  const mentioned = await mentionedIn(root);
  if (mentioned.length === 0) return;
  const { hasPlugin } = await import("../toolchain/on-demand.ts");
  const there = await Promise.all(mentioned.map((name) => hasPlugin(engine, name)));
  if (there.includes(false)) await ensurePluginsOf((await stack.ask()) ?? "dev", engine, root);
}

/** Plugins whose setting stands somewhere in the text of some stack's file. */
async function mentionedIn(root: string): Promise<OnDemand[]> {
  const files = (await readdir(root)).filter((name) => /^Pulumi\..+\.yaml$/.test(name));
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), "utf8").catch(() => "")));
  return ALL.filter((name) => texts.some((text) => text.includes(WANTED_BY[name])));
}

async function wantedBy(stackFile: string): Promise<OnDemand[]> {
  const text = await readFile(stackFile, "utf8").catch(() => "");
  // The whole file is parsed only where it may matter.
  const mentioned = ALL.filter((name) => text.includes(WANTED_BY[name]));
  if (mentioned.length === 0) return [];
  try {
    const config = parse(text)?.config;
    return mentioned.filter((name) => config?.[WANTED_BY[name]] !== undefined);
  } catch {
    return [];
  }
}
