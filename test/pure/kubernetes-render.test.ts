import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Project } from "../../estate/project.ts";
import { PLACEHOLDER, renderManifests, withoutSecrets } from "../../estate/render.ts";
import type { RunnableEngine } from "../../toolchain/pulumi.ts";
import { clusterStack } from "../support/planned.ts";
import { project as sources } from "../support/settings.ts";

/** An engine that writes down what it is asked, and then one manifest. */
const ENGINE = `#!/bin/sh
echo "$@" >> "$SEEN/asked"
cat Pulumi.yaml Pulumi.*.yaml > "$SEEN/project"
env > "$SEEN/env"
[ "$1" = up ] || exit 0
[ ! -e "$SEEN/broken" ] || { echo "error: the program failed"; exit 1; }
mkdir -p "$SLUICE_RENDER_TO/1-manifest"
echo "kind: Service" > "$SLUICE_RENDER_TO/1-manifest/v1-service-api.yaml"
`;

describe("rendering", () => {
  let work: string;
  let out: string;
  let project: Project;
  let engine: RunnableEngine;
  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), "render-test-"));
    out = join(work, "out");
    const stackFile = join(work, "Pulumi.prod.yaml");
    await writeFile(join(work, "Pulumi.yaml"), await readFile(new URL("Pulumi.yaml", sources)));
    const file =
      "config:\n  sluice:secrets: {payment-key: {secure: v1:abc}}\n  sluice:postgresPassword: planted-8c1f\nencryptionsalt: v1:salt\n";
    await writeFile(stackFile, file);
    await writeFile(join(work, "pulumi"), ENGINE, { mode: 0o755 });
    engine = { pulumi: join(work, "pulumi"), env: { SEEN: work } };
    project = { root: work, stack: "prod", stackFile, settings: clusterStack() };
  });
  afterEach(() => rm(work, { recursive: true, force: true }));
  const seen = (name: string) => readFile(join(work, name), "utf8");

  it("runs the program in a project and a state of its own, and gives the manifests' names", async () => {
    expect(await renderManifests(project, engine, out)).toEqual(["1-manifest/v1-service-api.yaml"]);
    expect((await seen("asked")).split("\n").map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(["stack init", "up --yes", ""]);
    expect(parse((await seen("project")).split("config:")[0] ?? "")).toMatchObject({ main: join(work, "index.ts") });
    expect(await seen("env")).toMatch(/PULUMI_BACKEND_URL=file:\/\/\/.*sluice-render-/);
  });

  it("gives the program no secret and no salt", async () => {
    await renderManifests(project, engine, out);
    const project_ = await seen("project");
    expect(project_).not.toMatch(/planted|v1:/);
    expect(project_).toContain(PLACEHOLDER);
  });

  it("replaces its own folder as a whole: what is no more is gone", async () => {
    await renderManifests(project, engine, out);
    await writeFile(join(out, "1-manifest", "old.yaml"), "kind: Old");
    expect(await renderManifests(project, engine, out)).toEqual(["1-manifest/v1-service-api.yaml"]);
    await expect(readFile(join(out, "1-manifest", "old.yaml"))).rejects.toThrow("ENOENT");
  });

  it("leaves the folder as it was when the program fails, with the engine's words", async () => {
    await renderManifests(project, engine, out);
    await writeFile(join(work, "broken"), "");
    await expect(renderManifests(project, engine, out)).rejects.toThrow("error: the program failed");
    expect(await readFile(join(out, "1-manifest", "v1-service-api.yaml"), "utf8")).toBe("kind: Service\n");
  });

  it("refuses a folder of somebody else, and a stack without a cluster", async () => {
    await mkdir(out);
    await writeFile(join(out, "thesis.txt"), "years of work");
    await expect(renderManifests(project, engine, out)).rejects.toThrow("files that were not made by this command");
    expect(await readFile(join(out, "thesis.txt"), "utf8")).toBe("years of work");
    const { cluster: _, ...settings } = project.settings;
    await expect(renderManifests({ ...project, settings }, engine, join(work, "other"))).rejects.toThrow("has no sluice:cluster");
  });
});

it("a placeholder stands for everything that is secret, encrypted or not, at any depth", () => {
  expect(
    withoutSecrets({
      "sluice:secrets": { a: { secure: "v1:x" }, b: "plain" },
      "sluice:redisPassword": "plain",
      "sluice:services": { api: { env: { KEY: { secure: "v1:y" } }, port: 3000 } },
    }),
  ).toEqual({
    "sluice:secrets": { a: PLACEHOLDER, b: PLACEHOLDER },
    "sluice:redisPassword": PLACEHOLDER,
    "sluice:services": { api: { env: { KEY: PLACEHOLDER }, port: 3000 } },
  });
});
