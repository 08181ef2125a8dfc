import { spawn } from "node:child_process";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { Problem } from "../problem.ts";

/** A key's keeper of its own. */
export interface Agent {
  readonly socket: string;
  readonly stop: () => Promise<void>;
  /** The agent itself, for whoever cannot wait for its end. */
  readonly process: { readonly kill: () => boolean };
}

/**
 * Start an ssh agent that has one key; the key is told to it by stdin, and is in no file.
 * @param folder where its socket goes; only this user may look into it
 * @param name what the person calls the key
 * @throws Problem when the key is none; the key is not in the words
 */
export async function startAgent(folder: string, key: string, name: string): Promise<Agent> {
  const socket = join(folder, "agent");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  // A command ends when its work is done, and the agent with it: not the other way round.
  agent.unref();
  let ended = false;
  const end = new Promise<void>((done) => {
    const note = () => {
      ended = true;
      done();
    };
    agent.once("exit", note).once("error", note);
  });
  const stop = async () => {
    agent.ref();
    agent.kill();
    await end;
  };
  for (let tries = 0; !(await there(socket)); tries++) {
    if (tries === 100 || ended) {
      await stop();
      throw new Problem(`ssh-agent does not start: ${name} needs OpenSSH on this machine.`);
    }
    await sleep(50);
  }
  // OpenSSH refuses a key whose last line does not end.
  const input = `${key.replaceAll("\r\n", "\n").trimEnd()}\n`;
  const added = await execa("ssh-add", ["-q", "-"], { input, env: { SSH_AUTH_SOCK: socket, SSH_ASKPASS_REQUIRE: "never" }, reject: false });
  if (!added.failed) return { socket, stop, process: agent };
  await stop();
  throw new Problem(`${name} is no private key without a passphrase. It is the whole file that ssh-keygen made, first and last line too.`);
}

const there = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
