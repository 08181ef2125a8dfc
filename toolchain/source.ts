import { chmod, copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { requireGo } from "./go.ts";
import { Problem } from "./problem.ts";
import { type Build, CLI, goArguments, HOST_SCRIPT, LANGUAGE_HOST, PLUGINS, PULUMI_SDK } from "./recipe.ts";
import { duration, say, step } from "./say.ts";
import { PINNED } from "./versions.ts";

/**
 * Build the engine from its published Go modules.
 *
 * @param toolchain this room's folder
 * @param folder where to: `bin/` gets the CLI and its host, `home/` the plugins, as `pulumi plugin install` would put them
 * @throws Problem when Go is missing or too old, or a build fails
 */
export async function buildEngine(toolchain: string, folder: string): Promise<void> {
  await requireGo([CLI, LANGUAGE_HOST, ...Object.values(PLUGINS)].map((build) => join(toolchain, build.module, "go.mod")));
  const bin = join(folder, "bin");
  const home = join(folder, "home");
  const started = performance.now();
  say("The engine is built from source, once for this machine: 5 to 12 minutes on two cores, mostly compiling.");
  await mkdir(bin, { recursive: true });
  await build(toolchain, CLI, bin);
  await build(toolchain, LANGUAGE_HOST, bin);
  await addHostScripts(toolchain, bin);
  for (const [name, plugin] of Object.entries(PLUGINS)) {
    const version = PINNED.plugins[name as keyof typeof PLUGINS];
    const built = await build(toolchain, plugin, folder);
    // --reinstall: an interrupted one leaves a lock file that would count as installed.
    await execa(join(bin, "pulumi"), ["plugin", "install", "resource", name, `v${version}`, "--file", built, "--reinstall"], {
      env: { PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    await rm(built);
  }
  say(`The engine is ready: built in ${duration(performance.now() - started)}.`);
}

/**
 * Build one program into `folder`.
 *
 * @returns its path
 * @throws Problem with Go's last words when it fails
 */
export async function build(toolchain: string, what: Build, folder: string): Promise<string> {
  const progress = step(what.title, what.typical);
  const result = await execa("go", goArguments(what, folder), {
    cwd: join(toolchain, what.module),
    // Without C nothing but Go is needed to build it.
    env: { CGO_ENABLED: process.env.CGO_ENABLED ?? "0", GOWORK: "off" },
    reject: false,
    all: true,
  });
  if (result.failed) {
    progress.failed();
    const last = (result.all ?? "").split("\n").slice(-15).join("\n");
    throw new Problem(
      `${what.title} failed. Go's last words:\n${last}\nIf modules could not be fetched, check GOPROXY and HTTPS_PROXY; docs/engine.md has more.`,
    );
  }
  progress.done();
  return join(folder, what.output);
}

/** The host is started by a script of ours, and runs policy packs and dynamic providers through two that are published in its module. */
async function addHostScripts(toolchain: string, bin: string): Promise<void> {
  const { stdout } = await execa("go", ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", PULUMI_SDK], {
    cwd: join(toolchain, LANGUAGE_HOST.module),
    env: { GOWORK: "off" },
  });
  await writeFile(join(bin, HOST_SCRIPT.name), HOST_SCRIPT.text, { mode: 0o755 });
  for (const script of ["pulumi-analyzer-policy", "pulumi-resource-pulumi-nodejs"]) {
    const target = join(bin, script);
    await copyFile(join(stdout.trim(), "nodejs", "dist", script), target);
    await chmod(target, 0o755);
  }
}
