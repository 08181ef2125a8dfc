import { currentStack } from "../estate/current-stack.ts";
import { recordDeployment } from "../estate/deployments.ts";
import { Docker } from "../estate/docker.ts";
import { readProject } from "../estate/project.ts";
import { prepareImages } from "../images/prepare.ts";
import { ensureEngine } from "../toolchain/engine.ts";
import { type RunnableEngine, runPulumi } from "../toolchain/pulumi.ts";
import { ensureState } from "../toolchain/state.ts";
import { main } from "./main.ts";

const STATE = ".sluice";

/** What changes a running estate; a preview or a question is no deployment. */
const DEPLOYS = ["up", "update"];

/** `npm run pulumi -- …`: the pinned engine with this project's state, passphrase and plugins; everything else is Pulumi's own. */
await main(async () => {
  const args = process.argv.slice(2);
  const engine = await ensureEngine();
  const state = await ensureState(STATE);
  await prepareImages();
  const ready = { ...engine, env: { ...engine.env, ...state.env } };
  const run = () => runPulumi(ready, args, { stdio: "inherit" });
  process.exitCode = DEPLOYS.includes(args[0] ?? "") ? await deploy(args, ready, run) : await run();
});

/** Settings that cannot be read are the engine's to speak of: then nothing is noted. */
async function deploy(args: readonly string[], engine: RunnableEngine, run: () => Promise<number>): Promise<number> {
  // The engine starts while the settings are read.
  const running = run();
  running.catch(() => undefined); // awaited below
  const stack = await currentStack(args, `${STATE}/state`, engine);
  const project = stack === undefined ? undefined : tryRead(stack);
  if (project?.settings.monitoring) {
    await recordDeployment(new Docker(project.settings.host.docker), project.settings.name, async () => (await running) === 0);
  }
  return running;
}

function tryRead(stack: string) {
  try {
    return readProject(stack);
  } catch {
    return undefined;
  }
}
