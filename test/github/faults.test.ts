import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { GitHubApi } from "../support/github/server.ts";
import { RepositoryStack } from "../support/github/stack.ts";

const TOKEN = `ghp_${randomBytes(18).toString("hex")}`;
const OWNER = "sluice-delivery";

let api: GitHubApi;
let stack: RepositoryStack;

beforeAll(async () => {
  api = await GitHubApi.start({ owner: OWNER, repository: "sluice", token: TOKEN, users: ["octocat"], teams: ["maintainers"] });
  stack = await RepositoryStack.make({
    ...{ owner: OWNER, repository: "sluice", baseUrl: api.url },
    environments: { prod: { reviewers: { teams: ["maintainers"] }, tags: ["v*"] } },
  });
  stack.env.GITHUB_TOKEN = TOKEN;
  const adopted = await stack.adopt();
  expect(adopted.exitCode, adopted.text).toBe(0);
  await good();
  api.forget();
});
let restore: () => Promise<void>;
beforeEach(async () => {
  restore = await stack.remember();
});
afterEach(async ({ task }) => {
  // What one test has spoilt is not the next one's.
  if (task.result?.state === "fail") await restore();
  stack.env.GITHUB_TOKEN = TOKEN;
  api.mend();
  api.forget();
  expect(api.problems.splice(0)).toEqual([]);
});
afterAll(async () => {
  await api.stop();
  await stack.remove();
});

const up = () => stack.script("up", "--stack", "repository", "--yes");

async function good(): Promise<void> {
  const { exitCode, text } = await up();
  expect(exitCode, text).toBe(0);
}

/** An `up` that fails; gives what is said after the engine has ended. */
async function bad(): Promise<string> {
  const { exitCode, text } = await up();
  expect(exitCode, text).not.toBe(0);
  expect(text, "no stack trace").not.toMatch(/^\s+at \S+ \(|node:internal/m);
  return text.slice(text.lastIndexOf("\nResources:"));
}

let minutes = 0;
/** A change of the environment, which is one PUT. */
const change = () =>
  stack.configure((github) => {
    minutes += 1;
    Object.assign((github.environments as Record<string, object>).prod ?? {}, { waitMinutes: minutes });
  });
const waits = () => api.world.environment("prod").waitTimer;
const puts = () => api.calls.filter(({ operation }) => operation === "repos/create-or-update-environment");

describe("GitHub says no, and a person is told what that means", () => {
  it("401: the token is not known", async () => {
    stack.env.GITHUB_TOKEN = "ghp_expired";
    const words = await bad();
    expect(words).toContain("GitHub answered 401: GitHub does not know the token.");
    expect(words).toMatch(/GET \/orgs\/sluice-delivery: (401 )?Bad credentials/);
    expect(words).not.toContain("ghp_expired");
    expect(api.writes).toEqual([]);
  });

  it("403: the token may not do it; nothing is half done, and the same up goes on later", async () => {
    await change();
    api.fail({ status: 403, at: "repos/create-or-update-environment" });
    const words = await bad();
    expect(words).toContain("GitHub answered 403: the token may not do this.");
    expect(words).toContain(`PUT /repos/${OWNER}/sluice/environments/prod: Resource not accessible by personal access token`);
    expect(words).toContain("a fine-grained token needs Administration, Environments");
    expect(waits()).toBe(minutes - 1);
    await good();
    expect(waits()).toBe(minutes);
  });

  it("404: a team that is not there", async () => {
    await stack.configure((github) =>
      Object.assign((github.environments as Record<string, object>).prod ?? {}, { reviewers: { teams: ["nobody"] } }),
    );
    const words = await bad();
    expect(words).toContain("GitHub answered 404: it is not there, or the token may not see it");
    expect(words).toContain(`GET /orgs/${OWNER}/teams/nobody: Not Found`);
    expect(api.writes).toEqual([]);
    await stack.configure((github) =>
      Object.assign((github.environments as Record<string, object>).prod ?? {}, { reviewers: { teams: ["maintainers"] } }),
    );
  });

  it("409: somebody made the same variable by hand", async () => {
    const { variables } = api.world.environment("prod");
    variables.set("REGION", { name: "REGION", value: "by hand", created: api.world.now(), updated: api.world.now() });
    await stack.configure((github) =>
      Object.assign((github.environments as Record<string, object>).prod ?? {}, { variables: { REGION: "eu-1" } }),
    );
    const words = await bad();
    expect(words).toContain("GitHub answered 409: it is there already");
    expect(words).toContain(`POST /repos/${OWNER}/sluice/environments/prod/variables: Already exists`);
    expect(variables.get("REGION")?.value).toBe("by hand");
    variables.delete("REGION");
    await good();
    expect(variables.get("REGION")?.value).toBe("eu-1");
  });

  it("422: a label of that name is there", async () => {
    api.world.repository.labels.set("triage", { id: 7, name: "Triage", color: "000000", description: null });
    await stack.configure((github) => {
      github.labels = { triage: { color: "ffffff" } };
    });
    const words = await bad();
    expect(words).toContain("GitHub answered 422: GitHub does not take what the settings say.");
    expect(words).toMatch(/POST \S+\/labels: Validation Failed .*already_exists/);
    expect(api.world.repository.labels.get("triage")?.color).toBe("000000");
    api.world.repository.labels.delete("triage");
    await good();
  });

  it("5xx: it is asked four times, then a person is told", async () => {
    await change();
    api.fail({ status: 502, at: "repos/create-or-update-environment", times: 100 });
    const words = await bad();
    expect(puts()).toHaveLength(4);
    expect(words).toContain("GitHub answered 502: GitHub has a problem of its own; it was asked several times.");
    expect(words).toContain("https://www.githubstatus.com");
    api.mend();
    await good();
    expect(waits()).toBe(minutes);
  });

  it("nothing at all: it could not be reached", async () => {
    await stack.configure((github) => {
      github.baseUrl = "http://127.0.0.1:9/api/v3/";
    });
    const words = await bad();
    expect(words).toContain("GitHub did not answer: it could not be reached.");
    await stack.configure((github) => {
      github.baseUrl = api.url;
    });
  });
});

describe("GitHub says later", () => {
  it("429 with retry-after: what was asked is asked again when GitHub said, and nothing fails", async () => {
    await change();
    api.fail({ status: 429, at: "repos/create-or-update-environment", retryAfter: 4 });
    await good();
    const [first, second] = puts();
    expect([first?.status, second?.status, puts().length]).toEqual([429, 200, 2]);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(4000);
    expect(waits()).toBe(minutes);
  });

  it("429 with the hour's limit used up: the next hour is waited for", async () => {
    await change();
    api.fail({ status: 429, at: "repos/create-or-update-environment", resetAfter: 3 });
    await good();
    const [first, second] = puts();
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(2000);
    expect(waits()).toBe(minutes);
  });

  it("503 for a moment: nobody notices", async () => {
    await change();
    api.fail({ status: 503, at: "repos/create-or-update-environment", times: 2 });
    await good();
    expect(puts().map(({ status }) => status)).toEqual([503, 503, 200]);
  });
});
