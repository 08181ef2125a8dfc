import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import { Command } from "commander";
import { closest } from "fastest-levenshtein";
import { type Levels, levelOf, levelsProblems, parseLevels } from "../policies/levels.ts";
import { renderRule } from "../policies/page.ts";
import { ALL, RULES } from "../policies/rules.ts";
import { Problem } from "../toolchain/problem.ts";
import { main } from "./main.ts";

const FOLDER = "policies";
/** As an estate grows up. */
const USUAL = ["dev", "staging", "prod"];

/** The levels of every stack that has a file of its own. */
function everyLevels(): readonly (readonly [stack: string, levels: Levels])[] {
  const stacks = readdirSync(FOLDER).flatMap((file) => /^levels\.(.+)\.json$/.exec(file)?.[1] ?? []);
  const order = (stack: string): number => (USUAL.indexOf(stack) + USUAL.length + 1) % (USUAL.length + 1);
  return stacks
    .sort((a, b) => order(a) - order(b) || a.localeCompare(b, "en"))
    .map((stack) => {
      const file = join(FOLDER, `levels.${stack}.json`);
      const text = readFileSync(file, "utf8");
      const problems = levelsProblems(text);
      if (problems.length > 0) throw new Problem(`${file}:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
      return [stack, parseLevels(text)] as const;
    });
}

function list(json: boolean): void {
  const levels = everyLevels();
  const rows = Object.entries(RULES).flatMap(([area, rules]) =>
    rules.map((rule) => ({ area, rule: rule.name, levels: Object.fromEntries(levels.map(([stack, own]) => [stack, levelOf(rule, own)])) })),
  );
  if (json) {
    console.log(JSON.stringify(rows, undefined, 2));
    return;
  }
  const table = new Table({ head: ["area", "rule", ...levels.map(([stack]) => stack)] });
  table.push(...rows.map((row) => [row.area, row.rule, ...levels.map(([stack]) => row.levels[stack] ?? "")]));
  console.log(table.toString());
}

function explain(name: string): void {
  const rule = ALL.find((one) => one.name === name);
  if (!rule)
    throw new Problem(
      `There is no rule '${name}'. Did you mean '${closest(
        name,
        ALL.map((one) => one.name),
      )}'? All: npm run policy -- list`,
    );
  console.log(renderRule(rule));
  for (const [stack, levels] of everyLevels()) console.log(`  ${stack}: ${levelOf(rule, levels)}`);
}

await main(async () => {
  const program = new Command("npm run policy --").description("The quality gates that a preview and an update have to pass.");
  program
    .command("list")
    .description("every rule, and its level in each environment")
    .option("--json", "machine-readable")
    .action(({ json = false }: { json?: boolean }) => list(json));
  program.command("explain <name>").description("one rule: what holds and why, what to change, what can be tuned").action(explain);
  await program.parseAsync();
});
