import { MOST_REVIEWERS } from "../../components/github/spec.ts";
import { ENVIRONMENT, VARIABLE, type WrittenEnvironment, type WrittenGithub } from "../github.ts";
import { type Path, shown } from "../problems.ts";
import type { Finding, Rule } from "../rules.ts";
import { missing } from "./missing.ts";
import { allowedSecrets } from "./secret-names.ts";

const AT: Path = ["github"];
const LABEL = /^(?!.*::)[A-Za-z0-9](?:[A-Za-z0-9 ._/:-]{0,48}[A-Za-z0-9._-])?$/;
/** Hosts of this machine alone: a token that goes there is seen by nobody. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** What a repository asks of the rest of the settings, and of itself. */
export const githubRules: Rule = ({ github, secrets }, { hasGithubToken }) => {
  if (!github) return [];
  return [
    ...whole(github),
    ...signedIn(github, Object.keys(secrets), hasGithubToken),
    ...Object.entries(github.environments).flatMap(([name, one]) => environmentFindings(name, one, Object.keys(secrets))),
    ...rulesetFindings(github),
    ...ownerFindings(github),
    ...Object.keys(github.labels).flatMap(labelFindings),
  ];
};

function whole({ owner, repository }: WrittenGithub): Finding[] {
  return [
    ...(owner === undefined ? [missing([...AT, "owner"], "a login", "say whose repository it is")] : []),
    ...(repository === undefined ? [missing([...AT, "repository"], "the name of a repository", "say which one it is")] : []),
  ];
}

function signedIn({ token, baseUrl }: WrittenGithub, known: readonly string[], hasGithubToken: boolean | undefined): Finding[] {
  const found: Finding[] = [];
  if (token === undefined && hasGithubToken === false)
    found.push({
      ...{ at: [...AT, "token"], received: "nothing, and GITHUB_TOKEN is not set" },
      allowed: "a name from sluice:secrets, or GITHUB_TOKEN in the environment",
      fix: "export GITHUB_TOKEN, of somebody who may administrate the repository; or put it into a secret and name that here",
    });
  // The name itself is not shown: what is no name of a secret may be the secret.
  if (token !== undefined && !known.includes(token))
    found.push({
      ...{ at: [...AT, "token"], reads: [["secrets"], ["secrets", token]], received: "a name that is not there" },
      allowed: allowedSecrets(known),
      fix: "npm run pulumi -- config set --secret --path 'sluice:secrets.<name>', or remove it and set GITHUB_TOKEN",
    });
  if (!URL.canParse(baseUrl) || isOpen(new URL(baseUrl)))
    found.push({
      ...{ at: [...AT, "baseUrl"], received: shown(baseUrl, [...AT, "baseUrl"]) },
      allowed: "https, or http on this machine's loopback address: the token travels with every request",
      fix: `for example ${baseUrl.replace(/^http:/, "https:")}`,
    });
  return found;
}

const isOpen = ({ protocol, hostname }: URL): boolean => protocol === "http:" && !LOOPBACK.test(hostname);

function environmentFindings(name: string, own: WrittenEnvironment, known: readonly string[]): Finding[] {
  const at: Path = [...AT, "environments", name];
  const found: Finding[] = [];
  if (!ENVIRONMENT.test(name)) {
    const allowed = "1 to 100 letters, digits, `.`, `_`, `-`, starting with a letter";
    found.push({ at, received: JSON.stringify(name.slice(0, 60)), allowed, fix: "for example prod" });
  }
  const { users, teams } = own.reviewers;
  if (users.length + teams.length > MOST_REVIEWERS)
    found.push({
      ...{ at: [...at, "reviewers"], received: `${users.length} users and ${teams.length} teams` },
      allowed: `at most ${MOST_REVIEWERS} together: GitHub takes no more`,
      fix: "make a team of them, and name the team",
    });
  for (const key of ["users", "teams"] as const) found.push(...repeated([...at, "reviewers", key], own.reviewers[key]));
  for (const key of ["branches", "tags"] as const) found.push(...repeated([...at, key], own[key]));
  if (own.branches.length + own.tags.length === 0)
    found.push({
      ...{ at: [...at, "branches"], reads: [[...at, "tags"]], received: "an empty list" },
      allowed: "at least one branch or tag: without one, nothing can be deployed",
      fix: "name a branch, for example main",
    });
  for (const group of ["variables", "secrets"] as const)
    for (const key of Object.keys(own[group])) found.push(...variableName([...at, group, key], key));
  for (const [key, { secret, rotated }] of Object.entries(own.secrets)) {
    const here = [...at, "secrets", key];
    if (secret === undefined) found.push(missing([...here, "secret"], "the name of a secret", "say where its value is"));
    else if (rotated === undefined && known.includes(secret))
      found.push(
        missing([...here, "rotated"], "a day, YYYY-MM-DD, as soon as the secret is set", "say when its value was last changed", [
          ["secrets"],
          ["secrets", secret],
          [...here, "secret"],
        ]),
      );
  }
  return found;
}

function variableName(at: Path, name: string): Finding[] {
  if (VARIABLE.test(name)) return [];
  const better = name.toUpperCase().replaceAll(/[^A-Z0-9_]/g, "_");
  return [
    {
      ...{ at, received: JSON.stringify(name.slice(0, 60)) },
      allowed: "upper-case letters, digits, `_`, not starting with a digit or GITHUB_",
      fix: VARIABLE.test(better) ? `for example ${better.slice(0, 60)}` : "choose another name",
    },
  ];
}

function repeated(at: Path, list: readonly string[]): Finding[] {
  return list.flatMap((one, index): Finding[] =>
    list.indexOf(one) < index ? [{ at: [...at, index], received: shown(one, at), allowed: "each once", fix: "remove it here" }] : [],
  );
}

function rulesetFindings({ ruleset, settings, codeowners }: WrittenGithub): Finding[] {
  if (!ruleset) return [];
  const at: Path = [...AT, "ruleset"];
  const found = [...repeated([...at, "checks"], ruleset.checks), ...repeated([...at, "tags"], ruleset.tags)];
  if (ruleset.checks.length === 0) {
    const reads = [[...at, "checks", 0]];
    found.push(missing([...at, "checks"], "at least one name of a job", "name the jobs that have to pass", reads));
  }
  const merge = settings.mergeMethods.indexOf("merge");
  if (ruleset.linearHistory && merge >= 0)
    found.push({
      ...{ at: [...AT, "settings", "mergeMethods", merge], reads: [[...at, "linearHistory"]], received: "merge" },
      allowed: "squash, rebase, while `ruleset.linearHistory` refuses merge commits",
      fix: "take it out, or write `linearHistory: false`",
    });
  if (ruleset.codeOwners && codeowners.length === 0)
    found.push({
      ...{
        at: [...at, "codeOwners"],
        reads: [
          [...AT, "codeowners"],
          [...AT, "codeowners", 0],
        ],
        received: "true",
      },
      allowed: "false, while `codeowners` names nobody",
      fix: "say in `codeowners` who is asked, or write `codeOwners: false`",
    });
  return found;
}

function ownerFindings({ codeowners }: WrittenGithub): Finding[] {
  return codeowners.flatMap(({ path, owners }, index): Finding[] => {
    const at: Path = [...AT, "codeowners", index];
    return [
      ...(path === undefined ? [missing([...at, "path"], "a pattern as in .gitignore", "say which files, for example *")] : []),
      ...repeated([...at, "owners"], owners),
    ];
  });
}

function labelFindings(name: string): Finding[] {
  if (LABEL.test(name)) return [];
  const allowed = "1 to 50 letters, digits, spaces, `.`, `_`, `-`, `/`, single `:`, starting with a letter or digit";
  return [{ at: [...AT, "labels", name], received: JSON.stringify(name.slice(0, 60)), allowed, fix: "for example P0" }];
}
