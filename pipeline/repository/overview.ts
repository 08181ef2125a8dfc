import type { EnvironmentSpec } from "../../components/github/spec.ts";
import type { GithubSettings } from "../../settings/types.ts";

/** Heading, and lines of name and words. */
export interface Section {
  readonly title: string;
  readonly lines: readonly (readonly [name: string, words: string])[];
}

const listed = (all: readonly string[], none: string): string => (all.length === 0 ? none : all.join(", "));
const onOff = (on: boolean): string => (on ? "on" : "off");

/** What a stack decides about its repository, in words. */
export function overview(github: GithubSettings): Section[] {
  const { owner, repository, settings, environments, ruleset, labels, codeowners } = github;
  return [
    {
      title: `${owner}/${repository}`,
      lines: [
        ["merging", `by ${listed(settings.mergeMethods, "nothing")}; by itself when ready: ${onOff(settings.autoMerge)}`],
        ["merged branches", settings.deleteBranchOnMerge ? "deleted" : "stay"],
        ["vulnerability alerts", onOff(settings.vulnerabilityAlerts)],
        ["actions", `${settings.shaPinningRequired ? "by full commit SHA alone" : "by any name"}; ${whichActions(settings.actions)}`],
      ],
    },
    ...environments.map((one): Section => ({ title: `environment ${one.name}`, lines: environmentLines(one) })),
    ...(ruleset
      ? [
          {
            title: `branch ${ruleset.branch ?? "(the default one)"}`,
            lines: [
              ["checks", listed(ruleset.checks, "none")],
              ["approvals", `${ruleset.approvals}${ruleset.codeOwners ? ", and those of the files' owners" : ""}`],
              ["history", `${ruleset.linearHistory ? "linear" : "any"}${ruleset.signed ? ", signed" : ""}`],
              ["tags that stay", listed(ruleset.tags, "none")],
            ],
          } satisfies Section,
        ]
      : []),
    { title: "labels", lines: labels.map(({ name, description }) => [name, description]) },
    { title: "owners", lines: codeowners.map(({ path, owners }) => [path, listed(owners, "nobody")]) },
  ];
}

const whichActions = (patterns: readonly string[] | undefined): string =>
  patterns === undefined ? "any" : `${listed(["GitHub's own", ...patterns], "")}`;

function environmentLines({ reviewers, waitMinutes, selfReview, adminBypass, branches, tags, variables, secrets }: EnvironmentSpec) {
  const asked = [...reviewers.teams.map((team) => `team ${team}`), ...reviewers.users];
  const lines: [string, string][] = [
    [
      "approval",
      asked.length === 0 ? "none asked for" : `one of ${asked.join(", ")}${selfReview ? "; authors may approve their own" : ""}`,
    ],
    ["wait", waitMinutes === 0 ? "none" : `${waitMinutes} min`],
    ["from", listed([...branches.map((name) => `branch ${name}`), ...tags.map((name) => `tag ${name}`)], "nothing")],
    ["variables", listed(Object.keys(variables).sort(), "none")],
    [
      "secrets",
      listed(
        secrets.map(({ name }) => name),
        "none",
      ),
    ],
  ];
  return adminBypass ? [...lines, ["administrators", "may skip all of this"] as [string, string]] : lines;
}
