import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CODEOWNERS_FILE, renderCodeowners } from "../../components/github/codeowners.ts";
import { branchCondition, branchRules, tagRules } from "../../components/github/rules.ts";
import { secretAge } from "../../components/github/secret-age.ts";
import type { BranchRulesSpec } from "../../components/github/spec.ts";
import { decodeStackFile } from "../../settings/decode.ts";
import { parseSettings } from "../../settings/parse.ts";
import { hasHost, onHost } from "../../settings/placement.ts";
import type { GithubSettings, Settings } from "../../settings/types.ts";
import { goodSettings, project, type Raw, stackFile } from "../support/settings.ts";

function settings(change: (raw: Raw) => void = () => undefined): Settings<string> {
  const raw = goodSettings();
  change(raw);
  const result = parseSettings(raw, { stack: "dev" });
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  return result.ok;
}

function github(change?: (raw: Raw) => void): GithubSettings {
  const { github: own } = settings(change);
  if (!own) throw new Error("there is no repository");
  return own;
}

describe("a repository's settings", () => {
  it("are safe where nothing is said", () => {
    const own = github((raw) => {
      raw.github = { owner: "example", repository: "shop", environments: { prod: {} } };
    });
    expect(own).toEqual({
      ...{ owner: "example", repository: "shop", token: undefined, baseUrl: "https://api.github.com/", writePauseMs: 1000, codeowners: [] },
      settings: {
        ...{ autoMerge: true, deleteBranchOnMerge: true, mergeMethods: ["squash"] },
        ...{ vulnerabilityAlerts: true, shaPinningRequired: true },
      },
      environments: [
        {
          name: "prod",
          reviewers: { users: [], teams: [] },
          ...{ waitMinutes: 0, selfReview: false, adminBypass: false },
          ...{ branches: ["main"], tags: [], variables: {}, secrets: [] },
        },
      ],
      labels: [
        { name: "P0", color: "b60205", description: "Service down: answered within 5 minutes" },
        { name: "P1", color: "d93f0b", description: "Critical feature broken: answered within 30 minutes" },
        { name: "P2", color: "fbca04", description: "Major degradation: answered within 4 hours" },
        { name: "P3", color: "0e8a16", description: "Minor: answered within 2 days" },
      ],
    });
    expect(github((raw) => (raw.github.ruleset = { checks: ["test"], codeOwners: false })).ruleset).toEqual({
      ...{ checks: ["test"], checksApp: 15368, approvals: 1, codeOwners: false },
      ...{ linearHistory: true, signed: false, upToDate: true, tags: ["v*"] },
    });
  });

  it("let people approve their own, and administrators go past, only in words", () => {
    const [, prod] = github((raw) =>
      Object.assign(raw.github.environments.prod, {
        ...{ selfReview: "authors-may-approve-their-own-deployments", adminBypass: "admins-may-skip-protection" },
      }),
    ).environments;
    expect(prod).toMatchObject({ name: "prod", selfReview: true, adminBypass: true });
  });

  it("ask for no app of github.com's on another server, and end its address with a slash", () => {
    const own = github((raw) => (raw.github.baseUrl = "https://github.example.com/api/v3"));
    expect([own.baseUrl, own.ruleset?.checksApp]).toEqual(["https://github.example.com/api/v3/", undefined]);
    expect(github((raw) => Object.assign(raw.github.ruleset, { checksApp: 7 })).ruleset?.checksApp).toBe(7);
    expect(() => github((raw) => (raw.github.baseUrl = "http://127.0.0.1:4000/"))).not.toThrow();
  });

  it("name every secret that nobody has set, and take it from the other ones", () => {
    expect(settings().unset).toEqual([{ path: "sluice:github.environments.prod.secrets.JIRA_TOKEN.secret", secret: "jira-token" }]);
    expect(settings((raw) => delete raw.github.environments.prod.secrets.JIRA_TOKEN).unset).toEqual([]);
  });

  it("want a token only where somebody can say that there is none", () => {
    const raw = goodSettings();
    delete raw.github.token;
    expect(parseSettings(raw, { stack: "dev", hasGithubToken: true })).toHaveProperty("ok");
    expect(parseSettings(raw, { stack: "dev" })).toHaveProperty("ok");
    expect(parseSettings(raw, { stack: "dev", hasGithubToken: false })).toEqual({
      problems: [
        {
          path: "sluice:github.token",
          received: "nothing, and GITHUB_TOKEN is not set",
          allowed: "a name from sluice:secrets, or GITHUB_TOKEN in the environment",
          fix: "export GITHUB_TOKEN, of somebody who may administrate the repository; or put it into a secret and name that here",
        },
      ],
    });
  });

  it("need no host, and may stand beside one", () => {
    const alone = parseSettings({ github: { owner: "example", repository: "shop" } }, { stack: "repository" });
    expect("ok" in alone && hasHost(alone.ok)).toBe(false);
    expect(hasHost(settings())).toBe(true);
    expect(onHost(settings() as unknown as Settings)).not.toHaveProperty("github");
  });

  it("that encrypt anything but `sluice:secrets` are refused", () => {
    const result = parseSettings(goodSettings(), { stack: "dev", secretKeys: ["secrets", "github"] });
    expect("problems" in result && result.problems.map(({ path, received }) => [path, received])).toEqual([
      ["sluice:github", "an encrypted value in it"],
    ]);
  });
});

describe("the age of a secret", () => {
  const age = (rotated: string | undefined, maxAgeDays = 90) => secretAge({ rotated, maxAgeDays }, "2026-11-21");
  it.each([
    ["on the day itself", "2026-11-21", { days: 0 }],
    ["at the limit", "2026-08-23", { days: 90 }],
    ["a day above", "2026-08-22", { days: 91, problem: "it was last changed 91 days ago, on 2026-08-22; at most 90" }],
    ["across a change of the clocks", "2026-10-24", { days: 28 }],
    ["in another time zone", "2026-11-22", { days: -1 }],
    ["yet to come", "2026-11-23", { days: -2, problem: "it is said to change on 2026-11-23, which is yet to come" }],
    ["unknown", undefined, { problem: "nobody says when it was last changed" }],
  ])("%s", (_, rotated, expected) => {
    const { days, problem } = age(rotated);
    // -0 and 0 are one day.
    expect({ ...(days !== undefined && { days: days + 0 }), ...(problem !== undefined && { problem }) }).toEqual(expected);
  });

  it("has a limit of its own", () => {
    expect(age("2026-11-01", 19).problem).toContain("at most 19");
    expect(age("2026-11-01", 20).problem).toBeUndefined();
  });
});

describe("CODEOWNERS", () => {
  it("has a line for each rule, in order, and one without owners is nobody's", () => {
    const text = renderCodeowners(
      [
        { path: "*", owners: ["@example/platform"] },
        { path: "/policies/", owners: ["@example/platform", "@octocat"] },
        { path: "/CHANGELOG.md", owners: [] },
      ],
      "Pulumi.repository.yaml",
    );
    expect(text).toBe(
      [
        "# Written by `npm run github -- codeowners` from Pulumi.repository.yaml (sluice:github.codeowners). The last line that fits a path wins.",
        "*             @example/platform",
        "/policies/    @example/platform @octocat",
        "/CHANGELOG.md",
        "",
      ].join("\n"),
    );
  });

  it("of this repository is what its stack file says", () => {
    const result = parseSettings(decodeStackFile(stackFile("repository").config).raw, { stack: "repository" });
    if ("problems" in result || !result.ok.github) throw new Error(JSON.stringify(result));
    expect(readFileSync(new URL(CODEOWNERS_FILE, project), "utf8")).toBe(
      renderCodeowners(result.ok.github.codeowners, "Pulumi.repository.yaml"),
    );
  });
});

describe("rules of a branch", () => {
  const spec: BranchRulesSpec = {
    ...{ checks: ["check", "test"], checksApp: 15368, approvals: 2, codeOwners: true },
    ...{ linearHistory: true, signed: true, upToDate: true, tags: ["v*"] },
  };

  it("let nothing in but by an approved pull request whose checks have passed, and nobody rewrite or delete it", () => {
    expect(branchRules(spec, ["squash"])).toEqual({
      ...{ deletion: true, nonFastForward: true, requiredLinearHistory: true, requiredSignatures: true },
      pullRequest: {
        allowedMergeMethods: ["squash"],
        requiredApprovingReviewCount: 2,
        ...{ dismissStaleReviewsOnPush: true, requireLastPushApproval: true, requireCodeOwnerReview: true },
        requiredReviewThreadResolution: true,
      },
      requiredStatusChecks: {
        requiredChecks: [
          { context: "check", integrationId: 15368 },
          { context: "test", integrationId: 15368 },
        ],
        ...{ strictRequiredStatusChecksPolicy: true, doNotEnforceOnCreate: false },
      },
    });
  });

  it("forward every setting", () => {
    const soft = branchRules(
      { ...spec, checksApp: undefined, approvals: 0, codeOwners: false, linearHistory: false, signed: false, upToDate: false },
      ["rebase", "merge"],
    );
    expect(soft).toMatchObject({ requiredLinearHistory: false, requiredSignatures: false });
    expect(soft.pullRequest).toMatchObject({
      ...{ allowedMergeMethods: ["rebase", "merge"], requiredApprovingReviewCount: 0 },
      ...{ requireLastPushApproval: false, requireCodeOwnerReview: false },
    });
    expect(soft.requiredStatusChecks).toMatchObject({
      ...{ requiredChecks: [{ context: "check" }, { context: "test" }], strictRequiredStatusChecksPolicy: false },
    });
  });

  it("keep a release's tag where it is", () => {
    expect(tagRules()).toEqual({ deletion: true, nonFastForward: true, update: true });
  });

  it("are of the default branch, unless one is named", () => {
    expect([branchCondition(undefined), branchCondition("trunk")]).toEqual(["~DEFAULT_BRANCH", "refs/heads/trunk"]);
  });
});
