import { Provider } from "@pulumi/github/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { BranchRules, DeliveryEnvironments, Labels, RepositorySettings } from "../components/github/index.ts";
import { unknownText } from "../components/github/unknown.ts";
import type { GithubSettings, Settings } from "../settings/index.ts";

/**
 * What the estate decides about its repository. Loaded only where the settings have one: the library and its cryptography take time.
 *
 * @param token of somebody who may administrate the repository; without one, a preview asks GitHub nothing and leaves open what only GitHub knows
 */
export function declareGithub(own: GithubSettings, secrets: Settings["secrets"], token: pulumi.Output<string> | undefined): void {
  const { owner, baseUrl } = own;
  // Everything is named, so that no variable of the machine has a say; the library would put its GITHUB_TOKEN into the state as it is.
  const provider = new Provider("github", { owner, baseUrl, token: token ?? unknownText() });
  if (token === undefined)
    void pulumi.log.warn(
      "GITHUB_TOKEN is not set, so GitHub is not asked: numbers of reviewers and sealed secrets are left open.",
      provider,
    );

  const there = { provider };
  const { repository } = new RepositorySettings("settings", { repository: own.repository, spec: own.settings }, there);
  new DeliveryEnvironments(
    "environments",
    { repository, environments: own.environments, values: secrets, canAsk: token !== undefined },
    there,
  );
  if (own.ruleset) new BranchRules("rules", { repository, spec: own.ruleset, mergeMethods: own.settings.mergeMethods }, there);
  new Labels("labels", { repository, labels: own.labels }, there);
}
