import { Command, InvalidArgumentError } from "commander";
import { readProject } from "../estate/project.ts";
import { reach } from "../estate/reach.ts";
import { sweepDead, sweepOwn, Throwaway } from "../evidence/throwaway.ts";
import { RULES, type Rule } from "../migrations/judge.ts";
import { migrate } from "../migrations/migrate.ts";
import { main } from "./main.ts";
import { whole } from "./whole.ts";

const known = Object.keys(RULES) as Rule[];
const command = new Command("npm run migrate --")
  .description(
    "Run a migration tool against the estate's Postgres: looked at and backed up before, tried on a copy, judged, then run with time limits.",
  )
  .argument("<command...>", "the tool and its arguments, after `--`; it finds the database in DATABASE_URL")
  .option("--stack <name>", "which stack", "dev")
  .option("--dry-run", "everything but the last step: the database is not touched")
  .option("--accept <rules>", `dangers that you have looked at and want, with commas between: ${known.join(", ")}`, rules, [])
  .option("--lock-timeout <seconds>", "longest wait for one lock: everybody else waits behind it", whole(1, 600), 5)
  .option("--statement-timeout <seconds>", "longest run of one statement; 0: no limit", whole(0, 86_400), 0)
  .option("--patience <seconds>", "a transaction that has been open for longer is in the way", whole(1, 86_400), 30)
  .option("--retries <number>", "how often it is run again when it did not get a lock", whole(0, 20), 3)
  .addHelpText(
    "after",
    "\nExample: npm run migrate -- -- npx prisma migrate deploy\nWhat each step does, and the way back: docs/migrations.md",
  )
  .parse();
interface Options {
  readonly stack: string;
  readonly dryRun?: true;
  readonly accept: Rule[];
  readonly lockTimeout: number;
  readonly statementTimeout: number;
  readonly patience: number;
  readonly retries: number;
}
const [words] = command.processedArgs as [[string, ...string[]]];
const { stack, dryRun = false, ...rest } = command.opts<Options>();

await main(async () => {
  const project = readProject(stack);
  const { main: docker } = await reach(project, { install: false });
  const throwaway = new Throwaway();
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.once(signal, () => void throwaway.remove().then(() => process.exit(code)));
  }
  await sweepDead(docker);
  try {
    await migrate({ command: words, dryRun, ...rest }, { project, docker, throwaway, say: (line) => console.error(line) });
  } finally {
    await throwaway.remove();
    await sweepOwn(docker);
  }
});

function rules(text: string): Rule[] {
  const wanted = text.split(",").map((rule) => rule.trim());
  const unknown = wanted.filter((rule) => !known.includes(rule as Rule));
  if (unknown.length > 0) throw new InvalidArgumentError(`Not known: ${unknown.join(", ")}. Allowed: ${known.join(", ")}.`);
  return wanted as Rule[];
}
