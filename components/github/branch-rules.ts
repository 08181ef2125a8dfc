import { RepositoryRuleset } from "@pulumi/github/repositoryRuleset.js";
import * as pulumi from "@pulumi/pulumi";
import { branchCondition, branchRules, tagRules } from "./rules.ts";
import type { BranchRulesSpec, MergeMethod } from "./spec.ts";

export interface BranchRulesArgs {
  readonly repository: pulumi.Input<string>;
  readonly spec: BranchRulesSpec;
  readonly mergeMethods: readonly MergeMethod[];
}

/** What may happen to the branch that releases come from, and to the tags of releases. Nobody may go past it: there is no list of exceptions. */
export class BranchRules extends pulumi.ComponentResource {
  constructor(name: string, args: BranchRulesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:github:BranchRules", name, {}, opts);
    const { repository, spec, mergeMethods } = args;
    const own = { parent: this };

    new RepositoryRuleset(
      `${name}-branch`,
      {
        ...{ repository, name: "sluice-branch", target: "branch", enforcement: "active", bypassActors: [] },
        conditions: { refName: { includes: [branchCondition(spec.branch)], excludes: [] } },
        rules: branchRules(spec, mergeMethods),
      },
      own,
    );
    if (spec.tags.length > 0) {
      new RepositoryRuleset(
        `${name}-tags`,
        {
          ...{ repository, name: "sluice-tags", target: "tag", enforcement: "active", bypassActors: [] },
          conditions: { refName: { includes: spec.tags.map((tag) => `refs/tags/${tag}`), excludes: [] } },
          rules: tagRules(),
        },
        own,
      );
    }
    this.registerOutputs({});
  }
}
