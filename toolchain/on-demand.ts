// Plugins that only some stacks need. The recipe of each is here and not in recipe.ts, which is part of the engine's cache key: a change here
// makes nobody's engine anew.
import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheKey, cacheRoot, makeFolder } from "./cache.ts";
import type { Engine } from "./engine.ts";
import { Problem } from "./problem.ts";
import type { Build } from "./recipe.ts";
import { warn } from "./say.ts";
import { goSources } from "./source-key.ts";
import { ON_DEMAND } from "./versions.ts";

/** A plugin that is made when it is wanted. */
export type OnDemand = keyof typeof ON_DEMAND;

const TOOLCHAIN = dirname(fileURLToPath(import.meta.url));

const BUILDS: Readonly<Record<OnDemand, Build>> = {
  kubernetes: {
    title: `building the kubernetes plugin ${ON_DEMAND.kubernetes}`,
    typical: "1 to 3 minutes, once for this machine",
    module: "kubernetes-plugin",
    package: ".",
    output: "pulumi-resource-kubernetes",
    set: `main.version=${ON_DEMAND.kubernetes}`,
  },
};

/**
 * Make sure that an engine has a plugin: the official one where the engine is official too, else one built here. What is there already costs a
 * look at a few files.
 *
 * @param env where `SLUICE_ENGINE`, `SLUICE_ENGINE_MIRROR` and `SLUICE_CACHE` are read
 * @throws Problem when it cannot be had, with what to do
 */
export async function ensurePlugin(
  engine: Pick<Engine, "pulumi" | "origin" | "env">,
  name: OnDemand,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const version = ON_DEMAND[name];
  const home = engine.env.PULUMI_HOME ?? "";
  const stamp = join(home, `sluice-${name}`);
  const official = `official-${version}`;
  const installed = await installedKey(home, name, stamp);
  if (engine.origin !== "source" && installed === official) return;
  const key = await pluginKey(TOOLCHAIN, name);
  if (installed === key) return;

  const kept = engine.origin !== "source" && (await download(engine, name, env)) ? official : key;
  if (kept === key) await install(engine.pulumi, home, name, key, env);
  await writeFile(stamp, kept);
}

/** What of a plugin is installed; nothing when its program is gone, whatever the stamp says. */
async function installedKey(home: string, name: OnDemand, stamp: string): Promise<string | undefined> {
  try {
    await access(join(home, "plugins", `resource-${name}-v${ON_DEMAND[name]}`, BUILDS[name].output));
    return await readFile(stamp, "utf8");
  } catch {
    return undefined;
  }
}

/** The cache key of a plugin as it would be built now. */
export async function pluginKey(toolchain: string, name: OnDemand): Promise<string> {
  const what = BUILDS[name];
  const sources = await goSources(toolchain, [what.module, "orphan"]);
  return cacheKey([ON_DEMAND[name], JSON.stringify(what), process.platform, process.arch, ...sources]);
}

/** Whether the official plugin could be fetched. Where it cannot, the build is taken, unless the person wants nothing else. */
async function download(engine: Pick<Engine, "pulumi" | "env">, name: OnDemand, env: NodeJS.ProcessEnv): Promise<boolean> {
  const { downloadPlugin, release } = await import("./official.ts");
  try {
    await downloadPlugin(engine.pulumi, release(env.SLUICE_ENGINE_MIRROR), engine.env.PULUMI_HOME ?? "", {
      name,
      version: ON_DEMAND[name],
    });
    return true;
  } catch (error) {
    if (env.SLUICE_ENGINE === "official" || !(error instanceof Problem)) throw error;
    warn(error.message);
    return false;
  }
}

async function install(pulumi: string, home: string, name: OnDemand, key: string, env: NodeJS.ProcessEnv): Promise<void> {
  const [{ build, installPlugin }, { requireGo }] = await Promise.all([import("./source.ts"), import("./go.ts")]);
  const what = BUILDS[name];
  const folder = join(cacheRoot(env), "engine", `plugin-${name}-${key}`);
  const file = join(folder, what.output);
  const built = await access(file).then(
    () => true,
    () => false,
  );
  if (!built) {
    await requireGo([join(TOOLCHAIN, what.module, "go.mod")]);
    await mkdir(dirname(folder), { recursive: true });
    await makeFolder(folder, async (working) => {
      await build(TOOLCHAIN, what, working);
    });
  }
  await installPlugin(pulumi, home, { name, version: ON_DEMAND[name], file });
}
