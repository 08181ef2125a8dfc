import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { inject } from "vitest";
import { parse, stringify } from "yaml";
import { type ContainerFacts, Docker } from "../../estate/docker.ts";
import type { EstateStatus } from "../../estate/status.ts";
import { prepareImages } from "../../images/prepare.ts";
import type { Fault } from "./faults.ts";
import { drawPort } from "./port.ts";
import { programFiles, ROOT } from "./program-files.ts";

export interface Outcome {
  readonly exitCode: number;
  /** stdout and stderr as a person sees them. */
  readonly text: string;
  readonly stdout: string;
  readonly seconds: number;
}

/** What tells one test project from another. */
interface Identity {
  readonly root: string;
  readonly estate: string;
  readonly port: number;
  readonly monitoringPort: number;
  readonly subnet: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /** The estate that the tests of the engine room share. */
    readonly estate: Identity;
  }
}

/** A config value by its path, as a person would write it in the stack file. */
export type Change = (config: Record<string, Json>) => void;
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * A checkout of its own in a temporary folder, with its own state, name, port and network, so that tests run beside a live dev
 * stack and beside each other. The engine, the images' layers and the libraries are shared.
 */
export class Project {
  readonly root: string;
  readonly estate: string;
  readonly port: number;
  /** Port of the status page, Prometheus and Alertmanager. */
  readonly monitoringPort: number;
  /** The estate's own network, CIDR. */
  readonly subnet: string;
  readonly docker = new Docker(process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock");
  /** More environment for every command. */
  readonly env: Record<string, string> = {};

  private constructor({ root, estate, port, monitoringPort, subnet }: Identity) {
    this.root = root;
    this.estate = estate;
    this.port = port;
    this.monitoringPort = monitoringPort;
    this.subnet = subnet;
  }

  /** The project that `test/engine/setup.ts` has brought up for the whole room. */
  static shared(): Project {
    return new Project(inject("estate"));
  }

  /**
   * @param subnet the estate's network. @default one that nothing on this machine uses, drawn at random: tests may run beside others
   * @param checkout a folder that is one already. @default a copy of this one, without git
   */
  static async make(purpose: string, subnet?: string, checkout?: string): Promise<Project> {
    const root = checkout ?? (await mkdtemp(join(tmpdir(), `sluice-${purpose}-`)));
    const project = new Project({
      root,
      estate: `t-${purpose}-${basename(root).slice(-6).toLowerCase()}`,
      port: await drawPort(),
      monitoringPort: await drawPort(),
      subnet: subnet ?? (await drawSubnet()),
    });
    if (checkout === undefined) await copyCheckout(root);
    await project.configure((config) => {
      config["sluice:name"] = project.estate;
      config["sluice:host"] = { subnet: project.subnet };
      config["sluice:edge"] = { port: project.port };
      config["sluice:monitoring"] = { port: project.monitoringPort };
    });
    return project;
  }

  /** The same estate, run from another checkout. */
  at(root: string): Project {
    const same = new Project({ root, estate: this.estate, port: this.port, monitoringPort: this.monitoringPort, subnet: this.subnet });
    Object.assign(same.env, this.env);
    return same;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Change the stack file in place. */
  async configure(change: Change, stack = "dev"): Promise<void> {
    const file = join(this.root, `Pulumi.${stack}.yaml`);
    const content = parse(await readFile(file, "utf8")) as { config: Record<string, Json>; encryptionsalt?: string };
    change(content.config);
    // A run at work in the checkout that this one was copied from may just have put it there; it belongs to another passphrase.
    delete content.encryptionsalt;
    await writeFile(file, stringify(content));
  }

  /** Remember the stack file; the result puts it back, byte for byte. */
  async remember(stack = "dev"): Promise<() => Promise<void>> {
    const file = join(this.root, `Pulumi.${stack}.yaml`);
    const text = await readFile(file, "utf8");
    return () => writeFile(file, text);
  }

  /** Change a source file of this checkout. Fails when that changes nothing; the result puts the old text back. */
  async edit({ file, from, to }: Fault): Promise<() => Promise<void>> {
    const path = join(this.root, file);
    const text = await readFile(path, "utf8");
    if (!text.includes(from)) throw new Error(`${file} has no '${from}': the test must follow the source`);
    await writeFile(path, text.replace(from, to));
    return () => writeFile(path, text);
  }

  /** A container of the estate by the end of its name, e.g. `api-blue-1`. */
  async container(name: string): Promise<ContainerFacts> {
    const found = (await this.docker.containers(this.estate)).find(({ Name }) => Name === `/${this.estate}-${name}`);
    if (!found) throw new Error(`'${this.estate}' has no container '${name}'`);
    return found;
  }

  /** Kill every process of a program inside a container, hard. */
  async killProgram(name: string, program: string): Promise<void> {
    const script = `cd /proc; for p in [0-9]*; do [ "$(tr '\\0' ' ' < $p/cmdline 2> /dev/null | cut -d' ' -f1)" != ${program} ] || kill -9 $p; done`;
    await this.docker.run(["exec", `${this.estate}-${name}`, "sh", "-c", script]);
  }

  /** Encrypt a setting as a person does: the value comes on stdin and on no command line. */
  async setSecret(path: string, value: string, stack = "dev"): Promise<Outcome> {
    return this.node(["scripts/pulumi.ts", "config", "set", "--stack", stack, "--secret", "--path", path], value);
  }

  /** Run one of the project's commands, as its npm script does. */
  async script(name: string, ...args: string[]): Promise<Outcome> {
    return this.node([`scripts/${name}.ts`, ...args]);
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

  private async node(args: readonly string[], input?: string): Promise<Outcome> {
    const started = performance.now();
    const ended = await execa(process.execPath, args, {
      cwd: this.root,
      env: { ...this.env, NO_COLOR: "1", FORCE_COLOR: undefined, CI: "true" },
      all: true,
      ...(input === undefined ? { stdin: "ignore" } : { input }),
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

  /** Remove the folder: for an estate whose machine is gone. */
  async forget(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }

  /** End the estate with its data, and remove the folder. */
  async remove(): Promise<Outcome> {
    const ended = await this.script("stop", "--data");
    await rm(this.root, { recursive: true, force: true });
    return ended;
  }
}

/** Everything that a program and its commands are made of, in a folder. */
export async function copyCheckout(root: string): Promise<void> {
  await prepareImages(ROOT);
  // With its times to the nanosecond, and with what its images are made of: otherwise each copy would bundle all of it once more.
  await execa("cp", ["-a", ...programFiles(), root], { cwd: ROOT });
  await mkdir(join(root, ".sluice"), { recursive: true, mode: 0o700 });
  await execa("cp", ["-a", ".sluice/build", join(root, ".sluice")], { cwd: ROOT });
  await symlink(join(ROOT, "node_modules"), join(root, "node_modules"));
}

/** Second number of the networks that tests draw from: 10.224.0.0/16 to 10.239.0.0/16. */
const [FIRST_NETWORK, NETWORKS] = [224, 16];

/** While a process means to make a network, it listens on the port with this number and the network's: tests beside it see that, and a process that ends gives it back. */
const CLAIMS = 19_000;

async function drawSubnet(): Promise<string> {
  const docker = new Docker(process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock");
  const ids = (await docker.run(["network", "ls", "--quiet"])).split("\n").filter(Boolean);
  const used = JSON.stringify(await docker.facts("network", ids));
  const start = Math.floor(Math.random() * NETWORKS);
  for (let step = 0; step < NETWORKS; step += 1) {
    const number = FIRST_NETWORK + ((start + step) % NETWORKS);
    const subnet = `10.${number}.0.0/16`;
    if (!used.includes(`"${subnet}"`) && (await claim(CLAIMS + number))) return subnet;
  }
  throw new Error("no network from 10.224.0.0/16 to 10.239.0.0/16 is free: something has left many behind");
}

/** Listen on a port of 127.0.0.1 for as long as this process lives. @returns whether nobody else does */
function claim(port: number): Promise<boolean> {
  const server = createServer().unref();
  return new Promise((done) => {
    server.once("error", () => done(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => done(true));
  });
}

/** The figures of Pulumi's last lines, e.g. `{ updated: 1, unchanged: 53 }`. */
export function changes(text: string): Record<string, number> {
  const summary = text.slice(text.lastIndexOf("Resources:"));
  return Object.fromEntries(
    [...summary.matchAll(/(\d+) (created|updated|replaced|deleted|unchanged)/g)].map(([, count, what]) => [what, Number(count)]),
  );
}
