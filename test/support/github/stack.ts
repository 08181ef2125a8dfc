import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { capturePulumi, type RunnableEngine, runCaptured } from "../../../toolchain/pulumi.ts";
import { ownEngine } from "../cluster/engine.ts";
import { copyCheckout, type Json } from "../project.ts";

const STACK = "repository";

/** A day without quotes would be a time to the engine. */
const write = (content: object): string => stringify(content, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" });

export interface Outcome {
  readonly exitCode: number;
  readonly text: string;
}

/** One resource as a state has it. */
export interface Kept {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, Json>>;
  readonly outputs?: Readonly<Record<string, Json>>;
}

/** The stack of a repository in a checkout of its own: the real program, the real engine, and the plugin that this checkout builds. */
export class RepositoryStack {
  readonly root: string;
  readonly #engine: RunnableEngine;
  /** More environment for every command. */
  readonly env: Record<string, string> = {};
  /** Everything that commands have said, by the command. */
  readonly said: [what: string, text: string][] = [];

  private constructor(root: string, engine: RunnableEngine) {
    this.root = root;
    this.#engine = engine;
  }

  /** @param github `sluice:github` */
  static async make(github: Json): Promise<RepositoryStack> {
    const root = await mkdtemp(join(tmpdir(), "sluice-repository-"));
    const stack = new RepositoryStack(root, await ownEngine(root, "github"));
    await copyCheckout(root);
    await mkdir(join(root, "events"));
    // Without it, the engine hides its option --event-log. What the machine itself is signed in with is nobody's business here.
    Object.assign(stack.env, { PULUMI_DEBUG_COMMANDS: "true", GITHUB_TOKEN: "" });
    await writeFile(stack.#file, write({ config: { "sluice:github": github } }));
    const made = await stack.pulumi("stack", "init", STACK);
    if (made.exitCode !== 0) throw new Error(made.text);
    return stack;
  }

  get #file(): string {
    return join(this.root, `Pulumi.${STACK}.yaml`);
  }

  /** Change `sluice:github`. */
  async configure(change: (github: Record<string, Json>) => void): Promise<void> {
    const content = parse(await readFile(this.#file, "utf8")) as { config: Record<string, Record<string, Json>> };
    change(content.config["sluice:github"] ?? {});
    await writeFile(this.#file, write(content));
  }

  /** Remember the settings; the result puts them back. */
  async remember(): Promise<() => Promise<void>> {
    const text = await readFile(this.#file, "utf8");
    return () => writeFile(this.#file, text);
  }

  /** Encrypt a secret of `sluice:secrets`, as a person does: it comes on stdin. */
  async plant(name: string, value: string): Promise<void> {
    const path = `sluice:secrets.${name}`;
    await capturePulumi(this.#engine, ["config", "set", "--stack", STACK, "--secret", "--path", path], value, { cwd: this.root });
  }

  async pulumi(...args: string[]): Promise<Outcome> {
    const outcome = await runCaptured(this.#engine, args, { cwd: this.root, env: this.env });
    this.said.push([`${this.said.length} ${args[0]}`, outcome.text]);
    return outcome;
  }

  preview(...args: string[]): Promise<Outcome> {
    return this.pulumi("preview", "--stack", STACK, ...args);
  }

  up(...args: string[]): Promise<Outcome> {
    return this.pulumi("up", "--yes", "--skip-preview", "--stack", STACK, ...this.#events("up"), ...args);
  }

  destroy(...args: string[]): Promise<Outcome> {
    return this.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK, ...this.#events("destroy"), ...args);
  }

  #events(what: string): string[] {
    return ["--event-log", join(this.root, "events", `${this.said.length}-${what}.json`)];
  }

  /** Hand a repository that is there to the stack, as `docs/github.md` says. */
  adopt(): Promise<Outcome> {
    return this.script("github", "adopt");
  }

  /** Run one of the project's commands, as its npm script does; with the plugin that this checkout builds. */
  async script(name: string, ...args: string[]): Promise<Outcome> {
    const ended = await execa(process.execPath, [`scripts/${name}.ts`, ...args], {
      ...{ cwd: this.root, all: true, stdin: "ignore", reject: false },
      env: { ...this.env, NO_COLOR: "1", FORCE_COLOR: undefined, CI: "true" },
    });
    const outcome = { exitCode: ended.exitCode ?? 1, text: ended.all ?? "" };
    this.said.push([`${this.said.length} ${name}`, outcome.text]);
    return outcome;
  }

  /** What is in the state. */
  async resources(): Promise<readonly Kept[]> {
    const { text } = await this.pulumi("stack", "export", "--stack", STACK);
    return (JSON.parse(text) as { deployment: { resources?: Kept[] } }).deployment.resources ?? [];
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
