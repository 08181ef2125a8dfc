import type * as inputs from "@pulumi/github/types/input.js";
import type { BranchRulesSpec, MergeMethod } from "./spec.ts";

/** What a branch asks of whoever changes it. */
export function branchRules(spec: BranchRulesSpec, mergeMethods: readonly MergeMethod[]): inputs.RepositoryRulesetRules {
  const { checks, checksApp, approvals, codeOwners, linearHistory, signed, upToDate } = spec;
  return {
    deletion: true,
    nonFastForward: true,
    requiredLinearHistory: linearHistory,
    requiredSignatures: signed,
    pullRequest: {
      allowedMergeMethods: [...mergeMethods],
      requiredApprovingReviewCount: approvals,
      // Approved is what was read: what is pushed later has to be read again, by somebody else.
      dismissStaleReviewsOnPush: true,
      requireLastPushApproval: approvals > 0,
      requireCodeOwnerReview: codeOwners,
      requiredReviewThreadResolution: true,
    },
    requiredStatusChecks: {
      requiredChecks: checks.map((context) => ({ context, ...(checksApp !== undefined && { integrationId: checksApp }) })),
      strictRequiredStatusChecksPolicy: upToDate,
      doNotEnforceOnCreate: false,
    },
  };
}

/** A release's tag stays where it is: what was tested under a name is what runs under it. */
export const tagRules = (): inputs.RepositoryRulesetRules => ({ deletion: true, nonFastForward: true, update: true });

/** The branch's name as GitHub's conditions have it. @param branch absent: the default one */
export const branchCondition = (branch: string | undefined): string => (branch === undefined ? "~DEFAULT_BRANCH" : `refs/heads/${branch}`);
