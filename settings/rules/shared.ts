import { derivedBlock, FIRST_BLOCK, parseSubnet, type Subnet } from "../addresses.ts";
import { MAIN } from "../place.ts";
import { type Path, pathText, shown } from "../problems.ts";
import type { Finding, Rule } from "../rules.ts";
import type { Written } from "../schema.ts";
import { allowedSecrets } from "./secret-names.ts";

/** What services must not share (routes, address blocks) and what they may only use when it is there (stores, secrets). */
export const sharedRules: Rule = ({ services, host, hosts, ...estate }) => {
  const named = Object.entries(services).sort(([a], [b]) => (a < b ? -1 : 1));
  const networks: [string, Path, string | undefined][] = [
    [MAIN, ["host", "subnet"], host.subnet],
    ...Object.entries(hosts).map(([name, { subnet }]): [string, Path, string | undefined] => [name, ["hosts", name, "subnet"], subnet]),
  ];
  const onHost = named.filter(([, { target }]) => target === "docker");
  const inCluster = named.filter(([, { target }]) => target === "kubernetes");
  // Edge and gateway each have their own routes, so that a service can be at both while it moves. In a cluster, addresses are the cluster's.
  return [
    ...routes(onHost),
    ...routes(inCluster),
    ...networks.flatMap(([name, at, network]) => {
      const parsed = network === undefined ? undefined : parseSubnet(network);
      const own = onHost.filter(([, { host: placed = MAIN }]) => placed === name);
      return parsed && "subnet" in parsed ? blocks(own, parsed.subnet, at) : [];
    }),
    ...uses(named, estate),
  ];
};

type Named = [string, Written["services"][string]][];

function routes(services: Named): Finding[] {
  const owners = new Map<string, string>();
  return services.flatMap(([name, { route }]): Finding[] => {
    if (route === undefined) return [];
    // `/api/` is refused elsewhere; here it counts as `/api`, so that its owner learns of the clash at once.
    const same = route.replace(/\/+$/, "") || "/";
    const owner = owners.get(same);
    if (owner === undefined) {
      owners.set(same, name);
      return [];
    }
    const at = ["services", name, "route"];
    return [
      {
        at,
        reads: [["services", owner, "route"]],
        received: shown(route, at),
        allowed: `a route of its own; ${owner} has ${shown(same, [])}`,
        fix: `for example /${name}`,
      },
    ];
  });
}

/** @param network where their network's setting is */
function blocks(services: Named, subnet: Subnet, network: Path): Finding[] {
  const found: Finding[] = [];
  const owners = new Map<number, string>();
  // A block that somebody wrote down comes before one that was only derived.
  const order = [...services.filter(([, { block }]) => block !== undefined), ...services.filter(([, { block }]) => block === undefined)];
  const clashes: { name: string; block: number; owner: string; written: boolean }[] = [];
  for (const [name, { block: written }] of order) {
    const block = written ?? derivedBlock(name, subnet);
    const owner = owners.get(block);
    if (block > subnet.lastBlock) {
      found.push({
        at: ["services", name, "block"],
        reads: [network],
        received: String(block),
        allowed: `a whole number from ${FIRST_BLOCK} to ${subnet.lastBlock} in a /${subnet.prefix} network`,
        fix: `remove it: ${derivedBlock(name, subnet)} is derived from the service's name`,
      });
    } else if (owner !== undefined) clashes.push({ name, block, owner, written: written !== undefined });
    else owners.set(block, name);
  }
  for (const { name, block, owner, written } of clashes) {
    const free = nextFree(block, subnet, owners);
    if (free !== undefined) owners.set(free, name);
    found.push({
      at: ["services", name, "block"],
      reads: [["services", owner, "block"], network],
      received: written ? String(block) : `nothing, and the names ${owner} and ${name} both give ${block}`,
      allowed: `a block of its own; ${owner} has ${block}`,
      fix:
        free === undefined
          ? `no block is free; use a larger \`${pathText(network).replace("sluice:", "")}\``
          : `write \`block: ${free}\`, the next free one`,
    });
  }
  return found;
}

function nextFree(from: number, { lastBlock }: Subnet, taken: ReadonlyMap<number, string>): number | undefined {
  const count = lastBlock - FIRST_BLOCK + 1;
  for (let step = 1; step < count; step += 1) {
    const block = FIRST_BLOCK + ((from - FIRST_BLOCK + step) % count);
    if (!taken.has(block)) return block;
  }
  return undefined;
}

function uses(services: Named, estate: Omit<Written, "services" | "host" | "hosts">): Finding[] {
  const secrets = Object.keys(estate.secrets);
  return services.flatMap(([name, service]) => {
    const stores = service.uses.flatMap((store, index): Finding[] =>
      estate[store]
        ? []
        : [
            {
              at: ["services", name, "uses", index],
              reads: [[store]],
              received: store,
              allowed: "a store that the estate declares",
              fix: `add \`sluice:${store}: {}\`, or take ${store} off the list`,
            },
          ],
    );
    const missing = service.secrets.flatMap((secret, index): Finding[] =>
      secrets.includes(secret)
        ? []
        : [
            {
              at: ["services", name, "secrets", index],
              reads: [["secrets"], ["secrets", secret]],
              received: JSON.stringify(secret),
              allowed: allowedSecrets(secrets),
              fix: `npm run pulumi -- config set --secret --path 'sluice:secrets.${secret}'`,
            },
          ],
    );
    return [...stores, ...missing];
  });
}
