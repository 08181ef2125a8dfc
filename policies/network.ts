import ipaddr from "ipaddr.js";
import { isGiven, knownOf } from "./facts.ts";
import { stackRule } from "./rule.ts";

type Range = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

const parse = (subnet: string): Range | undefined => (ipaddr.isValidCIDR(subnet) ? ipaddr.parseCIDR(subnet) : undefined);

/** Two ranges overlap when the wider one holds the narrower one's beginning. */
function overlap(a: Range, b: Range): boolean {
  if (a[0].kind() !== b[0].kind()) return false;
  const [wide, narrow] = a[1] <= b[1] ? [a, b] : [b, a];
  return narrow[0].match(wide[0], wide[1]);
}

export const doNotOverlap = stackRule({
  name: "networks-do-not-overlap",
  needs: "docker:index/network:Network",
  description: "The estate's networks have subnets of their own: the same address twice is traffic that goes nowhere.",
  remediation: "Give each network another `subnet`.",
  checkStack: (estate) => {
    const known = estate.all("docker:index/network:Network").flatMap(({ urn, name, props }) =>
      knownOf(props.ipamConfigs).flatMap(({ subnet }) => {
        const range = isGiven(subnet) ? parse(subnet) : undefined;
        return range ? [{ urn, name, subnet, range }] : [];
      }),
    );
    return known.flatMap((one, index) =>
      known
        .slice(0, index)
        .filter(({ range }) => overlap(range, one.range))
        .map((other) => ({ urn: one.urn, message: `${String(one.subnet)} overlaps ${String(other.subnet)} of ${other.name}` })),
    );
  },
});

const isLoopback = (address: string): boolean =>
  address === "localhost" || (ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback");

export const staysOnLoopback = stackRule({
  name: "port-is-on-loopback",
  needs: "docker:index/container:Container",
  description: "Ports are bound to the loopback address unless the edge is public: Docker opens them past the machine's firewall.",
  remediation: "Set `sluice:edge.bind` to 127.0.0.1, or say `sluice:edge.public: true`.",
  checkStack: (estate) => {
    // Absent: nobody has said it. Unknown: nobody can say yet.
    const said = estate.all("sluice:edge:Edge").map(({ props }) => props.public);
    if (said.some((isPublic) => isPublic !== false && isPublic !== undefined)) return [];
    return estate.all("docker:index/container:Container").flatMap(({ urn, props }) =>
      knownOf(props.ports).flatMap(({ ip, external }) => {
        const address = ip ?? "0.0.0.0";
        return isGiven(address) && !isLoopback(address)
          ? [{ urn, message: `port ${String(external)} is bound to ${address}, and nobody has said that the edge is public` }]
          : [];
      }),
    );
  },
});
