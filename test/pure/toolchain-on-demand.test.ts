import { appendFile, chmod, cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { currentStack } from "../../estate/current-stack.ts";
import { ensurePluginsFor, ensurePluginsOf } from "../../estate/plugins.ts";
import { ensurePlugin, pluginKey } from "../../toolchain/on-demand.ts";
import { sourceKey } from "../../toolchain/source-key.ts";
import { ON_DEMAND } from "../../toolchain/versions.ts";

const TOOLCHAIN = resolve(import.meta.dirname, "..", "..", "toolchain");
const PLUGIN = "resource-kubernetes-v4.34.2";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-on-demand-"));
  await stub("pulumi", [
    'echo "$@" >> "$PULUMI_HOME/calls"',
    `if [ -e ${folder}/offline ]; then echo "no route to host" >&2; exit 1; fi`,
    `mkdir -p "$PULUMI_HOME/plugins/${PLUGIN}" && touch "$PULUMI_HOME/plugins/${PLUGIN}/pulumi-resource-kubernetes"`,
  ]);
  await stub("go", [
    `echo "$@" >> ${folder}/go-calls`,
    'case "$1 $2" in',
    '  "env GOVERSION") echo go1.99.0 ;;',
    '  "env GOTOOLCHAIN") echo auto ;;',
    '  build*) while [ "$1" != -o ]; do shift; done; echo built > "$2" ;;',
    "esac",
  ]);
  vi.stubEnv("PATH", [join(folder, "bin"), process.env.PATH].join(delimiter));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function stub(name: string, lines: readonly string[]): Promise<void> {
  const file = join(folder, "bin", name);
  await mkdir(join(folder, "bin"), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${lines.join("\n")}\n`);
  await chmod(file, 0o755);
}

async function engine(origin: "source" | "official" | "path", home = "home") {
  await mkdir(join(folder, home), { recursive: true });
  return { pulumi: join(folder, "bin", "pulumi"), origin, env: { PULUMI_HOME: join(folder, home) } };
}

/** Where an engine with that home finds the plugin. */
const program = (home: string) => join(folder, home, "plugins", PLUGIN, "pulumi-resource-kubernetes");
const env = () => ({ SLUICE_CACHE: join(folder, "cache") });
const lines = async (file: string) =>
  (await readFile(join(folder, file), "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
const builds = async () => (await lines("go-calls")).filter((call) => call.startsWith("build"));

describe("a plugin that only some stacks need", () => {
  it("is built for an engine that was built, once, and linked to where it looks", async () => {
    await ensurePlugin(await engine("source"), "kubernetes", env());
    const key = await pluginKey(TOOLCHAIN, "kubernetes");
    const built = join(folder, "cache", "engine", `plugin-kubernetes-${key}`, "pulumi-resource-kubernetes");
    expect(await readlink(program("home"))).toBe(built);
    expect(await readFile(program("home"), "utf8")).toBe("built\n");
    expect(await builds()).toHaveLength(1);
    expect((await builds())[0]).toContain("-mod=readonly -trimpath -buildvcs=false -ldflags -s -w -X main.version=4.34.2");
    await ensurePlugin(await engine("source"), "kubernetes", env());
    await ensurePlugin(await engine("source", "other-home"), "kubernetes", env());
    expect(await readlink(program("other-home"))).toBe(built);
    expect(await builds(), "another engine takes what was built").toHaveLength(1);
    expect(await lines("home/calls")).toEqual([]);
  });

  it("is put back when it is gone, or was built from something else", async () => {
    await ensurePlugin(await engine("source"), "kubernetes", env());
    const built = await readlink(program("home"));
    await rm(dirname(program("home")), { recursive: true });
    await ensurePlugin(await engine("source"), "kubernetes", env());
    expect(await readlink(program("home"))).toBe(built);
    await rm(program("home"));
    await symlink("/another/key", program("home"));
    await ensurePlugin(await engine("source"), "kubernetes", env());
    expect(await readlink(program("home"))).toBe(built);
    await rm(join(folder, "cache"), { recursive: true });
    await ensurePlugin(await engine("source"), "kubernetes", env());
    expect(await readFile(program("home"), "utf8")).toBe("built\n");
    expect(await builds()).toHaveLength(2);
  });

  it.each(["official", "path"] as const)("is the official one for an engine from %s", async (origin) => {
    await ensurePlugin(await engine(origin), "kubernetes", { ...env(), SLUICE_ENGINE_MIRROR: "https://mirror" });
    await ensurePlugin(await engine(origin), "kubernetes", env());
    expect(await lines("home/calls")).toEqual(["plugin install resource kubernetes 4.34.2 --server https://mirror"]);
    expect(await builds()).toEqual([]);
  });

  it("is built where the official one cannot be had, unless nothing else is wanted", async () => {
    await writeFile(join(folder, "offline"), "");
    await expect(ensurePlugin(await engine("official"), "kubernetes", { ...env(), SLUICE_ENGINE: "official" })).rejects.toThrow(
      "The kubernetes plugin 4.34.2 could not be downloaded: no route to host",
    );
    await ensurePlugin(await engine("official"), "kubernetes", env());
    expect(await builds()).toHaveLength(1);
    await ensurePlugin(await engine("official"), "kubernetes", env());
    expect(await lines("home/calls"), "the built one stays").toHaveLength(2);
  });

  it("leaves nothing in the cache when its build fails", async () => {
    await stub("go", [
      'case "$1 $2" in "env GOVERSION") echo go1.99.0 ;; "env GOTOOLCHAIN") echo auto ;; *) echo "no space left"; exit 1 ;; esac',
    ]);
    await expect(ensurePlugin(await engine("source"), "kubernetes", env())).rejects.toThrow("no space left");
    expect(await readdir(join(folder, "cache", "engine"))).toEqual([]);
  });

  it.each(["kubernetes", "github"] as const)("has the version of its package: %s", async (name) => {
    const { dependencies } = JSON.parse(await readFile(join(TOOLCHAIN, "..", "package.json"), "utf8"));
    expect(ON_DEMAND[name]).toBe(dependencies[`@pulumi/${name}`]);
  });

  it("has a key of its own: a change of its source makes no engine anew", async () => {
    const copy = join(folder, "toolchain");
    await cp(TOOLCHAIN, copy, { recursive: true });
    const before = [await sourceKey(copy), await pluginKey(copy, "kubernetes")];
    expect(before).toEqual([await sourceKey(TOOLCHAIN), await pluginKey(TOOLCHAIN, "kubernetes")]);
    await appendFile(join(copy, "kubernetes-plugin", "main.go"), "// changed\n");
    expect(await sourceKey(copy)).toBe(before[0]);
    const changed = await pluginKey(copy, "kubernetes");
    expect(changed).not.toBe(before[1]);
    await appendFile(join(copy, "kubernetes-plugin", "plugin", "diff_test.go"), "// changed\n");
    expect(await pluginKey(copy, "kubernetes")).toBe(changed);
    await appendFile(join(copy, "orphan", "watch.go"), "// changed\n");
    expect(await pluginKey(copy, "kubernetes")).not.toBe(changed);
  });

  it("has a key that is no other plugin's", async () => {
    const copy = join(folder, "toolchain");
    await cp(TOOLCHAIN, copy, { recursive: true });
    const before = [await pluginKey(copy, "kubernetes"), await pluginKey(copy, "github")];
    await appendFile(join(copy, "github-plugin", "main.go"), "// changed\n");
    const after = [await pluginKey(copy, "kubernetes"), await pluginKey(copy, "github")];
    expect([after[0] === before[0], after[1] === before[1]]).toEqual([true, false]);
  });
});

describe("which stacks want it", () => {
  it("those whose settings name a cluster, and no others", async () => {
    const root = join(folder, "project");
    await mkdir(root);
    await writeFile(join(root, "Pulumi.dev.yaml"), "config:\n  sluice:name: dev # not sluice:cluster\n");
    await writeFile(join(root, "Pulumi.prod.yaml"), "config:\n  sluice:cluster: { context: prod }\n");
    vi.stubEnv("SLUICE_CACHE", join(folder, "cache"));
    for (const stack of ["dev", "missing"]) await ensurePluginsOf(stack, await engine("source"), root);
    expect(await builds()).toEqual([]);
    await ensurePluginsOf("prod", await engine("source"), root);
    expect(await builds()).toHaveLength(1);
  });

  it("those that still have one to delete, though their settings name none any more", async () => {
    const root = join(folder, "project");
    const stacks = join(root, ".sluice", "state", ".pulumi", "stacks", "sluice");
    await mkdir(stacks, { recursive: true });
    await writeFile(join(root, "Pulumi.dev.yaml"), "config:\n  sluice:name: dev\n");
    await writeFile(join(stacks, "dev.json"), '{"type": "pulumi:providers:docker"}');
    vi.stubEnv("SLUICE_CACHE", join(folder, "cache"));
    vi.stubEnv("PULUMI_BACKEND_URL", "");
    await ensurePluginsOf("dev", await engine("source"), root);
    expect(await builds()).toEqual([]);
    await writeFile(join(stacks, "dev.json"), '{"type": "pulumi:providers:kubernetes"}');
    await ensurePluginsOf("dev", await engine("source"), root);
    expect(await builds()).toHaveLength(1);
  });

  it("asks the engine what a stack has whose state is somewhere else, while a plugin is not there", async () => {
    const root = join(folder, "project");
    await mkdir(root);
    await stub("pulumi", ['echo "$@" >> "$PULUMI_HOME/calls"', 'echo "pulumi:providers:kubernetes pulumi:providers:github"']);
    vi.stubEnv("SLUICE_CACHE", join(folder, "cache"));
    vi.stubEnv("PULUMI_BACKEND_URL", "s3://states");
    await ensurePluginsOf("dev", await engine("source"), root);
    await ensurePluginsOf("dev", await engine("source"), root);
    expect(await builds()).toHaveLength(2);
    expect(await lines("home/calls")).toEqual(["stack export --stack dev --non-interactive"]);
  });

  it("gives a stack with a repository the plugin for that, and one with both gets both", async () => {
    const root = join(folder, "project");
    await mkdir(root);
    await writeFile(join(root, "Pulumi.dev.yaml"), "config:\n  sluice:name: dev # not sluice:github\n");
    await writeFile(join(root, "Pulumi.repository.yaml"), "config:\n  sluice:github: { owner: sluice-delivery }\n");
    await writeFile(join(root, "Pulumi.both.yaml"), "config:\n  sluice:github: {}\n  sluice:cluster: { context: prod }\n");
    vi.stubEnv("SLUICE_CACHE", join(folder, "cache"));
    const made = async () => (await builds()).map((call) => /main\.version=[\d.]+/.exec(call)?.[0]);
    await ensurePluginsOf("dev", await engine("source"), root);
    expect(await made()).toEqual([]);
    await ensurePluginsOf("repository", await engine("source"), root);
    expect(await made()).toEqual(["main.version=6.15.0"]);
    await ensurePluginsOf("both", await engine("source"), root);
    expect(await made()).toEqual(["main.version=6.15.0", "main.version=4.34.2"]);
  });

  it("costs a stack without a cluster no build and no call of the engine, whatever the other stacks are", async () => {
    const [root, state] = [join(folder, "project"), join(folder, "state")];
    vi.stubEnv("PULUMI_STACK", "");
    const stacks = join(state, ".pulumi", "stacks", "sluice");
    await Promise.all([root, stacks].map((path) => mkdir(path, { recursive: true })));
    await writeFile(join(root, "Pulumi.dev.yaml"), "config:\n  sluice:name: dev\n");
    await writeFile(join(root, "Pulumi.prod.yaml"), "config:\n  sluice:cluster: { context: prod }\n");
    vi.stubEnv("SLUICE_CACHE", join(folder, "cache"));
    const built = await engine("source");
    const ensure = async (...args: string[]) => {
      const stack = currentStack(args, state, built);
      const began = performance.now();
      await ensurePluginsFor(stack, built, root);
      console.log(`${args.join(" ")}: ${(performance.now() - began).toFixed(1)} ms`);
      return stack;
    };

    await ensure("up", "--stack", "dev");
    await writeFile(join(stacks, "dev.json"), "{}");
    await ensure("up");
    expect([await lines("home/calls"), await builds()]).toEqual([[], []]);

    // Several stacks, none named: Pulumi has to be asked, and says that nothing is selected; once for all who want to know.
    await writeFile(join(stacks, "prod.json"), "{}");
    const asked = await ensure("up");
    expect(await asked.ask()).toBeUndefined();
    expect([await lines("home/calls"), await builds()]).toEqual([["stack --show-name --non-interactive"], []]);
    await ensure("up", "--stack", "prod");
    await writeFile(join(root, "Pulumi.repository.yaml"), "config:\n  sluice:github: { owner: sluice-delivery }\n");
    await ensure("up", "--stack", "repository");
    expect(await builds()).toHaveLength(2);
    await ensure("up");
    expect(await lines("home/calls"), "the plugins are there: nobody is asked").toEqual(["stack --show-name --non-interactive"]);
  });
});
