import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it, onTestFinished } from "vitest";

const KEEPER = resolve(import.meta.dirname, "..", "support", "cluster", "keeper.ts");

/** A run that starts something which would outlive it, tells which process that is, and waits. */
const RUN = `
import { spawn } from "node:child_process";
import { keep } from ${JSON.stringify(KEEPER)};
const keeper = keep(process.argv[2]);
const started = spawn("sleep", ["600"], { stdio: "ignore", detached: true });
keeper.add(started.pid);
process.stdin.on("data", () => { started.kill(); keeper.dismiss(); process.exit(0); });
console.log(started.pid);
`;

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it.each(["SIGKILL", "SIGTERM", "its own end"] as const)(
  "leaves no process and no folder of a test cluster after %s of the run",
  async (end) => {
    const outside = await mkdtemp(join(tmpdir(), "sluice-keeper-"));
    const folder = await mkdtemp(join(tmpdir(), "sluice-kept-"));
    onTestFinished(() => rm(outside, { recursive: true }));
    await writeFile(join(outside, "run.mjs"), RUN);
    const run = spawn(process.execPath, [join(outside, "run.mjs"), folder], { stdio: ["pipe", "pipe", "inherit"], detached: true });
    const pid = Number(await new Promise<string>((told) => run.stdout.once("data", (text) => told(String(text)))));
    expect(alive(pid)).toBe(true);
    if (end === "its own end") run.stdin.write("end\n");
    // To the whole group, as a terminal or a CI does.
    else process.kill(-(run.pid ?? 0), end);
    await expect.poll(() => [alive(pid), existsSync(folder)], { timeout: 10_000 }).toEqual([false, false]);
  },
);
