import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { ensureEngine } from "../../../toolchain/engine.ts";
import { capturePulumi, type RunnableEngine, runCaptured } from "../../../toolchain/pulumi.ts";
import { ensureState } from "../../../toolchain/state.ts";
import { copyCheckout, type Json, type Outcome } from "../project.ts";

const STACK = "dokploy";

export type Ended = Pick<Outcome, "exitCode" | "text">;

/** A stack that has nothing but a Dokploy, in a checkout of its own: the real program and the real engine. */
export class DokployStack {
  readonly root: string;
  readonly #engine: RunnableEngine;
  /** Everything that commands have said, by the command. */
  readonly said: [what: string, text: string][] = [];

  private constructor(root: string, engine: RunnableEngine) {
    this.root = root;
    this.#engine = engine;
  }

  /** @param dokploy `sluice:dokploy` @param secrets `sluice:secrets`, in the clear */
  static async make(dokploy: Json, secrets: Readonly<Record<string, string>>): Promise<DokployStack> {
    const root = await mkdtemp(join(tmpdir(), "sluice-dokploy-"));
    const [engine, state] = [await ensureEngine(), await ensureState(join(root, ".sluice"), {})];
    const stack = new DokployStack(root, {
      pulumi: engine.pulumi,
      // Without PULUMI_DEBUG_COMMANDS, the engine hides its option --event-log.
      env: { ...engine.env, ...state.env, NO_COLOR: "1", CI: "true", PULUMI_DEBUG_COMMANDS: "true" },
    });
    await copyCheckout(root);
    await mkdir(join(root, "events"));
    // What a release was found to be is not asked here: there is no git.
    const levels = { all: "mandatory", "release-has-evidence": "disabled", "application-speaks-https": "advisory" };
    await writeFile(join(root, "policies", `levels.${STACK}.json`), JSON.stringify(levels));
    await writeFile(stack.#file, stringify({ config: { "sluice:dokploy": dokploy } }));
    const made = await stack.pulumi("stack", "init", STACK);
    if (made.exitCode !== 0) throw new Error(made.text);
    for (const [name, value] of Object.entries(secrets)) await stack.plant(name, value);
    return stack;
  }

  get #file(): string {
    return join(this.root, `Pulumi.${STACK}.yaml`);
  }

  /** Change `sluice:dokploy`, and other settings. */
  async configure(change: (dokploy: Record<string, Json>, config: Record<string, Json>) => void): Promise<void> {
    const content = parse(await readFile(this.#file, "utf8")) as { config: Record<string, Json> };
    change(content.config["sluice:dokploy"] as Record<string, Json>, content.config);
    await writeFile(this.#file, stringify(content));
  }

  /** Change one application. */
  async change(name: string, change: Readonly<Record<string, Json>>): Promise<void> {
    await this.configure(({ applications }) => Object.assign((applications as Record<string, object>)[name] ?? {}, change));
  }

  /** Encrypt a secret of `sluice:secrets`, as a person does: it comes on stdin. */
  async plant(name: string, value: string): Promise<void> {
    const path = `sluice:secrets.${name}`;
    await capturePulumi(this.#engine, ["config", "set", "--stack", STACK, "--secret", "--path", path], value, { cwd: this.root });
  }

  async pulumi(...args: string[]): Promise<Ended> {
    const ended = await runCaptured(this.#engine, args, { cwd: this.root, env: {} });
    this.said.push([`${this.said.length} ${args[0]}`, ended.text]);
    return ended;
  }

  preview(...args: string[]): Promise<Ended> {
    return this.pulumi("preview", "--diff", "--stack", STACK, ...args);
  }

  up(...args: string[]): Promise<Ended> {
    return this.pulumi("up", "--yes", "--skip-preview", "--stack", STACK, ...this.#events("up"), ...args);
  }

  destroy(...args: string[]): Promise<Ended> {
    return this.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK, ...this.#events("destroy"), ...args);
  }

  #events(what: string): string[] {
    return ["--event-log", join(this.root, "events", `${this.said.length}-${what}.json`)];
  }

  /** One of the project's commands, as its npm script does it. */
  async script(name: string, ...args: string[]): Promise<Ended> {
    const ended = await execa(process.execPath, [`scripts/${name}.ts`, ...args], {
      ...{ cwd: this.root, all: true, stdin: "ignore", reject: false },
      env: { NO_COLOR: "1", FORCE_COLOR: undefined, CI: "true" },
    });
    const outcome = { exitCode: ended.exitCode ?? 1, text: ended.all ?? "" };
    this.said.push([`${this.said.length} ${name}`, outcome.text]);
    return outcome;
  }

  async outputs(): Promise<Json> {
    return JSON.parse((await this.pulumi("stack", "output", "--json", "--stack", STACK)).text) as Json;
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
