import { hostsOf } from "../settings/hosts.ts";
import { MAIN } from "../settings/place.ts";
import { cacheRoot } from "../toolchain/cache.ts";
import type { Engine } from "../toolchain/engine.ts";
import { clearStaleLock } from "../toolchain/lock.ts";
import { Problem } from "../toolchain/problem.ts";
import { runPulumi } from "../toolchain/pulumi.ts";
import { awaitHealth } from "./await-health.ts";
import { clearUp, readCheckpoint } from "./clear-up.ts";
import { findConflicts, type PortClaim, renderConflicts } from "./conflicts.ts";
import { measuredBy, recordDeployment } from "./deployments.ts";
import type { Fleet } from "./fleet.ts";
import { passGatesOnce } from "./gate.ts";
import { mendShares } from "./mend-shares.ts";
import { type Checkpoint, findAll, hasPendingOperations, orphansOf, records, wasMaking } from "./orphans.ts";
import type { Project } from "./project.ts";
import { Registry } from "./registry.ts";

/**
 * Bring an estate up, whatever the last run left behind: a dead run's lock, operations that nobody finished, containers that no
 * state knows.
 * @throws Problem when another run is at work, something else holds the estate's names or ports, the update fails, or something does not get healthy
 */
export async function bringUp(project: Project, engines: Fleet, engine: Engine): Promise<void> {
  const { root, stack, settings } = project;
  await runPulumi(engine, ["stack", "select", "--create", stack], { stdio: "quiet" });
  await clearStaleLock(project, engine);

  const checkpoint = await readCheckpoint(engine, stack);
  const registry = new Registry(cacheRoot());
  const conflicts = await Promise.all(
    hostsOf(settings).map((host) =>
      findConflicts(engines.at(host.name), registry, {
        estate: settings.name,
        checkout: root,
        // A port of another host cannot be tried from here.
        ports: host.docker.startsWith("unix:") ? portsOf(settings) : [],
        subnet: host.subnet,
        subnetSetting: host.name === MAIN ? "sluice:host.subnet" : `sluice:hosts.${host.name}.subnet`,
        own: {
          network: records(checkpoint, NETWORK, host.name === MAIN ? "::host-network" : `::host-${host.name}-network`),
          edge: records(checkpoint, "docker:index/container:Container", "::edge"),
          begun: wasMaking(checkpoint, NETWORK, settings.name),
        },
      }),
    ),
  );
  if (conflicts.flat().length > 0) throw new Problem(renderConflicts(conflicts.flat()));
  registry.claim(settings.name, root);

  const died = hasPendingOperations(checkpoint);
  await clearUp(project, engines, engine, checkpoint);
  // Only now: the engine previews nothing while it knows of operations that nobody finished.
  await passGatesOnce(project, engine);
  const deploy = (state: Checkpoint) => recordDeployment(measuredBy(engines.main, settings), () => update(engine, stack, state));
  if (!(await deploy(checkpoint))) {
    // Docker may still have been making what the dead run had asked for, when its remains were looked for.
    const after = await readCheckpoint(engine, stack);
    const found = died ? await Promise.all(engines.all.map((docker) => findAll(docker, settings.name))) : [];
    const late = orphansOf(after, found.flat()).length > 0;
    if (late) await clearUp(project, engines, engine, after);
    if (!late || !(await deploy(after)))
      throw new Problem("The estate is not up: the reason is above. What ran before still runs; mend it and run this again.");
  }
  await mendShares(engines, settings.name, settings.services);
  await awaitHealth(engines, settings.name);
}

const NETWORK = "docker:index/network:Network";

/** Every port of this host that the estate claims, and the setting that chooses it. */
function portsOf({ edge, monitoring }: Project["settings"]): PortClaim[] {
  return [
    { port: edge.port, bind: edge.bind, setting: "sluice:edge.port" },
    ...(edge.tls ? [{ port: edge.tls.port, bind: edge.bind, setting: "sluice:edge.tls.port" }] : []),
    ...(monitoring ? [{ port: monitoring.port, bind: "127.0.0.1", setting: "sluice:monitoring.port" }] : []),
  ];
}

/** A known estate is compared with what really runs, so that whatever was lost or stopped meanwhile comes back. */
async function update(engine: Engine, stack: string, checkpoint: Checkpoint): Promise<boolean> {
  const known = (checkpoint.deployment?.resources ?? []).length > 0;
  const code = await runPulumi(engine, ["up", "--stack", stack, "--yes", "--skip-preview", ...(known ? ["--refresh"] : [])], {
    stdio: "inherit",
  });
  return code === 0;
}
