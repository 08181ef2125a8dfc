import { z } from "zod";
import { secretAge } from "../components/github/secret-age.ts";
import { isGiven, isKnown, knownOf, UNKNOWN } from "./facts.ts";
import { plainSecrets } from "./plain-secrets.ts";
import { resourceRule, stackRule } from "./rule.ts";

const ENVIRONMENT = "github:index/repositoryEnvironment:RepositoryEnvironment";

export const environmentNeedsApproval = resourceRule({
  name: "environment-needs-approval",
  on: ENVIRONMENT,
  description: "Nothing is deployed to these environments before somebody has approved it.",
  remediation: "Name people or teams in the environment's `reviewers`.",
  config: z.strictObject({ environments: z.array(z.string()).default(["prod"]) }),
  check: ({ environment, reviewers }, _, { environments }) => {
    if (!isGiven(environment) || !environments.includes(environment) || reviewers === UNKNOWN) return [];
    const asked = (list: Parameters<typeof knownOf>[0]) => list === UNKNOWN || (isGiven(list) && list.length > 0);
    const someone =
      isGiven(reviewers) && reviewers.some((one) => one === UNKNOWN || (isKnown(one) && (asked(one.users) || asked(one.teams))));
    return someone ? [] : ["nobody has to approve a deployment"];
  },
});

export const environmentHasNoSelfReview = resourceRule({
  name: "environment-has-no-self-review",
  on: ENVIRONMENT,
  description: "Nobody approves what they themselves deploy: four eyes, not two.",
  remediation: "Take `selfReview` out.",
  check: ({ preventSelfReview }) =>
    isKnown(preventSelfReview) && preventSelfReview !== true ? ["people may approve what they themselves deploy"] : [],
});

export const environmentHasNoAdminBypass = resourceRule({
  name: "environment-has-no-admin-bypass",
  on: ENVIRONMENT,
  description: "Administrators wait for reviewers and timer like everybody: a stolen account of theirs must not be enough.",
  remediation: "Take `adminBypass` out.",
  // GitHub lets them, where nobody says otherwise.
  check: ({ canAdminsBypass }) =>
    isKnown(canAdminsBypass) && canAdminsBypass !== false ? ["administrators may deploy past reviewers and timer"] : [],
});

export const environmentLimitsBranches = resourceRule({
  name: "environment-limits-branches",
  on: ENVIRONMENT,
  description: "An environment is deployed to from named branches and tags alone: any other branch may be anybody's, and finds no secrets.",
  remediation: "Name them in `branches` and `tags`.",
  check: ({ deploymentBranchPolicy: policy }) => {
    if (!isKnown(policy)) return [];
    const limited = isGiven(policy) && [policy.customBranchPolicies, policy.protectedBranches].some((one) => one === true || !isKnown(one));
    return limited ? [] : ["every branch may be deployed from"];
  },
});

export const environmentSecretIsSealed = resourceRule({
  name: "environment-secret-is-sealed",
  on: "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret",
  description: "A secret leaves the program sealed: state, plugin and network hold what GitHub alone can open.",
  remediation: "Use Sluice's `DeliveryEnvironments`, or set `valueEncrypted` and `keyId`.",
  check: ({ value, plaintextValue }) => ([value, plaintextValue].some(isGiven) ? ["its value is sent as it is"] : []),
});

export const environmentVariableHasNoPlainSecret = resourceRule({
  name: "environment-variable-has-no-plain-secret",
  on: "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable",
  description: "No variable holds what looks like a secret: everybody who may read the repository may read it, and logs show it.",
  remediation: "Make it one of the environment's `secrets`. Then change the secret: it has been seen.",
  check: ({ value }) => plainSecrets({ "its value": isGiven(value) ? [value] : [] }),
});

export const environmentSecretIsRotated = stackRule({
  name: "environment-secret-is-rotated",
  needs: "sluice:github:DeliveryEnvironment",
  description: "A secret is changed before it is old: whoever has a copy of it has it no longer.",
  remediation:
    "Make a new value, put it in (npm run pulumi -- config set --secret --path 'sluice:secrets.<name>'), and say when in `rotated`. All of them: npm run github -- secrets",
  level: "advisory",
  checkStack: (estate) =>
    estate.all("sluice:github:DeliveryEnvironment").flatMap(({ urn, props: { secrets } }) =>
      knownOf(secrets).flatMap(({ name, rotated, maxAgeDays }) => {
        if (!isGiven(name) || !isGiven(maxAgeDays) || !isKnown(rotated)) return [];
        const { problem } = secretAge({ rotated: rotated ?? undefined, maxAgeDays }, new Date().toISOString().slice(0, 10));
        return problem === undefined ? [] : [{ urn, message: `${name}: ${problem}` }];
      }),
    ),
});

export const branchIsProtected = resourceRule({
  name: "branch-is-protected",
  on: "github:index/repositoryRuleset:RepositoryRuleset",
  description:
    "A protected branch is changed by approved pull requests whose checks have passed, is never rewritten, and nobody may go past that.",
  remediation: "Use `ruleset` with `checks` and at least one of `approvals`, and no exceptions.",
  config: z.strictObject({ approvals: z.int().min(0).default(1) }),
  check: ({ target, enforcement, bypassActors, rules }, _, { approvals }) => {
    if (isKnown(target) && target !== "branch") return [];
    const found: string[] = [];
    if (isKnown(enforcement) && enforcement !== "active") found.push(`it is ${JSON.stringify(enforcement ?? "not set")}, not active`);
    if (isGiven(bypassActors) && bypassActors.length > 0) found.push(`${bypassActors.length} may go past it`);
    if (!isKnown(rules)) return found;
    const { pullRequest, requiredStatusChecks, deletion, nonFastForward } = rules ?? {};
    if (isKnown(deletion) && deletion !== true) found.push("the branch can be deleted");
    if (isKnown(nonFastForward) && nonFastForward !== true) found.push("its history can be rewritten");
    const count = isGiven(pullRequest) ? pullRequest.requiredApprovingReviewCount : pullRequest;
    if (isKnown(count) && (count ?? 0) < approvals) found.push(`it asks for ${count ?? 0} approvals; at least ${approvals}`);
    const checks = isGiven(requiredStatusChecks) ? requiredStatusChecks.requiredChecks : requiredStatusChecks;
    if (isKnown(checks) && (checks ?? []).length === 0) found.push("no check has to pass");
    return found;
  },
});

export const actionsArePinned = resourceRule({
  name: "actions-are-pinned",
  on: "github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions",
  description: "Workflows use actions by their full commit SHA alone: a tag can be moved to somebody else's code.",
  remediation: "Take `shaPinningRequired: false` out.",
  check: ({ shaPinningRequired }) =>
    isKnown(shaPinningRequired) && shaPinningRequired !== true ? ["an action may be used by a tag or a branch"] : [],
});

export const repositoryHasVulnerabilityAlerts = resourceRule({
  name: "repository-has-vulnerability-alerts",
  on: "github:index/repositoryVulnerabilityAlerts:RepositoryVulnerabilityAlerts",
  description: "GitHub tells of known vulnerabilities in dependencies: nobody else looks at them every day.",
  remediation: "Take `vulnerabilityAlerts: false` out.",
  check: ({ enabled }) => (enabled === false ? ["the alerts are switched off"] : []),
});

export const repositoryStays = resourceRule({
  name: "repository-stays",
  on: "github:index/repository:Repository",
  description: "No stack that goes takes a repository with it: its history would be gone.",
  remediation: "Use Sluice's `RepositorySettings`, or set `archiveOnDestroy: true`.",
  check: ({ archiveOnDestroy }) =>
    isKnown(archiveOnDestroy) && archiveOnDestroy !== true ? ["deleting it would delete the repository"] : [],
});
