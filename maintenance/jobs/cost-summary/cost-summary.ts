import { z } from "zod";
import type { Finding, Job, JobOutcome, JobWorld } from "../../job.ts";
import { disksOf, type HostLook, lookOf } from "../../look.ts";
import { Prometheus } from "../../prometheus.ts";
import { bytes, percent } from "../../words.ts";

/** What the estate takes in a month, and what that costs. */
export const costSummary: Job = { name: "cost-summary", run: sumUp };

export const CostFacts = z.object({
  currency: z.string(),
  monthly: z.record(z.string(), z.number()),
  storagePerGb: z.number(),
  budget: z.number().optional(),
  prometheus: z.string().optional(),
});
export type CostFacts = z.infer<typeof CostFacts>;

/** What was measured; nothing where nobody could say. */
export interface Used {
  /** What all backups take in the store. */
  readonly backupBytes?: number | undefined;
  /** Requests that the edge answered in 30 days. */
  readonly requests?: number | undefined;
  readonly disks: readonly { readonly mount: string; readonly bytes: number; readonly share: number }[];
}

const GB = 1e9;

async function sumUp(world: JobWorld): Promise<JobOutcome> {
  const facts = CostFacts.parse(world.facts);
  const prometheus = facts.prometheus === undefined ? undefined : new Prometheus(facts.prometheus, world.signal);
  const one = async (query: string): Promise<number | undefined> => {
    const [found] = prometheus === undefined ? [] : await prometheus.query(query);
    return found === undefined || !Number.isFinite(found.value) ? undefined : found.value;
  };
  const used: Used = {
    backupBytes: await one("max(sluice_backup_repository_bytes)"),
    requests: await one("sum(increase(sluice_edge_requests_total[30d]))"),
    disks: disks(lookOf(world.host)),
  };
  return summarize(facts, used);
}

const disks = (look: HostLook | undefined): Used["disks"] =>
  disksOf(look?.disks ?? null).map(({ mount, usedKb, share }) => ({ mount, bytes: usedKb * 1024, share }));

/** The table of costs, and whether they are within the budget. */
export function summarize(
  { currency, monthly, storagePerGb, budget }: CostFacts,
  { backupBytes, requests, disks: full }: Used,
): JobOutcome {
  const money = (amount: number): string => `${amount.toFixed(2)} ${currency}`;
  const storage = backupBytes === undefined ? undefined : (backupBytes / GB) * storagePerGb;
  const items: [string, number, string][] = [
    ...Object.entries(monthly).map(([name, amount]): [string, number, string] => [name, amount, "as the settings say"]),
    ...(storage === undefined || backupBytes === undefined
      ? []
      : [["backups in the store", storage, `${bytes(backupBytes)} at ${storagePerGb} ${currency} a GB`] as [string, number, string]]),
  ];
  const total = items.reduce((sum, [, amount]) => sum + amount, 0);
  const findings: Finding[] = [];
  if (budget !== undefined && total > budget)
    findings.push({
      level: "warning",
      what: `${money(total)} a month is ${money(total - budget)} more than the budget of ${money(budget)}.`,
      todo: "See the largest lines below, or change sluice:maintenance.costs.budget.",
    });
  if (Object.keys(monthly).length === 0)
    findings.push({
      level: "notice",
      what: "Nobody says what is paid every month.",
      todo: "Write it into sluice:maintenance.costs.monthly.",
    });
  if (backupBytes === undefined)
    findings.push({ level: "notice", what: "What backups take is not known: none has been made, or nothing is measured." });
  return {
    summary: `The estate costs ${money(total)} a month${budget === undefined ? "" : `, ${percent(total / budget)} of the budget`}${requests ? `: ${money((total / requests) * 1e6)} for a million requests` : ""}.`,
    findings,
    sections: [
      {
        title: "Costs",
        table: {
          head: ["what", "a month", "from"],
          rows: [
            ...items.sort((a, b) => b[1] - a[1]).map(([name, amount, from]) => [name, money(amount), from]),
            ["together", money(total), ""],
          ],
        },
      },
      {
        title: "What it takes",
        table: {
          head: ["what", "how much"],
          rows: [
            ["requests in 30 days", requests === undefined ? "not known" : `${Math.round(requests)}`],
            ...full.map(({ mount, bytes: size, share }) => [`disk ${mount}`, `${bytes(size)} (${percent(share)})`]),
          ],
        },
      },
    ],
    metrics: [
      { name: "sluice_cost_monthly", help: "What the estate costs in a month, in its own currency.", labels: { currency }, value: total },
    ],
  };
}
