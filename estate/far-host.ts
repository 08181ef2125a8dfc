import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Engine } from "../toolchain/engine.ts";
import { clearStaleLock } from "../toolchain/lock.ts";
import { Problem } from "../toolchain/problem.ts";
import { clearUp, readCheckpoint } from "./clear-up.ts";
import { Fleet } from "./fleet.ts";
import type { Project } from "./project.ts";
import { reachBySsh, reachToDeploy, troubleNow } from "./reach.ts";
import { openWay } from "./way.ts";

/** A host that is reached by ssh, while a command of the engine works on its estate. */
export interface FarHost {
  /** More arguments for the command. */
  readonly args: readonly string[];
  /** What is to be said of the host after the command, if anything. */
  readonly ended: (exitCode: number) => Promise<string | undefined>;
}

/** Commands that need room on the host's disk, and commands that change something at all. */
const DEPLOYS = ["up", "update"];
const CHANGES = [...DEPLOYS, "destroy", "down"];

/**
 * Open the way to a stack's host and look whether it can carry the estate: before anything is changed, and again when the command has failed.
 *
 * A preview needs no host, so it waits for none and says at its end what an update would meet. Nor does what cannot be brought up anyway.
 *
 * @throws Problem in one sentence: why the host cannot be used, and what to do
 */
export async function farHost(args: readonly string[], project: Project, engine: Engine): Promise<FarHost | undefined> {
  const [command = ""] = args;
  const { standIns, unset } = project.settings;
  if (standIns.length + unset.length > 0) {
    await openWay(project);
    return undefined;
  }
  if (/^pre(view)?$/.test(command) && !refreshes(args)) return asideOf(project);
  await (DEPLOYS.includes(command) ? reachToDeploy(project) : reachBySsh(project));
  const mark = CHANGES.includes(command) ? join(project.root, ".sluice", "ssh", project.stack, "unfinished") : undefined;
  const unfinished = mark !== undefined && (await begin(mark, project, engine));
  return {
    // What was deleted while nobody listened is in the state still.
    args: unfinished && !refreshes(args) ? ["--refresh"] : [],
    ended: async (exitCode) => {
      if (exitCode === 0) {
        if (mark !== undefined) rmSync(mark, { force: true });
        return undefined;
      }
      const trouble = await troubleNow(project);
      return trouble && `${trouble}\nThen run the same command again: it goes on where this one stopped.`;
    },
  };
}

const refreshes = (args: readonly string[]): boolean => args.some((arg) => /^(-r|--refresh)(=|$)/.test(arg));

function asideOf(project: Project): FarHost {
  const asked = reachToDeploy(project).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof Problem) return `An update would not work now. ${error.message}`;
      throw error;
    },
  );
  asked.catch(() => undefined); // awaited at the end
  return { args: [], ended: () => asked };
}

/**
 * When the last command of this checkout did not end well, the line may have been cut after Docker was asked and before it had answered: what it
 * made then is in no state, and would hold names and the network.
 * @returns whether that was so
 */
async function begin(mark: string, project: Project, engine: Engine): Promise<boolean> {
  const unfinished = existsSync(mark);
  if (unfinished) {
    await clearStaleLock(project, engine);
    const checkpoint = await readCheckpoint(engine, project.stack);
    await clearUp(project, new Fleet(project.settings), engine, checkpoint);
  }
  mkdirSync(dirname(mark), { recursive: true, mode: 0o700 });
  writeFileSync(mark, "");
  return unfinished;
}
