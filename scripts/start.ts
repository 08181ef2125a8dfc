import { Command } from "commander";
import { bringUp } from "../estate/bring-up.ts";
import { ensurePluginsOf } from "../estate/plugins.ts";
import { buildsImages, readProject } from "../estate/project.ts";
import { reach } from "../estate/reach.ts";
import { renderNext, renderStatus } from "../estate/report.ts";
import { readStatus } from "../estate/status.ts";
import { prepareImages } from "../images/prepare.ts";
import { hostsOf } from "../settings/hosts.ts";
import { ensureDebian } from "../toolchain/debian.ts";
import { ensureEngine } from "../toolchain/engine.ts";
import { say } from "../toolchain/say.ts";
import { ensureState } from "../toolchain/state.ts";
import { writeDashboards } from "./dashboards.ts";
import { main } from "./main.ts";

const command = new Command("npm start --")
  .description("Set up what is missing (engine, Docker, images), bring the stack up, and show what runs. Safe to run again at any time.")
  .option("--stack <name>", "which stack", "dev")
  .parse();
const { stack } = command.opts<{ stack: string }>();

await main(async () => {
  const project = readProject(stack);
  const engine = await ensureEngine();
  await ensurePluginsOf(stack, engine);
  const engines = await reach(project, { install: true });
  if (buildsImages(project))
    for (const { docker } of hostsOf(project.settings)) await ensureDebian({ user: project.settings.name, host: docker });
  await prepareImages();
  const state = await ensureState(".sluice");

  if (project.settings.monitoring) await writeDashboards(project);
  await bringUp(project, engines, { ...engine, env: { ...engine.env, ...state.env } });
  const status = await readStatus(engines, project.settings.name);
  say("");
  console.log(renderStatus(project.settings.name, status));
  console.log(`\n${renderNext(status)}`);
});
