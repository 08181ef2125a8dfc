import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { githubOf } from "../../pipeline/github/client.ts";
import { askToMerge, recordState } from "../../pipeline/ship/github.ts";
import { deploys } from "../support/github/play/deploys.ts";
import { GitHubApi } from "../support/github/server.ts";

const TOKEN = ["ghp", "deploytesttoken00000000000000000000000"].join("_");
const COMMIT = "5".repeat(40);

/** The server that holds every request and answer against GitHub's description. */
describe("a deploy's record", () => {
  let api: GitHubApi;
  beforeEach(async () => {
    api = await GitHubApi.start({ owner: "sluice-delivery", repository: "sluice", token: TOKEN, users: ["octocat"], teams: [] });
  });
  afterEach(() => api.stop());
  const github = () => githubOf({ GITHUB_TOKEN: TOKEN, GITHUB_REPOSITORY: "sluice-delivery/sluice", GITHUB_API_URL: api.url.slice(0, -1) });
  const kept = () => deploys(api.world.repository);

  it("is one deployment with all its states, by requests that GitHub describes", async () => {
    const about = { stack: "staging", commit: COMMIT };
    await recordState(github(), {
      ...about,
      state: "in_progress",
      words: "the deploy has begun",
      log: "https://github.com/example/actions/runs/1",
    });
    await recordState(github(), { ...about, state: "failure", words: `api is taken back ${"w".repeat(200)}` });
    expect(kept().deployments).toHaveLength(1);
    expect(kept().deployments[0]).toMatchObject({
      environment: "staging",
      sha: COMMIT,
      statuses: [{ state: "in_progress" }, { state: "failure" }],
    });
    expect(kept().deployments[0]?.statuses[1]?.description).toHaveLength(140);
    expect(api.problems).toEqual([]);
  });

  it("is one pull request per stack, however often it is asked for", async () => {
    const asked = { stack: "staging", base: "main", words: "deploy(staging): shipped" };
    const first = await askToMerge(github(), asked);
    expect(await askToMerge(github(), asked)).toEqual(first);
    await askToMerge(github(), { ...asked, stack: "prod" });
    expect(kept().pulls.map(({ head, base }) => [head, base])).toEqual([
      ["deploy/staging", "main"],
      ["deploy/prod", "main"],
    ]);
    // GraphQL is in no description: here it is refused, and a person merges.
    expect(first.merges).toBe(false);
    expect(api.problems.filter((problem) => !problem.includes("graphql"))).toEqual([]);
  });
});
