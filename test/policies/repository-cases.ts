import { UNKNOWN } from "../../policies/facts.ts";
import type { Types } from "../../policies/rule.ts";
import { type Case, TOKEN } from "./case.ts";

const ENVIRONMENT = {
  ...{ repository: "shop", environment: "prod", waitTimer: 0, reviewers: [{ teams: [7] }] },
  ...{ preventSelfReview: true, canAdminsBypass: false },
  deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
} satisfies Types["github:index/repositoryEnvironment:RepositoryEnvironment"];

const RULES = {
  ...{ deletion: true, nonFastForward: true },
  pullRequest: { requiredApprovingReviewCount: 1 },
  requiredStatusChecks: { requiredChecks: [{ context: "test" }] },
};
const RULESET = {
  ...{ repository: "shop", name: "sluice-branch", target: "branch", enforcement: "active", bypassActors: [], rules: RULES },
} satisfies Types["github:index/repositoryRuleset:RepositoryRuleset"];

const on =
  (base: object) =>
  (title: string, change: object, says?: string, config?: object): Case => ({
    ...{ title, red: says !== undefined, props: { ...base, ...change } },
    ...(says !== undefined && { says }),
    ...(config && { config }),
  });
const environment = on(ENVIRONMENT);
const ruleset = on(RULESET);
const rules = (title: string, change: object, says?: string, config?: object) =>
  ruleset(title, { rules: { ...RULES, ...change } }, says, config);
const bare = on({ repository: "shop" });

const day = (daysAgo: number): string => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
const secrets = (title: string, list: unknown, says?: string): Case => ({
  ...{ title, red: says !== undefined, parts: { environments: [{ environment: "prod", secrets: list }] } },
  ...(says !== undefined && { says }),
});

/** Red and green cases of the rules about a repository. */
export const repositoryCases: Readonly<Record<string, readonly Case[]>> = {
  "environment-needs-approval": [
    environment("a team", {}),
    environment("a person", { reviewers: [{ users: [41] }] }),
    environment("nobody", { reviewers: undefined }, "nobody has to approve"),
    environment("an empty list", { reviewers: [] }, "nobody has to approve"),
    environment("a list of nobody", { reviewers: [{ users: [], teams: [] }] }, "nobody has to approve"),
    environment("nobody, where nobody has to", { environment: "dev", reviewers: undefined }),
    environment("nobody, where this team wants somebody", { environment: "dev", reviewers: undefined }, "nobody", {
      environments: ["dev"],
    }),
    environment("unknown reviewers", { reviewers: UNKNOWN }),
    environment("reviewers with unknown numbers", { reviewers: [{ users: [UNKNOWN] }] }),
    environment("an unknown list of people", { reviewers: [{ users: UNKNOWN }] }),
    environment("an unknown environment", { environment: UNKNOWN, reviewers: undefined }),
  ],
  "environment-has-no-self-review": [
    environment("none", {}),
    environment("allowed", { preventSelfReview: false }, "approve what they themselves deploy"),
    environment("nothing said: GitHub allows it", { preventSelfReview: undefined }, "approve what they themselves deploy"),
    environment("unknown", { preventSelfReview: UNKNOWN }),
  ],
  "environment-has-no-admin-bypass": [
    environment("none", {}),
    environment("allowed", { canAdminsBypass: true }, "past reviewers and timer"),
    environment("nothing said: GitHub allows it", { canAdminsBypass: undefined }, "past reviewers and timer"),
    environment("unknown", { canAdminsBypass: UNKNOWN }),
  ],
  "environment-limits-branches": [
    environment("named ones", {}),
    environment("protected ones", { deploymentBranchPolicy: { protectedBranches: true, customBranchPolicies: false } }),
    environment("all", { deploymentBranchPolicy: undefined }, "every branch"),
    environment("neither", { deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: false } }, "every branch"),
    environment("unknown", { deploymentBranchPolicy: UNKNOWN }),
    environment("partly unknown", { deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: UNKNOWN } }),
  ],
  "environment-secret-is-sealed": [
    bare("sealed", { valueEncrypted: "c2VhbGVk", keyId: "1" }),
    bare("sealed, as it was said before", { encryptedValue: "c2VhbGVk", keyId: "1" }),
    bare("as it is", { value: "hunter2" }, "sent as it is"),
    bare("as it is, as it was said before", { plaintextValue: "hunter2" }, "sent as it is"),
    bare("sealed, with an unknown text", { valueEncrypted: UNKNOWN, keyId: UNKNOWN }),
    bare("unknown", { value: UNKNOWN }),
  ],
  "environment-variable-has-no-plain-secret": [
    bare("a region", { variableName: "REGION", value: "eu-1" }),
    bare("a token", { variableName: "REGION", value: TOKEN }, "its value has what looks like a secret"),
    bare("unknown", { variableName: "REGION", value: UNKNOWN }),
  ],
  "environment-secret-is-rotated": [
    secrets("none", []),
    secrets("young", [{ name: "SLACK_WEBHOOK", rotated: day(3), maxAgeDays: 90 }]),
    secrets("old", [{ name: "SLACK_WEBHOOK", rotated: day(200), maxAgeDays: 90 }], "SLACK_WEBHOOK: it was last changed 200 days ago"),
    secrets("old for what it is", [{ name: "JIRA_TOKEN", rotated: day(9), maxAgeDays: 7 }], "at most 7"),
    secrets("of unknown age", [{ name: "JIRA_TOKEN", maxAgeDays: 90 }], "nobody says when it was last changed"),
    secrets("from the future", [{ name: "JIRA_TOKEN", rotated: day(-30), maxAgeDays: 90 }], "yet to come"),
    secrets("unknown ones", UNKNOWN),
    secrets("of a day that nobody knows yet", [{ name: "JIRA_TOKEN", rotated: UNKNOWN, maxAgeDays: 90 }, UNKNOWN]),
  ],
  "branch-is-protected": [
    ruleset("whole", {}),
    ruleset("of tags, which are another matter", { target: "tag", rules: { deletion: true } }),
    ruleset("switched off", { enforcement: "disabled" }, 'it is "disabled", not active'),
    ruleset("one that is only watched", { enforcement: "evaluate" }, "not active"),
    ruleset(
      "somebody goes past it",
      { bypassActors: [{ actorType: "RepositoryRole", actorId: 5, bypassMode: "always" }] },
      "1 may go past it",
    ),
    rules("no pull request", { pullRequest: undefined }, "0 approvals; at least 1"),
    rules("nobody approves", { pullRequest: { requiredApprovingReviewCount: 0 } }, "0 approvals; at least 1"),
    rules("one approves where two should", {}, "1 approvals; at least 2", { approvals: 2 }),
    rules("nobody approves, and need not here", { pullRequest: {} }, undefined, { approvals: 0 }),
    rules("no checks", { requiredStatusChecks: undefined }, "no check has to pass"),
    rules("an empty list of checks", { requiredStatusChecks: { requiredChecks: [] } }, "no check has to pass"),
    rules("can be deleted", { deletion: undefined }, "can be deleted"),
    rules("can be rewritten", { nonFastForward: false }, "can be rewritten"),
    ruleset("unknown rules", { rules: UNKNOWN, enforcement: UNKNOWN, bypassActors: UNKNOWN, target: UNKNOWN }),
    rules("partly unknown", { pullRequest: UNKNOWN, requiredStatusChecks: UNKNOWN, deletion: UNKNOWN, nonFastForward: UNKNOWN }),
    rules("unknown numbers", {
      pullRequest: { requiredApprovingReviewCount: UNKNOWN },
      requiredStatusChecks: { requiredChecks: UNKNOWN },
    }),
  ],
  "actions-are-pinned": [
    bare("by their commits", { shaPinningRequired: true }),
    bare("not", { shaPinningRequired: false }, "by a tag or a branch"),
    bare("nothing said", { shaPinningRequired: undefined }, "by a tag or a branch"),
    bare("unknown", { shaPinningRequired: UNKNOWN }),
  ],
  "repository-has-vulnerability-alerts": [
    bare("on", { enabled: true }),
    bare("on, as nothing is said", {}),
    bare("off", { enabled: false }, "switched off"),
    bare("unknown", { enabled: UNKNOWN }),
  ],
  "repository-stays": [
    bare("archived when it goes", { archiveOnDestroy: true }),
    bare("deleted when it goes", { archiveOnDestroy: false }, "would delete the repository"),
    bare("nothing said", {}, "would delete the repository"),
    bare("unknown", { archiveOnDestroy: UNKNOWN }),
  ],
};
