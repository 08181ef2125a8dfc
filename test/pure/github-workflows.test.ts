import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { decodeStackFile } from "../../settings/decode.ts";
import { parseSettings } from "../../settings/parse.ts";
import type { GithubSettings } from "../../settings/types.ts";
import { project, type Raw, stackFile } from "../support/settings.ts";
import { checkNames, type Workflow, workflows } from "../support/workflows/read.ts";

const ROOT = fileURLToPath(project);
const WORKFLOWS = workflows(ROOT);
/** Declared for what people run, though no workflow asks for it. */
const BY_HAND = ["prod JIRA_TOKEN"];

function github(): GithubSettings {
  const result = parseSettings(decodeStackFile(stackFile("repository").config).raw, { stack: "repository" });
  if ("problems" in result || !result.ok.github) throw new Error(JSON.stringify(result));
  return result.ok.github;
}

/** Jobs as they are written: with everything that is in them. */
const written = ({ file }: Workflow): [string, Raw][] =>
  Object.entries((parse(readFileSync(join(ROOT, ".github", "workflows", file), "utf8")) as Raw).jobs);

/** What jobs ask of the environment they run in, e.g. `prod KUBECONFIG`. */
const asked = (kind: "secrets" | "vars"): string[] => {
  const found = WORKFLOWS.flatMap(written).flatMap(([, job]) => {
    const environment = typeof job.environment === "string" ? job.environment : job.environment?.name;
    if (environment === undefined) return [];
    const names = [...JSON.stringify(job).matchAll(new RegExp(`\\b${kind}\\.([A-Z_a-z]+)`, "g"))].map(
      ([, name]) => `${environment} ${name}`,
    );
    return names.filter((one) => !one.endsWith(" GITHUB_TOKEN"));
  });
  return [...new Set(found)].sort();
};

describe("the repository's settings and its workflows", () => {
  it("ask before a merge for every job that runs for each pull request and in a merge queue, by its name, and for no other", () => {
    const always = WORKFLOWS.filter(({ on }) => "merge_group" in on);
    // A job that a filter skips would leave its check waiting for ever.
    for (const { file, on } of always) expect([file, on.pull_request ?? null]).toEqual([file, null]);
    const jobs = always.flatMap(written);
    expect(jobs.filter(([, { if: condition }]) => condition !== undefined).map(([id]) => id)).toEqual([]);
    const names = always.flatMap(({ jobs: all }) => Object.entries(all).flatMap(([id, job]) => checkNames(job, id)));
    expect(names.length).toBeGreaterThan(0);
    expect(new Set(github().ruleset?.checks)).toEqual(new Set(names));
  });

  it("ask for names that one job alone has: of two, GitHub takes either", () => {
    const names = WORKFLOWS.flatMap(({ jobs }) => Object.entries(jobs).flatMap(([id, job]) => checkNames(job, id)));
    for (const check of github().ruleset?.checks ?? []) expect([check, names.filter((name) => name === check).length]).toEqual([check, 1]);
  });

  it("have the same environments", () => {
    const used = WORKFLOWS.flatMap(({ jobs }) => Object.values(jobs)).flatMap(({ environment }) =>
      environment === undefined ? [] : [typeof environment === "string" ? environment : environment.name],
    );
    expect(github().environments.map(({ name }) => name)).toEqual([...new Set(used)].sort());
  });

  it("have the same secrets in each environment, and no workflow has one outside of an environment", () => {
    const declared = github().environments.flatMap(({ name, secrets }) => secrets.map((secret) => `${name} ${secret.name}`));
    expect(declared.filter((one) => !BY_HAND.includes(one)).sort()).toEqual(asked("secrets"));
    expect(declared).toEqual(expect.arrayContaining(BY_HAND));
    const outside = WORKFLOWS.flatMap(written).filter(
      ([, job]) => job.environment === undefined && /\bsecrets\.(?!GITHUB_TOKEN\b)/.test(JSON.stringify(job)),
    );
    expect(outside.map(([id]) => id)).toEqual([]);
  });

  it("declare no variable that no workflow asks for", () => {
    const declared = github().environments.flatMap(({ name, variables }) => Object.keys(variables).map((one) => `${name} ${one}`));
    expect(declared.filter((one) => !asked("vars").includes(one))).toEqual([]);
  });

  it("let pull requests into one environment alone, and everything else only from the protected branch", () => {
    const pulls = WORKFLOWS.filter(({ on }) => "pull_request" in on)
      .flatMap(written)
      .flatMap(([, { environment }]) => (environment === undefined ? [] : [environment.name ?? environment]));
    expect(new Set(pulls)).toEqual(new Set(["preview"]));
    for (const { name, branches, tags } of github().environments)
      expect([name, branches, tags]).toEqual([name, [name === "preview" ? "refs/pull/*/merge" : "main"], []]);
  });

  it("ask for an approval before prod, by somebody else", () => {
    const prod = github().environments.find(({ name }) => name === "prod");
    expect(prod).toMatchObject({ reviewers: { teams: ["maintainers"] }, selfReview: false, adminBypass: false });
  });
});
