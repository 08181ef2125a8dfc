import { nextTo, overlap, parseSubnet } from "../addresses.ts";
import { dockerOf, MAIN } from "../place.ts";
import { HOST_NAME } from "../placed-on.ts";
import { type Path, shown } from "../problems.ts";
import type { Facts, Finding, Rule } from "../rules.ts";
import type { Written, WrittenHost } from "../schema.ts";
import { ownNetwork, pinned } from "./host.ts";
import { missing } from "./missing.ts";

/** Several hosts of one estate: each is another machine with a network of its own, and what names one names one that is there. */
export const hostsRules: Rule = (written, facts) => {
  const hosts = Object.entries(written.hosts);
  return [...hosts.flatMap(one), ...(hosts.length > 0 ? [...linkable(written, facts), ...apart(written, facts)] : []), ...placed(written)];
};

function one([name, host]: [string, WrittenHost]): Finding[] {
  const at = ["hosts", name];
  const found = [...named(name, at), ...pinned(at, host)];
  if (host.docker === undefined)
    found.push(missing([...at, "docker"], "the Docker engine of this host: ssh://user@host", "for example ssh://deploy@east.example.com"));
  if (host.subnet === undefined)
    found.push(
      missing([...at, "subnet"], "a private IPv4 network that no other host of the stack has, /16 to /22", "for example 10.214.0.0/16"),
    );
  else found.push(...ownNetwork([...at, "subnet"], host.subnet));
  return found;
}

function named(name: string, at: Path): Finding[] {
  const received = JSON.stringify(name.slice(0, 40));
  if (name === MAIN) return [{ at, received, allowed: "any name but main: that is the host of sluice:host", fix: "for example east" }];
  if (HOST_NAME.test(name)) return [];
  return [{ at, received, allowed: "1 to 16 lower-case letters, digits, `-`, starting with a letter", fix: "for example east" }];
}

/** The hosts sign one another's packets: a machine that one does not sign in to cannot be told how. */
function linkable({ host }: Written, { dockerHost }: Facts): Finding[] {
  const docker = dockerOf(host.docker, dockerHost);
  if (docker.startsWith("ssh://")) return [];
  return [
    {
      at: ["host", "docker"],
      reads: [["hosts"]],
      received: host.docker === undefined ? `nothing, which is ${docker}` : shown(host.docker, ["host", "docker"]),
      allowed: "ssh://user@host, where the estate has several hosts: they are joined by `npm run host -- link`",
      fix: "name the machine as ssh://user@host, or take sluice:hosts away",
    },
  ];
}

interface Place {
  readonly at: Path;
  readonly name: string;
  readonly docker: string | undefined;
  readonly subnet: string | undefined;
}

/** No two hosts are one machine, and no two networks share an address: packets find one of them only. */
function apart({ host, hosts }: Written, { dockerHost }: Facts): Finding[] {
  const all: Place[] = [
    { at: ["host"], name: MAIN, docker: dockerOf(host.docker, dockerHost), subnet: host.subnet },
    ...Object.entries(hosts).map(([name, { docker, subnet }]) => ({ at: ["hosts", name], name, docker, subnet })),
  ];
  return all.flatMap((place, index) => all.slice(0, index).flatMap((earlier) => [...twice(earlier, place), ...shared(earlier, place)]));
}

/** Without the account: it is the machine that counts. */
const machineOf = (docker: string | undefined): string | undefined =>
  docker
    ?.replace(/^ssh:\/\/[^@]*@/, "")
    .replace(/:22$/, "")
    .toLowerCase();

function twice(earlier: Place, { at, docker }: Place): Finding[] {
  if (docker === undefined || machineOf(docker) !== machineOf(earlier.docker)) return [];
  return [
    {
      ...{ at: [...at, "docker"], reads: [[...earlier.at, "docker"]], received: docker },
      allowed: `another machine than the one of ${earlier.name}`,
      fix: `name this machine's own address, or place what runs on it with \`host: ${earlier.name}\``,
    },
  ];
}

function shared(earlier: Place, { at, subnet }: Place): Finding[] {
  const [one, other] = [earlier.subnet, subnet].map((text) => (text === undefined ? undefined : parseSubnet(text)));
  if (!one || !other || "fix" in one || "fix" in other || !overlap(one.subnet, other.subnet)) return [];
  return [
    {
      ...{ at: [...at, "subnet"], reads: [[...earlier.at, "subnet"]], received: shown(subnet, [...at, "subnet"]) },
      allowed: `a network that shares no address with the one of ${earlier.name}, ${earlier.subnet}`,
      fix: `for example ${nextTo(one.subnet, other.subnet)}`,
    },
  ];
}

/** What runs on a host that there is. */
function placed({ hosts, services, edge, monitoring }: Written): Finding[] {
  const known = [MAIN, ...Object.keys(hosts).sort()];
  const found: Finding[] = [];
  const look = (at: Path, host: string | undefined) => {
    if (host === undefined || known.includes(host)) return;
    found.push({
      ...{ at: [...at, "host"], reads: [["hosts"], ["hosts", host]], received: JSON.stringify(host) },
      allowed: known.length > 1 ? `a name from sluice:hosts, or main: ${known.join(", ")}` : "main: sluice:hosts has no other",
      fix: known.length > 1 ? `for example ${known[1]}` : `add \`${host}\` to sluice:hosts, or take \`host\` away`,
    });
  };
  look(["edge"], edge.host);
  look(["monitoring"], monitoring?.host);
  for (const [name, { host, target }] of Object.entries(services)) {
    const at = ["services", name];
    if (target === "docker") look(at, host);
    else if (host !== undefined)
      found.push({
        ...{ at: [...at, "host"], reads: [[...at, "target"]], received: JSON.stringify(host) },
        allowed: "nothing, in a cluster: it decides itself which machine runs what",
        fix: "remove it, or write `target: docker`",
      });
  }
  return found;
}
