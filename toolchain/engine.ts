import { access, readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheRoot, makeFolder } from "./cache.ts";
import { type Choice, choose, type Facts, type Origin, whyNot } from "./choose.ts";
import { findOnPath, type PathPulumi } from "./path-pulumi.ts";
import { Problem } from "./problem.ts";
import { say, warn } from "./say.ts";
import { sourceKey } from "./source-key.ts";
import { SSH_BIN } from "./ssh/way.ts";
import { PINNED } from "./versions.ts";

/** A Pulumi engine that is ready: the CLI, its Node.js host and the plugins that the program needs. */
export interface Engine {
  /** Path of the CLI. */
  readonly pulumi: string;
  /** Its version, as in `3.220.0`. */
  readonly version: string;
  /** Which way it came: it was on PATH, is the official download, or was built here. */
  readonly origin: Origin;
  /** What a process that runs it needs on top of its own environment. */
  readonly env: Readonly<Record<string, string>>;
}

const TOOLCHAIN = dirname(fileURLToPath(import.meta.url));

/** What marks a folder of the cache as complete, and says what is in it. */
interface Stamp {
  readonly pulumi: string;
  readonly version: string;
}

/**
 * Find or make the engine. The first call on a machine may take minutes and says what it does; later ones take milliseconds.
 *
 * @param env where `SLUICE_ENGINE`, `SLUICE_ENGINE_MIRROR`, `SLUICE_CACHE`, `PATH` are read
 * @throws Problem when it cannot be had, with what to do
 */
export async function ensureEngine(env: NodeJS.ProcessEnv = process.env): Promise<Engine> {
  const cache = cacheRoot(env);
  const path = env.SLUICE_ENGINE ? undefined : await findOnPath(env.PATH ?? "", cache);
  const folders = await engineFolders(cache, path);
  let sum: string | undefined;
  let facts: Facts = { forced: env.SLUICE_ENGINE, path, cached: await complete(folders), reachable: undefined, failed: [] };

  for (;;) {
    const choice: Choice = choose(facts);
    if ("look" in choice) {
      if (path !== undefined) explainPath(path);
      const { probe, release } = await import("./official.ts");
      sum = await probe(release(env.SLUICE_ENGINE_MIRROR));
      if (sum === undefined) say("the official Pulumi downloads do not answer from here");
      facts = { ...facts, reachable: sum !== undefined };
      continue;
    }
    const folder = folders[choice.use];
    if (facts.cached.includes(choice.use)) return describe(choice.use, folder, env, cache);
    try {
      await make(choice.use, folder, { env, path, sum });
      return await describe(choice.use, folder, env, cache);
    } catch (error) {
      // A wrong checksum or a failed build is for a person to look at; a download that breaks off is not the end while there is another way.
      if (choice.use === "source" || !(error instanceof Problem) || error.name === "WrongChecksum") throw error;
      warn(error.message);
      facts = { ...facts, failed: [...facts.failed, choice.use] };
    }
  }
}

/** Where each way keeps its result. The name holds all that the result depends on. */
async function engineFolders(cache: string, path: PathPulumi | undefined): Promise<Record<Origin, string>> {
  const platform = `${process.platform}-${process.arch}`;
  const plugins = Object.entries(PINNED.plugins).flat().join("-");
  const folder = (name: string) => join(cache, "engine", name);
  return {
    path: folder(`path-${path?.version ?? "none"}-${plugins}-${platform}`),
    official: folder(`official-${PINNED.pulumi}-${plugins}-${platform}`),
    source: folder(`source-${await sourceKey(TOOLCHAIN)}`),
  };
}

async function complete(folders: Record<Origin, string>): Promise<Origin[]> {
  const found: Origin[] = [];
  for (const origin of ["path", "official", "source"] as const) {
    if (
      await access(join(folders[origin], "stamp.json")).then(
        () => true,
        () => false,
      )
    )
      found.push(origin);
  }
  return found;
}

async function make(
  origin: Origin,
  target: string,
  { env, path, sum }: { env: NodeJS.ProcessEnv; path: PathPulumi | undefined; sum: string | undefined },
): Promise<void> {
  await makeFolder(target, async (folder) => {
    let version: string = PINNED.pulumi;
    if (origin === "source") {
      const { buildEngine } = await import("./source.ts");
      await buildEngine(TOOLCHAIN, folder);
    } else {
      const { downloadCli, downloadPlugins, release } = await import("./official.ts");
      const from = release(env.SLUICE_ENGINE_MIRROR);
      if (origin === "official") await downloadCli(from, sum ?? "", folder);
      await downloadPlugins(origin === "path" && path !== undefined ? path.file : join(folder, "bin", "pulumi"), from, folder);
      if (origin === "path" && path !== undefined) version = path.version;
    }
    const pulumi = origin === "path" && path !== undefined ? path.file : join("bin", "pulumi");
    await writeFile(join(folder, "stamp.json"), JSON.stringify({ pulumi, version } satisfies Stamp));
  });
}

async function describe(origin: Origin, folder: string, env: NodeJS.ProcessEnv, cache: string): Promise<Engine> {
  const stamp = JSON.parse(await readFile(join(folder, "stamp.json"), "utf8")) as Stamp;
  const pulumi = origin === "path" ? stamp.pulumi : join(folder, stamp.pulumi);
  // The host is found beside the CLI; `node` is the one of this checkout, whatever the system has; and so is `ssh`, where a stack needs it.
  const path = [SSH_BIN, dirname(pulumi), join(dirname(TOOLCHAIN), "node_modules", ".bin"), env.PATH ?? ""].join(delimiter);
  return {
    pulumi,
    version: stamp.version,
    origin,
    env: {
      PATH: path,
      // A home of our own: the person's ~/.pulumi, with its logins and plugins, is neither used nor changed.
      PULUMI_HOME: join(folder, "home"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
      NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE || join(cache, "node-compile-cache"),
      // The engine and its plugins live for seconds: collecting garbage less often saves a tenth of a run's CPU time (docs/performance.md).
      GOGC: env.GOGC || "400",
      // A resource whose inputs are those of last time has not changed: its plugin is not asked (docs/performance.md).
      PULUMI_ENABLE_LEGACY_DIFF: env.PULUMI_ENABLE_LEGACY_DIFF || "true",
      // Plugins are made ready here, each where a stack wants it. The engine would fetch those of every package in node_modules, a cluster's for
      // an estate on Docker too; and what was built from source has no download to fall back to.
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION || "true",
    },
  };
}

function explainPath(path: PathPulumi): void {
  const reason = whyNot(path);
  if (reason !== undefined) say(`not taking the pulumi on PATH: ${reason}`);
}
