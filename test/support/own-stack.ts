import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { capturePulumi, type RunnableEngine, runCaptured } from "../../toolchain/pulumi.ts";
import { copyCheckout } from "./project.ts";

export interface Outcome {
  readonly exitCode: number;
  /** stdout and stderr as a person sees them. */
  readonly text: string;
}

/** A stack without Docker in a checkout of its own: the real program, the real engine, and a plugin that this checkout builds. */
export abstract class OwnStack {
  readonly root: string;
  /** Name of the stack. */
  readonly stack: string;
  /** More environment for every command. */
  readonly env: Record<string, string> = {};
  /** Everything that commands have said, by the command. */
  readonly said: [what: string, text: string][] = [];
  readonly #engine: RunnableEngine;

  protected constructor(root: string, stack: string, engine: RunnableEngine) {
    this.root = root;
    this.stack = stack;
    this.#engine = engine;
  }

  /**
   * Make the checkout and the stack.
   * @param settle writes the stack's settings
   */
  protected async open(env: Readonly<Record<string, string>>, settle: () => Promise<void>): Promise<void> {
    await copyCheckout(this.root);
    // Without it, the engine hides its option --event-log.
    Object.assign(this.env, { PULUMI_DEBUG_COMMANDS: "true", ...env });
    await settle();
    const made = await this.pulumi("stack", "init", this.stack);
    if (made.exitCode !== 0) throw new Error(made.text);
  }

  protected get file(): string {
    return join(this.root, `Pulumi.${this.stack}.yaml`);
  }

  /** Remember the settings; the result puts them back. */
  async remember(): Promise<() => Promise<void>> {
    const text = await readFile(this.file, "utf8");
    return () => writeFile(this.file, text);
  }

  /** Encrypt a secret of `sluice:secrets`, as a person does: it comes on stdin. */
  async plant(name: string, value: string): Promise<void> {
    const path = `sluice:secrets.${name}`;
    await capturePulumi(this.#engine, ["config", "set", "--stack", this.stack, "--secret", "--path", path], value, { cwd: this.root });
  }

  async pulumi(...args: string[]): Promise<Outcome> {
    const outcome = await runCaptured(this.#engine, args, { cwd: this.root, env: this.env });
    this.said.push([`${this.said.length} ${args[0]}`, outcome.text]);
    return outcome;
  }

  preview(...args: string[]): Promise<Outcome> {
    return this.pulumi("preview", "--stack", this.stack, ...args);
  }

  up(...args: string[]): Promise<Outcome> {
    return this.pulumi("up", "--yes", "--skip-preview", "--stack", this.stack, ...args);
  }

  destroy(...args: string[]): Promise<Outcome> {
    return this.pulumi("destroy", "--yes", "--skip-preview", "--stack", this.stack, ...args);
  }

  /** What is in the state; the caller says as what it reads a resource. */
  protected async exported<Resource>(): Promise<readonly Resource[]> {
    const { text } = await this.pulumi("stack", "export", "--stack", this.stack);
    return (JSON.parse(text) as { deployment: { resources?: Resource[] } }).deployment.resources ?? [];
  }

  /** Run one of the project's commands, as its npm script does; with the environment of this stack. */
  async script(name: string, ...args: string[]): Promise<Outcome> {
    const ended = await execa(process.execPath, [`scripts/${name}.ts`, ...args], {
      ...{ cwd: this.root, all: true, stdin: "ignore", reject: false },
      env: { ...this.env, NO_COLOR: "1", FORCE_COLOR: undefined, CI: "true" },
    });
    const outcome = { exitCode: ended.exitCode ?? 1, text: ended.all ?? "" };
    this.said.push([`${this.said.length} ${name}`, outcome.text]);
    return outcome;
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

/** The same, and what the engine writes of each change is kept in the folder `events`: a place where a secret could be. */
export abstract class RecordedStack extends OwnStack {
  protected override async open(env: Readonly<Record<string, string>>, settle: () => Promise<void>): Promise<void> {
    await mkdir(join(this.root, "events"));
    await super.open(env, settle);
  }

  override up(...args: string[]): Promise<Outcome> {
    return super.up(...this.#events("up"), ...args);
  }

  override destroy(...args: string[]): Promise<Outcome> {
    return super.destroy(...this.#events("destroy"), ...args);
  }

  #events(what: string): string[] {
    return ["--event-log", join(this.root, "events", `${this.said.length}-${what}.json`)];
  }
}
