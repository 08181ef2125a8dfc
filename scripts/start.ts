import { Command } from "commander";
import { bringUp } from "../estate/bring-up.ts";
import { Docker } from "../estate/docker.ts";
import { readProject } from "../estate/project.ts";
import { renderNext, renderStatus } from "../estate/report.ts";
import { readStatus } from "../estate/status.ts";
import { prepareImages } from "../images/prepare.ts";
import { ensureDebian } from "../toolchain/debian.ts";
import { ensureDocker } from "../toolchain/docker.ts";
import { ensureEngine } from "../toolchain/engine.ts";
import { say } from "../toolchain/say.ts";
import { ensureState } from "../toolchain/state.ts";
import { main } from "./main.ts";

const command = new Command("npm start --")
  .description("Set up what is missing (engine, Docker, images), bring the stack up, and show what runs. Safe to run again at any time.")
  .option("--stack <name>", "which stack", "dev")
  .parse();
const { stack } = command.opts<{ stack: string }>();

await main(async () => {
  const project = readProject(stack);
  const engine = await ensureEngine();
  await ensureDocker();
  await ensureDebian();
  await prepareImages();
  const state = await ensureState(".sluice");

  const docker = new Docker(project.settings.host.docker);
  await bringUp(project, docker, { ...engine, env: { ...engine.env, ...state.env } });
  const status = await readStatus(docker, project.settings.name);
  say("");
  console.log(renderStatus(project.settings.name, status));
  console.log(`\n${renderNext(status)}`);
});
