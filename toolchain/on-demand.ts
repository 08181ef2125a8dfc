// Plugins that only some stacks need. The recipe of each is here and not in recipe.ts, which is part of the engine's cache key: a change here
// makes nobody's engine anew.
import { access, mkdir, readlink, rename, rm, symlink } from "node:fs/promises";
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
  github: {
    title: `building the github plugin ${ON_DEMAND.github}`,
    typical: "1 to 4 minutes, once for this machine",
    module: "github-plugin",
    package: ".",
    output: "pulumi-resource-github",
    set: `main.version=${ON_DEMAND.github}`,
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
  const { place, built, there } = await look(engine, name, env);
  if (there) return;
  if (engine.origin !== "source") {
    await rm(dirname(place), { recursive: true, force: true }); // else it would count as downloaded
    if (await download(engine, name, env)) return;
  }
  await buildOnce(name, built);
  await mkdir(dirname(place), { recursive: true });
  // In one step: other runs of this engine may be about to start it.
  const fresh = `${place}.making-${process.pid}`;
  await rm(fresh, { force: true });
  await symlink(built, fresh);
  await rename(fresh, place);
}

/** Whether an engine has a plugin already. Costs a look at a few files. */
export async function hasPlugin(
  engine: Pick<Engine, "origin" | "env">,
  name: OnDemand,
  env: NodeJS.ProcessEnv = process.env,
): Promise<boolean> {
  return (await look(engine, name, env)).there;
}

/** Where an engine looks for a plugin, where one that is built here is kept, and whether the engine finds the right one. */
async function look(engine: Pick<Engine, "origin" | "env">, name: OnDemand, env: NodeJS.ProcessEnv) {
  const place = join(engine.env.PULUMI_HOME ?? "", "plugins", `resource-${name}-v${ON_DEMAND[name]}`, BUILDS[name].output);
  // What was downloaded is a file, what was built is a link into the cache.
  const link = await readlink(place).catch(() => undefined);
  const downloaded = engine.origin !== "source" && link === undefined && (await exists(place));
  const built = join(cacheRoot(env), "engine", `plugin-${name}-${await pluginKey(TOOLCHAIN, name)}`, BUILDS[name].output);
  return { place, built, there: downloaded || (link === built && (await exists(built))) };
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
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

async function buildOnce(name: OnDemand, file: string): Promise<void> {
  if (await exists(file)) return;
  const [{ build }, { requireGo }] = await Promise.all([import("./source.ts"), import("./go.ts")]);
  await requireGo([join(TOOLCHAIN, BUILDS[name].module, "go.mod")]);
  await mkdir(dirname(dirname(file)), { recursive: true });
  await makeFolder(dirname(file), async (working) => {
    await build(TOOLCHAIN, BUILDS[name], working);
  });
}
