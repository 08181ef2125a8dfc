import { IssueLabel } from "@pulumi/github/issueLabel.js";
import * as pulumi from "@pulumi/pulumi";
import type { LabelSpec } from "./spec.ts";

export interface LabelsArgs {
  readonly repository: pulumi.Input<string>;
  readonly labels: readonly LabelSpec[];
}

/** Labels of issues, one resource each: labels that somebody else made are left as they are. */
export class Labels extends pulumi.ComponentResource {
  constructor(name: string, { repository, labels }: LabelsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:github:Labels", name, {}, opts);
    for (const { name: label, color, description } of labels)
      new IssueLabel(`${name}-${label}`, { repository, name: label, color, description }, { parent: this });
    this.registerOutputs({});
  }
}
