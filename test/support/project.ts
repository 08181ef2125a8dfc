import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { execa } from "execa";
import getPort from "get-port";
import { inject } from "vitest";
import { parse, stringify } from "yaml";
import { Docker } from "../../estate/docker.ts";
import type { EstateStatus } from "../../estate/status.ts";

const ROOT = resolve(import.meta.dirname, "..", "..");

/** What a checkout is made of; `node_modules` is shared, because nothing in it changes. */
const TRACKED = [
  "Pulumi.yaml",
  "Pulumi.dev.yaml",
  "Pulumi.staging.yaml",
  "Pulumi.prod.yaml",
  "index.ts",
  "package.json",
  "package-lock.json",
];
const ROOMS = ["components", "settings", "estate", "images", "examples", "toolchain", "scripts"];

export interface Outcome {
  readonly exitCode: number;
  /** stdout and stderr as a person sees them. */
  readonly text: string;
  readonly stdout: string;
  readonly seconds: number;
}

declare module "vitest" {
  interface ProvidedContext {
    /** The estate that the tests of the engine room share. */
    readonly estate: { readonly root: string; readonly estate: string; readonly port: number };
  }
}

/** A config value by its path, as a person would write it in the stack file. */
export type Change = (config: Record<string, Json>) => void;
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * A checkout of its own in a temporary folder, with its own state, name, port and network, so that tests run beside a live dev
 * stack and beside each other. The engine, the images' layers and the libraries are shared.
 */
export class Project {
  readonly root: string;
  readonly estate: string;
  readonly port: number;
  readonly docker = new Docker(process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock");
  /** More environment for every command. */
  readonly env: Record<string, string> = {};

  private constructor(root: string, estate: string, port: number) {
    this.root = root;
    this.estate = estate;
    this.port = port;
  }

  /** The project that `test/engine/setup.ts` has brought up for the whole room. */
  static shared(): Project {
    const { root, estate, port } = inject("estate");
    return new Project(root, estate, port);
  }

  static async make(purpose: string, subnet: string): Promise<Project> {
    const root = await mkdtemp(join(tmpdir(), `sluice-${purpose}-`));
    const project = new Project(root, `t-${purpose}-${basename(root).slice(-6).toLowerCase()}`, await getPort({ host: "127.0.0.1" }));
    await Promise.all(TRACKED.map((file) => cp(join(ROOT, file), join(root, file))));
    await Promise.all(ROOMS.map((room) => cp(join(ROOT, room), join(root, room), { recursive: true })));
    await symlink(join(ROOT, "node_modules"), join(root, "node_modules"));
    await project.configure((config) => {
      config["sluice:name"] = project.estate;
      config["sluice:host"] = { subnet };
      config["sluice:edge"] = { port: project.port };
    });
    return project;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Change the stack file in place. */
  async configure(change: Change, stack = "dev"): Promise<void> {
    const file = join(this.root, `Pulumi.${stack}.yaml`);
    const content = parse(await readFile(file, "utf8")) as { config: Record<string, Json> };
    change(content.config);
    await writeFile(file, stringify(content));
  }

  /** Run one of the project's commands, as its npm script does. */
  async script(name: string, ...args: string[]): Promise<Outcome> {
    return this.node(`scripts/${name}.ts`, ...args);
  }

  async pulumi(...args: string[]): Promise<Outcome> {
    return this.script("pulumi", ...args);
  }

  /** `pulumi up` of the dev stack, without a preview. */
  async up(...args: string[]): Promise<Outcome> {
    return this.pulumi("up", "--yes", "--skip-preview", "--stack", "dev", ...args);
  }

  async status(): Promise<EstateStatus> {
    return JSON.parse((await this.script("status", "--json")).stdout) as EstateStatus;
  }

  /** Set a weight as a person does, and bring it up. */
  async weigh(service: string, weight: number): Promise<Outcome> {
    const set = await this.pulumi("config", "set", "--stack", "dev", "--path", `sluice:services.${service}.canaryWeight`, `${weight}`);
    if (set.exitCode !== 0) throw new Error(set.text);
    return this.up();
  }

  async node(...args: string[]): Promise<Outcome> {
    const started = performance.now();
    const ended = await execa(process.execPath, args, {
      cwd: this.root,
      env: { ...this.env, NO_COLOR: "1", FORCE_COLOR: undefined, CI: "true" },
      all: true,
      stdin: "ignore",
      reject: false,
    });
    const text = ended.all ?? "";
    return { exitCode: ended.exitCode ?? 1, text, stdout: ended.stdout, seconds: (performance.now() - started) / 1000 };
  }

  /** Everything that carries the estate's name in Docker, by kind. */
  async leftovers(): Promise<string[]> {
    const found = await Promise.all(
      (["container", "network", "volume", "image"] as const).map(async (kind) =>
        (await this.docker.list(kind, this.estate)).map((id) => `${kind} ${id}`),
      ),
    );
    return found.flat();
  }

  /** End the estate with its data, and remove the folder. */
  async remove(): Promise<Outcome> {
    const ended = await this.script("stop", "--data");
    await rm(this.root, { recursive: true, force: true });
    return ended;
  }
}

/** The figures of Pulumi's last lines, e.g. `{ updated: 1, unchanged: 53 }`. */
export function changes(text: string): Record<string, number> {
  const summary = text.slice(text.lastIndexOf("Resources:"));
  return Object.fromEntries(
    [...summary.matchAll(/(\d+) (created|updated|replaced|deleted|unchanged)/g)].map(([, count, what]) => [what, Number(count)]),
  );
}
