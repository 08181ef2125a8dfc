import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parse, stringify } from "yaml";
import { RENDER_TO } from "../settings/facts.ts";
import { Problem } from "../toolchain/problem.ts";
import { type RunnableEngine, runCaptured } from "../toolchain/pulumi.ts";
import type { Project } from "./project.ts";

/** Lies in a folder of manifests: it was made here, and may be made anew. */
const MARK = ".made-by-render";
/** Stands where a secret would. */
export const PLACEHOLDER = "not-rendered";
/** Settings that hold secrets, whether somebody encrypted them or not. */
const SECRETS = ["sluice:secrets", "sluice:postgresPassword", "sluice:redisPassword"];

/**
 * Write what a stack runs in its cluster as manifests: the program runs through the engine, with its own state that is thrown away, no cluster,
 * no passphrase and no secret.
 *
 * @param out folder; it is replaced as a whole, or not at all
 * @returns the manifests' paths below it
 * @throws Problem when the stack has no cluster, the folder is somebody else's, or the program fails: with its words
 */
export async function renderManifests(
  { root, stack, stackFile, settings }: Project,
  engine: RunnableEngine,
  out: string,
): Promise<string[]> {
  if (!settings.cluster)
    throw new Problem(`Pulumi.${stack}.yaml has no sluice:cluster: there is nothing to render. Pulumi.prod.yaml shows one.`);
  const target = resolve(root, out);
  await refuseOthers(target);
  const work = await mkdtemp(join(tmpdir(), "sluice-render-"));
  // Beside its place, so that one rename puts it there.
  const fresh = `${target}.${basename(work)}`;
  try {
    await mkdir(fresh, { recursive: true });
    await throwawayProject(work, root, stack, stackFile);
    const env = {
      PULUMI_BACKEND_URL: pathToFileURL(join(work, "state")).href,
      PULUMI_CONFIG_PASSPHRASE: randomBytes(16).toString("hex"),
      [RENDER_TO]: fresh,
    };
    await run(engine, ["stack", "init", stack], work, env);
    await run(engine, ["up", "--yes", "--skip-preview", "--color", "never", "--stack", stack], work, env);
    await writeFile(join(fresh, MARK), `npm run render -- --stack ${stack}\n`);
    const files = await manifestsIn(fresh);
    await swap(fresh, target);
    return files;
  } finally {
    await Promise.all([work, fresh].map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

async function run(engine: RunnableEngine, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<void> {
  const { text, exitCode } = await runCaptured(engine, args, { cwd, env });
  if (exitCode !== 0)
    throw new Problem(`The manifests were not written, and those of before are as they were. pulumi ${args[0]} says:\n\n${text.trim()}`);
}

/** A project of its own around the same program. */
async function throwawayProject(work: string, root: string, stack: string, stackFile: string): Promise<void> {
  await mkdir(join(work, "state"));
  const project = parse(await readFile(join(root, "Pulumi.yaml"), "utf8")) as { main: string };
  await writeFile(join(work, "Pulumi.yaml"), stringify({ ...project, main: join(root, project.main) }));
  await writeFile(
    join(work, `Pulumi.${stack}.yaml`),
    stringify({ config: withoutSecrets(parse(await readFile(stackFile, "utf8"))?.config ?? {}) }),
  );
}

/** Settings with a placeholder for everything that is encrypted, and for everything that should be. */
export function withoutSecrets(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, masked(value, SECRETS.includes(key))]));
}

function masked(value: unknown, all: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => masked(item, all));
  if (typeof value !== "object" || value === null) return all ? PLACEHOLDER : value;
  if (Object.keys(value).join() === "secure") return PLACEHOLDER;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner, all)]));
}

/** A folder with files of somebody else is not replaced. */
async function refuseOthers(target: string): Promise<void> {
  const found = await readdir(target).catch((error: unknown): string[] => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new Problem(`${target} is no folder: name another one with --out.`);
  });
  if (found.length === 0 || found.includes(MARK)) return;
  throw new Problem(
    `${target} has files that were not made by this command, and it would be replaced as a whole: name another one with --out.`,
  );
}

async function manifestsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name));
  return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}

/** Two renames: whoever reads meanwhile finds all of the old manifests, or nothing for a moment, or all of the new ones; never a mixture. */
async function swap(fresh: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const old = `${fresh}.old`;
  if (existsSync(target)) await rename(target, old);
  await rename(fresh, target);
  await rm(old, { recursive: true, force: true });
}
