import { linkAddress } from "../components/host/addresses.ts";
import { sshAddress } from "../components/host/ssh.ts";
import { hostsOf } from "../settings/hosts.ts";
import type { NamedHost } from "../settings/types.ts";
import { ensureClient, ensureDocker } from "../toolchain/docker.ts";
import { pingDocker } from "../toolchain/docker-ping.ts";
import { Problem } from "../toolchain/problem.ts";
import { askHost, silentPeers } from "../toolchain/ssh/ask.ts";
import { fullDisk, type HostFacts, type Trouble } from "../toolchain/ssh/words.ts";
import { Fleet } from "./fleet.ts";
import { linkName } from "./prepare/steps/link.ts";
import type { Project } from "./project.ts";
import { openWay } from "./way.ts";

/**
 * The Docker engines that a stack's settings name, known to answer.
 *
 * Only this machine's own engine is ever installed or started; another host is somebody else's to mend.
 *
 * @throws Problem with what to do when none answers
 */
export async function reach(project: Project, { install }: { readonly install: boolean }): Promise<Fleet> {
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
  return new Fleet(settings);
}

/** What was found of one host. */
interface Found {
  readonly host: NamedHost;
  readonly answer: HostFacts | Trouble;
}

/** What is known of a host that can be used, and which it is. */
export interface KnownHost {
  readonly host: NamedHost;
  readonly facts: HostFacts;
}

/**
 * Open the way to the hosts of a stack that are reached by ssh, and know that they can carry the estate.
 * @throws Problem in one sentence for each that cannot: why, and what to do
 */
export function reachBySsh(project: Project): Promise<readonly KnownHost[]> {
  const { stack } = project;
  const asking = reached.get(stack) ?? first(project);
  reached.set(stack, asking);
  return asking;
}

/** A command asks once, however many of its parts want to know. */
const reached = new Map<string, Promise<readonly KnownHost[]>>();

async function first(project: Project): Promise<readonly KnownHost[]> {
  await openWay(project);
  const found = await lookBySsh(project);
  throwAll(found.flatMap(({ host, answer }) => ("why" in answer ? [sentence(host, answer)] : [])));
  return found.flatMap(({ host, answer }) => ("why" in answer ? [] : [{ host, facts: answer }]));
}

function throwAll(sentences: readonly string[]): void {
  if (sentences.length > 0) throw new Problem(sentences.join("\n"));
}

/** The same for what needs room on the hosts' disks, and a link between them. */
export async function reachToDeploy(project: Project): Promise<void> {
  const known = await reachBySsh(project);
  const full = known.flatMap(({ host, facts }) => {
    const trouble = fullDisk(facts);
    return trouble === undefined ? [] : [sentence(host, trouble)];
  });
  throwAll([...full, ...(await unlinked(project))]);
}

/** What is wrong with the hosts now, a sentence each; nothing when nothing is. */
export async function troubleNow(project: Project): Promise<string | undefined> {
  const found = await lookBySsh(project);
  const sentences = found.flatMap(({ host, answer }) => {
    const trouble = "why" in answer ? answer : fullDisk(answer);
    return trouble === undefined ? [] : [sentence(host, trouble)];
  });
  return sentences.length === 0 ? undefined : sentences.join("\n");
}

const lookBySsh = ({ settings, stack }: Project): Promise<Found[]> =>
  Promise.all(
    hostsOf(settings)
      .filter(({ docker }) => sshAddress(docker) !== undefined)
      .map(async (host) => ({ host, answer: await askHost(host.docker, host.hostKeys === undefined ? undefined : stack) })),
  );

/** Hosts that do not find one another, a sentence for each pair and direction. */
async function unlinked({ settings, stack }: Project): Promise<string[]> {
  const hosts = hostsOf(settings);
  const found = await Promise.all(
    hosts.map(async (host) => {
      const others = hosts.filter((other) => other !== host);
      const silent = await silentPeers(
        host.docker,
        linkName(settings.name),
        others.map(({ subnet }) => linkAddress(subnet)),
      );
      return others
        .filter(({ subnet }) => silent.includes(linkAddress(subnet)))
        .map((other) =>
          sentence(host, { why: `it does not reach the network of ${other.name}`, todo: `npm run host -- link --stack ${stack}` }),
        );
    }),
  );
  return found.flat();
}

const sentence = ({ docker }: NamedHost, { why, todo }: Trouble): string => `${docker}: ${why}. What to do: ${todo}`;
