import { Command } from "commander";
import { execa } from "execa";
import { step } from "../toolchain/say.ts";
import { main } from "./main.ts";

new Command("npm run check --")
  .description(
    "What must hold before a commit: format and lint, types, and the quick tests (pure and components; they also compare generated files).",
  )
  .option("--fix", "let the formatter and linter mend what they can first")
  .option("--no-tests", "leave the quick tests out: where every room runs anyway")
  .parse();
const fix = process.argv.includes("--fix");
const tests = !process.argv.includes("--no-tests");

type Check = readonly [title: string, command: string, ...args: string[]];
const QUICK: readonly Check[] = [["quick tests", "vitest", "run", "--project", "pure", "--project", "components", "--project", "policies"]];
const CHECKS: readonly Check[] = [
  ["format and lint", "biome", "check", "--error-on-warnings", ...(fix ? ["--write"] : []), "."],
  ["types", "tsc", "--noEmit"],
  ...(tests ? QUICK : []),
];

await main(async () => {
  for (const [title, command, ...args] of CHECKS) {
    const running = step(title);
    const ended = await execa(command, args, { preferLocal: true, reject: false, all: true });
    if (ended.exitCode === 0) {
      running.done();
      continue;
    }
    running.failed();
    console.log(ended.all);
    process.exitCode = 1;
  }
});
