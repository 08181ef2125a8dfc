import { z } from "zod";
import { recordBranch } from "./git.ts";

/** The part of Octokit that is needed here. */
export interface Api {
  request(route: string, parameters: Readonly<Record<string, unknown>>): Promise<{ readonly data: unknown }>;
  graphql(query: string, variables: Readonly<Record<string, unknown>>): Promise<unknown>;
}

export interface Repository {
  readonly api: Api;
  readonly owner: string;
  readonly repo: string;
}

/** GitHub's limit for the words of a status. */
const WORDS = 140;

const Deployments = z.array(z.object({ id: z.int() }));
const Made = z.object({ id: z.int() });
const Pulls = z.array(z.object({ number: z.int(), node_id: z.string() }));
const Pull = z.object({ number: z.int(), node_id: z.string() });

export type State = "in_progress" | "success" | "failure" | "error";

/**
 * Write into GitHub's deployment record: the one that the job's environment has made, else one of our own.
 * @param words what to say; cut to GitHub's limit
 */
export async function recordState(
  { api, owner, repo }: Repository,
  { stack, commit, state, words, log }: { stack: string; commit: string; state: State; words: string; log?: string | undefined },
): Promise<void> {
  const where = { owner, repo };
  const found = await api.request("GET /repos/{owner}/{repo}/deployments", { ...where, environment: stack, sha: commit, per_page: 1 });
  const [known] = Deployments.parse(found.data);
  const id = known?.id ?? (await makeDeployment(api, where, stack, commit));
  const description = words.length > WORDS ? `${words.slice(0, WORDS - 1)}…` : words;
  await api.request("POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses", {
    ...{ ...where, deployment_id: id, state, description, environment: stack },
    ...(log !== undefined && { log_url: log }),
  });
}

async function makeDeployment(api: Api, where: { owner: string; repo: string }, environment: string, ref: string): Promise<number> {
  // What has to be green before is asked by rules and policies, not by this record of what is done.
  const about = { ref, environment, auto_merge: false, required_contexts: [], production_environment: environment === "prod" };
  const made = await api.request("POST /repos/{owner}/{repo}/deployments", { ...where, ...about });
  return Made.parse(made.data).id;
}

const ENABLE =
  "mutation ($id: ID!) { enablePullRequestAutoMerge(input: { pullRequestId: $id, mergeMethod: SQUASH }) { clientMutationId } }";

/**
 * Ask for what a deploy wrote down to be merged: one pull request per stack, which merges itself when its checks are green.
 * @returns its number, and whether it merges itself
 */
export async function askToMerge(
  { api, owner, repo }: Repository,
  { stack, base, words }: { stack: string; base: string; words: string },
): Promise<{ readonly number: number; readonly merges: boolean }> {
  const where = { owner, repo };
  const head = recordBranch(stack);
  const open = Pulls.parse(
    (await api.request("GET /repos/{owner}/{repo}/pulls", { ...where, head: `${owner}:${head}`, base, state: "open" })).data,
  );
  const body = `What ${stack} runs, as its last deploys left it. Merging it changes nothing there; the next deploy begins from it either way.`;
  const pull =
    open[0] ?? Pull.parse((await api.request("POST /repos/{owner}/{repo}/pulls", { ...where, head, base, title: words, body })).data);
  // Where the repository does not allow it, a person merges.
  const merges = await api.graphql(ENABLE, { id: pull.node_id }).then(
    () => true,
    () => false,
  );
  return { number: pull.number, merges };
}
