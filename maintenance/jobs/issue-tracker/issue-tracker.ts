import { z } from "zod";
import { githubOf } from "../../../pipeline/github/client.ts";
import type { Finding, Job } from "../../job.ts";

export const Facts = z.object({
  repository: z.string(),
  apiUrl: z.string(),
  staleDays: z.number(),
  urgentLabels: z.array(z.string()),
});
export type Facts = z.infer<typeof Facts>;

const DAY = 86_400_000;
/** Issues that a report names. */
const MOST = 50;

/** An open issue, as far as it is judged. */
export interface Item {
  readonly number: number;
  readonly title: string;
  readonly url: string;
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  /** ISO 8601. */
  readonly updated: string;
  readonly milestone: { readonly title: string; readonly due: string | null; readonly open: boolean } | null;
}

export interface Judged {
  readonly item: Item;
  readonly level: Finding["level"];
  readonly why: string;
  readonly todo: string;
}

/** What is stale or broken about open issues: the most urgent first, each issue once, for the worst that it has. */
export function judge(items: readonly Item[], { staleDays, urgentLabels }: Pick<Facts, "staleDays" | "urgentLabels">, now: Date): Judged[] {
  const days = (date: string): number => Math.floor((now.getTime() - Date.parse(date)) / DAY);
  const judged = items.flatMap((item): Judged[] => {
    const urgent = item.labels.find((label) => urgentLabels.includes(label));
    const quiet = days(item.updated);
    if (urgent !== undefined && item.assignees.length === 0)
      return [{ item, level: "warning", why: `is ${urgent} and nobody's`, todo: "give it to somebody" }];
    if (urgent !== undefined && quiet >= 1)
      return [{ item, level: "warning", why: `is ${urgent} and has had no word for ${quiet} days`, todo: "say where it stands" }];
    if (item.milestone?.open === false)
      return [{ item, level: "notice", why: `is open in ${item.milestone.title}, which is closed`, todo: "close it, or move it on" }];
    if (item.milestone?.due && Date.parse(item.milestone.due) < now.getTime())
      return [
        {
          item,
          level: "notice",
          why: `is late: ${item.milestone.title} was due ${item.milestone.due.slice(0, 10)}`,
          todo: "finish it, or move it on",
        },
      ];
    if (quiet >= staleDays)
      return [{ item, level: "notice", why: `has had no word for ${quiet} days`, todo: "close it, or say what it waits for" }];
    return [];
  });
  return judged.sort((a, b) => Number(b.level === "warning") - Number(a.level === "warning") || a.item.number - b.item.number);
}

/** Stale and broken items of the issue tracker: GitHub's, by its API. It writes nothing there. */
export const issueTracker: Job = {
  name: "issue-tracker",
  async run({ facts, secret, now, say, signal }) {
    const own = Facts.parse(facts);
    const { api, owner, repo } = githubOf({
      GITHUB_TOKEN: await secret("token"),
      GITHUB_REPOSITORY: own.repository,
      GITHUB_API_URL: own.apiUrl,
    });
    say(`reading the open issues of ${own.repository}`);
    const open = await api.paginate(api.rest.issues.listForRepo, { ...{ owner, repo, state: "open", per_page: 100 }, request: { signal } });
    const items = open
      .filter((issue) => issue.pull_request === undefined)
      .map((issue): Item => {
        const { number, title, html_url: url, labels, assignees, updated_at: updated, milestone } = issue;
        return {
          ...{ number, title, url, updated },
          labels: labels.flatMap((label) => (typeof label === "string" ? [label] : (label.name ?? []))),
          assignees: (assignees ?? []).map(({ login }) => login),
          milestone: milestone ? { title: milestone.title, due: milestone.due_on, open: milestone.state === "open" } : null,
        };
      });
    const judged = judge(items, own, now());
    const urgent = judged.filter(({ level }) => level === "warning").length;
    return {
      summary: `${items.length} issues are open in ${own.repository}: ${urgent} need somebody today, ${judged.length - urgent} are stale or misplaced.`,
      findings: judged.slice(0, MOST).map(({ item, level, why, todo }) => ({ level, what: `#${item.number} ${item.title}: ${why}`, todo })),
      sections: judged.length > MOST ? [{ title: "Not all are shown", text: `${judged.length - MOST} more.` }] : [],
      metrics: [
        { name: "sluice_issues_open", help: "Open issues.", value: items.length },
        { name: "sluice_issues_urgent", help: "Open issues that need somebody today.", value: urgent },
        { name: "sluice_issues_stale", help: "Open issues that are stale, late or misplaced.", value: judged.length - urgent },
      ],
    };
  },
};
