import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { programFiles, ROOT } from "../program-files.ts";
import type { Json, Outcome } from "../project.ts";

/** A command at work. */
export interface Begun {
  readonly ended: Promise<Outcome>;
  /** End it as a machine that loses its power would. */
  kill(): void;
}

/** A checkout of its own with one stack, `dev`, that is in a cluster alone: no Docker is asked for. */
export class ClusterProject {
  readonly root: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(root: string, env: Readonly<Record<string, string>>) {
    this.root = root;
    this.#env = env;
  }

  /** @param config settings as in a stack file */
  static async make(kubeconfig: string, config: Readonly<Record<string, Json>>): Promise<ClusterProject> {
    const root = await mkdtemp(join(tmpdir(), "sluice-cluster-project-"));
    // A stack file of its own is the only one.
    const names = programFiles().filter((name) => !/^Pulumi\..+\.yaml$/.test(name) || name === "Pulumi.yaml");
    await Promise.all(names.map((name) => cp(join(ROOT, name), join(root, name), { recursive: true })));
    await symlink(join(ROOT, "node_modules"), join(root, "node_modules"));
    await writeFile(join(root, "Pulumi.dev.yaml"), stringify({ config }));
    // Whoever asks for Docker is told that there is none.
    return new ClusterProject(root, { KUBECONFIG: kubeconfig, DOCKER_HOST: `unix://${join(root, "no-docker.sock")}` });
  }

  /** A service's settings in the stack file as it is now. */
  async service(name: string): Promise<Record<string, Json>> {
    const { config } = parse(await readFile(join(this.root, "Pulumi.dev.yaml"), "utf8")) as {
      config: { "sluice:services": Record<string, Record<string, Json>> };
    };
    return config["sluice:services"][name] ?? {};
  }

  /** A command that goes on by itself. */
  begin(script: string, ...args: string[]): Begun {
    const started = performance.now();
    const child = execa(process.execPath, [`scripts/${script}.ts`, ...args], {
      ...{ cwd: this.root, env: { ...this.#env, NO_COLOR: "1", CI: "true" }, all: true, reject: false, stdin: "ignore" },
    });
    return {
      ended: child.then(({ exitCode, all, stdout }) => ({
        ...{ exitCode: exitCode ?? 1, text: all, stdout, seconds: (performance.now() - started) / 1000 },
      })),
      kill: () => void child.kill("SIGKILL"),
    };
  }

  script(script: string, ...args: string[]): Promise<Outcome> {
    return this.begin(script, ...args).ended;
  }

  rollout(...args: string[]): Promise<Outcome> {
    return this.script("rollout", ...args);
  }

  up(...args: string[]): Promise<Outcome> {
    return this.script("pulumi", "up", "--yes", "--skip-preview", "--stack", "dev", ...args);
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
