import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { execa } from "execa";
import type { ZodObject, ZodRawShape } from "zod/v3";
import { cacheKey, cacheRoot, makeFolder } from "../../../toolchain/cache.ts";
import { Problem } from "../../../toolchain/problem.ts";
import { step } from "../../../toolchain/say.ts";

/**
 * Dokploy's own package with its published OpenAPI description in it: every operation with its method, its path and the schema of what it takes. Its
 * programs and what they need are no business of ours, so it is no dependency: the one file is kept in the cache.
 */
const SOURCE = {
  name: "@dokploy/mcp",
  version: "0.30.7",
  integrity: "sha512-ObuUnqblas6m0UlWbNjem76ORJXXABaluH8MLyOFXBcvy6MqUX25GxE7SYesyi5VQB1FO2nGR1frRXUYTJMP1g==",
  file: "package/build/generated/tools.js",
} as const;

/** One operation, as it is described. */
export interface Described {
  readonly method: "GET" | "POST";
  /** As in `/application.one`. */
  readonly path: string;
  readonly schema: ZodObject<ZodRawShape>;
}

/**
 * Dokploy's published description of its API, fetched from the package registry once.
 * @throws Problem when it cannot be fetched, or is not what was published
 */
export async function ensureDescription(): Promise<readonly Described[]> {
  const folder = join(cacheRoot(), "dokploy-api", cacheKey([await readFile(import.meta.filename)]));
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  if (!there) {
    await mkdir(join(folder, ".."), { recursive: true });
    const fetching = step(`Dokploy's description of its API, ${SOURCE.name} ${SOURCE.version}`, "some seconds, once");
    await makeFolder(folder, fetchInto);
    fetching.done();
  }
  const { generatedTools } = (await import(pathToFileURL(join(folder, "operations.mjs")).href)) as { generatedTools: Described[] };
  return generatedTools;
}

async function fetchInto(working: string): Promise<void> {
  const { name, version, integrity, file } = SOURCE;
  const folder = await mkdtemp(join(tmpdir(), "sluice-dokploy-api-"));
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
    await execa("tar", ["-xzf", archive, file], { cwd: folder });
    // It was written for zod 3, which our zod 4 brings along under another name.
    await build({
      ...{ entryPoints: [join(folder, file)], outfile: join(working, "operations.mjs"), bundle: true, format: "esm", platform: "node" },
      ...{ alias: { zod: new URL(import.meta.resolve("zod/v3")).pathname }, logLevel: "error" },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
