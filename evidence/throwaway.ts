import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { LABEL } from "../components/host/labels.ts";
import type { Docker } from "../estate/docker.ts";
import { isAlive } from "../toolchain/cache.ts";

/** On every container of ours: which process made it, on which machine. */
const OWNER = "dev.sluice.evidence";

/** Containers and folders that are gone when the work is over, however it ends. */
export class Throwaway {
  private readonly docker: Docker;
  private readonly containers: string[] = [];
  private readonly folders: string[] = [];

  constructor(docker: Docker) {
    this.docker = docker;
  }

  /**
   * Start a container that belongs to no estate.
   * @param args what `docker run` takes after its name: options, image, command
   * @returns its name, `sluice-ev-<purpose>-<random>`
   */
  async container(purpose: string, args: readonly string[]): Promise<string> {
    const name = `sluice-ev-${purpose}-${randomBytes(4).toString("hex")}`;
    // Noted before it is there: a run that is stopped right now may still have made it.
    this.containers.push(name);
    const labels = [`${OWNER}=${hostname()}/${process.pid}`, `${LABEL.estate}=`, `${LABEL.role}=`].flatMap((label) => ["--label", label]);
    await this.docker.run(["run", "--detach", "--name", name, ...labels, ...args]);
    return name;
  }

  async folder(purpose: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), `sluice-ev-${purpose}-`));
    this.folders.push(folder);
    return folder;
  }

  /** May be called again, and at any moment. */
  async remove(): Promise<void> {
    for (const name of this.containers.splice(0)) await this.docker.try(["container", "rm", "--force", "--volumes", name]);
    for (const folder of this.folders.splice(0)) await rm(folder, { recursive: true, force: true });
  }
}

/** Remove the containers of runs on this machine that died before they could. */
export async function sweepDead(docker: Docker): Promise<void> {
  const listed = await docker.run(["container", "ls", "--all", "--filter", `label=${OWNER}`, "--format", `{{.Names}} {{.Label "${OWNER}"}}`]);
  for (const name of deadOnes(listed, hostname(), isAlive)) await docker.try(["container", "rm", "--force", "--volumes", name]);
}

/** Names in lines of `name machine/process` whose process was on this machine and lives no more. */
export function deadOnes(listed: string, machine: string, alive: (pid: number) => boolean): string[] {
  return listed.split("\n").flatMap((line) => {
    const [, name, owner, pid] = /^(\S+) (.+)\/(\d+)$/.exec(line) ?? [];
    return name !== undefined && owner === machine && !alive(Number(pid)) ? [name] : [];
  });
}
