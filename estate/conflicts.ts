import getPort, { portNumbers } from "get-port";
import type { Docker } from "./docker.ts";
import type { Registry } from "./registry.ts";

/** A port of the host that an estate wants, and the setting that chooses it. */
export interface PortClaim {
  readonly port: number;
  readonly bind: string;
  readonly setting: string;
}

/** What an estate is about to claim on a host. */
export interface Claim {
  readonly estate: string;
  readonly checkout: string;
  readonly ports: readonly PortClaim[];
  /** The estate's own network, CIDR. */
  readonly subnet: string;
  /** The setting that chooses it. @default sluice:host.subnet */
  readonly subnetSetting?: string;
  /** What this checkout's state records as made already: then what is found there is its own. */
  readonly own: {
    readonly network: boolean;
    readonly edge: boolean;
    /** A run of this checkout died while it made the network: the first thing that an estate has. */
    readonly begun: boolean;
  };
}

/** Something on the host that is in the way. */
export interface Conflict {
  readonly what: string;
  readonly holder: string;
  readonly fix: string;
}

const toRange = (cidr: string): [number, number] => {
  const [address = "", bits = "32"] = cidr.split("/");
  const start = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return [start, start + 2 ** (32 - Number(bits)) - 1];
};

/** Whether two IPv4 networks share an address. */
export function overlap(one: string, other: string): boolean {
  const [[a, b], [c, d]] = [toRange(one), toRange(other)];
  return a <= d && c <= b;
}

const set = (path: string, value: string): string => `npm run pulumi -- config set --path '${path}' ${value}`;

/**
 * Everything that would stop this estate from starting, all at once: names that another checkout runs, a port that somebody
 * listens on, a network that overlaps with another one of Docker's.
 */
export async function findConflicts(docker: Docker, registry: Registry, claim: Claim): Promise<Conflict[]> {
  const { own } = claim;
  if (own.network && own.edge) return [];
  const conflicts: Conflict[] = [];
  const containers = await docker.containers(claim.estate);
  const holder = registry.holder(claim.estate);
  const isOurs = own.network || own.begun || holder?.checkout === claim.checkout;
  const nameTaken = containers.length > 0 && !isOurs;
  if (nameTaken) {
    conflicts.push({
      what: `the name '${claim.estate}' (${containers.length} containers)`,
      holder: holder
        ? `the checkout ${holder.checkout}, started by ${holder.user} at ${holder.since}`
        : "another checkout, which left no note",
      fix: `choose another name here: ${set("sluice:name", `${claim.estate}-2`)}; or end the other one there: npm stop`,
    });
  }
  for (const { port, bind, setting } of own.edge ? [] : claim.ports) {
    if (await isFree(bind, port)) continue;
    const container = await publisher(docker, port);
    // Of a run that died before it could write it down; it is cleared up before the update.
    if (isOurs && containers.some(({ Name }) => Name === `/${container}`)) continue;
    conflicts.push({
      what: `port ${port} on ${bind}`,
      holder: container ? `the container '${container}'` : "a program outside Docker (see: ss -ltnp)",
      fix: `choose another port here: ${set(setting, `${await freePort(bind)}`)}`,
    });
  }
  const all = own.network ? [] : await networks(docker);
  for (const network of all) {
    if ((network.name === claim.estate && !nameTaken) || !network.subnets.some((subnet) => overlap(subnet, claim.subnet))) continue;
    conflicts.push({
      what: `the network ${claim.subnet}`,
      holder: `Docker's network '${network.name}' (${network.subnets.join(", ")})`,
      fix: `choose another one here: ${set(claim.subnetSetting ?? "sluice:host.subnet", freeSubnet(all.flatMap(({ subnets }) => subnets)))} (any private network that nothing else uses)`,
    });
  }
  return conflicts;
}

/** A private /16 that overlaps with none of the networks in use. */
export function freeSubnet(used: readonly string[]): string {
  const candidates = Array.from({ length: 254 }, (_, index) => `10.${((213 + index) % 254) + 1}.0.0/16`);
  return candidates.find((candidate) => !used.some((subnet) => overlap(subnet, candidate))) ?? "192.168.0.0/16";
}

/** The words for a person whose estate cannot start. */
export function renderConflicts(conflicts: readonly Conflict[]): string {
  const one = ({ what, holder, fix }: Conflict, index: number) => `  ${index + 1}. ${what} is taken by ${holder}\n     fix: ${fix}`;
  return [`This estate cannot start beside what runs already (${conflicts.length} in the way):`, ...conflicts.map(one)].join("\n");
}

const isFree = async (bind: string, port: number): Promise<boolean> => (await getPort({ host: bind, port })) === port;

const freePort = (bind: string): Promise<number> => getPort({ host: bind, port: portNumbers(8081, 8199) });

async function publisher(docker: Docker, port: number): Promise<string | undefined> {
  return (await docker.run(["ps", "--filter", `publish=${port}`, "--format", "{{.Names}}"])).split("\n")[0] || undefined;
}

async function networks(docker: Docker): Promise<{ name: string; subnets: string[] }[]> {
  const ids = (await docker.run(["network", "ls", "--quiet", "--filter", "driver=bridge"])).split("\n").filter(Boolean);
  const facts = await docker.facts<{ Name: string; IPAM?: { Config?: { Subnet?: string }[] } }>("network", ids);
  return facts.map(({ Name, IPAM }) => ({
    name: Name,
    subnets: (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet?.includes(".") ? [Subnet] : [])),
  }));
}
