import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { Engine } from "../toolchain/engine.ts";
import type { CurrentStack } from "./current-stack.ts";

/** The setting that wants the Kubernetes plugin. */
const CLUSTER = "sluice:cluster";

/**
 * Make sure that the engine has the plugins which a stack's settings want: the Kubernetes one when they name a cluster.
 *
 * Settings that cannot be read are the engine's to speak of: then nothing is made.
 */
export async function ensurePluginsOf(
  stack: string,
  engine: Pick<Engine, "pulumi" | "origin" | "env">,
  root = process.cwd(),
): Promise<void> {
  if (!(await namesCluster(join(root, `Pulumi.${stack}.yaml`)))) return;
  const { ensurePlugin } = await import("../toolchain/on-demand.ts"); // most estates are on Docker alone
  await ensurePlugin(engine, "kubernetes");
}

/**
 * The same for the stack that a command works on.
 *
 * Pulumi is asked which one that is only where it matters: where some stack names a cluster and the plugin is not there yet. A stack that is
 * on Docker alone pays for the others with a look at their files.
 */
export async function ensurePluginsFor(
  stack: CurrentStack,
  engine: Pick<Engine, "pulumi" | "origin" | "env">,
  root = process.cwd(),
): Promise<void> {
  const known = await stack.known();
  if (known !== undefined) return ensurePluginsOf(known, engine, root);
  if (!(await anyMentionsCluster(root))) return;
  const { hasPlugin } = await import("../toolchain/on-demand.ts");
  if (!(await hasPlugin(engine, "kubernetes"))) await ensurePluginsOf((await stack.ask()) ?? "dev", engine, root);
}

async function anyMentionsCluster(root: string): Promise<boolean> {
  const files = (await readdir(root)).filter((name) => /^Pulumi\..+\.yaml$/.test(name));
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), "utf8").catch(() => "")));
  return texts.some((text) => text.includes(CLUSTER));
}

async function namesCluster(stackFile: string): Promise<boolean> {
  const text = await readFile(stackFile, "utf8").catch(() => "");
  // The whole file is parsed only where it may matter.
  if (!text.includes(CLUSTER)) return false;
  try {
    return parse(text)?.config?.[CLUSTER] !== undefined;
  } catch {
    return false;
  }
}
