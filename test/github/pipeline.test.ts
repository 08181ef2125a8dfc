import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { markerOf } from "../../pipeline/comment/comment.ts";
import { markerOf as driftMarker } from "../../pipeline/drift/report.ts";
import { talk } from "../support/github/play/issues.ts";
import { GitHubApi } from "../support/github/server.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const TOKEN = ["ghp", "pipelinetesttoken0000000000000000000"].join("_");
const PULL_REQUEST = 12;

let api: GitHubApi;
let folder: string;
beforeEach(async () => {
  api = await GitHubApi.start({ owner: "sluice-delivery", repository: "sluice", token: TOKEN, users: ["octocat", "hubot"], teams: [] });
  folder = await mkdtemp(join(tmpdir(), "sluice-post-"));
});
afterEach(async () => {
  // Nothing was asked or answered that GitHub's description does not have.
  expect(api.problems).toEqual([]);
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

const comment = (stack: string, text: string): Promise<void> => writeFile(join(folder, `${stack}.md`), `${markerOf(stack)}\n\n${text}\n`);

/** A script as a workflow runs it. */
async function script(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = ROOT) {
  const ran = await execa(process.execPath, [join(ROOT, "scripts", `${name}.ts`), ...args], {
    cwd,
    env: {
      ...{ GITHUB_TOKEN: TOKEN, GITHUB_REPOSITORY: "sluice-delivery/sluice", GITHUB_API_URL: api.url.slice(0, -1), GITHUB_EVENT_PATH: "" },
      ...env,
    },
    all: true,
    reject: false,
  });
  expect(ran.all).not.toMatch(/^\s+at .*:\d+/m);
  expect(ran.all).not.toContain(TOKEN);
  return { exitCode: ran.exitCode, said: ran.all ?? "" };
}
const post = (...more: readonly string[]) => script("preview-comment", ["post", folder, "--pull-request", String(PULL_REQUEST), ...more]);
const comments = () => [...talk(api.world.repository).comments.values()];

describe("comments on a pull request", () => {
  it("are posted once per stack, edited in place, and left alone when nothing is new", async () => {
    await comment("staging", "first");
    await comment("prod", "first");
    expect(await post()).toMatchObject({ exitCode: 0, said: "prod: posted\nstaging: posted" });
    await comment("staging", "second");
    expect(await post()).toMatchObject({ exitCode: 0, said: "prod: unchanged\nstaging: edited" });
    expect(comments().map(({ body }) => body.split("\n").at(2))).toEqual(["first", "second"]);
    expect(comments().every(({ issue }) => issue === PULL_REQUEST)).toBe(true);
  });

  it("are found among many, and neither a person's nor a quoted one is touched", async () => {
    const { comments: kept } = talk(api.world.repository);
    const put = (id: number, by: string, body: string) => kept.set(id, { id, issue: PULL_REQUEST, body, by });
    for (let id = 1; id <= 150; id++) put(id, "hubot", "a word");
    put(151, "hubot", `${markerOf("staging")}\n\na person's`);
    put(152, "octocat", `> ${markerOf("staging")}\n\nquoted`);
    put(153, "octocat", `${markerOf("staging")}\n\nold`);
    put(154, "octocat", `${markerOf("staging")}\n\nof another run at the same time`);
    await comment("staging", "new");
    expect(await post()).toMatchObject({ exitCode: 0, said: "staging: edited" });
    expect(kept.get(151)?.body).toContain("a person's");
    expect(kept.get(152)?.body).toContain("quoted");
    expect(kept.get(153)?.body).toContain("new");
    expect(kept.has(154)).toBe(false);
    expect(kept.size).toBe(153);
  });

  it("are not posted from a fork, which is no error", async () => {
    await comment("staging", "text");
    const event = join(folder, "event.json");
    const repo = (full_name: string) => ({ sha: "0".repeat(40), repo: { full_name } });
    await writeFile(event, JSON.stringify({ pull_request: { number: 12, head: repo("a/sluice"), base: repo("sluice-delivery/sluice") } }));
    const { exitCode, said } = await script("preview-comment", ["post", folder], { GITHUB_EVENT_PATH: event, GITHUB_TOKEN: "" });
    expect(exitCode).toBe(0);
    expect(said).toContain("comes from a fork: its token may not write, so nothing is posted");
    expect(api.calls).toEqual([]);
  });

  it.each([
    [401, "The token is not valid"],
    [403, "The token may not do this. It needs `pull-requests: write`"],
    [404, "There is no such thing, or the token may not see it"],
    [422, "GitHub does not take what was sent"],
  ] as const)("say what to do when GitHub says %i", async (status, words) => {
    await comment("staging", "text");
    api.fail({ status, at: "issues/create-comment" });
    const { exitCode, said } = await post();
    expect(exitCode).toBe(1);
    expect(said).toContain(`Could not comment on pull request 12: GitHub says ${status}`);
    expect(said).toContain(words);
    expect(comments()).toEqual([]);
  });

  it("wait where GitHub asks for patience, and try again where it failed itself", async () => {
    await comment("staging", "text");
    api.fail({ status: 429, at: "issues/list-comments", retryAfter: 1 });
    api.fail({ status: 502, at: "issues/create-comment" });
    const { exitCode, said } = await post();
    expect({ exitCode, last: said.split("\n").at(-1) }).toEqual({ exitCode: 0, last: "staging: posted" });
    expect(comments()).toHaveLength(1);
  });

  it("are all refused when one of them cannot be posted", async () => {
    await comment("staging", "text");
    await writeFile(join(folder, "prod.md"), "no marker");
    await writeFile(join(folder, "dev.md"), `${markerOf("dev")}\n${"x".repeat(65_536)}`);
    const { exitCode, said } = await post();
    expect(exitCode).toBe(1);
    expect(said).toContain("prod.md does not begin with <!-- sluice:preview:prod -->");
    expect(said).toMatch(/dev\.md has \d+ characters; GitHub takes 65536/);
    expect(api.calls).toEqual([]);
  });

  it("name every variable that is missing", async () => {
    await comment("staging", "text");
    const { exitCode, said } = await script("preview-comment", ["post", folder, "--pull-request", "1"], {
      GITHUB_TOKEN: "",
      GITHUB_REPOSITORY: "sluice",
    });
    expect(exitCode).toBe(1);
    expect(said).toContain("GITHUB_TOKEN is not set");
    expect(said).toContain("GITHUB_REPOSITORY is 'sluice'; allowed is owner/name");
  });
});

describe("the issue about drift", () => {
  const report = async (kind: "none" | "drift" | "unknown", title: string) => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "prod.json"), JSON.stringify({ stack: "prod", kind, title, gone: 0, changed: 0 }));
    await writeFile(join(folder, "prod.md"), `${driftMarker("prod")}\n\n${title}\n`);
  };
  const issue = () => script("drift", ["issue", folder]);
  const issues = () => [...talk(api.world.repository).issues.values()];

  it("is opened, brought up to date, left alone, and closed with a word", async () => {
    await report("none", "runs as its state says");
    expect(await issue()).toMatchObject({ exitCode: 0, said: "prod: all is well, and no issue is open" });
    await report("drift", "1 resource gone");
    expect(await issue()).toMatchObject({ exitCode: 0, said: "prod: issue 100 is opened" });
    expect(issues()).toMatchObject([{ title: "Drift: prod: 1 resource gone", state: "open", labels: ["drift"] }]);
    expect(await issue()).toMatchObject({ said: "prod: issue 100 says so already" });
    await report("drift", "2 resources gone");
    expect(await issue()).toMatchObject({ said: "prod: issue 100 is brought up to date" });
    await report("unknown", "could not be looked at");
    expect(await issue()).toMatchObject({ said: "prod: could not be looked at; its issue stays as it is" });
    expect(issues()).toMatchObject([{ title: "Drift: prod: 2 resources gone", state: "open" }]);
    await report("none", "runs as its state says");
    expect(await issue()).toMatchObject({ said: "prod: issue 100 is closed" });
    expect(issues()).toMatchObject([{ state: "closed" }]);
    expect(comments().map(({ body }) => body)).toEqual(["prod runs as its state says again."]);
  });

  it("is never a person's", async () => {
    talk(api.world.repository).issues.set(1, {
      ...{ number: 1, title: "mine", body: driftMarker("prod"), state: "open" as const, labels: [], by: "hubot" },
    });
    await report("none", "runs as its state says");
    expect(await issue()).toMatchObject({ said: "prod: all is well, and no issue is open" });
    expect(issues()).toMatchObject([{ state: "open" }]);
  });
});

describe("the issue about old secrets", () => {
  const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  const settings = (rotated: string) => ({
    config: {
      "sluice:secrets": { slack: { secure: "v1:AAAA:BBBB" } },
      "sluice:github": {
        ...{ owner: "sluice-delivery", repository: "sluice" },
        environments: { prod: { reviewers: { users: ["octocat"] }, secrets: { SLACK_WEBHOOK: { secret: "slack", rotated } } } },
      },
    },
  });
  const secrets = async (rotated: string, ...more: string[]) => {
    await copyFile(join(ROOT, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    await writeFile(join(folder, "Pulumi.repository.yaml"), stringify(settings(rotated)));
    return script("github", ["secrets", ...more], {}, folder);
  };
  const issues = () => [...talk(api.world.repository).issues.values()];

  it("is opened when one is older than it may be, and closed when it was changed", async () => {
    const young = await secrets(day(3), "--issue");
    expect([young.exitCode, young.said]).toEqual([0, expect.stringContaining("secrets: all is well, and no issue is open")]);
    const old = await secrets(day(91), "--issue");
    expect([old.exitCode, old.said]).toEqual([1, expect.stringContaining("secrets: issue 100 is opened")]);
    expect(old.said).toContain(`prod SLACK_WEBHOOK: it was last changed 91 days ago, on ${day(91)}; at most 90`);
    expect(issues()).toMatchObject([
      {
        ...{ title: "1 secret is older than it may be", state: "open", labels: ["P3"] },
        body: expect.stringContaining("| prod | `SLACK_WEBHOOK` | it was last changed 91 days ago"),
      },
    ]);
    expect(issues()[0]?.body).toContain("config set --secret --path 'sluice:secrets.slack'");
    expect((await secrets(day(0), "--issue")).said).toContain("secrets: issue 100 is closed");
    expect(issues()).toMatchObject([{ state: "closed" }]);
  });

  it("is left alone without --issue", async () => {
    expect(await secrets(day(91))).toMatchObject({ exitCode: 1, said: expect.stringContaining("91 days ago") });
    expect(issues()).toEqual([]);
  });
});
