import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { execa } from "execa";
import { readProject } from "../estate/project.ts";
import { githubOf } from "../pipeline/github/client.ts";
import { readManifest } from "../pipeline/images/manifest.ts";
import { Checkout } from "../pipeline/ship/git.ts";
import { askToMerge, type Repository, recordState } from "../pipeline/ship/github.ts";
import { notify } from "../pipeline/ship/notify.ts";
import { EXIT_CODES, headline, type Shipped, summary } from "../pipeline/ship/outcome.ts";
import { type Ports, ship } from "../pipeline/ship/ship.ts";
import { Problem } from "../toolchain/problem.ts";
import { say, warn } from "../toolchain/say.ts";
import { main } from "./main.ts";

interface Options {
  readonly stack: string;
  readonly images?: string;
  readonly out?: string;
  readonly record?: boolean;
  readonly base: string;
  readonly here?: boolean;
}

const AFTER = `
Environment (all of it optional): GITHUB_TOKEN and GITHUB_REPOSITORY for the deployment record; RECORD_TOKEN for the branch and its pull request
(--record); SLACK_WEBHOOK for who is told; GITHUB_STEP_SUMMARY for the summary.
Exit codes, as those of npm run rollout: 0 deployed, 1 refused or failed, 2 a release was taken back, 3 a rollout is paused.`;

const program = new Command("npm run ship --")
  .description(
    "Deploy the commit that is checked out to a stack: images, evidence, update, a rollout of each changed service; then the record of it.",
  )
  .addHelpText("after", AFTER)
  .requiredOption("--stack <name>", "which stack")
  .option("--images <file>", "images.json of npm run images -- publish; without it, what the stack file names or builds")
  .option("--out <folder>", "where STACK.json and STACK.md go")
  .option("--record", "make what the stack runs a commit of the branch deploy/STACK, and ask for it to be merged")
  .option("--here", "in GitHub Actions, too: deploy to the Docker engine of this very machine, which is then a runner of your own")
  .option("--base <branch>", "where that is merged to", "main")
  .parse();

await main(() => run(program.opts<Options>()));

async function run({ stack, images, out, record = false, base, here = false }: Options): Promise<void> {
  const { RECORD_TOKEN: recordToken, GITHUB_SERVER_URL: server, SLACK_WEBHOOK: webhook } = process.env;
  const { root, stackFile, settings } = readProject(stack);
  if (process.env.GITHUB_ACTIONS === "true" && settings.host?.docker.startsWith("unix:") && !here)
    throw new Problem(
      `${stack} is on the machine that runs this (${settings.host.docker}), which is gone after the run: set DOCKER_HOST=ssh://… or sluice:host.docker; on a runner of your own, --here.`,
    );
  const manifest = images === undefined ? undefined : await readManifest(images);
  const checkout = new Checkout(root, recordToken || undefined, server || undefined);
  const { commit, at } = await checkout.head();
  if (manifest !== undefined && manifest.commit !== commit)
    throw new Problem(
      `${images} is about commit ${manifest.commit.slice(0, 12)}, and ${commit.slice(0, 12)} is checked out: they are deployed together.`,
    );
  const file = `Pulumi.${stack}.yaml`;
  const ports: Ports = {
    now: () => new Date(),
    say,
    begin: async () => {
      if (record) await checkout.takeOver(stack);
      return readFile(stackFile, "utf8");
    },
    write: async (text, words) => {
      await writeFile(stackFile, text);
      if (record) await checkout.commit(file, words);
    },
    npm: async (script, args) => {
      say(`\n== npm run ${script} -- ${args.join(" ")}`);
      // stdout belongs to this command's own result; what only this command needs stays with it.
      const ran = await execa("npm", ["run", "--silent", script, "--", ...args], {
        ...{ cwd: root, stdin: "ignore", stdout: process.stderr, stderr: "inherit", reject: false },
        env: { RECORD_TOKEN: undefined, SLACK_WEBHOOK: undefined },
      });
      return ran.exitCode ?? 1;
    },
    record: async (words) => {
      if (!record) return;
      await checkout.commit(file, words);
      if (!(await checkout.differs(file, commit))) return;
      await checkout.push(stack);
      const repository = github(recordToken);
      if (repository === undefined) return say(`deploy/${stack} has what ${stack} runs; without RECORD_TOKEN nobody is asked to merge it.`);
      const { number, merges } = await askToMerge(repository, { stack, base, words });
      say(`#${number} writes down what ${stack} runs${merges ? ", and merges itself when its checks are green" : ": merge it"}.`);
    },
  };
  await tellGitHub(stack, commit, "in_progress", "the deploy has begun");
  const shipped = await ship({ stack, commit, commitAt: at, manifest, evidence: settings.evidence !== undefined }, ports);
  await tell(shipped, out, webhook || undefined);
  process.exitCode = EXIT_CODES[shipped.result];
}

/** Without a token, or outside of a repository on GitHub, nobody there is told. */
function github(token: string | undefined): Repository | undefined {
  const { GITHUB_REPOSITORY, GITHUB_API_URL } = process.env;
  return token && GITHUB_REPOSITORY ? githubOf({ GITHUB_TOKEN: token, GITHUB_REPOSITORY, GITHUB_API_URL }) : undefined;
}

/** A deploy is not undone because nobody could be told of it. */
async function tellGitHub(stack: string, commit: string, state: Parameters<typeof recordState>[1]["state"], words: string): Promise<void> {
  const { GITHUB_TOKEN, GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = process.env;
  const repository = github(GITHUB_TOKEN);
  if (repository === undefined) return;
  const log = GITHUB_RUN_ID === undefined ? undefined : `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
  await recordState(repository, { stack, commit, state, words, log }).catch((error: unknown) => {
    const status = error instanceof Error && "status" in error ? ` (${error.status})` : "";
    warn(`GitHub's deployment record was not written${status}: GITHUB_TOKEN needs the permission deployments: write.`);
  });
}

async function tell(shipped: Shipped, out: string | undefined, webhook: string | undefined): Promise<void> {
  const words = headline(shipped);
  const text = summary(shipped);
  if (out !== undefined) {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, `${shipped.stack}.json`), `${JSON.stringify(shipped, undefined, 2)}\n`);
    await writeFile(join(out, `${shipped.stack}.md`), text);
  }
  const { GITHUB_STEP_SUMMARY: file } = process.env;
  if (file) await appendFile(file, `${text}\n`);
  await tellGitHub(shipped.stack, shipped.commit, shipped.result === "shipped" ? "success" : "failure", words);
  const untold = webhook === undefined ? undefined : await notify(webhook, words);
  if (untold !== undefined) warn(`SLACK_WEBHOOK was not told: ${untold}.`);
  console.log(words);
  if (shipped.why !== undefined) say(shipped.why);
}
