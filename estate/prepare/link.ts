import { setTimeout as sleep } from "node:timers/promises";
import { linkAddress } from "../../components/host/addresses.ts";
import { sshAddress } from "../../components/host/ssh.ts";
import { hostsOf } from "../../settings/hosts.ts";
import type { NamedHost } from "../../settings/types.ts";
import { Problem } from "../../toolchain/problem.ts";
import { silentPeers } from "../../toolchain/ssh/ask.ts";
import { layWay } from "../../toolchain/ssh/way.ts";
import { place } from "../../toolchain/ssh/words.ts";
import type { Project } from "../project.ts";
import { openWay } from "../way.ts";
import { Machine } from "./machine.ts";
import { open, type Planned } from "./plan.ts";
import { look, make } from "./prepare.ts";
import { type LinkEnd, linkKey, linkName, linkUp, readPublicKey, unlinkScript } from "./steps/link.ts";

/** One of a stack's hosts, to be joined with the others. */
interface End {
  readonly host: NamedHost;
  readonly machine: Machine;
}

/** What is to be said of one host. */
export interface Linked {
  readonly name: string;
  readonly place: string;
  readonly plan: readonly Planned[];
}

/** How long the hosts have to find one another, seconds. */
const MEET_SECONDS = 30;

/**
 * The link between the hosts of a stack: WireGuard, from each to each.
 *
 * Two steps on each host: a key, made there; then what the others' public halves are needed for. The link is only known to work when each host has
 * had an answer from each other one through it.
 */
export class Link {
  readonly #project: Project;
  readonly #ends: readonly End[];

  /** @throws Problem when the stack has one host, or one that is not reached by ssh */
  constructor(project: Project) {
    const { settings, stack } = project;
    const hosts = hostsOf(settings);
    if (hosts.length < 2) throw new Problem(`The stack '${stack}' has one host. sluice:hosts in Pulumi.${stack}.yaml names more.`);
    this.#project = project;
    const roots = hosts.map((host) => {
      const address = sshAddress(host.docker);
      if (address === undefined) throw new Error(`${host.name} passed the rules, but is not reached by ssh`);
      return { host, address: { ...address, user: "root" } };
    });
    layWay({ stack: `link@${stack}`, hosts: roots.map(({ host, address }) => ({ ...address, hostKeys: host.hostKeys })) });
    this.#ends = roots.map(({ host, address }) => ({ host, machine: new Machine(address, { stack, laid: true }) }));
  }

  /** What is not as it should be, host by host. Without keys the rest cannot be told. */
  async look(): Promise<Linked[]> {
    const keyed = await this.#each(async (end) => this.#said(end, (await look(end.machine, [this.#key])).plan));
    if (keyed.some(({ plan }) => open(plan).length > 0)) return keyed;
    const ends = await this.#described();
    const linked = await this.#each(async (end) => this.#said(end, (await look(end.machine, [linkUp(ends.get(end) as LinkEnd)])).plan));
    return keyed.map((one, index) => ({ ...one, plan: [...one.plan, ...(linked[index]?.plan ?? [])] }));
  }

  /** Make what is missing, and wait until each host has heard of each other. @throws Problem when a step fails, or they do not meet */
  async make(): Promise<void> {
    for (const { machine } of this.#ends) await this.#step(machine, this.#key);
    const ends = await this.#described();
    for (const end of this.#ends) await this.#step(end.machine, linkUp(ends.get(end) as LinkEnd));
    await this.meet();
  }

  /** @throws Problem naming the hosts that do not reach one another through the link */
  async meet(): Promise<void> {
    await openWay(this.#project);
    const until = Date.now() + MEET_SECONDS * 1000;
    for (;;) {
      const silent = (await this.#each((end) => this.#silentFor(end))).flat();
      if (silent.length === 0) return;
      if (Date.now() >= until)
        throw new Problem(
          [
            "The link is made, but not every host reaches every other one through it:",
            ...silent.map(([one, other]) => `  ${one.name} has no answer from ${other.name}, at ${endpointOf(other)} (UDP)`),
            "What to do: see that the provider's firewall lets this port in, and that the address is right (linkAddress, linkPort).",
          ].join("\n"),
        );
      await sleep(1000);
    }
  }

  async remove(): Promise<void> {
    await this.#each(({ machine }) => machine.ask(unlinkScript(this.#project.settings.name)));
  }

  get #key() {
    return linkKey(this.#project.settings.name);
  }

  #each<T>(work: (end: End) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#ends.map(work));
  }

  #said({ host, machine }: End, plan: readonly Planned[]): Linked {
    return { name: host.name, place: place(machine.address), plan };
  }

  async #step(machine: Machine, step: ReturnType<typeof linkKey>): Promise<void> {
    const looked = await look(machine, [step]);
    if (open(looked.plan).length > 0) await make(machine, [step], looked);
  }

  async #silentFor({ host }: End): Promise<[NamedHost, NamedHost][]> {
    const others = this.#ends.flatMap((other) => (other.host === host ? [] : [other.host]));
    const silent = await silentPeers(
      host.docker,
      linkName(this.#project.settings.name),
      others.map(({ subnet }) => linkAddress(subnet)),
    );
    return others.filter(({ subnet }) => silent.includes(linkAddress(subnet))).map((other) => [host, other]);
  }

  /** Every end of the link, with the public keys that the hosts have. */
  async #described(): Promise<Map<End, LinkEnd>> {
    const { name: estate } = this.#project.settings;
    const keys = await this.#each(async ({ machine }) => (await machine.ask(readPublicKey(estate))).trim());
    const peers = this.#ends.map(({ host }, index) => ({
      ...{ name: host.name, publicKey: keys[index] ?? "", subnet: host.subnet, endpoint: endpointOf(host) },
    }));
    return new Map(
      this.#ends.map((end, index) => {
        const { subnet, link } = end.host;
        const others = peers.filter((_, other) => other !== index);
        return [end, { estate, subnet, address: linkAddress(subnet), port: link?.port ?? 0, peers: others }];
      }),
    );
  }
}

/** Where the others send packets for this host. */
function endpointOf({ docker, link }: NamedHost): string {
  const address = link?.address ?? sshAddress(docker)?.host ?? "";
  return `${address.includes(":") ? `[${address}]` : address}:${link?.port ?? 0}`;
}
