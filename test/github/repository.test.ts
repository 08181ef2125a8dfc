import { randomBytes } from "node:crypto";
import sodium from "libsodium-wrappers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { decided } from "../support/github/decided.ts";
import { GitHubApi, KNOWN_UNDESCRIBED } from "../support/github/server.ts";
import { RepositoryStack } from "../support/github/stack.ts";
import { changes } from "../support/project.ts";
import { Search } from "../support/search.ts";

const OWNER = "sluice-delivery";
const REPOSITORY = "sluice";

/** A planted secret: long, and with characters that quoting gets wrong. */
const plant = (name: string): string => `pl4nted-${name}-'"$\\{}%-ü-${randomBytes(12).toString("hex")}`;
const TOKEN = `ghp_${randomBytes(18).toString("hex")}`;
const NEXT_TOKEN = `ghp_${randomBytes(18).toString("hex")}`;

/** The mission's secrets: names in the stack, and the names that workflows know. */
const NAMES = {
  registry: "REGISTRY_TOKEN",
  kubeconfig: "KUBECONFIG",
  cloud: "CLOUD_CREDENTIALS",
  jira: "JIRA_TOKEN",
  slack: "SLACK_WEBHOOK",
  database: "DATABASE_URL",
} as const;
const FIRST = Object.fromEntries(Object.keys(NAMES).map((name) => [name, plant(name)]));
const NEXT = plant("slack-next");
const BY_HAND = plant("by-hand");

const secrets = (...names: readonly (keyof typeof NAMES)[]) =>
  Object.fromEntries(names.map((name) => [NAMES[name], { secret: name, rotated: "2026-11-01" }]));
const opened = (...names: readonly (keyof typeof NAMES)[]) => Object.fromEntries(names.map((name) => [NAMES[name], FIRST[name]]).sort());

const SETTINGS = {
  ...{ owner: OWNER, repository: REPOSITORY },
  environments: {
    dev: { variables: { REGION: "eu-1" } },
    staging: { secrets: secrets("registry", "slack") },
    prod: {
      ...{ reviewers: { users: ["octocat"], teams: ["maintainers"] }, waitMinutes: 5, tags: ["v*"] },
      secrets: secrets("registry", "kubeconfig", "cloud", "jira", "slack", "database"),
    },
  },
  ruleset: { checks: ["check", "test"] },
  codeowners: [{ path: "*", owners: [`@${OWNER}/maintainers`] }],
};

let api: GitHubApi;
let stack: RepositoryStack;
/** Bodies and addresses of every request. */
const asked: string[] = [];

beforeAll(async () => {
  api = await GitHubApi.start({ owner: OWNER, repository: REPOSITORY, token: TOKEN, users: ["octocat"], teams: ["maintainers"] });
  stack = await RepositoryStack.make({ ...SETTINGS, baseUrl: api.url });
  stack.env.GITHUB_TOKEN = TOKEN;
  for (const [name, value] of Object.entries(FIRST)) await stack.plant(name, value);
});
afterEach(() => {
  asked.push(...api.calls.map(({ method, url, body }) => `${method} ${url}\n${body}`));
  api.forget();
  api.mend();
  expect(api.problems.splice(0), "requests and answers that GitHub's description does not have").toEqual([]);
});
afterAll(async () => {
  await api.stop();
  await stack.remove();
});

/** As a person does it: with policies, and a refresh first. */
async function up(...args: string[]): Promise<string> {
  const { exitCode, text } = await stack.script("up", "--stack", "repository", "--yes", ...args);
  expect(exitCode, text).toBe(0);
  expect(text, "nothing that is going away is used").not.toContain("deprecated");
  return text;
}

const writes = () =>
  api.writes.map(({ method, url }) => `${method} ${url.replace(/^\/(repos\/[^/]+\/[^/]+|repositories\/\d+)/, "")}`).sort();

describe("a repository that is part of the estate", () => {
  it("is handed over, and becomes what the settings say", async () => {
    const adopted = await stack.adopt();
    expect(adopted.exitCode, adopted.text).toBe(0);
    expect(writes(), "handing over changes nothing").toEqual([]);
    const preview = await stack.preview();
    expect(preview.exitCode, preview.text).toBe(0);
    expect(writes(), "nor does a preview").toEqual([]);

    await up();
    const environment = {
      waitMinutes: 0,
      selfReview: false,
      adminBypass: false,
      reviewers: [],
      from: ["branch main"],
      variables: {},
      secrets: {},
    };
    expect(decided(api.world)).toMatchObject({
      settings: { allow_auto_merge: true, delete_branch_on_merge: true, allow_squash_merge: true, allow_merge_commit: false },
      vulnerabilityAlerts: true,
      permissions: { enabled: true, allowed_actions: "all", sha_pinning_required: true },
      labels: {
        P0: "b60205 Service down: answered within 5 minutes",
        P3: "0e8a16 Minor: answered within 2 days",
        bug: "d73a4a ",
      },
      rulesets: { "sluice-branch": { enforcement: "active", target: "branch", bypass_actors: [] }, "sluice-tags": { target: "tag" } },
    });
    expect(decided(api.world).environments).toEqual({
      dev: { ...environment, variables: { REGION: "eu-1" } },
      staging: { ...environment, secrets: opened("registry", "slack") },
      prod: {
        ...{ ...environment, waitMinutes: 5, from: ["branch main", "tag v*"], reviewers: ["Team maintainers", "User octocat"] },
        secrets: opened("registry", "kubeconfig", "cloud", "jira", "slack", "database"),
      },
    });
    const { rules } = decided(api.world).rulesets["sluice-branch"] as unknown as { rules: { type: string; parameters: object }[] };
    const checks = rules.find(({ type }) => type === "required_status_checks")?.parameters as { required_status_checks: object[] };
    expect(checks.required_status_checks).toEqual([{ context: "check" }, { context: "test" }]);
  });

  it("gets each secret sealed for its environment alone: two with one value are two texts", () => {
    const [staging, prod] = ["staging", "prod"].map((name) => api.world.environment(name).secrets.get("SLACK_WEBHOOK"));
    expect([staging?.value, prod?.value]).toEqual([FIRST.slack, FIRST.slack]);
    expect(staging?.sealed).not.toBe(prod?.sealed);
    const bytes = Buffer.from(prod?.sealed ?? "", "base64").length;
    expect(bytes, "a sealed box and nothing else").toBe(sodium.crypto_box_SEALBYTES + Buffer.byteLength(FIRST.slack ?? ""));
  });

  it("is left alone by a second up, by a preview, and by a refresh", async () => {
    const again = await up();
    expect(changes(again)).toEqual({ unchanged: expect.any(Number) });
    expect(writes()).toEqual([]);
    const preview = await stack.preview("--refresh", "--expect-no-changes");
    expect(preview.exitCode, preview.text).toBe(0);
    expect(changes(await up())).toEqual({ unchanged: expect.any(Number) });
    expect(writes()).toEqual([]);
  });

  it("changes by what was changed, and by nothing else", async () => {
    await stack.configure((github) => {
      const { dev, prod } = github.environments as Record<string, Record<string, unknown>>;
      Object.assign(dev ?? {}, { variables: { REGION: "eu-2" } });
      Object.assign(prod ?? {}, { waitMinutes: 30, tags: ["v*", "hotfix-*"] });
      Object.assign(github.ruleset as object, { checks: ["check", "test", "evidence"] });
    });
    await stack.plant("slack", NEXT);
    expect(changes(await up())).toMatchObject({ created: 1, updated: 5 });
    expect(writes()).toEqual([
      "PATCH /environments/dev/variables/REGION",
      "POST /environments/prod/deployment-branch-policies",
      "PUT /environments/prod",
      "PUT /environments/prod/secrets/SLACK_WEBHOOK",
      "PUT /environments/staging/secrets/SLACK_WEBHOOK",
      expect.stringMatching(/^PUT \/rulesets\/\d+$/),
    ]);
    const { dev, staging, prod } = decided(api.world).environments;
    expect([dev?.variables, prod?.waitMinutes, prod?.from]).toEqual([{ REGION: "eu-2" }, 30, ["branch main", "tag hotfix-*", "tag v*"]]);
    expect([staging?.secrets.SLACK_WEBHOOK, prod?.secrets.SLACK_WEBHOOK]).toEqual([NEXT, NEXT]);
    expect(prod?.reviewers, "what is put anew is put whole").toEqual(["Team maintainers", "User octocat"]);
    api.forget();
    await up();
    expect(writes()).toEqual([]);
  });

  it("is put right by an up with a refresh, whatever somebody changed by hand", async () => {
    const before = decided(api.world);
    const { repository } = api.world;
    const prod = api.world.environment("prod");
    prod.canAdminsBypass = true;
    prod.preventSelfReview = false;
    prod.reviewers = [];
    for (const [id, { name }] of prod.policies) if (name === "v*") prod.policies.delete(id);
    prod.secrets.delete("KUBECONFIG");
    const jira = prod.secrets.get("JIRA_TOKEN");
    if (jira) prod.secrets.set("JIRA_TOKEN", { ...jira, value: BY_HAND, updated: api.world.now() });
    for (const variable of api.world.environment("dev").variables.values()) variable.value = "elsewhere";
    repository.environments.delete("staging");
    repository.labels.delete("p1");
    Object.assign(repository.labels.get("p0") ?? {}, { color: "ffffff" });
    repository.vulnerabilityAlerts = false;
    repository.permissions = { enabled: true, allowed_actions: "all", sha_pinning_required: false };
    repository.settings.allow_merge_commit = true;
    for (const ruleset of repository.rulesets.values()) {
      if (ruleset.content.name === "sluice-branch") ruleset.content = { ...ruleset.content, enforcement: "disabled" };
      else repository.rulesets.delete(ruleset.id);
    }
    expect(decided(api.world)).not.toEqual(before);

    const preview = await stack.preview("--refresh");
    expect(preview.exitCode, preview.text).toBe(0);
    const told = (what: string) => new RegExp(` ${what} (create|update|replace)`);
    for (const what of [
      "prod",
      "labels-P0",
      "rules-branch",
      "settings-actions",
      "settings-alerts",
      "settings-repository",
      "dev-variable-REGION",
    ])
      expect(preview.text).toMatch(told(what));
    for (const what of ["staging", "labels-P1", "rules-tags", "prod-tag-v\\*", "prod-secret-KUBECONFIG", "prod-secret-JIRA_TOKEN"])
      expect(preview.text).toMatch(told(what));
    expect(writes()).toEqual([]);
    await up();
    expect(decided(api.world)).toEqual(before);
    api.forget();
    await up();
    expect(writes()).toEqual([]);
  });

  it("gets its reviewers back, when they are all that somebody took away", async () => {
    const before = decided(api.world);
    api.world.environment("prod").reviewers = [];
    await up();
    expect(decided(api.world)).toEqual(before);
    expect(writes()).toEqual(["PUT /environments/prod"]);
  });

  it("keeps what its people decide: description, topics, labels and environments of their own", async () => {
    const { repository } = api.world;
    Object.assign(repository.settings, {
      description: "By people",
      topics: ["delivery"],
      homepage: "https://example.com/",
      has_wiki: false,
    });
    repository.labels.set("bug", { id: 1, name: "bug", color: "000000", description: "by people" });
    api.world.addEnvironment(repository, "preview-42");
    await stack.configure((github) => {
      github.settings = { autoMerge: false };
    });
    await up();
    expect(writes()).toEqual(["PATCH "]);
    expect(repository.settings).toMatchObject({
      ...{ allow_auto_merge: false, description: "By people", homepage: "https://example.com/", has_wiki: false },
      ...{ topics: ["delivery"], visibility: "public" },
    });
    expect(repository.labels.get("bug")?.description).toBe("by people");
    expect(repository.environments.has("preview-42")).toBe(true);
  });

  it("is changed by nothing but its settings: a new token is no change of it", async () => {
    api.token = NEXT_TOKEN;
    stack.env.GITHUB_TOKEN = NEXT_TOKEN;
    await up();
    expect(writes()).toEqual([]);
  });

  it("seals its secrets anew when GitHub changes an environment's key", async () => {
    const prod = api.world.environment("prod");
    const pair = sodium.crypto_box_keypair();
    Object.assign(prod, {
      keys: { id: "another-key", publicKey: Buffer.from(pair.publicKey).toString("base64"), privateKey: pair.privateKey },
    });
    const before = decided(api.world).environments.prod?.secrets;
    await up();
    expect(writes()).toEqual(
      Object.values(NAMES)
        .sort()
        .map((name) => `PUT /environments/prod/secrets/${name}`),
    );
    expect(decided(api.world).environments.prod?.secrets).toEqual(before);
  });

  it("goes, and leaves the repository as safe as it was", async () => {
    const before = decided(api.world);
    const { exitCode, text } = await stack.destroy();
    expect(exitCode, text).toBe(0);
    const after = decided(api.world);
    expect(Object.keys(after.environments)).toEqual(["preview-42"]);
    expect(Object.keys(after.labels)).toEqual(["bug", "documentation", "enhancement"]);
    expect([after.permissions, after.vulnerabilityAlerts, after.settings]).toEqual([before.permissions, true, before.settings]);
    expect(await stack.resources()).toEqual([]);
  });

  it("never asked for anything outside of the description but what is known", () => {
    expect([...api.undescribed].filter((one) => !KNOWN_UNDESCRIBED.includes(one))).toEqual([]);
    expect([...api.undescribed]).toContain("repos/create-or-update-environment can_admins_bypass");
  });

  it("kept its secrets: none in state, history, output, event logs or requests", async () => {
    const planted = { ...FIRST, "slack, next": NEXT, token: TOKEN, "next token": NEXT_TOKEN };
    const search = new Search(planted, [REPOSITORY, "localhost", "Pulumi"]);
    for (const [what, text] of stack.said) search.place("output of commands", what, text);
    await search.folder("state, settings and event logs", stack.root, ["/node_modules/"]);
    for (const one of asked) search.place("requests", one.split("\n")[0] ?? "", one);
    console.log(search.summary());
    expect(search.hits).toEqual([]);
  });
});
