import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ensureEngine } from "../../../toolchain/engine.ts";
import { ensurePlugin } from "../../../toolchain/on-demand.ts";
import { type RunnableEngine, runCaptured } from "../../../toolchain/pulumi.ts";
import { ensureState } from "../../../toolchain/state.ts";

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
for (const { name, kind, after = [], args } of read("objects.json")) {
  const options = { provider, dependsOn: after.map((one) => made[one]) };
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
    const shared = await ensureEngine();
    const root = await mkdtemp(join(tmpdir(), "sluice-kubernetes-"));
    // A home of its own: checkouts share an engine and its plugins, and this test is of the plugin of this one.
    const engine = { ...shared, env: { ...shared.env, PULUMI_HOME: join(root, "home") } };
    await ensurePlugin(engine, "kubernetes");
    const state = await ensureState(join(root, ".sluice"), {});
    const runtime = "runtime: { name: nodejs, options: { typescript: false } }";
    await writeFile(join(root, "Pulumi.yaml"), `name: test\nmain: index.mjs\n${runtime}\n`);
    await writeFile(join(root, "package.json"), JSON.stringify({ name: "test", type: "module", main: "index.mjs" }));
    await writeFile(join(root, "index.mjs"), SOURCE);
    await symlink(join(ROOT, "node_modules"), join(root, "node_modules"));
    const program = new Program(root, { pulumi: engine.pulumi, env: { ...engine.env, ...state.env, NO_COLOR: "1", CI: "true" } });
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
