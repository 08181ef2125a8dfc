import { Command } from "commander";
import { ensurePluginsOf } from "../estate/plugins.ts";
import { readProject } from "../estate/project.ts";
import { reach } from "../estate/reach.ts";
import { takeDown } from "../estate/take-down.ts";
import { prepareImages } from "../images/prepare.ts";
import { ensureEngine } from "../toolchain/engine.ts";
import { ensureState } from "../toolchain/state.ts";
import { main } from "./main.ts";

const command = new Command("npm stop --")
  .description("End what `npm start` began. Data of stores and monitoring stays for the next start, unless --data is said.")
  .option("--data", "remove the data volumes and the images too: nothing of the estate is left in Docker")
  .option("--stack <name>", "which stack", "dev")
  .parse();
const { stack, data = false } = command.opts<{ stack: string; data?: boolean }>();

await main(async () => {
  const project = readProject(stack);
  const engine = await ensureEngine();
  await ensurePluginsOf(stack, engine);
  const engines = await reach(project, { install: false });
  await prepareImages();
  const state = await ensureState(".sluice");
  await takeDown(project, engines, { ...engine, env: { ...engine.env, ...state.env } }, { data });
  console.log(
    data
      ? `'${project.settings.name}' is gone, with its data and images.`
      : `'${project.settings.name}' is down. Its data is kept: npm start brings it back.`,
  );
});
