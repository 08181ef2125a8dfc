import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { type Definition, readDefinitions } from "../cluster/definitions.ts";
import { type CustomDefinition, coreSchemas, customSchemas, type OpenApi, type Schema } from "./strict.ts";

/**
 * The versions of Kubernetes that manifests are held against, each with Go's sum of the module that its OpenAPI document is read from. Of a minor
 * version, which fields there are does not change between patches: any patch that the module proxy serves will do.
 */
export const KUBERNETES = {
  "1.32.13": "h1:5TGYdZ6YZqdp6h/Rp1vX/4TIoybMPdgv97LCZCtPuNQ=",
  "1.33.13": "h1:bmH31xUdSzeA5vk0wZAK9MZp11mdLuzUSeKk0qN3hPQ=",
  "1.34.0": "h1:NvUrwPAVB4W3mSOpJ/RtNGHWWYyUP/xPaX5rUSpzA0w=",
  "1.35.4": "h1:o/8dBC/pHVpYoGV4OAIytAlNPZbdYVTXJHoYvXC4qzM=",
} as const;

/** The document in the module. */
const OPEN_API = "api/openapi-spec/swagger.json";

/** Write a folder for each version, with a strict schema for every kind of Kubernetes and for the custom ones that Sluice uses. */
export async function writeSchemas(folder: string): Promise<void> {
  // Some 20 MB each, of which one file is wanted: kept out of the modules' own cache, which would keep 120 MB of each.
  const modules = await mkdtemp(join(tmpdir(), "sluice-schemas-"));
  try {
    const definitions = await readDefinitions(modules);
    for (const [version, sum] of Object.entries(KUBERNETES)) {
      const api = await openApi(modules, version, sum);
      await writeAll(join(folder, `v${version}`), { ...coreSchemas(api), ...custom(definitions) });
    }
  } finally {
    await rm(modules, { recursive: true, force: true });
  }
}

const custom = (definitions: readonly Definition[]): Record<string, Schema> =>
  Object.assign({}, ...definitions.map((one) => customSchemas(one as Definition & CustomDefinition)));

async function openApi(modules: string, version: string, sum: string): Promise<OpenApi> {
  const module = `k8s.io/kubernetes@v${version}`;
  const { stdout } = await execa("go", ["mod", "download", "-json", "-modcacherw", module], {
    cwd: modules,
    env: { GOWORK: "off", GOFLAGS: "-mod=mod", GOMODCACHE: modules },
    stdin: "ignore",
  });
  const fetched = JSON.parse(stdout) as { Dir: string; Sum: string };
  if (fetched.Sum !== sum) throw new Error(`${module} has the sum ${fetched.Sum}, not ${sum}: somebody has to look`);
  const document = JSON.parse(await readFile(join(fetched.Dir, OPEN_API), "utf8")) as OpenApi;
  await rm(fetched.Dir, { recursive: true, force: true });
  return document;
}

async function writeAll(folder: string, files: Readonly<Record<string, Schema>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, schema] of Object.entries(files)) await writeFile(join(folder, name), JSON.stringify(schema));
}
