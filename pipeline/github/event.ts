import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { Problem } from "../../toolchain/problem.ts";

const repo = z.object({ full_name: z.string() });
const event = z.object({
  pull_request: z
    .object({
      number: z.number(),
      user: z.object({ login: z.string() }).nullish(),
      // A fork that was deleted is null.
      head: z.object({ sha: z.string(), repo: repo.nullable() }),
      base: z.object({ sha: z.string(), repo }),
    })
    .optional(),
});

/** The pull request that a run of GitHub Actions is about. */
export interface PullRequest {
  readonly number: number;
  /** Full hashes. */
  readonly head: string;
  readonly base: string;
  /** Why GitHub gives the run no secrets and a token that may not write; absent: it does. */
  readonly withoutSecrets?: "fork" | "dependabot";
}

/** @param env of the process: GITHUB_EVENT_PATH. @returns undefined where there is none, or the run is about something else */
export function pullRequestOf(env: Readonly<Record<string, string | undefined>>): PullRequest | undefined {
  const { GITHUB_EVENT_PATH: path } = env;
  if (!path) return undefined;
  if (!existsSync(path)) throw new Problem(`GITHUB_EVENT_PATH names ${path}, and there is no such file.`);
  const read = event.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (!read.success) throw new Problem(`${path} is no event of GitHub: ${z.prettifyError(read.error)}`);
  const { pull_request: own } = read.data;
  if (own === undefined) return undefined;
  const fork = own.head.repo?.full_name !== own.base.repo.full_name;
  const why = fork ? "fork" : own.user?.login === "dependabot[bot]" ? "dependabot" : undefined;
  return { number: own.number, head: own.head.sha, base: own.base.sha, ...(why && { withoutSecrets: why }) };
}
