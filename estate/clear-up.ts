import type { Engine } from "../toolchain/engine.ts";
import { capturePulumi } from "../toolchain/pulumi.ts";
import { say } from "../toolchain/say.ts";
import type { Engines } from "./fleet.ts";
import { type Checkpoint, findAll, hasPendingOperations, orphansOf, removeOrphans, withoutPendingOperations } from "./orphans.ts";
import type { Project } from "./project.ts";

/** What the engine remembers of a stack. */
export async function readCheckpoint(engine: Engine, stack: string): Promise<Checkpoint> {
  return JSON.parse(await capturePulumi(engine, ["stack", "export", "--stack", stack])) as Checkpoint;
}

/** Forget operations that nobody finished, and remove what no state knows of: it would hold names, ports, volumes and the network. */
export async function clearUp({ stack, settings }: Project, engines: Engines, engine: Engine, checkpoint: Checkpoint): Promise<void> {
  if (hasPendingOperations(checkpoint)) {
    say("The last run was cut short: its unfinished operations are forgotten, and what it left in Docker is looked at instead.");
    await capturePulumi(engine, ["stack", "import", "--stack", stack], JSON.stringify(withoutPendingOperations(checkpoint)));
  }
  for (const docker of engines.all) {
    const orphans = orphansOf(checkpoint, await findAll(docker, settings.name));
    if (orphans.length === 0) continue;
    const where = docker.place === undefined ? "" : ` on ${docker.place}`;
    say(`Removing what no state knows of${where}: ${orphans.map(({ kind, id }) => `${kind} ${id.slice(0, 12)}`).join(", ")}`);
    await removeOrphans(docker, orphans);
  }
}
