import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheKey } from "./cache.ts";
import { PINNED } from "./versions.ts";

/** The folders of Go code that the engine is built from. */
const MODULES = ["cli", "langhost", "docker-plugin", "command-plugin", "orphan"];

/**
 * The cache key of the engine as it would be built now: pinned versions, every go.mod, go.sum and Go source, how it is built, this platform.
 *
 * @param toolchain this room's folder
 */
export async function sourceKey(toolchain: string): Promise<string> {
  const own = [JSON.stringify(PINNED), process.platform, process.arch, await readFile(join(toolchain, "recipe.ts"))];
  return cacheKey([...own, ...(await goSources(toolchain, MODULES))]);
}

/** What Go programs are made of: name and content of every go.mod, go.sum and source of these folders, tests left out. */
export async function goSources(toolchain: string, modules: readonly string[]): Promise<(string | Uint8Array)[]> {
  const parts: (string | Uint8Array)[] = [];
  for (const module of modules) {
    const names = await readdir(join(toolchain, module), { recursive: true });
    const sources = names.filter((name) => (name.endsWith(".go") && !name.endsWith("_test.go")) || /(^|[\\/])go\.(mod|sum)$/.test(name));
    for (const name of sources.sort()) parts.push(`${module}/${name}`, await readFile(join(toolchain, module, name)));
  }
  return parts;
}
