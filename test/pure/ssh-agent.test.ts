import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const AGENT = new URL("../../toolchain/ssh/agent.ts", import.meta.url).href;

describe("a command's own agent", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ssh-agent-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A program that starts an agent with the key on its input, says what the agent has, and has nothing more to do. */
  const command = (key: string) =>
    execa(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        `import { execFileSync } from "node:child_process";
         import { readFileSync } from "node:fs";
         import { startAgent } from ${JSON.stringify(AGENT)};
         const agent = await startAgent(${JSON.stringify(folder)}, readFileSync(0, "utf8"), "The secret 'deploy-key'");
         process.on("exit", () => agent.process.kill());
         console.log(execFileSync("ssh-add", ["-l"], { env: { ...process.env, SSH_AUTH_SOCK: agent.socket }, encoding: "utf8" }));`,
      ],
      { input: key, timeout: 60_000, reject: false, all: true },
    );
  const isThere = async () => (await execa("pgrep", ["-f", `ssh-agent -D -a ${folder}`], { reject: false })).exitCode === 0;

  it("has the key, keeps the command from nothing, and ends with it", async () => {
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "planted", "-f", join(folder, "id")]);
    const ended = await command(readFileSync(join(folder, "id"), "utf8"));
    expect([ended.timedOut, ended.exitCode], ended.all).toEqual([false, 0]);
    expect(ended.stdout).toMatch(/^256 SHA256:\S+ planted \(ED25519\)/);
    expect(await isThere()).toBe(false);
  });

  it("is not started with what is no key, which is not shown", async () => {
    const ended = await command("hunter2 is no key");
    expect([ended.timedOut, ended.exitCode], ended.all).toEqual([false, 1]);
    expect(ended.all).toContain("The secret 'deploy-key' is no private key without a passphrase.");
    expect(ended.all).not.toContain("hunter2");
    expect(await isThere()).toBe(false);
  });
});
