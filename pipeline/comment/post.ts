import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../toolchain/problem.ts";
import { say } from "../../toolchain/say.ts";
import { githubOf } from "../github/client.ts";
import { putComment } from "../github/comments.ts";
import { pullRequestOf } from "../github/event.ts";
import { LIMIT, markerOf } from "./comment.ts";

/** Post every comment in a folder, or edit it in place. */
export async function post(folder: string, { pullRequest }: { readonly pullRequest?: number }): Promise<void> {
  const comments = await commentsIn(folder);
  const event = pullRequestOf(process.env);
  if (event?.withoutSecrets !== undefined && (pullRequest === undefined || pullRequest === event.number)) {
    say(
      `Pull request ${event.number} comes from ${event.withoutSecrets === "fork" ? "a fork" : "Dependabot"}: its token may not write, so nothing is posted. The reports are in the run's summary.`,
    );
    return;
  }
  const number = pullRequest ?? event?.number;
  if (number === undefined)
    throw new Problem("Which pull request? Give --pull-request NUMBER; a workflow on pull_request knows it by itself.");
  const github = githubOf(process.env);
  for (const { stack, text } of comments) say(`${stack}: ${await putComment(github, number, markerOf(stack), text)}`);
}

/** @throws Problem with everything that keeps the folder from being posted; then nothing is */
async function commentsIn(folder: string): Promise<{ readonly stack: string; readonly text: string }[]> {
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".md") && !name.endsWith(".full.md")).sort();
  if (files.length === 0) throw new Problem(`${folder} has no comment. Make one: npm run preview:comment -- --stack NAME --out ${folder}`);
  const comments = await Promise.all(
    files.map(async (name) => ({ stack: name.slice(0, -".md".length), name, text: await readFile(join(folder, name), "utf8") })),
  );
  const problems = comments.flatMap(({ stack, name, text }) => [
    ...(text.startsWith(markerOf(stack))
      ? []
      : [`${name} does not begin with ${markerOf(stack)}: it is no comment of npm run preview:comment`]),
    ...(text.length > LIMIT ? [`${name} has ${text.length} characters; GitHub takes ${LIMIT}`] : []),
  ]);
  if (problems.length > 0) throw new Problem(`${folder}:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  return comments;
}
