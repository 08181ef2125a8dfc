import { duration } from "../../toolchain/say.ts";

/** How a service's rollout ended, by the exit code of `npm run rollout`. */
export const ENDINGS = {
  0: "promoted",
  1: "refused",
  2: "taken back",
  3: "paused",
  4: "another driver has it",
  130: "interrupted",
} as const;
export type Ending = (typeof ENDINGS)[keyof typeof ENDINGS] | "not begun";

export interface ServiceOutcome {
  readonly service: string;
  readonly image: string;
  readonly release: string;
  readonly ending: Ending;
  readonly seconds: number;
}

/** What a deploy came to. */
export type Result = "shipped" | "taken back" | "paused" | "refused" | "failed";

/** A deploy, as it is kept and told. */
export interface Shipped {
  readonly version: 1;
  readonly stack: string;
  readonly commit: string;
  /** When the commit was made, ISO 8601; absent where git does not know it. */
  readonly commitAt?: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** From the commit to the end of the deploy, seconds; of what was shipped alone. */
  readonly leadSeconds?: number;
  readonly result: Result;
  /** Why it is not shipped. */
  readonly why?: string;
  readonly changes: readonly string[];
  readonly services: readonly ServiceOutcome[];
}

/** As `npm run rollout` ends: what a pipeline has to know of it. */
export const EXIT_CODES: Readonly<Record<Result, number>> = { shipped: 0, refused: 1, failed: 1, "taken back": 2, paused: 3 };

/** What several rollouts come to: the worst of them. */
export function resultOf(services: readonly Pick<ServiceOutcome, "ending">[]): Result {
  const endings = services.map(({ ending }) => ending);
  if (endings.includes("taken back")) return "taken back";
  if (endings.includes("paused")) return "paused";
  return endings.every((ending) => ending === "promoted") ? "shipped" : "refused";
}

const MARKS: Readonly<Record<Result, string>> = { shipped: "✅", "taken back": "↩️", paused: "⏸️", refused: "⛔", failed: "❌" };

/** One line for those who want to know: no link, no address, no secret. */
export function headline({ stack, result, commit, startedAt, endedAt, leadSeconds, why, services }: Shipped): string {
  const took = duration(Date.parse(endedAt) - Date.parse(startedAt));
  const lead = leadSeconds === undefined ? "" : `, ${duration(leadSeconds * 1000)} after its commit`;
  const who = services.filter(({ ending }) => ending === "taken back").map(({ service }) => service);
  const what = who.length > 0 ? `${who.join(", ")} taken back automatically: every client is on the release before` : (why ?? "");
  const words = result === "shipped" ? `is deployed (${took}${lead})` : `is ${result}${what === "" ? "" : ` (${what})`}`;
  return `${MARKS[result]} ${stack}: commit ${commit.slice(0, 12)} ${words}`;
}

/** The run's summary, in Markdown. */
export function summary(shipped: Shipped): string {
  const { changes, services, why, startedAt, endedAt, commitAt, result } = shipped;
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const rows = services.map(
    ({ service, release, ending, seconds }) => `| ${service} | ${cell(release)} | ${ending} | ${duration(seconds * 1000)} |`,
  );
  return [
    `### ${headline(shipped)}`,
    "",
    ...(result === "shipped" || why === undefined ? [] : [why, ""]),
    ...(rows.length === 0 ? [] : ["| service | release | rollout | took |", "|---|---|---|---|", ...rows, ""]),
    ...(changes.length === 0 ? ["No image changed.", ""] : ["Images:", "", ...changes.map((change) => `- ${cell(change)}`), ""]),
    `Commit ${commitAt ?? "(time not known)"}, begun ${startedAt}, ended ${endedAt}.`,
    "",
  ].join("\n");
}
