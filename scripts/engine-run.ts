import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sshAddress } from "../components/host/ssh.ts";
import { currentStack } from "../estate/current-stack.ts";
import { measuredBy, recordDeployment } from "../estate/deployments.ts";
import type { FarHost } from "../estate/far-host.ts";
import { Fleet } from "../estate/fleet.ts";
import { githubWords, refusedIn } from "../estate/github-words.ts";
import { decidesRepository, ensurePluginsFor } from "../estate/plugins.ts";
import type { Gates } from "../estate/policy.ts";
import { readProject } from "../estate/project.ts";
import { prepareImages } from "../images/prepare.ts";
import { hasHost } from "../settings/placement.ts";
import { type Engine, ensureEngine } from "../toolchain/engine.ts";
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
  const host = NEEDS_PLUGINS.includes(args[0] ?? "") ? await hostOf(args, await stack.ask(), ready) : undefined;
  const gates = more === undefined ? undefined : more(await madeStack(ready, (await stack.ask()) ?? "dev"));
  const run = async () => {
    const github = NEEDS_PLUGINS.includes(args[0] ?? "") ? await repositoryOf(await stack.known()) : undefined;
    const pulumi = (more: readonly string[], env: Readonly<Record<string, string>>) =>
      runPulumi(ready, [...args, ...(gates?.args ?? []), ...(host?.args ?? []), ...more], {
        stdio: "inherit",
        env: { ...github, ...gates?.env, ...env },
      });
    return github && !args.some((arg) => arg.startsWith("--event-log")) ? explainingGithub(pulumi) : pulumi([], {});
  };
  const exitCode = await (DEPLOYS.includes(args[0] ?? "") ? deploy(run, stack.ask) : run());
  const words = await host?.ended(exitCode);
  if (words !== undefined) console.error(`\n${words}`);
  return exitCode;
}

/** The stack's host, where it is reached by ssh; settings that cannot be read are the engine's to speak of. */
async function hostOf(args: readonly string[], stack: string | undefined, engine: Engine): Promise<FarHost | undefined> {
  const project = stack === undefined ? undefined : tryRead(stack);
  if (project === undefined || !hasHost(project.settings) || sshAddress(project.settings.host.docker) === undefined) return undefined;
  return (await import("../estate/far-host.ts")).farHost(args, project, engine);
}

/**
 * Where GitHub is, for the plugin, when the stack decides about a repository. A run that begins with a refresh goes by the state, which has no
 * provider but Pulumi's own before the first update.
 */
async function repositoryOf(stack: string | undefined): Promise<Record<string, string> | undefined> {
  if (stack === undefined || !(await decidesRepository(stack))) return undefined;
  const github = tryRead(stack)?.settings.github;
  return github === undefined ? {} : { GITHUB_OWNER: github.owner, GITHUB_BASE_URL: github.baseUrl };
}

/** Run, and say after a failure what GitHub's answers mean: the plugin passes them on as they come. */
async function explainingGithub(
  pulumi: (more: readonly string[], env: Readonly<Record<string, string>>) => Promise<number>,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-events-"));
  try {
    const log = join(folder, "events.json");
    // The engine hides this option from everybody who does not ask for it.
    const exitCode = await pulumi(["--event-log", log], { PULUMI_DEBUG_COMMANDS: "true" });
    const words = exitCode === 0 ? undefined : githubWords(refusedIn(await readFile(log, "utf8").catch(() => "")));
    if (words !== undefined) console.error(`\n${words}`);
    return exitCode;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
    await recordDeployment(measuredBy(new Fleet(project.settings).main, project.settings), async () => (await running) === 0);
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
