import { ActionsRepositoryPermissions } from "@pulumi/github/actionsRepositoryPermissions.js";
import { Repository } from "@pulumi/github/repository.js";
import { RepositoryVulnerabilityAlerts } from "@pulumi/github/repositoryVulnerabilityAlerts.js";
import * as pulumi from "@pulumi/pulumi";
import type { RepositorySpec } from "./spec.ts";

export interface RepositorySettingsArgs {
  readonly repository: string;
  readonly spec: RepositorySpec;
}

/** Properties of a repository that are its people's: an `up` neither sets nor clears them. */
const LEFT_ALONE = [
  ...[
    "description",
    "homepageUrl",
    "topics",
    "visibility",
    "private",
    "archived",
    "isTemplate",
    "pages",
    "securityAndAnalysis",
    "template",
  ],
  ...["hasDiscussions", "hasProjects", "hasWiki", "allowForking", "webCommitSignoffRequired", "fork"],
  ...[
    "sourceOwner",
    "sourceRepo",
    "autoInit",
    "gitignoreTemplate",
    "licenseTemplate",
    "mergeCommitTitle",
    "mergeCommitMessage",
    "vulnerabilityAlerts",
  ],
];

/**
 * What holds for a repository as a whole. It is there before: `npm run github -- adopt` hands it to the stack. A stack that goes leaves
 * the repository, and what keeps it safe, as they are.
 */
export class RepositorySettings extends pulumi.ComponentResource {
  /** Its name; what is given this comes after the repository itself. */
  public readonly repository: pulumi.Output<string>;

  constructor(name: string, args: RepositorySettingsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:github:RepositorySettings", name, {}, opts);
    const { repository, spec } = args;
    const stays = { parent: this, retainOnDelete: true };

    const made = new Repository(
      `${name}-repository`,
      {
        ...{ name: repository, visibility: "private", hasIssues: true, archiveOnDestroy: true },
        ...{ allowAutoMerge: spec.autoMerge, deleteBranchOnMerge: spec.deleteBranchOnMerge, allowUpdateBranch: true },
        allowSquashMerge: spec.mergeMethods.includes("squash"),
        allowRebaseMerge: spec.mergeMethods.includes("rebase"),
        allowMergeCommit: spec.mergeMethods.includes("merge"),
        // A squashed commit is called what the pull request is called: changelogs are made from these.
        ...{ squashMergeCommitTitle: "PR_TITLE", squashMergeCommitMessage: "PR_BODY" },
      },
      {
        ...stays,
        ignoreChanges: LEFT_ALONE,
        // `adopt` can only put it under the stack itself.
        aliases: [{ parent: pulumi.rootStackResource }],
      },
    );
    this.repository = made.name;
    new RepositoryVulnerabilityAlerts(`${name}-alerts`, { repository: made.name, enabled: spec.vulnerabilityAlerts }, stays);
    new ActionsRepositoryPermissions(
      `${name}-actions`,
      { repository: made.name, enabled: true, shaPinningRequired: spec.shaPinningRequired, ...allowed(spec.actions) },
      stays,
    );
    this.registerOutputs({});
  }
}

const allowed = (patterns: readonly string[] | undefined) =>
  patterns === undefined
    ? { allowedActions: "all" }
    : {
        allowedActions: "selected",
        allowedActionsConfig: { githubOwnedAllowed: true, verifiedAllowed: false, patternsAlloweds: [...patterns] },
      };
