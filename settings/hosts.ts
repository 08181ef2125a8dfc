import { type OwnRole, ownAddress } from "../components/host/addresses.ts";
import { MAIN } from "./place.ts";
import type { HostSettings, NamedHost } from "./types.ts";

/** What of the settings says where things are. */
export interface Places {
  readonly host: HostSettings;
  readonly hosts?: readonly NamedHost[];
  readonly edge: { readonly host?: string };
  readonly monitoring?: { readonly host?: string };
}

/** Every host of a stack, main first. */
export const hostsOf = ({ host, hosts = [] }: Pick<Places, "host" | "hosts">): NamedHost[] => [{ name: MAIN, ...host }, ...hosts];

/** @param name @default main @throws Error for a name that the rules have not seen */
export function hostNamed(places: Pick<Places, "host" | "hosts">, name: string = MAIN): NamedHost {
  const found = hostsOf(places).find((host) => host.name === name);
  if (found === undefined) throw new Error(`${name} is no host of this stack`);
  return found;
}

/** The host that the edge is on; what reads its log is beside it. */
export const edgeHost = (places: Places): NamedHost => hostNamed(places, places.edge.host);

/** The host that Prometheus, Alertmanager and the probes are on. */
export const monitoringHost = (places: Places): NamedHost => hostNamed(places, places.monitoring?.host);

const BESIDE_THE_EDGE: readonly OwnRole[] = ["edge", "edge-metrics", "guard"];
const OF_MONITORING: readonly OwnRole[] = ["prometheus", "alertmanager", "probes"];

/** Address of one of the estate's own containers. Stores, and what measures them, are on main. */
export function addressIn(places: Places, role: OwnRole): string {
  const { subnet } = BESIDE_THE_EDGE.includes(role)
    ? edgeHost(places)
    : OF_MONITORING.includes(role)
      ? monitoringHost(places)
      : places.host;
  return ownAddress(subnet, role);
}
