import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sshAddress } from "../../../components/host/ssh.ts";
import { edgeHost } from "../../../settings/hosts.ts";
import { Problem } from "../../../toolchain/problem.ts";
import { say } from "../../../toolchain/say.ts";
import { CONFIG_VARIABLE } from "../../../toolchain/ssh/config.ts";
import { layWay } from "../../../toolchain/ssh/way.ts";
import { lastPromotion, type Promotion, takeBackNow } from "./by-hand.ts";
import { InsideNow } from "./inside-now.ts";
import { type Place, placeOf } from "./place.ts";
import { person, serviceOf } from "./who.ts";

interface RollbackOptions {
  readonly stack: string;
  readonly json?: boolean;
}

/**
 * Every client back at once. Clients first: what checks the settings, writes it down, tells people and mends the configuration is loaded only when
 * they are back, and may take as long as it takes.
 * @returns the exit code
 */
export async function rollback(name: string, options: RollbackOptions): Promise<number> {
  const root = process.cwd();
  const saved = join(root, ".sluice", "rollouts", options.stack, `${name}.json`);
  const place = quickPlace(root, name, options.stack);
  const promoted = existsSync(saved) ? lastPromotion(readFileSync(saved, "utf8")) : null;
  const decision = await (place === null
    ? takeBackChecked(name, options.stack, promoted)
    : takeBackOn(place, name, options.stack, promoted));
  say(`Every client is back on the other slot, and ${name} is frozen by ${decision}.`);
  const { command } = await import("./commands.ts");
  return command("rollback", name, options);
}

function quickPlace(root: string, name: string, stack: string): Place | null {
  const file = join(root, `Pulumi.${stack}.yaml`);
  return existsSync(file) ? placeOf(readFileSync(file, "utf8"), name, stack, process.env.DOCKER_HOST || undefined) : null;
}

async function takeBackOn(place: Place, name: string, stack: string, promoted: Promotion | null): Promise<string> {
  const address = sshAddress(place.docker);
  if (address !== undefined && process.env[CONFIG_VARIABLE] === undefined)
    layWay({ stack, hosts: [{ ...address, hostKeys: place.hostKeys }] });
  return takeBackNow(new InsideNow(place), name, person(), promoted, Date.now()).catch(async (error: unknown) => {
    // What is wrong in the settings explains more than a container that does not answer.
    if (!(error instanceof Problem)) await checked(name, stack);
    throw error;
  });
}

/** By the whole settings: in a cluster, and where the stack file does not say in plain words where the service is. */
async function takeBackChecked(name: string, stack: string, promoted: Promotion | null): Promise<string> {
  const { project, service } = await checked(name, stack);
  const { settings } = project;
  if (service.target === "docker") return takeBackOn({ estate: settings.name, docker: edgeHost(settings).docker }, name, stack, promoted);
  return (await import("./cluster/by-hand.ts")).takeBackInCluster(project, service, person(), promoted, Date.now());
}

/** @throws Problem when there is no such stack or service, or the settings are wrong */
async function checked(name: string, stack: string) {
  const { readProject } = await import("../../../estate/project.ts");
  const project = readProject(stack);
  const service = serviceOf(project, name);
  if (service.target === "docker" && sshAddress(project.settings.host.docker) !== undefined)
    await (await import("../../../estate/reach.ts")).reachBySsh(project);
  return { project, service };
}
