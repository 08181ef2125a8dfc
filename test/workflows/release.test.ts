import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import formats from "ajv-formats";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureReleaseSchemas } from "../support/workflows/release-please.ts";

const GITHUB = resolve(import.meta.dirname, "..", "..", ".github");

/** What release.yml hands to release-please, against release-please's own schemas. */
describe("the settings of releases", () => {
  let config: ValidateFunction;
  let manifest: ValidateFunction;
  beforeAll(async () => {
    const schemas = await ensureReleaseSchemas();
    const ajv = formats.default(new Ajv({ allErrors: true, strict: false }));
    [config, manifest] = [ajv.compile(schemas.config), ajv.compile(schemas.manifest)];
  });
  const read = async (name: string) => JSON.parse(await readFile(join(GITHUB, name), "utf8")) as Record<string, unknown>;

  it("are what release-please knows", async () => {
    config(await read("release-please.json"));
    expect(config.errors ?? []).toEqual([]);
    manifest(await read("release-please-manifest.json"));
    expect(manifest.errors ?? []).toEqual([]);
  });

  it("are refused where a name or a value is not", async () => {
    const good = await read("release-please.json");
    expect(config({ ...good, "bump-minor-pre-mayor": true })).toBe(false);
    expect(config({ ...good, packages: { ".": { "release-type": 1 } } })).toBe(false);
    expect(config({ packages: undefined })).toBe(false);
    expect(manifest({ ".": 1 })).toBe(false);
  });
});
