import { Command, InvalidArgumentError } from "commander";
import { LeaseHeld } from "../rollout/driver/ports.ts";
import type { RollOptions } from "../rollout/driver/shell/roll.ts";
import { parseSteps } from "../rollout/driver/words.ts";
import { main } from "./main.ts";

const EXITS = `
Exit codes: 0 promoted (or the command is done), 1 refused or an error, 2 taken back or frozen, 3 paused, 4 another driver has the
service, 130 stopped by Ctrl-C. What to do at night: docs/rollouts.md`;

const program = new Command("npm run rollout --")
  .description(
    "Roll a release out step by step, guarded and judged; and take one back.\nnpm run rollout -- api --image ghcr.io/example/api:1.4.2",
  )
  .addHelpText("after", EXITS);
program
  .command("roll <service>", { isDefault: true })
  .description("roll a release out (the word `roll` may be left out)")
  .requiredOption("--image <ref>", "image of the release, or build:FOLDER of this project")
  .option("--release <name>", "its name (default: the image's tag or digest; of a build, the commit)")
  .option("--stack <name>", "which stack", "dev")
  .option("--steps <list>", "percent of clients, e.g. 10,50,100 (default: the service's rollout.steps)", steps)
  .option("--window <seconds>", "how long each step is watched (default: the settings')", seconds(1, 86_400))
  .option("--watch <seconds>", "how long a promoted release is watched; 0: not at all (default: the settings')", seconds(0, 86_400))
  .option("--env <key=value...>", "environment of the release, on top of what the active one has", variable, {})
  .option("--keep-slot", "leave env, files and replicas of the slot as the stack file has them, not as the active release has them")
  .option("--commit <sha>", "commit of the release (default: GITHUB_SHA; of a build, HEAD)")
  .option("--in <minutes>", "tell people now, begin then", seconds(0, 10_080))
  .option("--dry-run", "show the plan and what was looked at; change nothing")
  .option("--json", "one event per line on stdout, for pipelines")
  .action(async (service: string, options: RollOptions) =>
    run(async () => (await import("../rollout/driver/shell/roll.ts")).roll(service, options)),
  );

const commands = [
  ["pause", "hold the weight; a FAIL still takes the release back"],
  ["resume", "go on after a pause, or after the driver died"],
  ["promote", "your word in place of the analysis for this step; the guard must be alive"],
  ["abort", "take the release back; the service is not frozen"],
] as const;
for (const [name, words] of commands) {
  sub(`${name} <service>`, words).action(async (service: string, _: unknown, own: Command) =>
    run(async () => (await import("../rollout/driver/shell/commands.ts")).command(name, service, own.opts())),
  );
}
sub("rollback <service>", "every client back at once, and frozen: needs no rollout and waits for nothing").action(
  async (service: string, _: unknown, own: Command) =>
    run(async () => (await import("../rollout/driver/shell/rollback.ts")).rollback(service, own.opts())),
);
sub("acknowledge <decision>", "lift the freeze of this decision, and of those before it").action(
  async (decision: string, _: unknown, own: Command) =>
    run(async () => (await import("../rollout/driver/shell/commands.ts")).acknowledge(decision, own.opts())),
);
sub("status [service]", "where rollouts are, and what edge and guard say").action(
  async (service: string | undefined, _: unknown, own: Command) =>
    run(async () => (await import("../rollout/driver/shell/commands.ts")).status(service, own.opts())),
);
sub("history [service]", "rollouts that are over").action(async (service: string | undefined, _: unknown, own: Command) =>
  run(async () => (await import("../rollout/driver/shell/look-back.ts")).history(service, own.opts())),
);
sub("report <rollout>", "what happened in one rollout, as Markdown").action(async (rollout: string, _: unknown, own: Command) =>
  run(async () => (await import("../rollout/driver/shell/look-back.ts")).showReport(rollout, own.opts())),
);
sub("dora", "lead time, deployments per day, change failures, time to restore")
  .option("--days <days>", "how far back", seconds(1, 3650), 30)
  .action(async (_: unknown, own: Command) => run(async () => (await import("../rollout/driver/shell/look-back.ts")).showDora(own.opts())));

await program.parseAsync();

function sub(name: string, words: string): Command {
  return program.command(name).description(words).option("--stack <name>", "which stack", "dev").option("--json", "machine-readable");
}

async function run(work: () => Promise<number | undefined>): Promise<void> {
  await main(async () => {
    try {
      process.exitCode = (await work()) ?? 0;
    } catch (error) {
      if (!(error instanceof LeaseHeld)) throw error;
      console.error(`\n${error.message}. Wait for it, or tell it what to do: npm run rollout -- status`);
      process.exitCode = 4;
    }
  });
  // A run of the engine that outlives this process must not hold it.
  process.exit();
}

function steps(text: string): number[] {
  const parsed = parseSteps(text);
  if (parsed === undefined)
    throw new InvalidArgumentError("Allowed: whole percentages with commas between them, each higher than the one before, e.g. 10,50,100.");
  return parsed;
}

function seconds(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= least && value <= most))
      throw new InvalidArgumentError(`Allowed: a number from ${least} to ${most}.`);
    return value;
  };
}

function variable(text: string, earlier: Record<string, string>): Record<string, string> {
  const cut = text.indexOf("=");
  if (cut < 1) throw new InvalidArgumentError("Allowed: KEY=VALUE.");
  return { ...earlier, [text.slice(0, cut)]: text.slice(cut + 1) };
}
