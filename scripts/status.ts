import { Command } from "commander";
import { readProject } from "../estate/project.ts";
import { reach } from "../estate/reach.ts";
import { renderStatus } from "../estate/report.ts";
import { readStatus } from "../estate/status.ts";
import { main } from "./main.ts";

const command = new Command("npm run status --")
  .description("Show what runs: addresses, slots, releases, health and weights, read from Docker and from inside the edge.")
  .option("--stack <name>", "which stack", "dev")
  .option("--json", "machine-readable, for scripts")
  .parse();
const { stack, json } = command.opts<{ stack: string; json?: boolean }>();

await main(async () => {
  const project = readProject(stack);
  const { settings } = project;
  const status = await readStatus(await reach(project, { install: false }), settings.name);
  console.log(json ? JSON.stringify(status, undefined, 2) : renderStatus(settings.name, status));
  if (status.edge.url === null) process.exitCode = 1;
});
