import {
  type Answer,
  type Asked,
  addressOf,
  done,
  environmentOf,
  failure,
  type Handler,
  invalid,
  nodeId,
  notFound,
  ok,
  page,
  Refusal,
  repositoryOf,
  teamOf,
  userOf,
} from "../answers.ts";
import type { BranchPolicy, KeptEnvironment, Reviewer, Thing } from "../world.ts";

/** Deployment environments, and which branches and tags may deploy to them. */
export const environments: Readonly<Record<string, Handler>> = {
  "repos/get-all-environments": (asked) => {
    const all = [...repositoryOf(asked).environments.values()].map((one) => environmentShown(asked, one));
    return ok({ total_count: all.length, environments: page(all, asked) });
  },
  "repos/get-environment": (asked) => ok(environmentShown(asked, environmentOf(asked))),
  "repos/create-or-update-environment": putEnvironment,
  "repos/delete-an-environment": (asked) => {
    const { name } = environmentOf(asked);
    repositoryOf(asked).environments.delete(name.toLowerCase());
    return done;
  },

  "repos/list-deployment-branch-policies": (asked) => {
    const all = [...customPolicies(asked).values()].map(policyShown);
    return ok({ total_count: all.length, branch_policies: page(all, asked) });
  },
  "repos/create-deployment-branch-policy": (asked) => {
    const policies = customPolicies(asked);
    const { name, type = "branch" } = asked.body as { readonly name?: string; readonly type?: BranchPolicy["type"] };
    if (name === undefined) throw new Refusal(failure(422, "Invalid request: name was not supplied."));
    if ([...policies.values()].some((one) => one.name === name && one.type === type)) return { status: 303 };
    const made = { id: asked.world.nextId(), name, type };
    policies.set(made.id, made);
    return ok(policyShown(made));
  },
  "repos/get-deployment-branch-policy": (asked) => ok(policyShown(policyOf(asked))),
  "repos/update-deployment-branch-policy": (asked) => {
    const policy = policyOf(asked);
    policy.name = String(asked.body.name);
    return ok(policyShown(policy));
  },
  "repos/delete-deployment-branch-policy": (asked) => {
    customPolicies(asked).delete(policyOf(asked).id);
    return done;
  },
};

interface EnvironmentBody {
  readonly wait_timer?: number;
  readonly prevent_self_review?: boolean;
  readonly can_admins_bypass?: boolean;
  readonly reviewers?: readonly Reviewer[] | null;
  readonly deployment_branch_policy?: KeptEnvironment["branchPolicy"];
}

/** What is not said takes its default again: GitHub puts the whole environment. */
function putEnvironment(asked: Asked): Answer {
  const { world, params } = asked;
  const repository = repositoryOf(asked);
  const body = asked.body as unknown as EnvironmentBody;
  const reviewers = body.reviewers ?? [];
  const policy = body.deployment_branch_policy ?? null;
  if (policy !== null && policy.protected_branches === policy.custom_branch_policies) {
    throw new Refusal(failure(422, "protected_branches and custom_branch_policies cannot have the same value"));
  }
  if (reviewers.length > 6) throw invalid("Environment", "reviewers", "custom", "reviewers is too long (maximum is 6)");
  const known = { User: [...world.users.values()], Team: [...world.teams.values()] };
  const stranger = reviewers.find(({ type, id }) => !known[type].includes(id));
  if (stranger !== undefined) throw invalid("Environment", "reviewers", "invalid", `no ${stranger.type} ${stranger.id} with access`);

  const name = params.environment_name ?? "";
  const environment = repository.environments.get(name.toLowerCase()) ?? world.addEnvironment(repository, name);
  environment.waitTimer = body.wait_timer ?? 0;
  environment.preventSelfReview = body.prevent_self_review ?? false;
  environment.canAdminsBypass = body.can_admins_bypass ?? true;
  environment.reviewers = reviewers;
  environment.branchPolicy = policy;
  environment.updated = world.now();
  if (policy?.custom_branch_policies !== true) environment.policies.clear();
  return ok(environmentShown(asked, environment));
}

function environmentShown(asked: Asked, environment: KeptEnvironment): Thing {
  const { id, name, created: created_at, updated: updated_at, waitTimer, reviewers, branchPolicy, preventSelfReview } = environment;
  const rule = (number: number, type: string, more: object) => ({
    id: id * 10 + number,
    node_id: nodeId("Gate", id * 10 + number),
    type,
    ...more,
  });
  const rules = [
    ...(waitTimer > 0 ? [rule(1, "wait_timer", { wait_timer: waitTimer })] : []),
    // Who may not approve is a matter of those who may: without any, there is no such rule.
    ...(reviewers.length > 0
      ? [
          rule(2, "required_reviewers", {
            prevent_self_review: preventSelfReview,
            reviewers: reviewers.map((one) => reviewerShown(asked, one)),
          }),
        ]
      : []),
    ...(branchPolicy === null ? [] : [rule(3, "branch_policy", {})]),
  ];
  return {
    ...{ id, node_id: nodeId("Environment", id), name, created_at, updated_at },
    url: `${addressOf(asked, repositoryOf(asked))}/environments/${encodeURIComponent(name)}`,
    html_url: `https://github.com/${asked.world.owner.name}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`,
    can_admins_bypass: environment.canAdminsBypass,
    protection_rules: rules,
    deployment_branch_policy: branchPolicy,
  } as unknown as Thing;
}

function reviewerShown(asked: Asked, { type, id }: Reviewer): Thing {
  const [name = ""] = [...(type === "User" ? asked.world.users : asked.world.teams)].find(([, one]) => one === id) ?? [];
  return { type, reviewer: type === "User" ? userOf(asked, name, id) : teamOf(asked, name, id) };
}

/** The policies of an environment, where it has any of its own. */
function customPolicies(asked: Asked): Map<number, BranchPolicy> {
  const { branchPolicy, policies } = environmentOf(asked);
  if (branchPolicy?.custom_branch_policies !== true) throw notFound();
  return policies;
}

function policyOf(asked: Asked): BranchPolicy {
  const found = customPolicies(asked).get(Number(asked.params.branch_policy_id));
  if (found === undefined) throw notFound();
  return found;
}

const policyShown = ({ id, name, type }: BranchPolicy) => ({ id, node_id: nodeId("EnvironmentBranchPolicy", id), name, type });
