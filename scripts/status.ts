import { Command } from "commander";
import { readProject } from "../estate/project.ts";
import { reach } from "../estate/reach.ts";
import { renderClusterStatus, renderStatus } from "../estate/report.ts";
import { NO_HOST, readStatus } from "../estate/status.ts";
import { hasHost } from "../settings/placement.ts";
import { main } from "./main.ts";

const command = new Command("npm run status --")
  .description(
    "Show what runs: addresses, slots, releases, health and weights, read from Docker, from inside the edge, and from the cluster.",
  )
  .option("--stack <name>", "which stack", "dev")
  .option("--json", "machine-readable, for scripts")
  .parse();
const { stack, json } = command.opts<{ stack: string; json?: boolean }>();

await main(async () => {
  const project = readProject(stack);
  const { settings } = project;
  const [host, cluster] = await Promise.all([
    hasHost(settings) ? reach(project, { install: false }).then((engines) => readStatus(engines, settings.name)) : null,
    // A large library stands behind it: only for an estate that has a cluster.
    settings.cluster ? import("../rollout/driver/shell/cluster/status.ts").then((part) => part.readClusterStatus(project)) : null,
  ]);
  if (json) console.log(JSON.stringify({ ...(host ?? NO_HOST), ...(cluster && { cluster }) }, undefined, 2));
  else {
    if (host) console.log(renderStatus(settings.name, host));
    if (cluster) console.log(renderClusterStatus(settings.name, cluster));
    if (!host && !cluster)
      console.log(`'${settings.name}' has nothing that runs, but a repository: npm run github -- list --stack ${stack}`);
  }
  if (host?.edge.url === null || cluster?.problem != null) process.exitCode = 1;
});
