import { getTeam } from "@pulumi/github/getTeam.js";
import { getUser } from "@pulumi/github/getUser.js";
import * as pulumi from "@pulumi/pulumi";
import { randomSecret } from "../random-secret.ts";
import { DeliveryEnvironment } from "./delivery-environment.ts";
import type { EnvironmentSpec } from "./spec.ts";
import { unknownText } from "./unknown.ts";

export interface DeliveryEnvironmentsArgs {
  readonly repository: pulumi.Input<string>;
  readonly environments: readonly EnvironmentSpec[];
  /** Values of the secrets, by their names in the stack. */
  readonly values: Readonly<Record<string, pulumi.Output<string>>>;
  /** Whether GitHub can be asked; where not, a preview leaves open what only GitHub knows. */
  readonly canAsk: boolean;
}

/** Every place that workflows deploy to. Each is named after itself, so that policies and exceptions can speak of it. */
export class DeliveryEnvironments extends pulumi.ComponentResource {
  constructor(name: string, args: DeliveryEnvironmentsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:github:DeliveryEnvironments", name, {}, opts);
    const { repository, environments, values, canAsk } = args;
    const own = { parent: this };

    const users = numbers(
      environments.flatMap(({ reviewers }) => reviewers.users),
      (username) => (canAsk ? pulumi.output(getUser({ username }, own).catch(notFound(`the user '${username}'`))).id : unknownText()),
    );
    const teams = numbers(
      environments.flatMap(({ reviewers }) => reviewers.teams),
      (slug) =>
        canAsk ? pulumi.output(getTeam({ slug, summaryOnly: true }, own).catch(notFound(`the team '${slug}'`))).id : unknownText(),
    );
    // Kept: with another key, every secret would be sealed anew.
    const sealKey = environments.some(({ secrets }) => secrets.length > 0) ? randomSecret(`${name}-seal-key`, this) : pulumi.output("");
    for (const spec of environments) {
      const reviewers = {
        users: spec.reviewers.users.flatMap((login) => users.get(login) ?? []),
        teams: spec.reviewers.teams.flatMap((slug) => teams.get(slug) ?? []),
      };
      new DeliveryEnvironment(spec.name, { repository, spec, reviewers, values, sealKey, canAsk }, own);
    }
    this.registerOutputs({});
  }
}

/** GitHub's numbers of people or teams; each is asked for once, wherever it stands. */
function numbers(names: readonly string[], ask: (name: string) => pulumi.Output<string>): ReadonlyMap<string, pulumi.Output<number>> {
  return new Map([...new Set(names)].map((name) => [name, ask(name).apply(Number)]));
}

/** GitHub's words without the library's stack, which would say nothing to whoever wrote a name wrong. */
const notFound = (what: string) => (error: unknown) => {
  const words = /\* (.+)/.exec(String(error))?.[1] ?? String(error);
  // Without a stack it is shown as its words, wherever in the engine's library it comes to light.
  throw Object.assign(new pulumi.RunError(`${what} cannot be a reviewer: ${words}`), { stack: undefined });
};
