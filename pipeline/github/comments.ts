import { type GitHub, isStatus, ownLogin, withGitHub } from "./client.ts";

/** What became of a comment. */
export type Posted = "posted" | "edited" | "unchanged";

const PERMISSION = "pull-requests: write";

/**
 * Post a comment on a pull request, or edit the one that is there: it begins with the same marker and is by the same account. Others of the
 * account with that marker, which two runs at once may have left, are deleted.
 *
 * @param marker the comment's first line; a comment that only quotes it does not begin with it
 * @throws Problem with GitHub's words
 */
export async function putComment(github: GitHub, pullRequest: number, marker: string, body: string): Promise<Posted> {
  const { api, owner, repo } = github;
  return withGitHub(`comment on pull request ${pullRequest}`, PERMISSION, async () => {
    const login = await ownLogin(github);
    const all = await api.paginate(api.rest.issues.listComments, { owner, repo, issue_number: pullRequest, per_page: 100 });
    const own = all.filter((comment) => comment.user?.login === login && comment.body?.trimStart().startsWith(marker));
    const [first, ...others] = own;
    for (const { id } of others) await gone(api.rest.issues.deleteComment({ owner, repo, comment_id: id }));
    if (first === undefined) {
      await api.rest.issues.createComment({ owner, repo, issue_number: pullRequest, body });
      return "posted";
    }
    if (first.body?.trim() === body.trim()) return "unchanged";
    try {
      await api.rest.issues.updateComment({ owner, repo, comment_id: first.id, body });
      return "edited";
    } catch (error) {
      // Somebody has deleted it in the meantime.
      if (!isStatus(error, 404)) throw error;
      await api.rest.issues.createComment({ owner, repo, issue_number: pullRequest, body });
      return "posted";
    }
  });
}

/** What is gone already need not go. */
async function gone(deleting: Promise<unknown>): Promise<void> {
  await deleting.catch((error: unknown) => {
    if (!isStatus(error, 404)) throw error;
  });
}
