import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheKey, cacheRoot, makeFolder } from "../../../toolchain/cache.ts";
import { step } from "../../../toolchain/say.ts";
import { fetchPublished } from "../published.ts";

/** The same major version as the one that googleapis/release-please-action v5 runs. */
const SOURCE = {
  package: "release-please",
  version: "17.11.2",
  integrity: "sha512-we0+NgyHjvczxrilD6aujnRNuASd65Jem0dY5evevxSZvz8BnKnB/QRN3UzGA229fcV09lKCYbqeE9HgkXzGmA==",
};

/** release-please's own schemas of its two files. Fetched once: a few seconds; kept in the cache. */
export async function ensureReleaseSchemas(): Promise<{ readonly config: object; readonly manifest: object }> {
  const folder = join(cacheRoot(), "release-please", cacheKey([await readFile(import.meta.filename)]));
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  if (!there) {
    await mkdir(join(folder, ".."), { recursive: true });
    await makeFolder(folder, async (working) => {
      const fetching = step(`the schemas of ${SOURCE.package} ${SOURCE.version}`, "a few seconds, once");
      const files = await fetchPublished(SOURCE, ["schemas/config.json", "schemas/manifest.json"]);
      await writeFile(join(working, "config.json"), files["schemas/config.json"]);
      await writeFile(join(working, "manifest.json"), files["schemas/manifest.json"]);
      fetching.done();
    });
  }
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), "utf8")) as object;
  return { config: await read("config.json"), manifest: await read("manifest.json") };
}
