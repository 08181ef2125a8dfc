import { NEWS_ID_LABEL, NEWS_LABEL } from "../../components/monitoring/alerting/route.ts";
import { notify } from "../../pipeline/ship/notify.ts";
import type { Alert } from "../../rollout/driver/news.ts";
import { span } from "../../rollout/records/words.ts";
import type { Finding } from "../job.ts";
import type { JobConfig, RunRecord } from "./config.ts";
import { byWeight, tally } from "./report.ts";

/** Findings that a message names; the report has them all. */
const MOST = 10;
/** How long Alertmanager keeps news. */
const KEPT_MS = 5 * 60_000;

/** Whether anybody is told of a run. */
export const isTold = ({ tells }: Pick<JobConfig, "tells">, { result }: RunRecord, findings: readonly Finding[]): boolean =>
  result !== "not today" && (tells === "always" || result !== "ok" || findings.some(({ level }) => level === "warning"));

/** A run in a few lines, for people. */
export function message(
  { name, estate }: Pick<JobConfig, "name" | "estate">,
  record: RunRecord,
  findings: readonly Finding[],
): { title: string; text: string } {
  const worth = byWeight(findings).filter(({ level }) => level === "critical" || level === "warning");
  const lines = worth.slice(0, MOST).map(({ level, what, todo }) => `${level}: ${what}${todo === undefined ? "" : ` (${todo})`}`);
  return {
    title: `${name} of ${estate}: ${record.result}, ${span(record.seconds * 1000)}`,
    text: [
      record.summary,
      ...(findings.length > 0 ? [`Findings: ${tally(findings)}.`] : []),
      ...lines,
      ...(worth.length > MOST ? [`and ${worth.length - MOST} more`] : []),
      `The report: npm run job -- report ${name}`,
    ].join("\n"),
  };
}

/** A run as news: told at once, to whom the estate's alerting tells what can wait. */
export function newsOf(config: JobConfig, record: RunRecord, findings: readonly Finding[], at: number): Alert {
  const { title, text } = message(config, record, findings);
  const good = record.result === "ok" && findings.every(({ level }) => level === "ok" || level === "notice");
  return {
    labels: {
      ...{ alertname: good ? "JobReport" : "JobTrouble", [NEWS_LABEL]: "job", [NEWS_ID_LABEL]: `${record.job}-${record.id}` },
      ...{ estate: config.estate, maintenance: record.job, severity: good ? "info" : "warning" },
    },
    annotations: { summary: title, description: text },
    startsAt: new Date(at).toISOString(),
    endsAt: new Date(at + KEPT_MS).toISOString(),
  };
}

/** @returns why it could not be told; nothing when it was, or there is nobody */
export async function tellAlertmanager(url: string | undefined, alert: Alert): Promise<string | undefined> {
  return url === undefined ? undefined : send(`${url}/api/v2/alerts`, [alert]);
}

/** @returns why it could not be told; nothing when it was */
export const tellWebhook = async (address: string, text: string): Promise<string | undefined> => notify(address, text);

async function send(url: string, body: unknown): Promise<string | undefined> {
  let problem = "";
  for (const pause of [0, 1000, 5000]) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    try {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(5000) });
      if (answer.ok) return undefined;
      problem = `Alertmanager answers ${answer.status}`;
    } catch {
      problem = "Alertmanager does not answer";
    }
  }
  return problem;
}
