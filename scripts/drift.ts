import { Command } from "commander";
import { main } from "./main.ts";

const EXITS = `
Exit codes: 0 what runs is what the state says, 2 it is not, 1 it could not be looked at.
Exit codes of issue: 0 done, 1 anything else. More: docs/previews.md`;

const program = new Command("npm run drift --")
  .description("Compare what runs with what the stack's state says. Nothing is changed: pulumi refresh --preview-only.")
  .addHelpText("after", EXITS);
program
  .command("look", { isDefault: true })
  .description("look, and write a report (the word `look` may be left out)")
  .requiredOption("--stack <name>", "which stack")
  .option("--out <folder>", "write NAME.md and NAME.json there (default: the report on stdout)")
  .option("--events <file>", "read this event log of the engine; nothing is run")
  .action((options) => main(async () => (await import("../pipeline/drift/look.ts")).look(options)));
program
  .command("issue <folder>")
  .description("open, update or close one issue per stack; needs GITHUB_TOKEN with issues: write, and GITHUB_REPOSITORY")
  .option("--label <name...>", "labels of a new issue; they exist already", ["drift"])
  .action((folder: string, options) => main(async () => (await import("../pipeline/drift/issue.ts")).issues(folder, options)));

await program.parseAsync();
