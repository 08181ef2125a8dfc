import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { measuredBy, recordDeployment } from "../../../estate/deployments.ts";
import type { Docker } from "../../../estate/docker.ts";
import { passGates } from "../../../estate/gate.ts";
import { ensurePluginsOf } from "../../../estate/plugins.ts";
import { buildsImages, type Project } from "../../../estate/project.ts";
import { hostsOf } from "../../../settings/hosts.ts";
import { hasHost } from "../../../settings/placement.ts";
import { clearStaleLock } from "../../../toolchain/lock.ts";
import { Problem } from "../../../toolchain/problem.ts";
import { type RunnableEngine, runPulumi } from "../../../toolchain/pulumi.ts";
import type { Stack } from "../ports.ts";
import { editStack, type StackEdit } from "../stack-file.ts";
import { writeWhole } from "./files.ts";

const AGAIN_MS = 2_000;
const LOCKED = /currently locked by/;

export interface PulumiStackArgs {
  readonly project: Project;
  /** The host's engine, where what is deployed is noted. @default an estate without a host is not measured by it */
  readonly docker?: Docker | undefined;
  readonly service: string;
  /** Where the engine's output goes. */
  readonly log: string;
  readonly waiting: (words: string) => void;
}

/** The stack file and the engine. `up` runs apart from this process: it ends well though this one is killed. */
export class PulumiStack implements Stack {
  readonly #args: PulumiStackArgs;

  constructor(args: PulumiStackArgs) {
    this.#args = args;
  }

  /** Made when it is first needed: a rollback by hand has done its work before that. */
  #engine: Promise<RunnableEngine> | undefined;

  #ready(): Promise<RunnableEngine> {
    this.#engine ??= readyEngine(this.#args.project);
    return this.#engine;
  }

  async apply(edit: StackEdit, _what: string): Promise<void> {
    const { project, docker } = this.#args;
    await this.#unlocked();
    const { text, edited } = this.#edit(edit);
    // A new release in a slot is a deployment to those who watch the estate; moving clients is not.
    if (edit.slot === undefined) return this.#up();
    try {
      await passGates(project, await this.#ready());
    } catch (error) {
      // Refused before anything was changed: nor is the file.
      if (edited !== text) writeWhole(project.stackFile, text);
      throw error;
    }
    if (docker === undefined) return this.#up();
    let problem: unknown;
    await recordDeployment(measuredBy(docker, project.settings), () =>
      this.#up().then(
        () => true,
        (error: unknown) => {
          problem = error;
          return false;
        },
      ),
    );
    if (problem !== undefined) throw problem;
  }

  /** Change the file alone, once no other run is at work on the stack: one that is has read it already. */
  async write(edit: StackEdit): Promise<void> {
    await this.#unlocked();
    this.#edit(edit);
  }

  #edit(edit: StackEdit): { readonly text: string; readonly edited: string } {
    const { project, service } = this.#args;
    const text = readFileSync(project.stackFile, "utf8");
    const edited = editStack(text, service, edit);
    if (edited !== text) writeWhole(project.stackFile, edited);
    return { text, edited };
  }

  async #up(): Promise<void> {
    const { project, log, waiting } = this.#args;
    const engine = await this.#ready();
    for (let told = false; ; told = true) {
      const args = ["up", "--stack", project.stack, "--yes", "--skip-preview", "--non-interactive", "--color", "never"];
      const code = await runPulumi(engine, args, { cwd: project.root, log });
      if (code === 0) return;
      const words = existsSync(log) ? readFileSync(log, "utf8") : "";
      if (!LOCKED.test(words)) throw new Error(`${failureOf(words)} (all of it: ${log})`);
      if (!told) waiting(`the stack '${project.stack}' is locked by another run of Pulumi: waiting until it ends`);
      await sleep(AGAIN_MS);
      await this.#unlocked();
    }
  }

  /** Wait while another run is at work on the stack, and say so once. A lock whose run is dead is cleared. */
  async #unlocked(): Promise<void> {
    const { project, waiting } = this.#args;
    const engine = await this.#ready();
    for (let told = false; ; told = true) {
      try {
        return await clearStaleLock(project, engine);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (!told) waiting(`${error.message.split("\n")[0]} Waiting.`);
        await sleep(AGAIN_MS);
      }
    }
  }
}

async function readyEngine(project: Project): Promise<RunnableEngine> {
  const [{ ensureEngine }, { ensureState }, { prepareImages }] = await Promise.all([
    import("../../../toolchain/engine.ts"),
    import("../../../toolchain/state.ts"),
    import("../../../images/prepare.ts"),
  ]);
  const engine = await ensureEngine();
  await ensurePluginsOf(project.stack, engine, project.root);
  const state = await ensureState(join(project.root, ".sluice"));
  if (hasHost(project.settings) && buildsImages(project)) await ensureDebianOf(project);
  await prepareImages();
  return { ...engine, env: { ...engine.env, ...state.env } };
}

async function ensureDebianOf({ settings }: Project): Promise<void> {
  const { ensureDebian } = await import("../../../toolchain/debian.ts");
  for (const { docker } of hostsOf(settings)) await ensureDebian({ user: settings.name, host: docker });
}

/** The lines of Pulumi's output that say what went wrong, short enough for one message. */
export function failureOf(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  const wrong = lines.filter(
    (line) => /^(error|\* |fatal)|error:|not healthy|unhealthy|sluice:/i.test(line) && !/^error: update failed$/.test(line),
  );
  const told = [...new Set((wrong.length > 0 ? wrong : lines.filter((line) => line !== "")).slice(0, 6))].join(" ");
  return told.length > 600 ? `${told.slice(0, 600)}…` : told || "pulumi up failed and said nothing";
}
