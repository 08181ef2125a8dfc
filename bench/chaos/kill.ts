import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Project } from "../../test/support/project.ts";
import type { Run } from "./plan.ts";

/** Kill what the plan says, at once. Says what was hit. @param driver the process number of the rollout's command */
export async function kill(project: Project, { victim, manner }: Run, driver: number, canary: "blue" | "green"): Promise<string> {
  if (victim === "driver") return killProcess(driver) ? "driver, kill -9" : "driver, already done";
  if (victim === "engine") return killEngine(project);
  const name = victim === "canary" ? `api-${canary}-1` : victim;
  const { State } = (await inspect(project, name)) ?? {};
  if (State === undefined || !State.Running) return `${name}, not running`;
  if (manner === "crash" && killProcess(State.Pid)) return `${name}, kill -9 of its program`;
  await project.docker.run(["kill", `${project.estate}-${name}`]);
  return `${name}, docker kill`;
}

async function inspect(project: Project, name: string): Promise<{ State: { Pid: number; Running: boolean } } | undefined> {
  const text = await project.docker.run(["container", "inspect", `${project.estate}-${name}`]).catch(() => "[]");
  return (JSON.parse(text) as { State: { Pid: number; Running: boolean } }[])[0];
}

/** The engine of this checkout; when none is at work, the next one. */
async function killEngine(project: Project): Promise<string> {
  for (let tries = 0; tries < 150; tries++) {
    const found = await enginesOf(project.root);
    if (found.length > 0) return found.filter(killProcess).length > 0 ? "engine, kill -9" : "engine, just done";
    await sleep(100);
  }
  return "engine, none at work";
}

async function enginesOf(root: string): Promise<number[]> {
  const numbers = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    numbers.map(async (number) => {
      const [program, folder] = await Promise.all([
        readFile(`/proc/${number}/comm`, "utf8").catch(() => ""),
        readlink(`/proc/${number}/cwd`).catch(() => ""),
      ]);
      return program.trim() === "pulumi" && folder === root ? [Number(number)] : [];
    }),
  );
  return found.flat();
}

/** Whether there was such a process, and it could be killed. */
function killProcess(number: number): boolean {
  if (number <= 1) return false;
  try {
    process.kill(number, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}
