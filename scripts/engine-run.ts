import { currentStack } from "../estate/current-stack.ts";
import { recordDeployment } from "../estate/deployments.ts";
import { Docker } from "../estate/docker.ts";
import { ensurePluginsFor } from "../estate/plugins.ts";
import type { Gates } from "../estate/policy.ts";
import { readProject } from "../estate/project.ts";
import { prepareImages } from "../images/prepare.ts";
import { ensureEngine } from "../toolchain/engine.ts";
import { type RunnableEngine, runPulumi } from "../toolchain/pulumi.ts";
import { ensureState } from "../toolchain/state.ts";

const STATE = ".sluice";

/** What changes a running estate; a preview or a question is no deployment. */
const DEPLOYS = ["up", "update"];

/** Commands that ask the plugins something. */
const NEEDS_PLUGINS = [...DEPLOYS, "preview", "pre", "refresh", "destroy", "down", "import", "watch"];

/**
 * Run the pinned engine with this project's state, passphrase and plugins.
 * @param more what the stack adds to arguments and environment. @default nothing
 * @returns its exit code
 */
export async function runEngine(args: readonly string[], more?: (stack: string) => Gates): Promise<number> {
  const engine = await ensureEngine();
  const state = await ensureState(STATE);
  await prepareImages();
  const ready = { ...engine, env: { ...engine.env, ...state.env } };
  const stack = currentStack(args, `${STATE}/state`, ready);
  if (NEEDS_PLUGINS.includes(args[0] ?? "")) await ensurePluginsFor(stack, engine);
  const gates = more === undefined ? undefined : more(await madeStack(ready, (await stack.ask()) ?? "dev"));
  const run = () => runPulumi(ready, [...args, ...(gates?.args ?? [])], { stdio: "inherit", ...(gates && { env: gates.env }) });
  return DEPLOYS.includes(args[0] ?? "") ? deploy(run, stack.ask) : run();
}

/** A stack that has a file but was never brought up can be previewed all the same. */
async function madeStack(engine: RunnableEngine, stack: string): Promise<string> {
  await runPulumi(engine, ["stack", "select", "--create", stack], { stdio: "quiet" });
  return stack;
}

/** Settings that cannot be read are the engine's to speak of: then nothing is noted. */
async function deploy(run: () => Promise<number>, stackOf: () => Promise<string | undefined>): Promise<number> {
  // The engine starts while the settings are read.
  const running = run();
  running.catch(() => undefined); // awaited below
  const stack = await stackOf();
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
