import { sshAddress } from "../components/host/ssh.ts";
import { ensureClient, ensureDocker } from "../toolchain/docker.ts";
import { pingDocker } from "../toolchain/docker-ping.ts";
import { Problem } from "../toolchain/problem.ts";
import { askHost } from "../toolchain/ssh/ask.ts";
import { fullDisk, type HostFacts, type Trouble } from "../toolchain/ssh/words.ts";
import { Docker } from "./docker.ts";
import type { Project } from "./project.ts";
import { openWay } from "./way.ts";

/**
 * The Docker engine that a stack's settings name, known to answer.
 *
 * Only this machine's own engine is ever installed or started; another host is somebody else's to mend.
 *
 * @throws Problem with what to do when none answers
 */
export async function reach(project: Project, { install }: { readonly install: boolean }): Promise<Docker> {
  const { settings, stack } = project;
  const host = settings.host.docker;
  const chosen = process.env.DOCKER_HOST || undefined;
  if (sshAddress(host) !== undefined) {
    await Promise.all([ensureClient(install), install ? reachToDeploy(project) : reachBySsh(project)]);
  } else if (host === chosen || (chosen === undefined && host === "unix:///var/run/docker.sock")) {
    await ensureDocker({ install });
  } else {
    const { version, why } = await pingDocker(host);
    if (version === undefined) {
      throw new Problem(
        `No Docker engine answers at ${host} (${why}). It is named by sluice:host.docker in Pulumi.${stack}.yaml: start it, check that you can log in there, or correct the setting.`,
      );
    }
  }
  return new Docker(host);
}

/**
 * Open the way to a host that is reached by ssh, and know that it can carry the estate.
 * @throws Problem in one sentence: why it cannot, and what to do
 */
export function reachBySsh(project: Project): Promise<HostFacts> {
  const { stack } = project;
  const asking = reached.get(stack) ?? first(project);
  reached.set(stack, asking);
  return asking;
}

/** A command asks once, however many of its parts want to know. */
const reached = new Map<string, Promise<HostFacts>>();

async function first(project: Project): Promise<HostFacts> {
  await openWay(project);
  const answer = await lookBySsh(project);
  if ("why" in answer) throw new Problem(sentence(project, answer));
  return answer;
}

/** The same for what needs room on the host's disk. */
export async function reachToDeploy(project: Project): Promise<void> {
  const facts = await reachBySsh(project);
  const full = fullDisk(facts);
  if (full) throw new Problem(sentence(project, full));
}

/** What is wrong with the host now, in one sentence; nothing when nothing is. */
export async function troubleNow(project: Project): Promise<string | undefined> {
  const answer = await lookBySsh(project);
  const trouble = "why" in answer ? answer : fullDisk(answer);
  return trouble && sentence(project, trouble);
}

const lookBySsh = ({ settings: { host }, stack }: Project): Promise<HostFacts | Trouble> =>
  askHost(host.docker, host.hostKeys === undefined ? undefined : stack);

const sentence = ({ settings: { host } }: Project, { why, todo }: Trouble): string => `${host.docker}: ${why}. What to do: ${todo}`;
