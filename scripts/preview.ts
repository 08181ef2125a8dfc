import { gatesOf } from "../estate/policy.ts";
import { refreshOf } from "../estate/refresh.ts";
import { runEngine } from "./engine-run.ts";
import { helpAsked, main } from "./main.ts";

const HELP = `Usage: npm run preview -- [--stack <name>] [options of pulumi preview]

Show what an update would change, and what the quality gates say of it. Nothing is changed.
The stack's levels are in policies/levels.<stack>.json; exit code 1 when a mandatory rule is broken.
  npm run policy -- list           every rule with its level per environment
  npm run policy -- explain NAME   one rule: why, what to change, what can be tuned`;

await main(async () => {
  const args = process.argv.slice(2);
  if (helpAsked(args)) console.log(HELP);
  else
    process.exitCode = await runEngine(["preview", ...args], (stack) => {
      const gates = gatesOf(process.cwd(), stack);
      return { ...gates, args: [...refreshOf(process.cwd(), stack, args), ...gates.args] };
    });
});
