import { Command, InvalidArgumentError } from "commander";
import { main } from "./main.ts";

const EXITS = `
Exit codes of a preview: 0 it is good, 1 a mandatory rule is broken or the preview failed (the files are written all the same).
Exit codes of post: 0 posted, or the run is one of a fork, whose token may not write; 1 anything else.
All of it, also for workflows: docs/previews.md`;

const program = new Command("npm run preview:comment --")
  .description("Turn the preview of a stack into a comment on a pull request. Nothing is changed, and nothing is posted but by `post`.")
  .addHelpText("after", EXITS);
program
  .command("make", { isDefault: true })
  .description("preview a stack and write the comment (the word `make` may be left out)")
  .requiredOption("--stack <name>", "which stack")
  .option("--out <folder>", "write NAME.md, NAME.full.md and NAME.json there (default: the comment on stdout)")
  .option("--events <file>", "read this event log of the engine; nothing is run")
  .option("--keep-events <file>", "write the engine's event log there, with secrets masked")
  .option("--against <commit>", "compare with what this commit declares: needs no state, host, cluster or secret")
  .option("--fork", "the run has no secrets: say so; needs --against, or a pull request in GITHUB_EVENT_PATH")
  .action((options) => main(async () => (await import("../pipeline/comment/make.ts")).make(options)));
program
  .command("post <folder>")
  .description("post every comment in the folder, or edit it in place; needs GITHUB_TOKEN with pull-requests: write, and GITHUB_REPOSITORY")
  .option("--pull-request <number>", "which one (default: that of GITHUB_EVENT_PATH)", number)
  .action((folder: string, options) => main(async () => (await import("../pipeline/comment/post.ts")).post(folder, options)));

await program.parseAsync();

function number(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("Allowed: the number of a pull request, e.g. 12.");
  return Number(text);
}
