import { sshAddress } from "../../../components/host/ssh.ts";
import { readProject } from "../../../estate/project.ts";
import { reachBySsh } from "../../../estate/reach.ts";
import { hasHost } from "../../../settings/placement.ts";
import { Problem } from "../../../toolchain/problem.ts";
import { summariesOf } from "../../records/entries.ts";
import { renderDora, renderHistory } from "../../records/history.ts";
import { report } from "../../records/report.ts";
import { folderOf } from "./files.ts";
import { Inside } from "./inside.ts";
import { FileJournal, figuresOf, putDora } from "./journal.ts";

interface Options {
  readonly stack: string;
  readonly json?: boolean;
}

/** What was recorded, here and with the estate. */
async function recordsOf(stack: string) {
  const project = readProject(stack);
  const { root, settings } = project;
  if (hasHost(settings) && sshAddress(settings.host.docker) !== undefined) await reachBySsh(project);
  const inside = hasHost(settings) ? Inside.of(settings) : undefined;
  return { inside, entries: await new FileJournal(folderOf(root, stack), inside).all() };
}

export async function history(service: string | undefined, { stack, json }: Options): Promise<undefined> {
  const { entries } = await recordsOf(stack);
  const found = summariesOf(entries).filter((one) => service === undefined || one.service === service);
  console.log(json ? JSON.stringify(found) : renderHistory(found));
}

/** @throws Problem when nothing is known of the rollout */
export async function showReport(rollout: string, { stack }: Options): Promise<undefined> {
  const { entries } = await recordsOf(stack);
  const text = report(entries, rollout);
  if (text === undefined)
    throw new Problem(
      `Nothing is recorded of a rollout '${rollout}' on the stack '${stack}'. The ones that are: npm run rollout -- history`,
    );
  process.stdout.write(text);
}

export async function showDora({ stack, json, days }: Options & { readonly days: number }): Promise<undefined> {
  const { inside, entries } = await recordsOf(stack);
  const figures = figuresOf(entries, Date.now(), days);
  if (days === 30) await putDora(inside, entries, Date.now());
  if (json) console.log(JSON.stringify(Object.fromEntries(figures)));
  else console.log(figures.size === 0 ? "No rollout has ended yet." : renderDora(figures));
}
