import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { execa } from "execa";
import { prepareImages } from "../../images/prepare.ts";
import { Problem } from "../../toolchain/problem.ts";
import { type RunnableEngine, runCaptured } from "../../toolchain/pulumi.ts";
import { placeCertificates } from "./certificates.ts";
import { withPlaceholders } from "./placeholders.ts";
import { asMade, type Resource, readPlan } from "./plan.ts";

/** How often a plan may change once more because of what was made up for it. Chains of such values are short. */
const ROUNDS = 6;

/**
 * A copy of the project with a state of its own, in a temporary folder: without the stack's passphrase, host, cluster and secrets.
 *
 * Commits are put into it one after the other at the same path, because paths are part of what a program declares.
 */
export class Sandbox {
  readonly #root: string;
  /** Folder of everything that is thrown away in the end. */
  readonly work: string;
  /** Whether what is in it has no file for the stack. */
  isNew = false;
  readonly #stack: string;
  readonly #engine: RunnableEngine;

  private constructor(root: string, work: string, stack: string, engine: RunnableEngine) {
    this.#root = root;
    this.work = work;
    this.#stack = stack;
    this.#engine = engine;
  }

  /** @param root the checkout */
  static async make(root: string, stack: string, engine: RunnableEngine): Promise<Sandbox> {
    const work = await mkdtemp(join(tmpdir(), "sluice-against-"));
    await mkdir(join(work, "state"));
    return new Sandbox(root, work, stack, engine);
  }

  /** Folder of the project in it. */
  get project(): string {
    return join(this.work, "project");
  }

  /** Put in what a commit has. @throws Problem when git does not know it */
  async checkOut(commit: string): Promise<void> {
    await this.#clear();
    const archive = join(this.work, "commit.tar");
    const made = await execa("git", ["archive", "--output", archive, commit], { cwd: this.#root, reject: false });
    if (made.failed)
      throw new Problem(
        `git does not know the commit '${commit}' here: ${made.stderr || made.shortMessage}\nIn a workflow, check out with fetch-depth: 0; by hand: git fetch origin ${commit}`,
      );
    await execa("tar", ["-xf", archive, "-C", this.project]);
    await this.#complete();
  }

  /** Put in what the checkout has, also what is not committed yet; nothing that git ignores. */
  async copyCheckout(): Promise<void> {
    await this.#clear();
    const { stdout } = await execa("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: this.#root });
    for (const file of stdout.split("\0").filter((name) => !["", "node_modules"].includes(name) && existsSync(join(this.#root, name)))) {
      await mkdir(dirname(join(this.project, file)), { recursive: true });
      await cp(join(this.#root, file), join(this.project, file), { verbatimSymlinks: true });
    }
    await this.#complete();
  }

  /**
   * Make the state what the program in it declares.
   * @throws Problem when it cannot be previewed, or what it plans never settles
   */
  async adopt(): Promise<void> {
    let made: Resource[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const [log, plan] = ["jsonl", "plan"].map((kind) => join(this.work, `adopt-${round}.${kind}`)) as [string, string];
      const { text, exitCode } = await this.run(["preview", "--json", "--event-log", log, "--save-plan", plan]);
      if (exitCode !== 0) throw new Problem(`What is compared with cannot be previewed. pulumi preview says:\n\n${words(text)}`);
      const planned = readPlan(text, await readFile(log, "utf8"), await readFile(plan, "utf8"));
      if (planned.same) return;
      made = asMade(planned, made);
      await this.#import(made);
    }
    throw new Problem("What is compared with does not settle: the same commit plans a change again and again.");
  }

  /** Run a command of Pulumi on the stack. @param env more environment. @default none */
  async run(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly text: string; readonly exitCode: number }> {
    return this.#pulumi([...args, "--stack", this.#stack, "--color", "never"], env);
  }

  async remove(): Promise<void> {
    await rm(this.work, { recursive: true, force: true });
  }

  async #clear(): Promise<void> {
    await mkdir(this.project, { recursive: true });
    await Promise.all((await readdir(this.project)).map((name) => rm(join(this.project, name), { recursive: true, force: true })));
  }

  /** What git does not keep: packages, prepared images, certificates; and the secrets' placeholders. */
  async #complete(): Promise<void> {
    await symlink(join(this.#root, "node_modules"), join(this.project, "node_modules"));
    const file = join(this.project, `Pulumi.${this.#stack}.yaml`);
    this.isNew = !existsSync(file);
    const { text, secrets } = withPlaceholders(existsSync(file) ? await readFile(file, "utf8") : "");
    await writeFile(file, text);
    await placeCertificates(this.project, this.#stack, join(this.work, "certificates"));
    await prepareImages(this.project);
    await this.#must("stack", "select", "--create", this.#stack);
    const flags = secrets.flatMap(({ path, value }) => ["--secret", `${path}=${value}`]);
    if (secrets.length > 0) await this.#must("config", "set-all", "--stack", this.#stack, "--path", ...flags);
  }

  async #import(resources: readonly Resource[]): Promise<void> {
    const exported: unknown = JSON.parse(await this.#must("stack", "export", "--stack", this.#stack));
    const state = exported as { deployment: object };
    const file = join(this.work, "state.json");
    await writeFile(file, JSON.stringify({ ...state, deployment: { ...state.deployment, resources } }));
    await this.#must("stack", "import", "--stack", this.#stack, "--file", file);
  }

  async #must(...args: string[]): Promise<string> {
    const { text, exitCode } = await this.#pulumi(args);
    if (exitCode !== 0) throw new Problem(`pulumi ${args.slice(0, 2).join(" ")} failed:\n${text.trim()}`);
    return text;
  }

  #pulumi(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
    const env = {
      PULUMI_BACKEND_URL: pathToFileURL(join(this.work, "state")).href,
      // Nothing worth a passphrase is in it.
      ...{ PULUMI_CONFIG_PASSPHRASE: "", PULUMI_CONFIG_PASSPHRASE_FILE: "" },
      // No cluster is asked, whoever runs this.
      KUBECONFIG: join(this.work, "no-cluster"),
      // Without it, the engine hides its option --event-log.
      PULUMI_DEBUG_COMMANDS: "true",
      ...more,
    };
    return runCaptured(this.#engine, args, { cwd: this.project, env });
  }
}

/** `--json` puts what went wrong into its own shape. */
function words(text: string): string {
  const found = [...text.matchAll(/"message":\s*("(?:[^"\\]|\\.)*")/g)].map(([, message]) => String(JSON.parse(message ?? '""')).trim());
  return found.length > 0 ? found.join("\n") : text.trim();
}
