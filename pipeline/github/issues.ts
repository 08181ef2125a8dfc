import { type GitHub, ownLogin, withGitHub } from "./client.ts";

/** An issue as it should be. */
export type Wanted =
  | { readonly open: { readonly marker: string; readonly title: string; readonly body: string; readonly labels: readonly string[] } }
  | { readonly close: string; readonly words: string };

/** What became of it. */
export type Done = string;

const PERMISSION = "issues: write";

/**
 * Keep one open issue about something, found by the marker that its text begins with: open it, bring it up to date, or close it with a word.
 * A person's issues are never touched.
 *
 * @returns in words, what was done
 * @throws Problem with GitHub's words
 */
export async function putIssue(github: GitHub, wanted: Wanted): Promise<Done> {
  const { api, owner, repo } = github;
  return withGitHub("keep the issue", PERMISSION, async () => {
    const login = await ownLogin(github);
    const marker = "open" in wanted ? wanted.open.marker : wanted.close;
    const all = await api.paginate(api.rest.issues.listForRepo, { owner, repo, state: "open", per_page: 100 });
    const own = all.filter(
      ({ user, body, pull_request }) => user?.login === login && !pull_request && body?.trimStart().startsWith(marker),
    );
    const [first, ...others] = own;
    if ("open" in wanted) {
      const { title, body, labels } = wanted.open;
      for (const { number } of others)
        await api.rest.issues.update({ owner, repo, issue_number: number, state: "closed", state_reason: "not_planned" });
      if (first === undefined) {
        const { data } = await api.rest.issues.create({ owner, repo, title, body, labels: [...labels] });
        return `issue ${data.number} is opened`;
      }
      if (first.title === title && first.body?.trim() === body.trim()) return `issue ${first.number} says so already`;
      await api.rest.issues.update({ owner, repo, issue_number: first.number, title, body });
      return `issue ${first.number} is brought up to date`;
    }
    for (const { number } of own) {
      await api.rest.issues.createComment({ owner, repo, issue_number: number, body: wanted.words });
      await api.rest.issues.update({ owner, repo, issue_number: number, state: "closed", state_reason: "completed" });
    }
    return own.length === 0 ? "all is well, and no issue is open" : `issue ${own.map(({ number }) => number).join(", ")} is closed`;
  });
}
