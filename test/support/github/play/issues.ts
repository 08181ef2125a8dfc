import { type Answer, type Asked, addressOf, created, done, type Handler, invalid, nodeId, notFound, ok, page, repositoryOf } from "../answers.ts";

/** An issue; a pull request is one too, for comments. */
export interface KeptIssue {
  readonly number: number;
  title: string;
  body: string;
  state: "open" | "closed";
  labels: readonly string[];
  readonly by: string;
}

export interface KeptComment {
  readonly id: number;
  readonly issue: number;
  body: string;
  readonly by: string;
}

/** Issues and comments of a repository; kept beside the world, which is about settings. */
const kept = new WeakMap<object, { readonly issues: Map<number, KeptIssue>; readonly comments: Map<number, KeptComment> }>();

/** What there is; tests read it, and change it as a person with a browser would. */
export function talk(repository: object) {
  const own = kept.get(repository) ?? { issues: new Map<number, KeptIssue>(), comments: new Map<number, KeptComment>() };
  kept.set(repository, own);
  return own;
}

interface IssueBody {
  readonly title?: string;
  readonly body?: string;
  readonly state?: "open" | "closed";
  readonly labels?: readonly string[];
}

const AT = "2026-01-01T00:00:00Z";

/** GitHub takes no more characters in a body. */
const LONGEST = 65_536;

/** Issues, and comments on them and on pull requests. */
export const issues: Readonly<Record<string, Handler>> = {
  "issues/list-for-repo": (asked) => {
    const { state = "open" } = asked.query;
    const all = [...talk(repositoryOf(asked)).issues.values()].filter((one) => state === "all" || one.state === state);
    return paged(asked, all, (one) => issueShown(asked, one));
  },
  "issues/create": (asked) => {
    const { issues: own } = talk(repositoryOf(asked));
    const { title = "", body = "", labels = [] } = asked.body as IssueBody;
    const made: KeptIssue = { number: own.size + 100, title, body, state: "open", labels, by: self(asked) };
    own.set(made.number, made);
    return created(issueShown(asked, made));
  },
  "issues/update": (asked) => {
    const issue = talk(repositoryOf(asked)).issues.get(Number(asked.params.issue_number));
    if (issue === undefined) throw notFound();
    const { title = issue.title, body = issue.body, state = issue.state } = asked.body as IssueBody;
    Object.assign(issue, { title, body, state });
    return ok(issueShown(asked, issue));
  },
  "issues/list-comments": (asked) => {
    const number = Number(asked.params.issue_number);
    const all = [...talk(repositoryOf(asked)).comments.values()].filter(({ issue }) => issue === number);
    return paged(asked, all, (one) => commentShown(asked, one));
  },
  "issues/create-comment": (asked) => {
    const made: KeptComment = { id: asked.world.nextId(), issue: Number(asked.params.issue_number), body: bodyOf(asked), by: self(asked) };
    talk(repositoryOf(asked)).comments.set(made.id, made);
    return created(commentShown(asked, made));
  },
  "issues/update-comment": (asked) => {
    const comment = commentOf(asked);
    comment.body = bodyOf(asked);
    return ok(commentShown(asked, comment));
  },
  "issues/delete-comment": (asked) => {
    talk(repositoryOf(asked)).comments.delete(commentOf(asked).id);
    return done;
  },
};

/** One page, with the address of the next one: clients follow that, and count nothing. */
function paged<T>(asked: Asked, all: readonly T[], show: (one: T) => unknown): Answer {
  const { per_page = "30", page: number = "1" } = asked.query;
  const shown = page(all, asked).map((one) => show(one as T));
  if (Number(number) * Number(per_page) >= all.length) return ok(shown);
  const path = asked.params.issue_number === undefined ? "issues" : `issues/${asked.params.issue_number}/comments`;
  const next = new URLSearchParams({ ...asked.query, per_page, page: String(Number(number) + 1) });
  const link = `<${addressOf(asked, repositoryOf(asked))}/${path}?${next}>; rel="next"`;
  return { status: 200, body: shown, headers: { link } };
}

const self = ({ world }: Asked): string => [...world.users.keys()][0] ?? "";

function bodyOf({ body }: Asked): string {
  const { body: text = "" } = body as IssueBody;
  if (text.length > LONGEST) throw invalid("IssueComment", "body", "invalid", `body is too long (maximum is ${LONGEST} characters)`);
  return text;
}

function commentOf(asked: Asked): KeptComment {
  const found = talk(repositoryOf(asked)).comments.get(Number(asked.params.comment_id));
  if (found === undefined) throw notFound();
  return found;
}

function userShown({ checks, world, base }: Asked, login: string) {
  const id = world.users.get(login) ?? 1;
  return { ...checks.example("simple-user"), login, id, node_id: nodeId("User", id), url: `${base}/users/${login}` };
}

function issueShown(asked: Asked, { number, title, body, state, labels, by }: KeptIssue) {
  const url = `${addressOf(asked, repositoryOf(asked))}/issues/${number}`;
  return {
    ...asked.checks.example("issue"),
    ...{ id: number, node_id: nodeId("Issue", number), url, number, title, body, state, locked: false, comments: 0 },
    ...{ labels: labels.map((name) => ({ name })), user: userShown(asked, by), created_at: AT, updated_at: AT, closed_at: null },
    ...{ assignee: null, assignees: [], milestone: null, pull_request: undefined },
  };
}

function commentShown(asked: Asked, { id, issue, body, by }: KeptComment) {
  const url = `${addressOf(asked, repositoryOf(asked))}/issues/comments/${id}`;
  return {
    ...asked.checks.example("issue-comment"),
    ...{ id, node_id: nodeId("IssueComment", id), url, html_url: url, issue_url: `${url}/${issue}`, body },
    ...{ user: userShown(asked, by), created_at: AT, updated_at: AT },
  };
}
