import { Octokit } from "@octokit/core";
import { paginateRest } from "@octokit/plugin-paginate-rest";
import { restEndpointMethods } from "@octokit/plugin-rest-endpoint-methods";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Problem } from "../../toolchain/problem.ts";
import { say } from "../../toolchain/say.ts";

const Client = Octokit.plugin(restEndpointMethods, paginateRest, retry, throttling);
type Client = InstanceType<typeof Client>;

/** A repository, and how to talk to its API. */
export interface GitHub {
  readonly api: Client;
  readonly owner: string;
  readonly repo: string;
}

/** How often a request is sent again that GitHub has put off, or that it failed itself. */
const AGAIN = 3;

/**
 * GitHub's API as a run of GitHub Actions reaches it, and a laptop with the same variables: GITHUB_TOKEN, GITHUB_REPOSITORY, GITHUB_API_URL
 * (@default https://api.github.com). It waits where GitHub says so, and repeats what GitHub failed (5xx).
 *
 * @throws Problem naming every variable that is missing or wrong
 */
export function githubOf(env: Readonly<Record<string, string | undefined>>): GitHub {
  const { GITHUB_TOKEN: token, GITHUB_REPOSITORY: repository = "", GITHUB_API_URL: baseUrl = "https://api.github.com" } = env;
  const [owner, repo, ...rest] = repository.split("/");
  const problems = [
    ...(token ? [] : ["GITHUB_TOKEN is not set: a token that may do this. A workflow gives its own, github.token, in the step's env."]),
    ...(owner && repo && rest.length === 0
      ? []
      : [`GITHUB_REPOSITORY is '${repository}'; allowed is owner/name, as GitHub Actions sets it.`]),
    ...(URL.canParse(baseUrl) ? [] : [`GITHUB_API_URL is '${baseUrl}'; allowed is an address, e.g. https://api.github.com.`]),
  ];
  if (problems.length > 0 || !owner || !repo) throw new Problem(problems.join("\n"));
  const put = (what: string) => (after: number, options: { method: string; url: string }, _: unknown, tries: number) => {
    say(`GitHub ${what}: ${options.method} ${options.url} is sent again in ${after} s.`);
    return tries < AGAIN;
  };
  const api = new Client({
    ...{ auth: token, baseUrl, userAgent: "sluice" },
    throttle: { onRateLimit: put("limits requests"), onSecondaryRateLimit: put("asks for patience"), fallbackSecondaryRateRetryAfter: 5 },
    retry: { retries: AGAIN },
    // What it says is said here, in words.
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  return { api, owner, repo };
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && "status" in error && typeof error.status === "number" ? error.status : undefined;

/** Whether GitHub refused with this status. */
export const isStatus = (error: unknown, ...statuses: readonly number[]): boolean => statuses.includes(statusOf(error) ?? 0);

/** What people can do about a refusal. */
const ADVICE: Readonly<Record<number, string>> = {
  401: "The token is not valid: it is wrong, was revoked or has expired.",
  403: "The token may not do this.",
  404: "There is no such thing, or the token may not see it: look at GITHUB_REPOSITORY and at the token's permissions.",
  410: "It was deleted, or switched off in the repository's settings.",
  422: "GitHub does not take what was sent.",
  429: "GitHub limits requests, and still does after several tries: run it again later.",
};

/**
 * Do something with GitHub, and say in words what went wrong.
 * @param doing as in "post the comment of staging"
 * @param permission what the token needs, as a workflow writes it
 */
export async function withGitHub<T>(doing: string, permission: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const status = statusOf(error);
    if (status === undefined || !(error instanceof Error)) throw error;
    const limited = /rate limit/i.test(error.message) && status === 403;
    const advice = limited
      ? ADVICE[429]
      : (ADVICE[status] ?? (status >= 500 ? "GitHub itself failed, several times: run it again later." : ""));
    const needs = [401, 403, 404].includes(status) && !limited ? ` It needs \`${permission}\`.` : "";
    throw new Problem(`Could not ${doing}: GitHub says ${status}: ${firstLine(error.message)}\n${advice}${needs}`);
  }
}

const firstLine = (text: string): string => text.split("\n")[0] ?? "";

/** Login of whoever the token belongs to. A workflow's own token may not ask, and is always this one. */
export async function ownLogin({ api }: GitHub): Promise<string> {
  try {
    return (await api.rest.users.getAuthenticated()).data.login;
  } catch (error) {
    if (isStatus(error, 403)) return "github-actions[bot]";
    throw error;
  }
}
