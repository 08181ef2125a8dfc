import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Estate } from "../../policies/estate.ts";
import { levelOf, parseLevels } from "../../policies/levels.ts";
import { isStackRule } from "../../policies/rule.ts";
import { ALL } from "../../policies/rules.ts";
import { decodeStackFile } from "../../settings/decode.ts";
import { declaredRepository } from "../support/repository.ts";
import { project, type Raw, stackFile } from "../support/settings.ts";
import { violations } from "./judge.ts";

const LEVELS = parseLevels(readFileSync(new URL("policies/levels.repository.json", project), "utf8"));

/** What mandatory rules say of the repository's stack, changed. */
async function refused(change: (raw: Raw) => void = () => undefined): Promise<string[]> {
  const { raw } = decodeStackFile(stackFile("repository").config);
  change(raw);
  const { seen } = await declaredRepository(raw);
  const mandatory = ALL.filter((rule) => levelOf(rule, LEVELS) === "mandatory");
  const found = await Promise.all(
    mandatory.map(async (rule) => {
      if (isStackRule(rule)) {
        if (rule.needs !== undefined && !seen.some(({ type }) => type === rule.needs)) return [];
        const all = seen.map(({ type, name, inputs }) => ({ type, name, urn: name, props: inputs }));
        return rule.checkStack(new Estate(all), rule.config?.parse({}) ?? {}).map(({ message }) => `${rule.name}: ${message}`);
      }
      const types: readonly string[] = typeof rule.on === "string" ? [rule.on] : rule.on;
      const judged = seen.filter(({ type }) => types.includes(type));
      const said = await Promise.all(
        judged.map(({ name, inputs }) => violations(rule, { title: name, red: false, props: inputs, about: { name } })),
      );
      return said.flatMap((words, index) => words.map((word) => `${rule.name}: ${judged[index]?.name}: ${word}`));
    }),
  );
  return found.flat().sort();
}

it("the repository's own stack passes every rule that is mandatory for it", async () => {
  expect(await refused()).toEqual([]);
});

it("and not when its protection is taken away", async () => {
  const found = await refused((raw) => {
    const { github } = raw;
    github.settings = { ...github.settings, vulnerabilityAlerts: false, shaPinningRequired: false };
    delete github.environments.prod.reviewers;
    github.environments.dev.selfReview = "authors-may-approve-their-own-deployments";
    github.environments.dev.adminBypass = "admins-may-skip-protection";
    github.ruleset.approvals = 0;
  });
  expect(found).toEqual([
    "actions-are-pinned: settings-actions: an action may be used by a tag or a branch",
    "branch-is-protected: rules-branch: it asks for 0 approvals; at least 1",
    "environment-has-no-admin-bypass: dev: administrators may deploy past reviewers and timer",
    "environment-has-no-self-review: dev: people may approve what they themselves deploy",
    "environment-needs-approval: prod: nobody has to approve a deployment",
    "repository-has-vulnerability-alerts: settings-alerts: the alerts are switched off",
  ]);
});
