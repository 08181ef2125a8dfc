import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import colors from "picocolors";
import { readProject } from "../estate/project.ts";
import { reach } from "../estate/reach.ts";
import { readStatus } from "../estate/status.ts";
import { HISTORY, readMonitoring } from "../estate/watch/monitoring.ts";
import { renderLines, renderView } from "../estate/watch/render.ts";
import { withScreen } from "../estate/watch/screen.ts";
import { needsAttention, type View, viewOf } from "../estate/watch/view.ts";
import { Problem } from "../toolchain/problem.ts";
import { main } from "./main.ts";

const seconds = (text: string): number => {
  const value = Number(text);
  if (!(value >= 1 && value <= 3600)) throw new InvalidArgumentError("It is a number of seconds from 1 to 3600.");
  return value;
};

const command = new Command("npm run watch --")
  .description(
    "Watch a running estate: who gets how many clients, health, requests, errors and latencies by slot, alerts, the last deployment.\n" +
      "q or Ctrl-C ends it. Where the output is no terminal, it writes lines for a log.",
  )
  .option("--stack <name>", "which stack", "dev")
  .option("--interval <seconds>", "time between two looks", seconds, 2)
  .option("--once", "look once, and say by the exit code how it is")
  .option("--json", "machine-readable; only with --once")
  .addHelpText(
    "after",
    "\nExit code of --once: 1 when a critical alert fires, or the edge is not there or not healthy; 0 otherwise\n(what is not known, because monitoring does not answer, is no 1)." +
      "\nWithout monitoring it shows shares and health, and says so. Prometheus of an estate on another host answers only there:" +
      "\nopen a tunnel to the address that it names (ssh -L). NO_COLOR is respected.",
  )
  .parse();
const { stack, interval, once, json } = command.opts<{ stack: string; interval: number; once?: boolean; json?: boolean }>();

const screen = () => ({ width: process.stdout.columns ?? 200, colors: colors.isColorSupported });

/** Look again and again. An estate that cannot be read for a while is no reason to end: the last picture stays, with the reason. */
async function watch(look: () => Promise<View>, show: (view: View) => void, leaving?: AbortSignal): Promise<void> {
  let last: View | undefined;
  while (!leaving?.aborted) {
    try {
      last = await look();
      show(last);
    } catch (error) {
      if (!last) throw error;
      const words = error instanceof Error ? error.message.split("\n")[0] : String(error);
      show({ ...last, gaps: [`This is the picture of ${last.at.slice(11, 19)} UTC. The estate cannot be read now: ${words}`] });
    }
    await sleep(interval * 1000, undefined, { ...(leaving && { signal: leaving }) }).catch(() => undefined);
  }
}

await main(async () => {
  if (json && !once) throw new Problem("--json shows one moment: use it with --once.");
  const project = readProject(stack);
  const engines = await reach(project, { install: false });
  const { name } = project.settings;
  const look = async (): Promise<View> => {
    const status = await readStatus(engines, name);
    const readings = await readMonitoring(name, status.monitoring);
    return viewOf(name, new Date(), status, readings, HISTORY);
  };
  if (once) {
    const view = await look();
    console.log(json ? JSON.stringify(view, undefined, 2) : renderView(view, screen()));
    if (needsAttention(view)) process.exitCode = 1;
  } else if (process.stdout.isTTY) {
    await withScreen(process.stdout, process.stdin, (draw, leaving) => {
      draw(`looking at '${name}'…`);
      // A look that hangs keeps nobody here who wants to leave.
      const left = new Promise<void>((resolve) => leaving.addEventListener("abort", () => resolve(), { once: true }));
      return Promise.race([watch(look, (view) => draw(renderView(view, screen())), leaving), left]);
    });
  } else {
    await watch(look, (view) => console.log(renderLines(view)));
  }
});
