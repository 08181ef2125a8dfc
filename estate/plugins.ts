import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { Engine } from "../toolchain/engine.ts";
import type { OnDemand } from "../toolchain/on-demand.ts";
import { capturePulumi } from "../toolchain/pulumi.ts";
import type { CurrentStack } from "./current-stack.ts";

/** The setting that wants each plugin. */
const WANTED_BY: Readonly<Record<OnDemand, string>> = { kubernetes: "sluice:cluster", github: "sluice:github" };
const ALL = Object.keys(WANTED_BY) as OnDemand[];

/**
 * Make sure that the engine has the plugins which a stack's settings want (the Kubernetes one when they name a cluster, the GitHub one when they
 * name a repository), or which what it has made so far wants: what a person has just taken out of the settings is still there to be deleted,
 * maybe by another machine than the one that made it.
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
  const wanted = [...(await wantedBy(join(root, `Pulumi.${stack}.yaml`)))];
  wanted.push(
    ...(await inStateOf(
      stack,
      engine,
      root,
      ALL.filter((name) => !wanted.includes(name)),
    )),
  );
  if (wanted.length === 0) return; // most estates are on Docker alone
  const { ensurePlugin } = await import("../toolchain/on-demand.ts");
  for (const name of wanted) await ensurePlugin(engine, name);
}

/** Whether a stack's settings name a repository. */
export const decidesRepository = async (stack: string, root = process.cwd()): Promise<boolean> =>
  (await wantedBy(join(root, `Pulumi.${stack}.yaml`))).includes("github");

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
  if ((await absent(engine, ALL)).length > 0) await ensurePluginsOf((await stack.ask()) ?? "dev", engine, root);
}

/** Those plugins that a stack's state has a provider of: a look into its file, or, where others keep it, a question to the engine. */
async function inStateOf(
  stack: string,
  engine: Pick<Engine, "pulumi" | "origin" | "env">,
  root: string,
  plugins: readonly OnDemand[],
): Promise<OnDemand[]> {
  const { PULUMI_BACKEND_URL: elsewhere } = process.env;
  const state = elsewhere
    ? await stateElsewhere(stack, engine, root, plugins)
    : await readFile(join(root, ".sluice", "state", ".pulumi", "stacks", "sluice", `${stack}.json`), "utf8").catch(() => "");
  return plugins.filter((name) => state.includes(`pulumi:providers:${name}`));
}

/** Nobody is asked when all plugins are there: then there is nothing to make. */
async function stateElsewhere(
  stack: string,
  engine: Pick<Engine, "pulumi" | "origin" | "env">,
  root: string,
  plugins: readonly OnDemand[],
): Promise<string> {
  if ((await absent(engine, plugins)).length === 0) return "";
  return capturePulumi(engine, ["stack", "export", "--stack", stack], undefined, { cwd: root }).catch(() => "");
}

async function absent(engine: Pick<Engine, "origin" | "env">, plugins: readonly OnDemand[]): Promise<OnDemand[]> {
  const { hasPlugin } = await import("../toolchain/on-demand.ts");
  const there = await Promise.all(plugins.map((name) => hasPlugin(engine, name)));
  return plugins.filter((_, place) => !there[place]);
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
