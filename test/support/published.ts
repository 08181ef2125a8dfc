import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { Problem } from "../../toolchain/problem.ts";

/** A package that is too big for a dependency, and of which a test needs some files. */
export interface Published {
  readonly package: string;
  readonly version: string;
  /** Of the package's archive, as the registry has it. */
  readonly integrity: string;
}

/**
 * Files of a package as it was published, by their names. Nothing is kept.
 *
 * @param files without `package/`
 * @throws Problem when it cannot be fetched, or is not what was published
 */
export async function fetchPublished<File extends string>(source: Published, files: readonly File[]): Promise<Record<File, string>> {
  const { package: name, version, integrity } = source;
  const folder = await mkdtemp(join(tmpdir(), "sluice-published-"));
  try {
    const packed = await execa("npm", ["pack", `${name}@${version}`, "--pack-destination", folder, "--ignore-scripts"], {
      ...{ cwd: folder, stdin: "ignore", reject: false, all: true },
    });
    const [archive] = (await readdir(folder)).filter((one) => one.endsWith(".tgz"));
    if (packed.failed || archive === undefined) throw new Problem(`${name} ${version} could not be fetched:\n${packed.all}`);
    const got = `sha512-${createHash("sha512")
      .update(await readFile(join(folder, archive)))
      .digest("base64")}`;
    if (got !== integrity) throw new Problem(`${name} ${version} is not what was published: ${got} in place of ${integrity}.`);
    await execa("tar", ["-xzf", archive, ...files.map((file) => `package/${file}`)], { cwd: folder });
    const read = async (file: File) => [file, await readFile(join(folder, "package", file), "utf8")] as const;
    return Object.fromEntries(await Promise.all(files.map(read))) as Record<File, string>;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
