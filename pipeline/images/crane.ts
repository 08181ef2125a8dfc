import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { ensureGoTool } from "../../toolchain/go-tool.ts";
import { Problem } from "../../toolchain/problem.ts";

/** What registries and crane say of something that is not there. */
const ABSENT = /MANIFEST_UNKNOWN|NAME_UNKNOWN|NOT_FOUND|manifest unknown|repository name not known|unexpected status code 404/i;

const Config = z.object({
  created: z.iso.datetime({ offset: true }).optional(),
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).default({}),
});

/** What an image says of itself. */
export interface ImageConfig {
  /** When it was built, ms since 1970. */
  readonly at?: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** A client of image registries: copies images as they are, so a digest means the same image everywhere. */
export class Crane {
  readonly #program: string;
  readonly #env: Readonly<Record<string, string>>;

  /** @param env more environment: `DOCKER_CONFIG` with the logins */
  constructor(program: string, env: Readonly<Record<string, string>> = {}) {
    this.#program = program;
    this.#env = env;
  }

  /** Build it where it is not there yet: some seconds, once for each set of pins. */
  static async make(env?: Readonly<Record<string, string>>): Promise<Crane> {
    const module = join(import.meta.dirname, "go");
    return new Crane(
      await ensureGoTool({ module, program: "github.com/google/go-containerregistry/cmd/crane", typical: "half a minute" }),
      env,
    );
  }

  /** Sign in; the password goes by stdin. */
  async login(host: string, user: string, password: string): Promise<void> {
    await this.#run(["auth", "login", host, "--username", user, "--password-stdin"], password);
  }

  /** The image's digest; nothing when there is none. */
  async digest(reference: string): Promise<string | undefined> {
    return (await this.#ask(["digest", reference]))?.trim();
  }

  /** Put the image of a tarball (`docker save`) there. @returns its digest */
  async push(tarball: string, reference: string): Promise<string> {
    const said = await this.#run(["push", tarball, reference]);
    const digest = /sha256:[0-9a-f]{64}/.exec(said.trim().split("\n").at(-1) ?? "")?.[0];
    if (digest === undefined) throw new Error(`crane push ${reference} named no digest: ${said.slice(-300)}`);
    return digest;
  }

  /** Copy an image, blobs and all, between repositories or registries. */
  async copy(from: string, to: string): Promise<void> {
    await this.#run(["copy", from, to]);
  }

  /** Give an image one more tag. */
  async tag(reference: string, tag: string): Promise<void> {
    await this.#run(["tag", reference, tag]);
  }

  async config(reference: string): Promise<ImageConfig> {
    const { created, config } = Config.parse(JSON.parse(await this.#run(["config", reference])));
    return { ...(created !== undefined && { at: Date.parse(created) }), labels: config.Labels ?? {} };
  }

  /** Tags of a repository; none when it is not there. */
  async tags(repository: string): Promise<string[]> {
    return ((await this.#ask(["ls", repository])) ?? "").split("\n").filter((tag) => tag !== "");
  }

  /** Take an image away. */
  async remove(reference: string): Promise<void> {
    await this.#run(["delete", reference]);
  }

  /** Fetch an image as a tarball that Docker and scanners read. */
  async pull(reference: string, tarball: string): Promise<void> {
    await this.#run(["pull", reference, tarball]);
  }

  /** The files of an image in a tarball, as one tar stream in a file. */
  async files(tarball: string, out: string): Promise<void> {
    await execa(this.#program, ["export", "-", out], { inputFile: tarball, env: { ...this.#env } });
  }

  /** Nothing for what is not there; everything else that goes wrong is an error. */
  async #ask(args: readonly string[]): Promise<string | undefined> {
    const { failed, stdout, stderr } = await execa(this.#program, args, { env: { ...this.#env }, reject: false, stdin: "ignore" });
    if (!failed) return stdout;
    if (ABSENT.test(stderr)) return undefined;
    throw new Problem(words(args, stderr));
  }

  async #run(args: readonly string[], input?: string): Promise<string> {
    const stdin = input === undefined ? { stdin: "ignore" as const } : { input };
    const { failed, stdout, stderr } = await execa(this.#program, args, { env: { ...this.#env }, reject: false, ...stdin });
    if (failed) throw new Problem(words(args, stderr));
    return stdout;
  }
}

/** crane's last line says it; addresses of uploads in it may hold a token. */
const words = (args: readonly string[], stderr: string): string =>
  `The registry refused 'crane ${args.filter((arg) => !arg.startsWith("--")).join(" ")}': ${(stderr.trim().split("\n").at(-1) ?? "no reason given").replace(/\?[^\s"]+/g, "?…")}`;
