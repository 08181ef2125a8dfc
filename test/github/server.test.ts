import sodium from "libsodium-wrappers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GitHubApi } from "../support/github/server.ts";

const TOKEN = "ghp_testservertoken00000000000000000000";
const REPO = "repos/sluice-delivery/sluice";

let api: GitHubApi;
beforeEach(async () => {
  api = await GitHubApi.start({
    ...{ owner: "sluice-delivery", repository: "sluice", token: TOKEN },
    ...{ users: ["octocat", "hubot"], teams: ["platform"] },
  });
});
afterEach(() => api.stop());

async function ask(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(new URL(path, api.url), {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, "user-agent": "test", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === "" ? undefined : JSON.parse(text) };
}

describe("GitHub's API as tests have it", () => {
  it("answers everything that it plays as the description says", async () => {
    const [octocat, platform] = [api.world.users.get("octocat"), api.world.teams.get("platform")];
    const custom = { protected_branches: false, custom_branch_policies: true };
    const reviewers = [
      { type: "User", id: octocat },
      { type: "Team", id: platform },
    ];
    const asked: (readonly [method: string, path: string, status: number, body?: unknown])[] = [
      ["GET", "orgs/sluice-delivery", 200],
      ["GET", "orgs/sluice-delivery/teams/platform", 200],
      ["GET", "orgs/sluice-delivery/teams/nobody", 404],
      ["GET", "users/octocat", 200],
      ["GET", "user", 200],
      ["GET", REPO, 200],
      ["PATCH", REPO, 200, { allow_auto_merge: true, delete_branch_on_merge: true }],
      ["GET", `${REPO}/topics`, 200],
      ["PUT", `${REPO}/topics`, 200, { names: ["delivery"] }],
      ["GET", `${REPO}/vulnerability-alerts`, 404],
      ["PUT", `${REPO}/vulnerability-alerts`, 204],
      ["GET", `${REPO}/vulnerability-alerts`, 204],
      ["DELETE", `${REPO}/vulnerability-alerts`, 204],
      ["PUT", `${REPO}/actions/permissions`, 204, { enabled: true, allowed_actions: "selected", sha_pinning_required: true }],
      ["GET", `${REPO}/actions/permissions`, 200],
      ["PUT", `${REPO}/actions/permissions/selected-actions`, 204, { github_owned_allowed: true, patterns_allowed: ["octokit/*"] }],
      ["GET", `${REPO}/actions/permissions/selected-actions`, 200],
      ["GET", `${REPO}/actions/permissions/workflow`, 200],
      ["PUT", `${REPO}/actions/permissions/workflow`, 204, { default_workflow_permissions: "read" }],
      ["GET", `${REPO}/environments/prod`, 404],
      ["PUT", `${REPO}/environments/prod`, 200, { wait_timer: 5, prevent_self_review: true, reviewers, deployment_branch_policy: custom }],
      ["GET", `${REPO}/environments/prod`, 200],
      ["GET", `${REPO}/environments`, 200],
      ["POST", `${REPO}/environments/prod/deployment-branch-policies`, 200, { name: "main" }],
      ["POST", `${REPO}/environments/prod/deployment-branch-policies`, 303, { name: "main", type: "branch" }],
      ["POST", `${REPO}/environments/prod/deployment-branch-policies`, 200, { name: "v*", type: "tag" }],
      ["GET", `${REPO}/environments/prod/deployment-branch-policies`, 200],
      ["POST", `${REPO}/environments/prod/variables`, 201, { name: "REGION", value: "eu-1" }],
      ["POST", `${REPO}/environments/prod/variables`, 409, { name: "region", value: "eu-1" }],
      ["PATCH", `${REPO}/environments/prod/variables/REGION`, 204, { value: "eu-2" }],
      ["GET", `${REPO}/environments/prod/variables/region`, 200],
      ["GET", `${REPO}/environments/prod/variables`, 200],
      ["DELETE", `${REPO}/environments/prod/variables/REGION`, 204],
      ["GET", `${REPO}/environments/prod/secrets/public-key`, 200],
      ["GET", `${REPO}/environments/prod/secrets`, 200],
      ["POST", `${REPO}/labels`, 201, { name: "P0", color: "b60205", description: "Down" }],
      ["POST", `${REPO}/labels`, 422, { name: "p0", color: "b60205" }],
      ["PATCH", `${REPO}/labels/P0`, 200, { new_name: "P1", color: "b60205" }],
      ["GET", `${REPO}/labels/P1`, 200],
      ["GET", `${REPO}/labels?per_page=2`, 200],
      ["DELETE", `${REPO}/labels/P1`, 204],
      ["POST", `${REPO}/rulesets`, 201, { name: "main", enforcement: "active", rules: [{ type: "required_linear_history" }] }],
      ["POST", `${REPO}/rulesets`, 422, { name: "main", enforcement: "active" }],
      ["GET", `${REPO}/rulesets`, 200],
      ["DELETE", `${REPO}/environments/prod`, 204],
      ["DELETE", REPO, 204],
      ["POST", "orgs/sluice-delivery/repos", 201, { name: "sluice", visibility: "public" }],
    ];
    for (const [method, path, status, body] of asked) {
      expect((await ask(method, path, body)).status, `${method} ${path}: ${JSON.stringify(api.problems)}`).toBe(status);
    }
    const { id } = (await ask("POST", `${REPO}/rulesets`, { name: "again", enforcement: "active" })).body;
    expect((await ask("PUT", `${REPO}/rulesets/${id}`, { name: "again", enforcement: "disabled" })).body.enforcement).toBe("disabled");
    expect((await ask("GET", `${REPO}/rulesets/${id}`)).status).toBe(200);
    expect((await ask("DELETE", `${REPO}/rulesets/${id}`)).status).toBe(204);
    expect(api.problems).toEqual([]);
    expect(api.undescribed).toEqual(new Set());
  });

  it("takes a secret that is sealed for it, by both of its addresses, and no other", async () => {
    await ask("PUT", `${REPO}/environments/prod`);
    const { key, key_id } = (await ask("GET", `${REPO}/environments/prod/secrets/public-key`)).body;
    const seal = (text: string, to = key) =>
      Buffer.from(sodium.crypto_box_seal(Buffer.from(text), Buffer.from(to, "base64"))).toString("base64");
    const put = (path: string, encrypted_value: string, id = key_id) => ask("PUT", path, { encrypted_value, key_id: id });
    const byName = `${REPO}/environments/prod/secrets/KUBECONFIG`;
    const byNumber = `repositories/${api.world.repository.id}/environments/prod/secrets/KUBECONFIG`;

    expect((await put(byName, seal("ünlocked"))).status).toBe(201);
    expect(api.world.environment("prod").secrets.get("KUBECONFIG")?.value).toBe("ünlocked");
    expect((await put(byNumber, seal("changed"))).status).toBe(204);
    expect(api.world.environment("prod").secrets.get("KUBECONFIG")?.value).toBe("changed");
    const shown = await ask("GET", byNumber);
    expect(Object.keys(shown.body), "nobody can read it").toEqual(["name", "created_at", "updated_at"]);

    const other = Buffer.from(sodium.crypto_box_keypair().publicKey).toString("base64");
    expect((await put(byName, seal("stranger", other))).status).toBe(422);
    expect((await put(byName, seal("old key"), "0123")).status).toBe(422);
    expect((await put(byName, Buffer.from("plain").toString("base64"))).status).toBe(422);
    expect(api.world.environment("prod").secrets.get("KUBECONFIG")?.value).toBe("changed");
    expect(api.problems).toEqual([]);
    expect((await put(byName, "not base64!")).status).toBe(422);
    expect(api.problems.join("\n")).toContain("body/encrypted_value must match pattern");
    expect((await ask("DELETE", byNumber)).status).toBe(204);
    expect((await ask("GET", byName)).status).toBe(404);
  });

  it.each<readonly [what: string, method: string, path: string, body: unknown, problem: string]>([
    ["an address", "GET", `${REPO}/nonsense`, undefined, "outside of the description"],
    ["a method", "PATCH", `${REPO}/environments/prod`, {}, "outside of the description"],
    ["GraphQL", "POST", "../graphql", { query: "{ viewer { login } }" }, "outside of the description"],
    ["a query", "GET", `${REPO}/labels?colour=red`, undefined, "must NOT have additional properties"],
    ["a number that is a word", "GET", `${REPO}/rulesets/main`, undefined, "parameters/path/ruleset_id must be integer"],
    ["a property", "POST", `${REPO}/labels`, { name: "a", colour: "b60205" }, "body has colour, which is not described"],
    ["a missing property", "POST", `${REPO}/rulesets`, { name: "a" }, "must have required property 'enforcement'"],
    ["a value", "POST", `${REPO}/rulesets`, { name: "a", enforcement: "maybe" }, "body/enforcement must be equal to one of"],
    ["a body that is missing", "POST", `${REPO}/labels`, undefined, "has no body"],
    ["a body that is too much", "PUT", `${REPO}/vulnerability-alerts`, {}, "has a body, which the description does not"],
    ["what is described and not played", "GET", "repos/sluice-delivery/sluice/branches", undefined, "described, but not played here"],
  ])("notes and refuses what is not described: %s", async (_what, method, path, body, problem) => {
    const { status } = await ask(method, path, body);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(api.problems).toEqual([expect.stringContaining(problem)]);
  });

  it("notes an answer of its own that does not fit the description", async () => {
    api.world.repository.settings.topics = "none";
    await ask("GET", REPO);
    expect(api.problems).toEqual([expect.stringContaining("200/topics must be array")]);
  });

  it("lets through what GitHub takes though it is not described, and says so", async () => {
    expect((await ask("PUT", `${REPO}/environments/prod`, { can_admins_bypass: false })).status).toBe(200);
    expect(api.world.environment("prod").canAdminsBypass).toBe(false);
    expect([...api.undescribed]).toEqual(["repos/create-or-update-environment can_admins_bypass"]);
    expect(api.problems).toEqual([]);
    expect((await ask("PUT", `${REPO}/environments/prod`, { can_admins_bypass: false, can_anybody: true })).status).toBe(422);
    expect(api.problems).not.toEqual([]);
  });

  it("takes one token, and nobody who does not say who they are", async () => {
    expect(await ask("GET", REPO, undefined, { authorization: "Bearer stolen" })).toMatchObject({
      status: 401,
      body: { message: "Bad credentials" },
    });
    expect((await ask("GET", REPO, undefined, { authorization: "" })).status).toBe(401);
  });

  it("answers with faults as often as it is told, says when to come again, and counts what is left", async () => {
    api.fail({ status: 429, at: "repos/get", retryAfter: 7 });
    const limited = await ask("GET", REPO);
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "7"]);
    expect(limited.body.documentation_url).toMatch(/secondary-rate-limits$/);
    expect([(await ask("GET", REPO)).status, (await ask("GET", "orgs/sluice-delivery")).status]).toEqual([200, 200]);
    api.fail({ status: 429, resetAfter: 3 });
    const spent = await ask("GET", REPO);
    expect([spent.status, spent.headers.get("x-ratelimit-remaining")]).toEqual([429, "0"]);
    for (const status of [401, 403, 404, 409, 422, 500, 502, 503] as const) {
      api.fail({ status, times: 2 });
      expect([(await ask("GET", REPO)).status, (await ask("GET", REPO)).status]).toEqual([status, status]);
    }
    expect((await ask("GET", REPO)).headers.get("x-ratelimit-remaining")).toBe(String(5000 - api.calls.length));
    expect(api.problems).toEqual([]);
  });

  it("answers a condition that holds without content", async () => {
    const first = await ask("GET", REPO);
    const again = await ask("GET", REPO, undefined, { "if-none-match": first.headers.get("etag") ?? "" });
    expect([again.status, again.body]).toEqual([304, undefined]);
    await ask("PATCH", REPO, { description: "changed" });
    expect((await ask("GET", REPO, undefined, { "if-none-match": first.headers.get("etag") ?? "" })).status).toBe(200);
    expect(api.problems).toEqual([]);
  });
});
