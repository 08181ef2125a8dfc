import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GitHubApi } from "../support/github/server.ts";
import { RepositoryStack } from "../support/github/stack.ts";

const OWNER = "sluice-delivery";
const REPOSITORY = "sluice";

const plant = (name: string): string => `pl4nted-${name}-'"$\\{}%-ü-${randomBytes(12).toString("hex")}`;
const TOKEN = `ghp_${randomBytes(18).toString("hex")}`;
const SLACK = plant("slack");
/** Said by mistake: it stands in a setting that is no secret. */
const LEAKED = plant("leaked");
/** The same, and the engine does not know it at all: it is one of the run's own. */
const FOREIGN = plant("foreign");
const PLANTED: Readonly<Record<string, string>> = { token: TOKEN, slack: SLACK, leaked: LEAKED, foreign: FOREIGN };

const SETTINGS = {
  ...{ owner: OWNER, repository: REPOSITORY },
  environments: { staging: { secrets: { SLACK_WEBHOOK: { secret: "slack", rotated: "2026-11-01" } }, variables: { REGION: "eu-1" } } },
};

let api: GitHubApi;
let stack: RepositoryStack;
beforeAll(async () => {
  api = await GitHubApi.start({ owner: OWNER, repository: REPOSITORY, token: TOKEN, users: ["octocat"], teams: [] });
  stack = await RepositoryStack.make({ ...SETTINGS, baseUrl: api.url });
  Object.assign(stack.env, { GITHUB_TOKEN: TOKEN, GITHUB_STEP_SUMMARY: join(stack.root, "summary.md"), DEPLOY_TOKEN: FOREIGN });
  await stack.plant("slack", SLACK);
  await stack.plant("unused", LEAKED);
  const adopted = await stack.adopt();
  expect(adopted.exitCode, adopted.text).toBe(0);
  const up = await stack.up();
  expect(up.exitCode, up.text).toBe(0);
});
afterAll(async () => {
  await stack.remove();
  await api.stop();
});

const drift = () => stack.script("drift", "--stack", "repository", "--out", "drift");
const read = (...path: readonly string[]): Promise<string> => readFile(join(stack.root, ...path), "utf8");

describe("drift of a stack whose plugin asks a real server", () => {
  it("is none after an up", async () => {
    const { exitCode, text } = await drift();
    expect(exitCode, text).toBe(0);
    expect(JSON.parse(await read("drift", "repository.json"))).toMatchObject({ kind: "none", gone: 0, changed: 0 });
  });

  it("names what somebody has changed and removed by hand, and changes nothing", async () => {
    const { settings, labels } = api.world.repository;
    settings.delete_branch_on_merge = !settings.delete_branch_on_merge;
    labels.delete("p3");
    api.forget();
    const { exitCode, text } = await drift();
    expect(exitCode, text).toBe(2);
    expect(api.writes).toEqual([]);
    const report = await read("drift", "repository.md");
    expect(report).toContain("### repository: 1 resource gone and 1 resource changed by hand");
    expect(report).toMatch(/\| \*\*gone\*\* \| `[^`]*P3[^`]*` \| `IssueLabel` \|/i);
    expect(report).toMatch(/\| changed \| .*`deleteBranchOnMerge`/);
    expect(report).toMatch(/^-\s+deleteBranchOnMerge: true\n\+\s+deleteBranchOnMerge: false/m);
  });

  it("is not known where the server refuses", async () => {
    api.fail({ status: 401, times: 1_000 });
    const { exitCode, text } = await drift();
    api.mend();
    expect(exitCode, text).toBe(1);
    expect(JSON.parse(await read("drift", "repository.json"))).toMatchObject({ kind: "unknown" });
    expect(await read("drift", "repository.md")).toContain("Whether it drifted is not known.");
  });
});

describe("planted secrets", () => {
  it("are in no comment, report, event log, summary or word of a command", async () => {
    await stack.configure((github) => {
      const { staging } = github.environments as Record<string, { variables: Record<string, string> }>;
      if (staging) Object.assign(staging.variables, { NOTE: `what ${LEAKED} is`, TOLD: `who ${FOREIGN} is` });
    });
    const ran = await stack.script("preview-comment", "--stack", "repository", "--out", "preview", "--keep-events", "preview/events.jsonl");
    expect(ran.exitCode, ran.text).toBe(0);
    const files = (
      await Promise.all(
        ["preview", "drift"].map(async (folder) => (await readdir(join(stack.root, folder))).map((name) => join(folder, name))),
      )
    ).flat();
    expect(files.length).toBeGreaterThanOrEqual(6);
    const texts = new Map<string, string>([["said", ran.text], ...stack.said.map(([what, text]) => [what, text] as const)]);
    for (const file of [...files, "summary.md"]) texts.set(file, await read(file));
    const comment = texts.get(join("preview", "repository.md")) ?? "";
    // The engine hides what is in its settings; the other one would stand there, were it not for the mask.
    expect(comment, ran.text).toContain("what [secret] is");
    expect(comment, ran.text).toContain("who [secret] is");
    for (const [where, text] of texts)
      for (const [name, secret] of Object.entries(PLANTED)) {
        for (const form of [secret, JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString("base64").replace(/=+$/, "")])
          expect(text.includes(form), `${name} in ${where}`).toBe(false);
      }
  });
});
