import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import Fastify, { type FastifyInstance } from "fastify";
import { parse } from "yaml";
import { Checkout } from "./checkout.ts";
import { GitHubApi } from "./github/server.ts";
import { type Change, type Outcome, Project } from "./project.ts";
import { startRegistry, type TestRegistry } from "./registry/registry.ts";

const ROOT = resolve(import.meta.dirname, "..", "..");
const REPOSITORY = { owner: "sluice-delivery", repository: "sluice" } as const;

/** Text that nothing else has; what a token looks like is put together here, so that no scanner takes this file for a leak. */
const plant = (name: string): string => `pl4nted${name}${randomBytes(12).toString("hex")}`;

/** Secrets as a run of GitHub Actions is handed them. */
export interface Planted {
  readonly token: string;
  readonly webhook: string;
  readonly passphrase: string;
  readonly postgres: string;
  readonly evidence: string;
}

/**
 * Everything around a deploy, on this machine: a repository with people who push to it, a registry, GitHub's API, a channel that is told, a
 * state that outlives runs, and a runner that begins each run with a fresh clone in the same folder, as GitHub's do.
 */
export class Delivery {
  /** The fresh clone, and its estate. */
  readonly project: Project;
  /** Where people work. */
  readonly people: Checkout;
  /** The same estate, for commands of people. */
  readonly byHand: Project;
  readonly api: GitHubApi;
  readonly planted: Planted;
  /** What the channel was told. */
  readonly told: string[] = [];
  /** Everything that commands have said. */
  readonly said: Outcome[] = [];
  readonly #folder: string;
  readonly #registry: TestRegistry;
  readonly #channel: FastifyInstance;

  private constructor(
    parts: Pick<Delivery, "project" | "people" | "api" | "planted">,
    own: { folder: string; registry: TestRegistry; channel: FastifyInstance },
  ) {
    ({ project: this.project, people: this.people, api: this.api, planted: this.planted } = parts);
    this.#folder = own.folder;
    this.#registry = own.registry;
    this.#channel = own.channel;
    this.#channel.post(`/${this.planted.webhook}`, async (request) => this.told.push((request.body as { text: string }).text));
    Object.assign(this.project.env, {
      PULUMI_BACKEND_URL: `file://${join(own.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: this.planted.passphrase,
    });
    this.byHand = this.project.at(this.people.root);
  }

  /** @param change what the stack file has besides; gets the address of images, without their role */
  static async make(
    purpose: string,
    change: (config: Parameters<Change>[0], images: string, publicKey: string) => void,
  ): Promise<Delivery> {
    const folder = await mkdtemp(join(tmpdir(), `sluice-${purpose}-`));
    await mkdir(join(folder, "state"));
    // The packages are this checkout's own; the stamp says so to every clone.
    await execa("node", ["toolchain/bootstrap.mjs", "scripts/ship.ts", "--help"], { cwd: ROOT });
    const people = await Checkout.make(`${purpose}-people`);
    await leaveOut(people);
    const project = await Project.make(purpose, undefined, people.root);
    const key = join(folder, "evidence-key.pem");
    await people.script("evidence", "keygen", "--key", key);
    const planted: Planted = {
      ...{ token: ["ghp", plant("token")].join("_"), webhook: plant("webhook"), passphrase: plant("passphrase") },
      ...{ postgres: plant("postgres"), evidence: await readFile(key, "utf8") },
    };
    const [registry, api] = await Promise.all([
      startRegistry(),
      GitHubApi.start({ ...REPOSITORY, token: planted.token, users: ["octocat"], teams: [] }),
    ]);
    const channel = Fastify();
    const runner = project.at(join(folder, "runner"));
    const delivery = new Delivery({ project: runner, people, api, planted }, { folder, registry, channel });
    await channel.listen({ host: "127.0.0.1", port: 0 });
    const publicKey = await readFile(`${key}.pub`, "utf8");
    await people.configure((config) => change(config, `${registry.host}/example/sluice-`, publicKey));
    await delivery.byHand.pulumi("stack", "init", "dev");
    const set = await delivery.byHand.setSecret("sluice:postgresPassword", planted.postgres);
    if (set.exitCode !== 0) throw new Error(set.text);
    await execa("git", ["init", "--quiet", "--bare", "--initial-branch=main", join(folder, "origin")]);
    await people.git("remote", "add", "origin", join(folder, "origin"));
    return delivery;
  }

  get origin(): string {
    return join(this.#folder, "origin");
  }

  /** Commit what people have changed, and merge it to main. */
  async merge(): Promise<string> {
    const commit = await this.people.commit();
    await this.people.git("push", "--quiet", "origin", "HEAD:main");
    return commit;
  }

  /** The run that a merge begins: its images are published, then the job of deploy.yml for dev. */
  async deploy(env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    await rm(this.project.root, { recursive: true, force: true });
    await execa("git", ["clone", "--quiet", "--branch", "main", this.origin, this.project.root]);
    await symlink(join(ROOT, "node_modules"), join(this.project.root, "node_modules"));
    // A real one is a folder, which .gitignore names.
    await execa("sh", ["-c", "echo node_modules >> .git/info/exclude"], { cwd: this.project.root });
    const published = await this.run("npm run images -- publish --role api --out images", env);
    if (published.exitCode !== 0) throw new Error(published.text);
    return this.run(`${await deployCommand()} --here`, env);
  }

  /** A command as a workflow's step runs it. */
  async run(command: string, env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const started = performance.now();
    const { token, webhook, evidence } = this.planted;
    const ended = await execa("sh", ["-c", command], {
      ...{ cwd: this.project.root, all: true, stdin: "ignore", reject: false },
      env: {
        ...this.project.env,
        ...{ NO_COLOR: "1", FORCE_COLOR: undefined, CI: "true", GITHUB_ACTIONS: "true", RUNNER_TEMP: this.#folder },
        ...{ VITEST: undefined, VITEST_POOL_ID: undefined, VITEST_WORKER_ID: undefined },
        ...{ GITHUB_REPOSITORY: `${REPOSITORY.owner}/${REPOSITORY.repository}`, GITHUB_API_URL: this.api.url.slice(0, -1) },
        ...{ GITHUB_TOKEN: token, RECORD_TOKEN: token, SLACK_WEBHOOK: `${this.#channel.listeningOrigin}/${webhook}` },
        ...{ EVIDENCE_KEY: evidence, SLUICE_REGISTRIES: `${this.#registry.host}/example` },
        ...{ GITHUB_STEP_SUMMARY: join(this.#folder, "summary.md"), GITHUB_RUN_ID: "1", GITHUB_SERVER_URL: "https://github.com" },
        ...env,
      },
    });
    const outcome: Outcome = {
      ...{ exitCode: ended.exitCode ?? 1, text: ended.all, stdout: ended.stdout },
      seconds: (performance.now() - started) / 1000,
    };
    this.said.push(outcome);
    return outcome;
  }

  /** All summaries, in order. */
  summaries(): Promise<string> {
    return readFile(join(this.#folder, "summary.md"), "utf8");
  }

  /** A file as a branch has it. */
  async onBranch(branch: string, file: string): Promise<string> {
    return (await execa("git", ["show", `${branch}:${file}`], { cwd: this.origin })).stdout;
  }

  /** First line of a commit's words; of one that only the runner has, too. */
  async subjectOf(commit: string): Promise<string> {
    return (await execa("git", ["log", "-1", "--format=%s", commit], { cwd: this.project.root })).stdout;
  }

  /** Merge the pull request that says what the stack runs, as GitHub does: one commit, and the branch is gone. */
  async mergeRecord(): Promise<void> {
    await this.people.git("fetch", "--quiet", "origin");
    await this.people.git("merge", "--quiet", "--squash", "origin/deploy/dev");
    await this.merge();
    await this.people.git("push", "--quiet", "origin", ":deploy/dev");
  }

  /** Every change that the repository has ever seen. */
  async history(): Promise<string> {
    return (await execa("git", ["log", "--all", "--patch"], { cwd: this.origin })).stdout;
  }

  /** Folder of the state that outlives runs. */
  get state(): string {
    return join(this.#folder, "state");
  }

  /** End everything. @returns what is left in Docker */
  async remove(): Promise<string[]> {
    const { docker } = this.project;
    const stopped = await this.project.script("stop", "--data");
    const left = await this.project.leftovers();
    const pulled = (await docker.run(["image", "ls", "--quiet", "--no-trunc", "--filter", `reference=${this.#registry.host}/*/*`])).split(
      "\n",
    );
    for (const id of new Set(pulled.filter(Boolean))) await docker.try(["image", "rm", "--force", id]);
    await Promise.all([this.#registry.stop(), this.api.stop(), this.#channel.close(), this.people.remove()]);
    await rm(this.#folder, { recursive: true, force: true });
    return stopped.exitCode === 0 ? left : [...left, stopped.text];
  }
}

/** Away with what takes long to look at and changes nothing here: evidence is about all that is committed, and its gates have room. */
async function leaveOut(people: Checkout): Promise<void> {
  const rooms = ["cluster", "components", "engine", "dokploy", "github", "manifests", "policies", "refused", "workflows"];
  const pure = await readdir(join(people.root, "test/pure"));
  const unread = pure.filter((name) => !name.startsWith("examples-")).map((name) => `pure/${name}`);
  await Promise.all([...rooms, ...unread].map((path) => rm(join(people.root, "test", path), { recursive: true })));
  const demo = "examples/test/e2e/demo.test.ts";
  const slow = /it\((?="(?:answers from the database while|says 503 while|starts before|adopts a database))/g;
  await people.write(demo, (await people.read(demo)).replaceAll(slow, "it.skip("));
}

/** What deploy.yml runs for dev. */
async function deployCommand(): Promise<string> {
  const { jobs } = parse(await readFile(join(ROOT, ".github/workflows/deploy.yml"), "utf8")) as {
    jobs: { dev: { steps: { name?: string; run?: string }[] } };
  };
  const command = jobs.dev.steps.find(({ name }) => name === "Deploy")?.run;
  if (command === undefined) throw new Error("deploy.yml has no step 'Deploy' for dev");
  return command;
}
