import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GitHubApi } from "../support/github/server.ts";

const MAIN = join(import.meta.dirname, "../../maintenance/runner/main.ts");
const TOKEN = `ghp_${randomBytes(18).toString("hex")}`;
const { SLUICE_SAMPLES: SAMPLES } = process.env;

let api: GitHubApi;
let dir: string;
beforeAll(async () => {
  api = await GitHubApi.start({ owner: "example", repository: "shop", token: TOKEN, users: ["octocat"], teams: [] });
  // As people write them, some time ago: what is kept here was last spoken of on 1 January 2026.
  for (const [title, labels] of [
    ["Orders are paid twice", ["P0", "bug"]],
    ["Add a dark theme", ["idea"]],
  ] as const) {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const made = await fetch(`${api.url}repos/example/shop/issues`, { method: "POST", headers, body: JSON.stringify({ title, labels }) });
    expect(made.status).toBe(201);
  }
  dir = await mkdtemp(join(tmpdir(), "tracker-"));
});
afterAll(async () => {
  await api.stop();
  await rm(dir, { recursive: true, force: true });
});

/** The job, by the real runner, as its container runs it. */
async function track(token: string) {
  await writeFile(join(dir, "token"), token);
  const facts = { repository: "example/shop", apiUrl: api.url.slice(0, -1), staleDays: 30, urgentLabels: ["P0"] };
  const config = {
    estate: "shop",
    name: "issue-tracker",
    does: "finds stale and broken items in the issue tracker",
    limitSeconds: 60,
    retries: 0,
    tells: "problems",
    facts,
  };
  const env = { SLUICE_JOB: JSON.stringify(config), SLUICE_JOBS: join(dir, "jobs"), SLUICE_SECRETS: dir, SLUICE_TMP: dir };
  const ran = await execa("node", [MAIN], { env, input: "{}\n", reject: false, all: true });
  return { ...ran, report: await readFile(join(dir, "jobs/reports/issue-tracker/latest.md"), "utf8") };
}

describe("issue-tracker, asking GitHub's API", () => {
  it("names what is urgent and nobody's, and what nobody has spoken of, and writes nothing there", async () => {
    const { exitCode, all, report } = await track(TOKEN);
    expect(exitCode, all).toBe(0);
    expect(report).toContain("2 issues are open in example/shop: 1 need somebody today, 1 are stale or misplaced.");
    expect(report).toContain("| warning | \\#100 Orders are paid twice: is P0 and nobody's | give it to somebody |");
    expect(report).toMatch(/\| notice \| \\#101 Add a dark theme: has had no word for \d+ days/);
    expect(api.problems).toEqual([]);
    if (SAMPLES !== undefined) await writeFile(join(SAMPLES, "issue-tracker.md"), report);
  });

  it("with a token that is not valid fails in words, without the token", async () => {
    const wrong = `ghp_${randomBytes(18).toString("hex")}`;
    const { exitCode, all, report } = await track(wrong);
    expect([exitCode, report.includes("**failed**")], all).toEqual([1, true]);
    expect(`${all}${report}`).not.toContain(wrong);
  });
});
