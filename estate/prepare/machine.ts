import { createInterface } from "node:readline";
import { execa } from "execa";
import { type SshAddress, sshArguments } from "../../components/host/ssh.ts";
import { Problem } from "../../toolchain/problem.ts";
import { layWay } from "../../toolchain/ssh/way.ts";
import { place, sshTrouble } from "../../toolchain/ssh/words.ts";

/** The whole text is there before the first word of it runs; as root, whoever signs in. */
const AS_ROOT = [
  "t=$(mktemp) && trap 'rm -f $t' EXIT && cat > $t || exit 1",
  // Who may not become root is told so by what the script finds.
  'if [ "$(id -u)" = 0 ] || ! sudo -n true 2> /dev/null; then sh $t; else sudo -n sh $t; fi',
].join("; ");

interface MachineOptions {
  readonly hostKeys?: readonly string[] | undefined;
  readonly stack?: string | undefined;
  readonly laid?: boolean;
}

/** A machine that one signs in to by ssh, to look after the machine itself. */
export class Machine {
  readonly address: SshAddress;
  /** Whose settings hold its keys; nothing where the person's known_hosts does. */
  readonly #stack: string | undefined;

  /**
   * @param hostKeys keys that it may show. @default those of the person's known_hosts
   * @param laid the way there is made already: of several machines, one way leads to all. @default it is made here
   */
  constructor(address: SshAddress, { hostKeys, stack, laid = false }: MachineOptions) {
    this.address = address;
    this.#stack = stack;
    // Of its own: what is connected to the host's Docker goes another way.
    if (!laid) layWay({ stack: `host@${address.host}-${address.port}`, hosts: [{ ...address, hostKeys }] });
  }

  /** Run shell text as root and give what it printed. @throws Problem when nobody can sign in */
  async ask(script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await execa("ssh", sshArguments(this.address, AS_ROOT), { input: script, reject: false });
    if (stdout.includes("sluice-host:") || exitCode === 0) return stdout;
    throw this.#trouble(stderr);
  }

  /** Run shell text as root, line by line. @returns its exit code @throws Problem when the connection breaks */
  async follow(script: string, seen: (line: string) => void): Promise<number> {
    const running = execa("ssh", sshArguments(this.address, AS_ROOT), {
      input: script,
      reject: false,
      buffer: { stdout: false, stderr: true },
    });
    for await (const line of createInterface({ input: running.stdout })) seen(line);
    const { exitCode, stderr } = await running;
    if (exitCode === 255 || exitCode === undefined) throw this.#trouble(stderr);
    if (exitCode !== 0) for (const line of stderr.trim().split("\n")) seen(`  ${line}`);
    return exitCode;
  }

  /** Whether somebody can sign in anew, over no connection that is open already. */
  async letsIn(user: string): Promise<boolean> {
    const [first = "", ...rest] = sshArguments({ ...this.address, user }, "true");
    const fresh = ["-o", "ControlPath=none", "-o", "ControlMaster=no"];
    return !(await execa("ssh", [...fresh, first, ...rest], { reject: false, stdin: "ignore", timeout: 30_000 })).failed;
  }

  #trouble(stderr: string): Problem {
    const { why, todo } = sshTrouble({ stdout: "", stderr, timedOut: false }, this.address, this.#stack);
    return new Problem(`${place(this.address)}: ${why}. What to do: ${todo}`);
  }
}
