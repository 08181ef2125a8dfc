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

/** How long one of a stack's hosts waits for another one's answer, seconds. */
const PEER_SECONDS = 4;

const KNOCKED = "sluice-knocked:";

/**
 * Which of these addresses a host gets no answer from, over an interface of its own. An answer is any: sshd's, or that nothing listens there; over that
 * interface, nobody but the other host can give one.
 * @param link name of the interface
 * @param addresses dotted numbers
 */
export async function silentPeers(docker: string, link: string, addresses: readonly string[]): Promise<string[]> {
  const at = sshAddress(docker);
  if (at === undefined || addresses.length === 0) return [];
  const knock = (address: string) =>
    [
      `( if ip -o route get ${address} | grep -q ' dev ${link} '; then`,
      `said=$(timeout ${PEER_SECONDS} bash -c 'exec 3<> /dev/tcp/${address}/22' 2>&1) || case $said in *refused*) ;; *) exit ;; esac`,
      `echo ${KNOCKED}${address}; fi ) &`,
    ].join("\n");
  const asked = await execa("ssh", sshArguments(at, "sh -s"), {
    ...{ input: `${addresses.map(knock).join("\n")}\nwait\n`, timeout: ANSWER_MILLISECONDS, reject: false },
  });
  const answered = (asked.stdout ?? "").split("\n");
  return addresses.filter((address) => !answered.includes(`${KNOCKED}${address}`));
}
