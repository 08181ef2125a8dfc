import { execa } from "execa";
import { sshAddress, sshArguments } from "../../components/host/ssh.ts";
import { type HostFacts, QUESTION, readAnswers, type Trouble } from "./words.ts";

/** Signing in takes 15 seconds at most, a busy host's answers some more. */
const ANSWER_MILLISECONDS = 40_000;

/**
 * Ask a host that is reached by ssh whether it can carry an estate. It opens the connection that everything after it uses.
 * @param stack whose settings hold the host's keys. @default they are the person's own known_hosts
 */
export async function askHost(docker: string, stack?: string): Promise<HostFacts | Trouble> {
  const address = sshAddress(docker);
  if (address === undefined) throw new Error(`${docker} is not reached by ssh`);
  const asked = await execa("ssh", sshArguments(address, "sh -s"), { input: QUESTION, timeout: ANSWER_MILLISECONDS, reject: false });
  if (asked.code === "ENOENT") return { why: "this machine has no ssh", todo: "Debian and Ubuntu: sudo apt-get install -y openssh-client" };
  const { stdout, stderr, timedOut } = asked;
  return readAnswers({ stdout: stdout ?? "", stderr: stderr ?? "", timedOut }, address, stack);
}
