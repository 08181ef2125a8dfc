import type { KeptEnvironment, World } from "./world.ts";

/** What GitHub has of what an estate decides, without numbers and times: to be compared before and after. */
export function decided({ repository, users, teams }: World) {
  const name = (all: ReadonlyMap<string, number>, id: number) => [...all].find(([, one]) => one === id)?.[0] ?? id;
  const environment = (one: KeptEnvironment) => ({
    waitMinutes: one.waitTimer,
    selfReview: !one.preventSelfReview,
    adminBypass: one.canAdminsBypass,
    reviewers: one.reviewers.map(({ type, id }) => `${type} ${name(type === "User" ? users : teams, id)}`).sort(),
    from: [...one.policies.values()].map((policy) => `${policy.type} ${policy.name}`).sort(),
    variables: Object.fromEntries([...one.variables.values()].map((kept) => [kept.name, kept.value]).sort()),
    secrets: Object.fromEntries([...one.secrets.values()].map((kept) => [kept.name, kept.value]).sort()),
  });
  const { allow_auto_merge, delete_branch_on_merge, allow_squash_merge, allow_merge_commit, allow_rebase_merge } = repository.settings;
  return {
    settings: { allow_auto_merge, delete_branch_on_merge, allow_squash_merge, allow_merge_commit, allow_rebase_merge },
    vulnerabilityAlerts: repository.vulnerabilityAlerts,
    permissions: { ...repository.permissions },
    labels: Object.fromEntries([...repository.labels.values()].map((one) => [one.name, `${one.color} ${one.description ?? ""}`]).sort()),
    rulesets: Object.fromEntries([...repository.rulesets.values()].map(({ content }) => [String(content.name), content]).sort()),
    environments: Object.fromEntries([...repository.environments.values()].map((one) => [one.name, environment(one)]).sort()),
  };
}
