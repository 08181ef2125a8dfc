import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { LABEL } from "../components/host/labels.ts";
import type { Docker } from "../estate/docker.ts";
import { isAlive } from "../toolchain/cache.ts";

/** On every container of ours: which run made it, as machine and process. */
const OWNER = "dev.sluice.evidence";

/** This run; a run inside of another (the demo's tests) is the other's, so that whichever lives longest can clean up. */
export const thisRun = (): string => process.env.SLUICE_EVIDENCE_RUN || `${hostname()}/${process.pid}`;

/** Containers and folders that are gone when the work is over, however it ends. */
export class Throwaway {
  private readonly containers: { readonly docker: Docker; readonly name: string }[] = [];
  private readonly folders: string[] = [];

  /**
   * Start a container that belongs to no estate.
   * @param args what `docker run` takes after its name: options, image, command
   * @returns its name, `sluice-ev-<purpose>-<random>`
   */
  async container(docker: Docker, purpose: string, args: readonly string[]): Promise<string> {
    const name = `sluice-ev-${purpose}-${randomBytes(4).toString("hex")}`;
    // Noted before it is there: a run that is stopped right now may still have made it.
    this.containers.push({ docker, name });
    const labels = [`${OWNER}=${thisRun()}`, `${LABEL.estate}=`, `${LABEL.role}=`].flatMap((label) => ["--label", label]);
    await docker.run(["run", "--detach", "--name", name, ...labels, ...args]);
    return name;
  }

  async folder(purpose: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), `sluice-ev-${purpose}-`));
    this.folders.push(folder);
    return folder;
  }

  /** May be called again, and at any moment. */
  async remove(): Promise<void> {
    // Folders first: they have passwords in them, and whoever stops this run may not wait for Docker.
    for (const folder of this.folders.splice(0)) await rm(folder, { recursive: true, force: true });
    for (const { docker, name } of this.containers.splice(0)) await docker.try(["container", "rm", "--force", "--volumes", name]);
  }
}

/** Remove every container of this run, also those of the programs that it has started. */
export async function sweepOwn(docker: Docker): Promise<void> {
  const ids = await docker.run(["container", "ls", "--all", "--quiet", "--filter", `label=${OWNER}=${thisRun()}`]);
  for (const id of ids.split("\n").filter((line) => line !== "")) await docker.try(["container", "rm", "--force", "--volumes", id]);
}

/** Remove the containers of runs on this machine that died before they could. */
export async function sweepDead(docker: Docker): Promise<void> {
  const listed = await docker.run([
    "container",
    "ls",
    "--all",
    "--filter",
    `label=${OWNER}`,
    "--format",
    `{{.Names}} {{.Label "${OWNER}"}}`,
  ]);
  for (const name of deadOnes(listed, hostname(), isAlive)) await docker.try(["container", "rm", "--force", "--volumes", name]);
}

/** Names in lines of `name machine/process` whose process was on this machine and lives no more. */
export function deadOnes(listed: string, machine: string, alive: (pid: number) => boolean): string[] {
  return listed.split("\n").flatMap((line) => {
    const [, name, owner, pid] = /^(\S+) (.+)\/(\d+)$/.exec(line) ?? [];
    return name !== undefined && owner === machine && !alive(Number(pid)) ? [name] : [];
  });
}
