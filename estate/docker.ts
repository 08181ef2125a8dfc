import { execa } from "execa";
import { LABEL } from "../components/host/labels.ts";

/** What Docker says of a container, as far as an estate needs it. */
export interface ContainerFacts {
  readonly Id: string;
  /** With a leading slash, as Docker has it. */
  readonly Name: string;
  /** Image id. */
  readonly Image: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly StartedAt: string;
    readonly ExitCode: number;
    readonly Health?: { readonly Status: string };
  };
  readonly Config: {
    readonly Image: string;
    readonly Labels: Readonly<Record<string, string>>;
    /** `CMD` first, then the words of the check. */
    readonly Healthcheck?: { readonly Test?: readonly string[] };
  };
  readonly NetworkSettings: {
    readonly Ports?: Readonly<Record<string, readonly { HostIp: string; HostPort: string }[] | null>>;
    /** Networks by name; a container that does not run has no address, but what it will get. */
    readonly Networks?: Readonly<Record<string, { readonly IPAMConfig?: { readonly IPv4Address?: string } | null }>>;
  };
}

/** Longest time for a container's check of itself, ms. */
const CHECK_MS = 5_000;

/** How Docker says that something is not there. */
const GONE = /\bno such (container|volume|image|object)\b|\bnetwork \S+ not found\b/i;

/** Kinds of things in Docker that carry an estate's label. */
export type Kind = "container" | "network" | "volume" | "image";

/** The docker command line, talking to one engine. */
export class Docker {
  private readonly host: string;
  /** Name of its host, where the estate has several. */
  readonly place: string | undefined;

  constructor(host: string, place?: string) {
    this.host = host;
    this.place = place;
  }

  /** Itself, where any number of engines is asked for. */
  get all(): readonly Docker[] {
    return [this];
  }

  /** Run one docker command and give its output. @throws ExecaError with docker's words */
  async run(args: readonly string[], input?: string): Promise<string> {
    const { stdout } = await execa("docker", args, { env: { DOCKER_HOST: this.host }, ...(input === undefined ? {} : { input }) });
    return stdout;
  }

  /** What a container has written, both outputs in the order of its lines. */
  async logs(container: string): Promise<string> {
    const { all } = await execa("docker", ["logs", container], { env: { DOCKER_HOST: this.host }, all: true });
    return all;
  }

  /** Run one docker command whose output goes to a file, whatever its size. */
  async save(args: readonly string[], file: string): Promise<void> {
    await execa("docker", args, { env: { DOCKER_HOST: this.host }, stdout: { file } });
  }

  /** Run one docker command that reads a file, whatever its size. */
  async feed(args: readonly string[], file: string): Promise<void> {
    await execa("docker", args, { env: { DOCKER_HOST: this.host }, inputFile: file });
  }

  /** Like `run`, for clean-up: what is gone already is no error. */
  async try(args: readonly string[]): Promise<boolean> {
    const { exitCode } = await execa("docker", args, { env: { DOCKER_HOST: this.host }, reject: false });
    return exitCode === 0;
  }

  /** Ids (names for volumes) of everything of a kind that an estate has. */
  async list(kind: Kind, estate: string): Promise<string[]> {
    const all = kind === "container" ? ["--all"] : [];
    const full = kind === "volume" ? [] : ["--no-trunc"];
    const stdout = await this.run([kind, "ls", "--quiet", ...all, ...full, "--filter", `label=${LABEL.estate}=${estate}`]);
    return [...new Set(stdout.split("\n").filter((line) => line !== ""))];
  }

  /** Facts of every container of an estate, by name. */
  async containers(estate: string): Promise<ContainerFacts[]> {
    const ids = await this.list("container", estate);
    if (ids.length === 0) return [];
    const facts = await this.facts<ContainerFacts>("container", ids);
    const looked = await Promise.all(facts.map((one) => this.#lookAtNew(one)));
    return looked.sort((a, b) => a.Name.localeCompare(b.Name, "en", { numeric: true }));
  }

  /**
   * What Docker says of things by their ids. What has gone since they were listed is left out: somebody else may be at work.
   * @throws Error with docker's words about anything else
   */
  async facts<T>(kind: Kind, ids: readonly string[]): Promise<T[]> {
    if (ids.length === 0) return [];
    const { stdout, stderr, failed } = await execa("docker", [kind, "inspect", ...ids], { env: { DOCKER_HOST: this.host }, reject: false });
    const words = stderr.split("\n").filter((line) => line.trim() !== "");
    if (failed && (words.length === 0 || !words.every((line) => GONE.test(line))))
      throw new Error(`docker ${kind} inspect: ${stderr.trim() || "it failed without a word"}`);
    return JSON.parse(stdout) as T[];
  }

  /** Docker looks at a new container only after an interval; the container's own check says at once whether it is ready. */
  async #lookAtNew(one: ContainerFacts): Promise<ContainerFacts> {
    const [kind, ...check] = one.Config.Healthcheck?.Test ?? [];
    if (one.State.Status !== "running" || one.State.Health?.Status !== "starting" || kind !== "CMD") return one;
    const { exitCode } = await execa("docker", ["exec", one.Id, ...check], {
      ...{ env: { DOCKER_HOST: this.host }, reject: false, timeout: CHECK_MS },
    });
    return exitCode === 0 ? { ...one, State: { ...one.State, Health: { Status: "healthy" } } } : one;
  }
}
