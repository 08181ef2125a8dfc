import { execa } from "execa";
import { edgeHost, monitoringHost, type Places } from "../../../settings/hosts.ts";
import type { NamedHost } from "../../../settings/types.ts";

/** What a command inside a container did. */
export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Commands inside an estate's containers, each with a limit: an engine that hangs must not hang whoever protects clients. */
export class Inside {
  readonly #hostOf: (container: string) => string;
  readonly #estate: string;

  /** @param hostOf Docker engine of a container, by its name without the estate's */
  constructor(hostOf: (container: string) => string, estate: string) {
    this.#hostOf = hostOf;
    this.#estate = estate;
  }

  /** Inside of the containers that a rollout talks to, each on the host that the settings place it on. */
  static of(settings: Places & { readonly name: string }): Inside {
    const hosts: Readonly<Record<string, NamedHost>> = {
      ...{ edge: edgeHost(settings), guard: edgeHost(settings) },
      ...{ prometheus: monitoringHost(settings), alertmanager: monitoringHost(settings) },
    };
    return new Inside((container) => (hosts[container] ?? settings.host).docker, settings.name);
  }

  /** @throws Error when it could not be run at all, or not in time; a command's own failure is an exit code */
  async run(container: string, words: readonly string[], { input = "", seconds = 10 } = {}): Promise<Answer> {
    const ended = await execa("docker", ["exec", "-i", `${this.#estate}-${container}`, ...words], {
      ...{ env: { DOCKER_HOST: this.#hostOf(container) }, input, reject: false, timeout: seconds * 1000, killSignal: "SIGKILL" },
    });
    if (ended.timedOut) throw new Error(`${this.#estate}-${container} did not answer within ${seconds} s`);
    const { exitCode, stdout, stderr } = ended;
    if (exitCode === undefined) throw new Error(ended.shortMessage ?? `docker exec into ${this.#estate}-${container} failed`);
    return { exitCode, stdout, stderr };
  }

  /** Its output. @throws Error with its words when it fails */
  async output(container: string, words: readonly string[], options: { input?: string; seconds?: number } = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(container, words, options);
    if (exitCode === 0) return stdout;
    throw new Error(stderr.trim() || stdout.trim() || `${words[0]} failed with exit code ${exitCode}`);
  }
}
