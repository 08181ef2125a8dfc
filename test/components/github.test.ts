import { beforeAll, describe, expect, it } from "vitest";
import { census, only, type Registered } from "../support/record.ts";
import { type DeclaredRepository, declaredRepository, TOKEN } from "../support/repository.ts";
import { goodSettings, type Raw } from "../support/settings.ts";

const T = "github:index";
const ENVIRONMENT = `${T}/repositoryEnvironment:RepositoryEnvironment`;
const POLICY = `${T}/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy`;
const VARIABLE = `${T}/actionsEnvironmentVariable:ActionsEnvironmentVariable`;
const SECRET = `${T}/actionsEnvironmentSecret:ActionsEnvironmentSecret`;
const RULESET = `${T}/repositoryRuleset:RepositoryRuleset`;
const ALERTS = `${T}/repositoryVulnerabilityAlerts:RepositoryVulnerabilityAlerts`;
const ACTIONS = `${T}/actionsRepositoryPermissions:ActionsRepositoryPermissions`;
const LABEL = `${T}/issueLabel:IssueLabel`;
const REPOSITORY = `${T}/repository:Repository`;
/** Everything that the repository's part of the program registers, for the good settings, changed. */
function declared(change: (raw: Raw) => void = () => undefined, signedIn = true): Promise<DeclaredRepository> {
  const raw = goodSettings();
  change(raw);
  return declaredRepository(raw, signedIn);
}

let seen: readonly Registered[];
let asked: readonly string[];
let opened: DeclaredRepository["opened"];
beforeAll(async () => {
  ({ seen, asked, opened } = await declared());
});

describe("a repository", () => {
  it("is made of these resources, and no other", () => {
    expect(census(seen)).toEqual(
      [
        "command:local:Command environments-seal-key",
        `${ENVIRONMENT} dev`,
        `${ENVIRONMENT} prod`,
        `${POLICY} dev-branch-main`,
        `${POLICY} prod-branch-main`,
        `${POLICY} prod-tag-v*`,
        `${VARIABLE} dev-variable-REGION`,
        `${SECRET} prod-secret-JIRA_TOKEN`,
        `${SECRET} prod-secret-SLACK_WEBHOOK`,
        `${RULESET} rules-branch`,
        `${RULESET} rules-tags`,
        `${REPOSITORY} settings-repository`,
        `${ALERTS} settings-alerts`,
        `${ACTIONS} settings-actions`,
        ...["P0", "P1", "P2", "P3"].map((name) => `${LABEL} labels-${name}`),
        "pulumi:providers:github github",
        "sluice:github:BranchRules rules",
        "sluice:github:DeliveryEnvironment dev",
        "sluice:github:DeliveryEnvironment prod",
        "sluice:github:DeliveryEnvironments environments",
        "sluice:github:Labels labels",
        "sluice:github:RepositorySettings settings",
      ].sort(),
    );
  });

  it("is reached with everything named, and the token a secret", () => {
    expect(only(seen, "pulumi:providers:github", "github").inputs).toEqual({
      ...{ owner: "example", baseUrl: "https://api.github.com/", writeDelayMs: "1000", token: { secret: TOKEN } },
    });
    const others = seen.filter(({ type }) => type.startsWith("github:"));
    expect(new Set(others.map(({ provider }) => provider))).toEqual(new Set(["github"]));
  });

  it("is kept safe, and what its people decide is not sent", () => {
    expect(only(seen, REPOSITORY, "settings-repository").inputs).toEqual({
      ...{ name: "shop", visibility: "private", hasIssues: true, archiveOnDestroy: true },
      ...{ allowAutoMerge: true, deleteBranchOnMerge: true, allowUpdateBranch: true },
      ...{ allowSquashMerge: true, allowRebaseMerge: true, allowMergeCommit: false },
      ...{ squashMergeCommitTitle: "PR_TITLE", squashMergeCommitMessage: "PR_BODY" },
    });
    expect(only(seen, ALERTS, "settings-alerts").inputs).toEqual({ repository: "shop", enabled: true });
    expect(only(seen, ACTIONS, "settings-actions").inputs).toEqual({
      ...{ repository: "shop", enabled: true, shaPinningRequired: true, allowedActions: "selected" },
      allowedActionsConfig: { githubOwnedAllowed: true, verifiedAllowed: false, patternsAlloweds: ["octokit/*"] },
    });
  });

  it("forwards every setting of the whole", async () => {
    const { seen: soft } = await declared((raw) => {
      raw.github.settings = {
        ...{ autoMerge: false, deleteBranchOnMerge: false, mergeMethods: ["rebase"] },
        ...{ vulnerabilityAlerts: false, shaPinningRequired: false },
      };
    });
    expect(only(soft, REPOSITORY, "settings-repository").inputs).toMatchObject({
      ...{ allowAutoMerge: false, deleteBranchOnMerge: false },
      ...{ allowSquashMerge: false, allowRebaseMerge: true, allowMergeCommit: false },
    });
    expect(only(soft, ALERTS, "settings-alerts").inputs).toMatchObject({ enabled: false });
    expect(only(soft, ACTIONS, "settings-actions").inputs).toEqual({
      ...{ repository: "shop", enabled: true, shaPinningRequired: false, allowedActions: "all" },
    });
  });
});

describe("environments", () => {
  it("stand behind their reviewers, by their numbers", () => {
    expect(only(seen, ENVIRONMENT, "prod").inputs).toEqual({
      ...{ repository: "shop", environment: "prod", waitTimer: 5 },
      reviewers: [{ users: [41], teams: [7] }],
      ...{ preventSelfReview: true, canAdminsBypass: false },
      deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
    });
  });

  it("ask for each reviewer's number once, wherever they stand", async () => {
    const both = await declared((raw) => (raw.github.environments.dev.reviewers = raw.github.environments.prod.reviewers));
    expect(both.asked.filter((one) => !one.startsWith("getActions"))).toEqual(["getUser octocat", "getTeam platform"]);
    for (const name of ["dev", "prod"])
      expect(only(both.seen, ENVIRONMENT, name).inputs).toMatchObject({ reviewers: [{ users: [41], teams: [7] }] });
  });

  it("without reviewers name none, and are closed to every branch but their own all the same", () => {
    expect(only(seen, ENVIRONMENT, "dev").inputs).toEqual({
      ...{ repository: "shop", environment: "dev", waitTimer: 0 },
      ...{ preventSelfReview: true, canAdminsBypass: false },
      deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
    });
    expect(only(seen, POLICY, "dev-branch-main").inputs).toEqual({ repository: "shop", environment: "dev", branchPattern: "main" });
    expect(only(seen, POLICY, "prod-tag-v*").inputs).toEqual({ repository: "shop", environment: "prod", tagPattern: "v*" });
  });

  it("let people approve their own, and administrators go past, where that is written out", async () => {
    const { seen: soft } = await declared((raw) =>
      Object.assign(raw.github.environments.prod, {
        ...{ selfReview: "authors-may-approve-their-own-deployments", adminBypass: "admins-may-skip-protection" },
        reviewers: { teams: ["platform"] },
      }),
    );
    expect(only(soft, ENVIRONMENT, "prod").inputs).toMatchObject({
      ...{ preventSelfReview: false, canAdminsBypass: true, reviewers: [{ teams: [7] }] },
    });
  });

  it("give workflows their variables", () => {
    expect(only(seen, VARIABLE, "dev-variable-REGION").inputs).toEqual({
      ...{ repository: "shop", environment: "dev", variableName: "REGION", value: "eu-1" },
    });
  });
});

describe("a secret of an environment", () => {
  it("leaves the program sealed, by the environment's key, and nothing but GitHub opens it", () => {
    const { inputs } = only(seen, SECRET, "prod-secret-SLACK_WEBHOOK");
    expect(inputs).toEqual({
      ...{ repository: "shop", environment: "prod", secretName: "SLACK_WEBHOOK", keyId: "key-1" },
      valueEncrypted: { secret: expect.any(String) },
    });
    expect(opened(inputs.valueEncrypted)).toBe("planted-8c1f");
    expect(asked).toContain("getActionsEnvironmentPublicKey prod");
  });

  it("is in no input of anything in any other form", () => {
    expect(JSON.stringify(seen)).not.toContain("planted-8c1f");
    expect(JSON.stringify(seen.filter(({ type }) => type !== "pulumi:providers:github"))).not.toContain(TOKEN);
  });

  it("is the same text in the next run, and another one when the secret changes", async () => {
    const text = (all: readonly Registered[]) => only(all, SECRET, "prod-secret-SLACK_WEBHOOK").inputs.valueEncrypted;
    const before = text(seen);
    expect(text((await declared()).seen)).toEqual(before);
    const changed = text((await declared((raw) => (raw.secrets["payment-key"] = "planted-8c1g"))).seen);
    expect(changed).not.toEqual(before);
    expect(opened(changed)).toBe("planted-8c1g");
  });

  it("that nobody has set can be previewed", () => {
    expect(opened(only(seen, SECRET, "prod-secret-JIRA_TOKEN").inputs.valueEncrypted)).toBe("not set");
  });

  it("makes no key where there is no secret", async () => {
    const bare = await declared((raw) => (raw.github.environments.prod.secrets = {}));
    expect(census(bare.seen).filter((line) => line.startsWith("command:"))).toEqual([]);
    expect(bare.asked.filter((one) => one.startsWith("getActions"))).toEqual([]);
  });
});

describe("rules and labels", () => {
  it("protect the branch and the tags of releases, and nobody goes past", () => {
    expect(only(seen, RULESET, "rules-branch").inputs).toMatchObject({
      ...{ repository: "shop", name: "sluice-branch", target: "branch", enforcement: "active", bypassActors: [] },
      conditions: { refName: { includes: ["~DEFAULT_BRANCH"], excludes: [] } },
      rules: {
        pullRequest: { allowedMergeMethods: ["squash", "rebase"] },
        requiredStatusChecks: {
          requiredChecks: [
            { context: "check", integrationId: 15368 },
            { context: "test", integrationId: 15368 },
          ],
        },
      },
    });
    expect(only(seen, RULESET, "rules-tags").inputs).toEqual({
      ...{ repository: "shop", name: "sluice-tags", target: "tag", enforcement: "active", bypassActors: [] },
      conditions: { refName: { includes: ["refs/tags/v*"], excludes: [] } },
      rules: { deletion: true, nonFastForward: true, update: true },
    });
  });

  it("leave branches and tags alone where nothing is said of them", async () => {
    const { seen: none } = await declared((raw) => delete raw.github.ruleset);
    expect(census(none).filter((line) => line.startsWith(RULESET))).toEqual([]);
    const { seen: noTags } = await declared((raw) => Object.assign(raw.github.ruleset, { tags: [], branch: "trunk" }));
    expect(census(noTags).filter((line) => line.startsWith(RULESET))).toEqual([`${RULESET} rules-branch`]);
    expect(only(noTags, RULESET, "rules-branch").inputs).toMatchObject({ conditions: { refName: { includes: ["refs/heads/trunk"] } } });
  });

  it("are the severities, with how soon each is answered", () => {
    expect(only(seen, LABEL, "labels-P0").inputs).toEqual({
      ...{ repository: "shop", name: "P0", color: "b60205", description: "Service down: answered within 5 minutes" },
    });
  });
});

/** How the recorder shows what a preview cannot know. */
const UNKNOWN = { __pulumiUnknown: true };

describe("a preview without a token", () => {
  it("asks GitHub nothing, and leaves open what only GitHub knows", async () => {
    const blind = await declared(undefined, false);
    expect(blind.asked).toEqual([]);
    expect(census(blind.seen)).toEqual(census(seen));
    expect(only(blind.seen, "pulumi:providers:github", "github").inputs).toMatchObject({ owner: "example", token: { secret: UNKNOWN } });
    expect(only(blind.seen, ENVIRONMENT, "prod").inputs).toMatchObject({
      ...{ environment: "prod", preventSelfReview: true, reviewers: [{ users: [UNKNOWN], teams: [UNKNOWN] }] },
    });
    expect(only(blind.seen, SECRET, "prod-secret-SLACK_WEBHOOK").inputs).toEqual({
      ...{ repository: "shop", environment: "prod", secretName: "SLACK_WEBHOOK", keyId: UNKNOWN, valueEncrypted: { secret: UNKNOWN } },
    });
  });
});
