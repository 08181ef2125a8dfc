import { gatesOf } from "../estate/policy.ts";
import { refreshOf } from "../estate/refresh.ts";
import { Problem } from "../toolchain/problem.ts";
import { runEngine } from "./engine-run.ts";
import { helpAsked, main } from "./main.ts";

const HELP = `Usage: npm run up -- [--stack <name>] [--yes] [options of pulumi up]

Preview, pass the quality gates, ask, and update. A mandatory rule that is broken stops it before anything is changed.
A stack with a repository (\`sluice:github\`) is refreshed first: what was changed by hand is put right.
The stack's levels are in policies/levels.<stack>.json (npm run policy -- list).`;

/** Rules about several resources together are judged at the end of a preview; without one, the update would be over by then. */
const UNGATED = ["--skip-preview", "-f"];

await main(async () => {
  const args = process.argv.slice(2);
  if (helpAsked(args)) return console.log(HELP);
  const ungated = args.find((arg) => UNGATED.includes(arg.split("=")[0] ?? ""));
  if (ungated !== undefined) {
    throw new Problem(
      `${ungated} would update before the gates have spoken: take it out, or use npm run pulumi -- up, which has no gates.`,
    );
  }
  process.exitCode = await runEngine(["up", ...args], (stack) => {
    const gates = gatesOf(process.cwd(), stack);
    return { ...gates, args: [...refreshOf(process.cwd(), stack, args), ...gates.args] };
  });
});
