import { access, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { ZodObject, ZodRawShape } from "zod/v3";
import { cacheKey, cacheRoot, makeFolder } from "../../../toolchain/cache.ts";
import { step } from "../../../toolchain/say.ts";
import { fetchPublished, type Published } from "../published.ts";

/**
 * Dokploy's own package with its published OpenAPI description in it: every operation with its method, its path and the schema of what it takes. Its
 * programs and what they need are no business of ours, so it is no dependency: the one file is kept in the cache.
 */
const SOURCE = {
  package: "@dokploy/mcp",
  version: "0.30.7",
  integrity: "sha512-ObuUnqblas6m0UlWbNjem76ORJXXABaluH8MLyOFXBcvy6MqUX25GxE7SYesyi5VQB1FO2nGR1frRXUYTJMP1g==",
} as const satisfies Published;
const FILE = "build/generated/tools.js";

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
    const fetching = step(`Dokploy's description of its API, ${SOURCE.package} ${SOURCE.version}`, "some seconds, once");
    await makeFolder(folder, fetchInto);
    fetching.done();
  }
  const { generatedTools } = (await import(pathToFileURL(join(folder, "operations.mjs")).href)) as { generatedTools: Described[] };
  return generatedTools;
}

async function fetchInto(working: string): Promise<void> {
  const { [FILE]: contents } = await fetchPublished(SOURCE, [FILE]);
  // It was written for zod 3, which our zod 4 brings along under another name.
  await build({
    ...{ stdin: { contents, resolveDir: import.meta.dirname }, outfile: join(working, "operations.mjs"), bundle: true },
    ...{ format: "esm", platform: "node", alias: { zod: new URL(import.meta.resolve("zod/v3")).pathname }, logLevel: "error" },
  });
}
