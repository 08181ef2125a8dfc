import {
  ADMIN_BYPASS,
  type BranchRulesSpec,
  type EnvironmentSpec,
  GITHUB_ACTIONS_APP,
  GITHUB_API,
  SELF_REVIEW,
} from "../components/github/spec.ts";
import type { WrittenEnvironment, WrittenGithub } from "./github.ts";
import type { WrittenRuleset } from "./github-ruleset.ts";
import type { GithubSettings } from "./github-types.ts";
import type { Path } from "./problems.ts";

/** A repository as the components take it. Only for what the rules have let through: what they require is there. */
export function completeGithub(written: WrittenGithub): GithubSettings {
  const { owner = "", repository = "", token, baseUrl, writePauseMs, settings, environments, ruleset, labels, codeowners } = written;
  return {
    ...{ owner, repository, token, writePauseMs, settings },
    baseUrl: baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`,
    environments: byName(environments, completeEnvironment),
    ...(ruleset && { ruleset: completeRuleset(ruleset, baseUrl) }),
    labels: byName(labels, (name, label) => ({ name, ...label, color: label.color.toLowerCase() })),
    codeowners: codeowners.map(({ path = "", owners }) => ({ path, owners })),
  };
}

const byName = <T, S>(map: Readonly<Record<string, T>>, complete: (name: string, one: T) => S): S[] =>
  Object.keys(map)
    .sort()
    .map((name) => complete(name, map[name] as T));

function completeEnvironment(name: string, { selfReview, adminBypass, secrets, ...same }: WrittenEnvironment): EnvironmentSpec {
  return {
    ...{ name, ...same },
    selfReview: selfReview === SELF_REVIEW,
    adminBypass: adminBypass === ADMIN_BYPASS,
    secrets: byName(secrets, (key, { secret = "", rotated, maxAgeDays }) => ({ name: key, secret, rotated, maxAgeDays })),
  };
}

function completeRuleset({ checksApp, ...same }: WrittenRuleset, baseUrl: string): BranchRulesSpec {
  return { ...same, checksApp: checksApp ?? (baseUrl === GITHUB_API ? GITHUB_ACTIONS_APP : undefined) };
}

/** Secrets that environments name and nobody has set: where, and which. */
export function unsetSecrets(github: WrittenGithub, known: readonly string[]): { readonly at: Path; readonly secret: string }[] {
  return Object.entries(github.environments).flatMap(([environment, { secrets }]) =>
    Object.entries(secrets).flatMap(([name, { secret }]) =>
      secret === undefined || known.includes(secret)
        ? []
        : [{ at: ["github", "environments", environment, "secrets", name, "secret"], secret }],
    ),
  );
}
