import { ActionsEnvironmentSecret } from "@pulumi/github/actionsEnvironmentSecret.js";
import { ActionsEnvironmentVariable } from "@pulumi/github/actionsEnvironmentVariable.js";
import { getActionsEnvironmentPublicKeyOutput } from "@pulumi/github/getActionsEnvironmentPublicKey.js";
import { RepositoryEnvironment } from "@pulumi/github/repositoryEnvironment.js";
import { RepositoryEnvironmentDeploymentPolicy } from "@pulumi/github/repositoryEnvironmentDeploymentPolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { seal } from "./seal.ts";
import type { EnvironmentSecretSpec, EnvironmentSpec } from "./spec.ts";
import { unknownText } from "./unknown.ts";

export interface DeliveryEnvironmentArgs {
  readonly repository: pulumi.Input<string>;
  readonly spec: EnvironmentSpec;
  /** Numbers of the reviewers, as GitHub has them. */
  readonly reviewers: { readonly users: readonly pulumi.Input<number>[]; readonly teams: readonly pulumi.Input<number>[] };
  /** Values of the secrets, by their names in the stack. */
  readonly values: Readonly<Record<string, pulumi.Output<string>>>;
  /** What secrets are sealed by: base64 of 32 random bytes. */
  readonly sealKey: pulumi.Output<string>;
  /** Whether GitHub can be asked. */
  readonly canAsk: boolean;
}

/** What an environment tells policies about itself. */
export interface DeliveryEnvironmentFacts {
  readonly environment: string;
  readonly secrets: readonly EnvironmentSecretSpec[];
}

/** One place that workflows deploy to: who has to say yes, from which branches and tags, and what a deployment finds there. */
export class DeliveryEnvironment extends pulumi.ComponentResource {
  constructor(name: string, args: DeliveryEnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:github:DeliveryEnvironment", name, {}, opts);
    const { repository, spec } = args;

    const environment = new RepositoryEnvironment(
      name,
      {
        ...{ repository, environment: spec.name, waitTimer: spec.waitMinutes },
        ...reviewersOf(args.reviewers),
        preventSelfReview: !spec.selfReview,
        canAdminsBypass: spec.adminBypass,
        deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
      },
      { parent: this },
    );
    const inside = { parent: environment, dependsOn: [environment] };
    const place = { repository, environment: spec.name };
    for (const branchPattern of spec.branches)
      new RepositoryEnvironmentDeploymentPolicy(`${name}-branch-${branchPattern}`, { ...place, branchPattern }, inside);
    for (const tagPattern of spec.tags)
      new RepositoryEnvironmentDeploymentPolicy(`${name}-tag-${tagPattern}`, { ...place, tagPattern }, inside);
    for (const [variableName, value] of Object.entries(spec.variables))
      new ActionsEnvironmentVariable(`${name}-variable-${variableName}`, { ...place, variableName, value }, inside);
    if (spec.secrets.length > 0) this.secrets(name, args, environment);

    this.registerOutputs({ environment: spec.name, secrets: spec.secrets } satisfies DeliveryEnvironmentFacts);
  }

  /** Values leave this program sealed, so state, plugin and network have nothing that anybody but GitHub can open. */
  private secrets(
    name: string,
    { repository, spec, values, sealKey, canAsk }: DeliveryEnvironmentArgs,
    environment: RepositoryEnvironment,
  ): void {
    const inside = { parent: environment, dependsOn: [environment] };
    const place = { repository, environment: spec.name };
    // Asked only when the environment is there: a preview of a new one must not fail.
    const key = canAsk ? getActionsEnvironmentPublicKeyOutput(place, inside) : { key: unknownText(), keyId: unknownText() };
    for (const { name: secretName, secret } of spec.secrets) {
      const valueEncrypted = pulumi
        .all([values[secret] ?? unset(), key.key, sealKey, repository])
        .apply(([value, publicKey, by, where]) =>
          seal(value, publicKey, by, { repository: where, environment: spec.name, name: secretName }),
        );
      new ActionsEnvironmentSecret(
        `${name}-secret-${secretName}`,
        { ...place, secretName, keyId: key.keyId, valueEncrypted },
        { ...inside, deleteBeforeReplace: true },
      );
    }
  }
}

/** Only a preview comes here: `up` refuses secrets that nobody has set. */
const unset = (): pulumi.Output<string> => pulumi.secret("not set");

function reviewersOf({ users, teams }: DeliveryEnvironmentArgs["reviewers"]) {
  return users.length + teams.length === 0
    ? {}
    : { reviewers: [{ ...(users.length > 0 && { users: [...users] }), ...(teams.length > 0 && { teams: [...teams] }) }] };
}
