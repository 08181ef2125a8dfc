import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { type RunnableEngine, runCaptured } from "../../../toolchain/pulumi.ts";
import { ownEngine } from "./engine.ts";

const ROOT = resolve(import.meta.dirname, "..", "..", "..");

/** The whole program: it makes what `objects.json` lists, with the classes of the Node.js package. */
const SOURCE = `import { readFileSync } from "node:fs";
import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import * as apps from "@pulumi/kubernetes/apps/v1/index.js";
import * as autoscaling from "@pulumi/kubernetes/autoscaling/v2/index.js";
import * as batch from "@pulumi/kubernetes/batch/v1/index.js";
import * as core from "@pulumi/kubernetes/core/v1/index.js";
import * as networking from "@pulumi/kubernetes/networking/v1/index.js";
import * as policy from "@pulumi/kubernetes/policy/v1/index.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import * as rbac from "@pulumi/kubernetes/rbac/v1/index.js";
import * as storage from "@pulumi/kubernetes/storage/v1/index.js";

const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const classes = { ...apps, ...autoscaling, ...batch, ...core, ...networking, ...policy, ...rbac, ...storage };
const provider = new Provider("cluster", read("provider.json"));
const made = {};
for (const { name, kind, after = [], from, args } of read("objects.json")) {
  const options = { provider, dependsOn: after.map((one) => made[one]), import: from };
  made[name] = classes[kind] ? new classes[kind](name, args, options) : new CustomResource(name, { kind, ...args }, options);
}
`;

/** One object of the program. */
export interface Declared {
  /** The resource's name in the program. */
  readonly name: string;
  /** Class of the Node.js package; a kind that has none is a CustomResource, whose `args` name its apiVersion. */
  readonly kind: string;
  /** Names of resources that must be there before. */
  readonly after?: readonly string[];
  /** Id of an object that is there already, and is taken in. */
  readonly from?: string;
  readonly args: object;
}

export interface Outcome {
  readonly exitCode: number;
  readonly text: string;
}

/** A Pulumi program in a folder of its own, run by the real engine with the plugin that this checkout builds. */
export class Program {
  readonly root: string;
  readonly #engine: RunnableEngine;

  private constructor(root: string, engine: RunnableEngine) {
    this.root = root;
    this.#engine = engine;
  }

  /** @param provider settings of the Kubernetes provider */
  static async make(provider: object): Promise<Program> {
    const root = await mkdtemp(join(tmpdir(), "sluice-kubernetes-"));
    const runtime = "runtime: { name: nodejs, options: { typescript: false } }";
    await writeFile(join(root, "Pulumi.yaml"), `name: test\nmain: index.mjs\n${runtime}\n`);
    await writeFile(join(root, "package.json"), JSON.stringify({ name: "test", type: "module", main: "index.mjs" }));
    await writeFile(join(root, "index.mjs"), SOURCE);
    await symlink(join(ROOT, "node_modules"), join(root, "node_modules"));
    const program = new Program(root, await ownEngine(root));
    await program.provider(provider);
    const made = await program.pulumi("stack", "init", "dev");
    if (made.exitCode !== 0) throw new Error(made.text);
    return program;
  }

  async provider(settings: object): Promise<void> {
    await writeFile(join(this.root, "provider.json"), JSON.stringify(settings));
  }

  async declare(objects: readonly Declared[]): Promise<void> {
    await writeFile(join(this.root, "objects.json"), JSON.stringify(objects));
  }

  pulumi(...args: string[]): Promise<Outcome> {
    return runCaptured(this.#engine, args, { cwd: this.root });
  }

  preview(...args: string[]): Promise<Outcome> {
    return this.pulumi("preview", "--stack", "dev", "--suppress-outputs", ...args);
  }

  up(...args: string[]): Promise<Outcome> {
    return this.pulumi("up", "--yes", "--skip-preview", "--stack", "dev", "--suppress-outputs", ...args);
  }

  /** Bring it up, and press Ctrl-C when `now` is so. */
  async interrupted(now: () => Promise<void>): Promise<Outcome> {
    const args = ["up", "--yes", "--skip-preview", "--stack", "dev", "--non-interactive"];
    const { pulumi, env } = this.#engine;
    const running = execa(pulumi, args, { cwd: this.root, env, all: true, stdin: "ignore", reject: false, detached: true });
    await now();
    // A terminal tells the whole process group.
    process.kill(-(running.pid ?? 0), "SIGINT");
    const { all, exitCode } = await running;
    return { exitCode: exitCode ?? 130, text: all };
  }

  destroy(...args: string[]): Promise<Outcome> {
    return this.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev", ...args);
  }

  /** The state as text, secrets encrypted. */
  async state(): Promise<string> {
    return (await this.pulumi("stack", "export", "--stack", "dev")).text;
  }

  /** Names of the resources in the state, apart from stack and provider. */
  async resources(): Promise<string[]> {
    const { deployment } = JSON.parse(await this.state()) as { deployment: { resources?: { urn: string; type: string }[] } };
    const own = (deployment.resources ?? []).filter(({ type }) => type.startsWith("kubernetes:"));
    return own.map(({ urn }) => urn.slice(urn.lastIndexOf("::") + 2)).sort();
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

/** The line of an output that has these words; nothing of it may be on another line. */
export function line(text: string, words: string): string {
  return (
    text
      .split("\n")
      .find((one) => one.includes(words))
      ?.trim() ?? ""
  );
}
