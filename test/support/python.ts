import { mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type ExecaError, execa } from "execa";
import { cacheKey, cacheRoot, makeFolder } from "../../toolchain/cache.ts";
import { step } from "../../toolchain/say.ts";

/** What pip says when it reaches no registry of packages, or one that has not these. */
const NO_REGISTRY =
  /No matching distribution found|Could not find a version|Failed to establish a new connection|Temporary failure in name resolution|ProxyError|Could not fetch URL|Read timed out/;

/**
 * Make an environment with tools from PyPI, once for each set of pins.
 *
 * @param room folder of the cache
 * @param pins path of a requirements file, named after the tool
 * @param typical how long it takes, as in "a minute"
 * @returns its folder; where the packages cannot be had, why, in words
 * @throws Error when they can be had and do not install
 */
export async function ensurePython(room: string, pins: string, typical: string): Promise<string | { readonly missing: string }> {
  const python = await execa("python3", ["--version"], { reject: false });
  if (python.failed) return { missing: "there is no python3 on this machine" };
  const name = basename(pins, ".txt");
  const folder = join(cacheRoot(), room, `${name}-${cacheKey([await readFile(pins), python.stdout])}`);
  if ((await readFile(join(folder, "stamp"), "utf8").catch(() => undefined)) !== undefined) return folder;
  await mkdir(join(folder, ".."), { recursive: true });
  const installing = step(`installing ${name} for tests`, typical);
  try {
    await makeFolder(folder, async (working) => {
      await execa("python3", ["-m", "venv", working], { all: true, stdin: "ignore" });
      const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "--requirement", pins];
      await execa(join(working, "bin", "python"), install, { all: true, stdin: "ignore" });
      await execa("touch", [join(working, "stamp")]);
    });
  } catch (error) {
    installing.failed();
    const said = String((error as ExecaError).all ?? error);
    if (!NO_REGISTRY.test(said)) throw new Error(`${name} does not install:\n${said}`);
    return { missing: `PyPI does not give it: ${said.trim().split("\n").at(-1)}` };
  }
  installing.done();
  return folder;
}
