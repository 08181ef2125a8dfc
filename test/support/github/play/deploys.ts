import { type Asked, created, type Handler, nodeId, notFound, ok, page, repositoryOf } from "../answers.ts";

export interface KeptDeployment {
  readonly id: number;
  readonly environment: string;
  readonly sha: string;
  /** Newest last. */
  readonly statuses: { readonly state: string; readonly description: string }[];
}

export interface KeptPull {
  readonly number: number;
  readonly head: string;
  readonly base: string;
  readonly title: string;
}

/** Deployments and pull requests; kept beside the world, which is about settings. */
const kept = new WeakMap<object, { deployments: KeptDeployment[]; pulls: KeptPull[] }>();

/** What there is; tests read it, and change it as others would. */
export function deploys(repository: object) {
  const own = kept.get(repository) ?? { deployments: [], pulls: [] };
  kept.set(repository, own);
  return own;
}

const own = (asked: Asked) => deploys(repositoryOf(asked));

/** What a deploy writes down. */
export const deployments: Readonly<Record<string, Handler>> = {
  "repos/list-deployments": (asked) => {
    const { environment, sha } = asked.query;
    const all = own(asked).deployments.filter(
      (one) => (environment ?? one.environment) === one.environment && (sha ?? one.sha) === one.sha,
    );
    return ok(page(all.reverse(), asked).map((one) => deploymentShown(asked, one as KeptDeployment)));
  },
  "repos/create-deployment": (asked) => {
    const { ref, environment = "production" } = asked.body as { ref: string; environment?: string };
    const made: KeptDeployment = { id: asked.world.nextId(), environment, sha: ref, statuses: [] };
    own(asked).deployments.push(made);
    return created(deploymentShown(asked, made));
  },
  "repos/create-deployment-status": (asked) => {
    const found = own(asked).deployments.find(({ id }) => id === Number(asked.params.deployment_id));
    if (found === undefined) throw notFound();
    const { state, description = "" } = asked.body as { state: string; description?: string };
    found.statuses.push({ state, description });
    return created({ ...asked.checks.example("deployment-status"), state, description, environment: found.environment });
  },
  "pulls/list": (asked) => {
    const { head } = asked.query;
    const all = own(asked).pulls.filter((one) => head === undefined || head === `${asked.params.owner}:${one.head}`);
    return ok(page(all, asked).map((one) => pullShown(asked, one as KeptPull, "pull-request-simple")));
  },
  "pulls/create": (asked) => {
    const { head, base, title = "" } = asked.body as { head: string; base: string; title?: string };
    const made: KeptPull = { number: own(asked).pulls.length + 1, head, base, title };
    own(asked).pulls.push(made);
    return created(pullShown(asked, made, "pull-request"));
  },
};

const deploymentShown = ({ checks }: Asked, { id, environment, sha }: KeptDeployment) => ({
  ...checks.example("deployment"),
  ...{ id, environment, sha, ref: sha },
});

function pullShown({ checks }: Asked, { number, title }: KeptPull, shape: string) {
  const [first] = [checks.example(shape)].flat();
  // The description's own example has a team without its type.
  return { ...(first as object), requested_teams: [], number, title, node_id: nodeId("PullRequest", number) };
}
