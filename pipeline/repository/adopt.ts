import type { GithubSettings } from "../../settings/types.ts";

/** How Pulumi is told to take a repository that is there into a stack. The name is the one that the program gives it. */
export const adoptArguments = (stack: string, { repository }: Pick<GithubSettings, "repository">): string[] => [
  ...["import", "github:index/repository:Repository", "settings-repository", repository],
  ...["--stack", stack, "--yes", "--protect=false", "--generate-code=false"],
];

/** Before the first update the stack has no provider of its own: Pulumi's default one is set up by the environment. */
export const adoptEnvironment = ({ owner, baseUrl }: Pick<GithubSettings, "owner" | "baseUrl">, token: string): Record<string, string> => ({
  ...{ GITHUB_OWNER: owner, GITHUB_BASE_URL: baseUrl, GITHUB_TOKEN: token },
});
