import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { adoptArguments, adoptEnvironment } from "../../pipeline/repository/adopt.ts";
import { overview } from "../../pipeline/repository/overview.ts";
import { secretAdvice, secretRows } from "../../pipeline/repository/secrets.ts";
import { parseSettings } from "../../settings/parse.ts";
import type { GithubSettings } from "../../settings/types.ts";
import { goodSettings, project, type Raw } from "../support/settings.ts";

const TODAY = "2026-11-21";

function github(change: (raw: Raw) => void = () => undefined): GithubSettings {
  const raw = goodSettings();
  change(raw);
  const result = parseSettings(raw, { stack: "dev" });
  if ("problems" in result || !result.ok.github) throw new Error(JSON.stringify(result));
  return result.ok.github;
}

describe("secrets of environments", () => {
  const known = { "payment-key": "[encrypted]" };

  it("are told with their age; one that is not set is not old", () => {
    expect(secretRows(github(), known, TODAY)).toEqual([
      { environment: "prod", name: "JIRA_TOKEN", secret: "jira-token", maxAgeDays: 90, state: "not set" },
      {
        environment: "prod",
        name: "SLACK_WEBHOOK",
        secret: "payment-key",
        rotated: "2026-11-01",
        days: 20,
        maxAgeDays: 90,
        state: "young",
      },
    ]);
    expect(secretAdvice(secretRows(github(), known, TODAY), "dev")).toEqual([]);
  });

  it("may say their day without quotes, which the engine's YAML makes a moment", () => {
    const moment = github((raw) => {
      raw.github.environments.prod.secrets.SLACK_WEBHOOK.rotated = "2026-11-01 00:00:00 +0000 UTC";
    });
    expect(secretRows(moment, known, TODAY)[1]).toMatchObject({ rotated: "2026-11-01", days: 20, state: "young" });
  });

  it("that are old come with what to do, each value once", () => {
    const rows = secretRows(
      github((raw) => {
        const old = { secret: "payment-key", rotated: "2026-01-01" };
        Object.assign(raw.github.environments.prod.secrets, { SLACK_WEBHOOK: old });
        raw.github.environments.dev.secrets = { SLACK_WEBHOOK: { ...old, maxAgeDays: 7 } };
      }),
      known,
      TODAY,
    );
    expect(secretAdvice(rows, "repository")).toEqual([
      "dev SLACK_WEBHOOK: it was last changed 324 days ago, on 2026-01-01; at most 7",
      "prod SLACK_WEBHOOK: it was last changed 324 days ago, on 2026-01-01; at most 90",
      "",
      "Make a new value where the old one came from, then:",
      "  npm run pulumi -- -s repository config set --secret --path 'sluice:secrets.payment-key'",
      "say when in `rotated` of Pulumi.repository.yaml, and: npm run up -- --stack repository",
    ]);
  });
});

describe("what is decided", () => {
  it("reads as words", () => {
    const text = overview(github()).map(({ title, lines }) => [title, ...lines.map((line) => line.join(": "))].join("\n  "));
    expect(text.slice(0, 4)).toEqual([
      [
        "example/shop",
        "merging: by squash, rebase; by itself when ready: on",
        "merged branches: deleted",
        "vulnerability alerts: on",
        "actions: by full commit SHA alone; GitHub's own, octokit/*",
      ].join("\n  "),
      ["environment dev", ...["approval: none asked for", "wait: none", "from: branch main", "variables: REGION", "secrets: none"]].join(
        "\n  ",
      ),
      [
        "environment prod",
        "approval: one of team platform, octocat",
        ...["wait: 5 min", "from: branch main, tag v*", "variables: none", "secrets: JIRA_TOKEN, SLACK_WEBHOOK"],
      ].join("\n  "),
      [
        "branch (the default one)",
        "checks: check, test",
        "approvals: 1, and those of the files' owners",
        "history: linear",
        "tags that stay: v*",
      ].join("\n  "),
    ]);
  });

  it("does not pass over what is dangerous", () => {
    const [, , prod] = overview(
      github((raw) =>
        Object.assign(raw.github.environments.prod, {
          ...{ selfReview: "authors-may-approve-their-own-deployments", adminBypass: "admins-may-skip-protection" },
        }),
      ),
    );
    expect(prod?.lines).toContainEqual(["approval", "one of team platform, octocat; authors may approve their own"]);
    expect(prod?.lines).toContainEqual(["administrators", "may skip all of this"]);
  });
});

describe("handing a repository over", () => {
  it("names it as the program does, and puts the token on no command line", () => {
    expect(adoptArguments("repository", github())).toEqual([
      ...["import", "github:index/repository:Repository", "settings-repository", "shop"],
      ...["--stack", "repository", "--yes", "--protect=false", "--generate-code=false"],
    ]);
    expect(adoptEnvironment(github(), "planted-8c1f")).toEqual({
      ...{ GITHUB_OWNER: "example", GITHUB_BASE_URL: "https://api.github.com/", GITHUB_TOKEN: "planted-8c1f" },
    });
  });
});

describe("npm run github", () => {
  let root: string;
  const run = (...args: string[]) =>
    execa(process.execPath, [new URL("scripts/github.ts", project).pathname, ...args], { cwd: root, reject: false, all: true });
  const write = (raw: Raw) =>
    writeFile(
      join(root, "Pulumi.repository.yaml"),
      stringify({ config: { "sluice:github": raw.github, "sluice:secrets": { "payment-key": { secure: "v1:x" } } } }),
    );
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "sluice-github-"));
    await writeFile(join(root, "Pulumi.yaml"), "name: sluice\n");
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it("secrets: exit code 0 while all are young, 1 with a table and what to do when one is old", async () => {
    const raw = goodSettings();
    const { SLACK_WEBHOOK: slack } = raw.github.environments.prod.secrets;
    slack.rotated = new Date().toISOString().slice(0, 10);
    await write(raw);
    const young = await run("secrets");
    expect([young.exitCode, young.all]).toEqual([0, expect.stringContaining("not set")]);
    slack.rotated = "2020-01-01";
    await write(raw);
    const old = await run("secrets");
    expect(old.exitCode).toBe(1);
    expect(old.stdout).toMatch(/prod\s+│.*SLACK_WEBHOOK.*payment-key.*2020-01-01.*│.*90.*│.*old/);
    expect(old.stderr).toContain("config set --secret --path 'sluice:secrets.payment-key'");
    expect(old.all).not.toMatch(/^\s+at /m);
    const json = await run("secrets", "--json");
    expect([json.exitCode, JSON.parse(json.stdout)[1]]).toMatchObject([1, { name: "SLACK_WEBHOOK", state: "old" }]);
  });

  it("codeowners: writes the file once, and tells when it is another", async () => {
    await write(goodSettings());
    const missing = await run("codeowners", "--check");
    expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringContaining("npm run github -- codeowners --stack repository")]);
    expect((await run("codeowners")).stdout).toBe(".github/CODEOWNERS: written");
    expect(await readFile(join(root, ".github", "CODEOWNERS"), "utf8")).toContain("* @example/platform\n");
    expect((await run("codeowners", "--check")).stdout).toBe(".github/CODEOWNERS: up to date");
  });

  it("says in words that a stack has no repository, that there is no token, and what it can do", async () => {
    await writeFile(join(root, "Pulumi.dev.yaml"), "config: {}\n");
    const none = await run("list", "--stack", "dev");
    expect([none.exitCode, none.stderr.trim()]).toEqual([
      1,
      "The stack 'dev' has no repository: Pulumi.dev.yaml lacks `sluice:github`. Name another one with --stack.",
    ]);
    const raw = goodSettings();
    delete raw.github.token;
    await write(raw);
    const adopt = await execa(process.execPath, [new URL("scripts/github.ts", project).pathname, "adopt"], {
      ...{ cwd: root, reject: false, env: { GITHUB_TOKEN: "" } },
    });
    expect([adopt.exitCode, adopt.stderr.trim()]).toEqual([
      1,
      "GITHUB_TOKEN is not set: export that of somebody who may administrate the repository.",
    ]);
    const help = await run("--help");
    for (const name of ["list", "secrets", "codeowners", "adopt"]) expect(help.stdout).toContain(name);
  });
});
