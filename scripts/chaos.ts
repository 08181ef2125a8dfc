import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { probeUrl } from "../components/monitoring/plan.ts";
import { type Around, back, drill, prepare } from "../drills/drill.ts";
import { SAFE_MB } from "../drills/fill.ts";
import { JournalFile } from "../drills/journal.ts";
import { permit } from "../drills/permit.ts";
import { report } from "../drills/report.ts";
import { isGood, type Result } from "../drills/result.ts";
import { SCENARIOS } from "../drills/scenarios/index.ts";
import type { Docker } from "../estate/docker.ts";
import { readProject } from "../estate/project.ts";
import { reach } from "../estate/reach.ts";
import { readStatus } from "../estate/status.ts";
import { Problem } from "../toolchain/problem.ts";
import { main } from "./main.ts";
import { whole } from "./whole.ts";

interface Options {
  readonly stack: string;
  readonly yesBreak?: string;
  readonly dryRun?: true;
  readonly out?: string;
  readonly json?: true;
  readonly url?: string;
  readonly rate: number;
  readonly patience: number;
  readonly service?: string;
  readonly container?: string;
  readonly volume?: string;
  readonly mostMb: number;
  readonly leaveMb?: number;
}

const names = SCENARIOS.map(({ name }) => name);
const command = new Command("npm run chaos --")
  .description("Break a running estate on purpose, and see that alerts come, clients lose little, and all is as before.")
  .argument("<what...>", `${names.join(", ")}; all; list; or restore, which puts back what a drill that was killed has left`)
  .option("--stack <name>", "which stack", "dev")
  .option("--yes-break <stack>", "the name of the stack once more, where it is not dev: its clients may notice")
  .option("--dry-run", "say what would be done, and do nothing")
  .option("--out <file>", "write the table of results, in Markdown")
  .option("--json", "print the results as JSON")
  .option("--url <address>", "what the clients ask (default: the health path of the service, through the edge)")
  .option("--rate <number>", "requests in a second, 5 to 100", whole(5, 100), 20)
  .option("--patience <seconds>", "how much longer than its rule waits an alert may take", whole(1, 1800), 90)
  .option("--service <name>", "service whose clients are counted, and whose slot is hit (default: the first with a route)")
  .option("--container <name>", "network: container that is cut off, e.g. postgres (default: the first of the active slot)")
  .option("--volume <name>", "disk: volume that is filled (default: postgres-data)")
  .option("--most-mb <number>", "disk: size that the file never exceeds", whole(1, 1_048_576), 1024)
  .option("--leave-mb <number>", `disk: what stays free (default: on a shared disk a tenth, and at least ${SAFE_MB})`, whole(0, 1_048_576))
  .addHelpText(
    "after",
    "\nExit codes: 0 all as promised, 1 not, or refused, 130 stopped by Ctrl-C (everything is put back first). What each shows: docs/drills.md",
  )
  .parse();
const [what] = command.processedArgs as [string[]];
const options = command.opts<Options>();

await main(async () => {
  if (what.includes("list")) {
    for (const { name, says } of SCENARIOS) console.log(`${name.padEnd(12)} ${says}`);
    return;
  }
  const wanted = what.includes("all") ? names : what;
  const unknown = wanted.filter((name) => name !== "restore" && !names.includes(name));
  if (unknown.length > 0)
    throw new Problem(
      `There is no drill ${unknown.map((name) => `'${name}'`).join(", ")}. Allowed: ${names.join(", ")}, all, list, restore.`,
    );
  // To put back is never refused.
  if (!options.dryRun && wanted.some((name) => name !== "restore")) permit(options.stack, options.yesBreak);

  const project = readProject(options.stack);
  if (project.settings.hosts)
    throw new Problem(`'${project.settings.name}' is on several hosts, and drills are for estates on one: they know of one Docker engine.`);
  const { main: docker } = await reach(project, { install: false });
  const journal = new JournalFile(join(project.root, ".sluice"), options.stack);
  const say = (line: string): void => console.error(line);
  const left = await journal.read();
  if (left !== undefined && !options.dryRun) {
    say(`A drill (${left.scenario}, ${left.began}) was not ended: putting back what it changed.`);
    await back(docker, left.steps, say);
    await journal.clear();
  }
  if (wanted.includes("restore")) {
    if (left === undefined) say("There is nothing to put back.");
    return;
  }

  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      say(stopping.signal.aborted ? "  still putting everything back: a moment" : "\nStopping; everything is put back first.");
      stopping.abort();
    });
  }
  const around: Around = {
    ...{ docker, journal, say, settings: project.settings, signal: stopping.signal },
    ...{ url: await addressOf(project, docker), perSecond: options.rate, patience: options.patience },
    options: { ...pick(options), fill: { mostMb: options.mostMb, leaveMb: options.leaveMb } },
  };
  const results: Result[] = [];
  const scenarios = SCENARIOS.filter(({ name }) => wanted.includes(name));
  for (const scenario of scenarios) {
    try {
      if (options.dryRun) say(`${scenario.name}: would ${(await prepare(scenario, around)).plan.will}`);
      else results.push(await drill(scenario, around));
    } catch (error) {
      if (stopping.signal.aborted) {
        say("Stopped. Everything is as it was.");
        process.exitCode = 130;
        break;
      }
      // Of many, one that is not for this estate holds up no other.
      if (error instanceof Problem && what.includes("all")) say(`${scenario.name}: left out. ${error.message}`);
      else throw error;
    }
  }
  if (options.dryRun || results.length === 0) return;
  const text = report(results, { estate: project.settings.name, at: new Date().toISOString().slice(0, 10), perSecond: options.rate });
  console.log(options.json ? JSON.stringify(results, null, 2) : `\n${text}`);
  if (options.out !== undefined) await writeFile(options.out, text);
  if (!results.every(isGood)) process.exitCode ||= 1;
});

function pick({ service, container, volume }: Options) {
  return { service, container, volume };
}

/** Where the clients of the drill ask. @throws Problem when nobody could from here */
async function addressOf(project: ReturnType<typeof readProject>, docker: Docker): Promise<string> {
  const { settings } = project;
  if (options.url !== undefined) return options.url;
  const { edge } = await readStatus(docker, settings.name);
  if (edge.url === null) throw new Problem(`'${settings.name}' does not run. Start it: npm start`);
  if (!settings.host.docker.startsWith("unix:") && /^https?:\/\/(?:127\.|localhost|\[::1\])/.test(edge.url))
    throw new Problem(`The edge of '${settings.name}' listens on its own host only: say how clients reach it from here, with --url.`);
  const routed = settings.services.find(({ name, route }) =>
    options.service === undefined ? route !== undefined : name === options.service,
  );
  return (routed && probeUrl(routed, edge.url)) ?? `${edge.url}${routed?.route ?? "/"}`;
}
