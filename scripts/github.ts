import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import Table from "cli-table3";
import { Command } from "commander";
import { CODEOWNERS_FILE, renderCodeowners } from "../components/github/codeowners.ts";
import { readProject } from "../estate/project.ts";
import { adoptArguments, adoptEnvironment } from "../pipeline/repository/adopt.ts";
import { overview } from "../pipeline/repository/overview.ts";
import { secretAdvice, secretIssue, secretRows } from "../pipeline/repository/secrets.ts";
import type { GithubSettings, Settings } from "../settings/types.ts";
import { Problem } from "../toolchain/problem.ts";
import { say } from "../toolchain/say.ts";
import { main } from "./main.ts";

const STACK = "repository";

/** @throws Problem when the stack decides nothing about a repository */
function repositoryOf(stack: string): { readonly github: GithubSettings; readonly secrets: Settings<unknown>["secrets"] } {
  const { github, secrets } = readProject(stack).settings;
  if (!github)
    throw new Problem(
      `The stack '${stack}' has no repository: Pulumi.${stack}.yaml lacks \`sluice:github\`. Name another one with --stack.`,
    );
  return { github, secrets };
}

async function secrets(
  stack: string,
  { json = false, issue = false }: { readonly json?: boolean; readonly issue?: boolean },
): Promise<void> {
  const { github, secrets: known } = repositoryOf(stack);
  const rows = secretRows(github, known, new Date().toISOString().slice(0, 10));
  if (json) console.log(JSON.stringify(rows, undefined, 2));
  else {
    const table = new Table({ head: ["environment", "secret", "from", "changed", "days", "at most", ""], style: { head: [], border: [] } });
    table.push(
      ...rows.map(({ environment, name, secret, rotated = "", days = "", maxAgeDays, state }) => [
        ...[environment, name, secret, rotated, days, maxAgeDays],
        state === "young" ? "" : state,
      ]),
    );
    console.log(table.toString());
  }
  if (issue) {
    const [{ githubOf }, { putIssue }] = await Promise.all([
      import("../pipeline/github/client.ts"),
      import("../pipeline/github/issues.ts"),
    ]);
    say(`secrets: ${await putIssue(githubOf(process.env), secretIssue(rows, stack))}`);
  }
  const advice = secretAdvice(rows, stack);
  if (advice.length > 0) throw new Problem(advice.join("\n"));
}

function list(stack: string): void {
  for (const { title, lines } of overview(repositoryOf(stack).github)) {
    console.log(title);
    const widest = Math.max(0, ...lines.map(([name]) => name.length));
    for (const [name, words] of lines) console.log(`  ${name.padEnd(widest)}  ${words}`);
  }
}

async function codeowners(stack: string, check: boolean): Promise<void> {
  const text = renderCodeowners(repositoryOf(stack).github.codeowners, `Pulumi.${stack}.yaml`);
  const old = await readFile(CODEOWNERS_FILE, "utf8").catch(() => undefined);
  if (old === text) return console.log(`${CODEOWNERS_FILE}: up to date`);
  if (check)
    throw new Problem(`${CODEOWNERS_FILE} is not what Pulumi.${stack}.yaml says. Write it: npm run github -- codeowners --stack ${stack}`);
  await mkdir(dirname(CODEOWNERS_FILE), { recursive: true });
  await writeFile(CODEOWNERS_FILE, text);
  console.log(`${CODEOWNERS_FILE}: written`);
}

async function adopt(stack: string): Promise<void> {
  const { github } = repositoryOf(stack);
  const { runEngine } = await import("./engine-run.ts"); // the other commands need no engine
  const token = await tokenOf(stack, github);
  process.exitCode = await runEngine(adoptArguments(stack, github), () => ({ args: [], env: adoptEnvironment(github, token) }));
  if (process.exitCode === 0) console.log(`\nNow let it become what Pulumi.${stack}.yaml says: npm run up -- --stack ${stack}`);
}

/** The token that the settings name, else the machine's own. */
async function tokenOf(stack: string, { token }: GithubSettings): Promise<string> {
  if (token !== undefined) {
    const { secretsOf } = await import("../estate/secrets.ts");
    const { [token]: own } = await secretsOf({ root: process.cwd(), stack });
    if (own) return own;
    throw new Problem(`The stack '${stack}' has no secret '${token}', which \`sluice:github.token\` names.`);
  }
  const { GITHUB_TOKEN: own } = process.env;
  if (!own) throw new Problem("GITHUB_TOKEN is not set: export that of somebody who may administrate the repository.");
  return own;
}

await main(async () => {
  const program = new Command("npm run github --").description(
    "The repository on GitHub, as a stack decides about it. What is decided is made by: npm run up -- --stack repository",
  );
  const command = (name: string, words: string) => program.command(name).description(words).option("--stack <name>", "which stack", STACK);
  command("list", "what is decided about environments, branches, labels and owners; asks nobody").action(({ stack }) => list(stack));
  command("secrets", "every secret that workflows find, and its age; exit code 1 when one is older than it may be")
    .option("--json", "machine-readable")
    .option("--issue", "open, update or close one issue about the old ones; needs GITHUB_TOKEN with issues: write, and GITHUB_REPOSITORY")
    .action(({ stack, ...options }) => secrets(stack, options));
  command("codeowners", `write ${CODEOWNERS_FILE}`)
    .option("--check", "write nothing; exit code 1 when it is not what the settings say")
    .action(({ stack, check = false }) => codeowners(stack, check));
  command("adopt", "hand the repository, which is there, to the stack; once, before the first up. Nothing in it is changed").action(
    ({ stack }) => adopt(stack),
  );
  await program.parseAsync();
});
