import { Provider } from "@pulumi/github/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { BranchRules, DeliveryEnvironments, Labels, RepositorySettings } from "../components/github/index.ts";
import { unknownText } from "../components/github/unknown.ts";
import type { GithubSettings, RepositoryToken, Settings } from "../settings/index.ts";

/**
 * What the estate decides about its repository. Loaded only where the settings have one: the library and its cryptography take time.
 *
 * @param token of somebody who may administrate the repository; `machine`: the plugin finds GITHUB_TOKEN by itself; without one, a preview asks
 *   GitHub nothing and leaves open what only GitHub knows
 */
export function declareGithub(own: GithubSettings, secrets: Settings["secrets"], token: RepositoryToken | undefined): void {
  const { owner, baseUrl, writePauseMs } = own;
  const provider = withoutToken(
    () =>
      new Provider("github", { owner, baseUrl, writeDelayMs: writePauseMs, ...(token !== "machine" && { token: token ?? unknownText() }) }),
  );
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

/**
 * Without GITHUB_TOKEN of the machine, which the library would put into the state as it is. The plugin finds it by itself, and at the next run it
 * finds the one of that day: those of pipelines live for an hour, and a refresh or `destroy` would go by the state's.
 */
function withoutToken<T>(make: () => T): T {
  const { GITHUB_TOKEN: own } = process.env;
  delete process.env.GITHUB_TOKEN;
  try {
    return make();
  } finally {
    if (own !== undefined) process.env.GITHUB_TOKEN = own;
  }
}
