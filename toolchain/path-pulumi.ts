import { access, constants, mkdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join, sep } from "node:path";

/** A `pulumi` that was found on PATH. */
export interface PathPulumi {
  readonly file: string;
  /** As it says itself, without the `v`; empty when it says nothing. */
  readonly version: string;
  /** Whether the Node.js host lies in the same folder, as an official install has it. */
  readonly hostBeside: boolean;
}

/**
 * Find the person's own `pulumi`. One that we put into the cache (its folder is on PATH in what we start) is not theirs.
 *
 * Asking it for its version takes a fifth of a second, so the answer is kept for as long as the file does not change.
 *
 * @param path the value of PATH
 * @param cache root of the cache
 */
export async function findOnPath(path: string, cache: string): Promise<PathPulumi | undefined> {
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const file = join(folder, "pulumi");
    if (file.startsWith(cache + sep) || !(await isProgram(file))) continue;
    const real = await realpath(file);
    if (real.startsWith(cache + sep)) continue;
    return { file, version: await version(real, cache), hostBeside: await isProgram(join(dirname(real), "pulumi-language-nodejs")) };
  }
  return undefined;
}

async function version(file: string, cache: string): Promise<string> {
  const { mtimeMs, size } = await stat(file);
  const key = `${file} ${size} ${mtimeMs}`;
  const memo = join(cache, "path-pulumi.json");
  const known = await readFile(memo, "utf8")
    .then(JSON.parse, () => undefined)
    .catch(() => undefined);
  if (known?.key === key) return String(known.version);
  const { execa } = await import("execa"); // most runs do not ask
  const asked = await execa(file, ["version"], { env: { PULUMI_SKIP_UPDATE_CHECK: "true" }, timeout: 10_000, reject: false });
  const found = asked.failed ? "" : asked.stdout.trim().replace(/^v/, "");
  if (found !== "") {
    await mkdir(cache, { recursive: true });
    await writeFile(memo, JSON.stringify({ key, version: found }));
  }
  return found;
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
