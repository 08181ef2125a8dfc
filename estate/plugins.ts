import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { Engine } from "../toolchain/engine.ts";

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

/** Whether any stack of the project names a cluster. Where none does, nobody need ask which stack is meant, which may take the engine. */
export async function anyNamesCluster(root = process.cwd()): Promise<boolean> {
  const files = (await readdir(root)).filter((name) => /^Pulumi\..+\.yaml$/.test(name));
  const named = await Promise.all(files.map((file) => namesCluster(join(root, file))));
  return named.includes(true);
}

async function namesCluster(stackFile: string): Promise<boolean> {
  const text = await readFile(stackFile, "utf8").catch(() => "");
  // The whole file is parsed only where it may matter.
  if (!text.includes("sluice:cluster")) return false;
  try {
    return parse(text)?.config?.["sluice:cluster"] !== undefined;
  } catch {
    return false;
  }
}
