import { canaryWeight, type Percent, type Slot } from "../components/edge/share.ts";
import { STATUS_PORT } from "../components/edge/status-server.ts";
import { LABEL } from "../components/host/labels.ts";
import type { ContainerFacts } from "./docker.ts";
import type { Engines } from "./fleet.ts";

export interface SlotStatus {
  readonly name: string;
  /** Name of its host; absent where the estate has one. */
  readonly host?: string;
  readonly release: string;
  /** Image id. */
  readonly image: string;
  /** `healthy`, `starting`, `unhealthy`, or Docker's word for a container that does not run; the worst of the slot's containers. */
  readonly health: string;
  readonly containers: readonly { readonly id: string; readonly startedAt: string }[];
}

export interface ServiceStatus {
  readonly name: string;
  /** Path prefix at the edge; null for a service without one. */
  readonly route: string | null;
  readonly active: Slot | null;
  readonly canaryWeight: Percent | null;
  /** Whether a rollback has frozen the service's weight. */
  readonly frozen: boolean;
  /** The decision that has to be acknowledged; null when the service is not frozen. */
  readonly decision: string | null;
  readonly slots: readonly SlotStatus[];
}

/** A service in a cluster. Its slots' `containers` are as many as pods are wanted, under the Deployment's id. */
export interface ClusterServiceStatus extends ServiceStatus {
  /** The driver that rolls it out, and watches it meanwhile; null: nobody does. */
  readonly driver: string | null;
}

/** What of an estate is in its cluster, as read from the API server. */
export interface ClusterStatus {
  readonly namespace: string;
  /** null: the kubeconfig's current one. */
  readonly context: string | null;
  /** Why it cannot be read; null when it can. */
  readonly problem: string | null;
  readonly services: readonly ClusterServiceStatus[];
}

/** Where people find what is measured; null where there is none. */
export interface MonitoringStatus {
  readonly prometheus: string | null;
  readonly alertmanager: string | null;
  readonly grafana: string | null;
}

/** A running estate, as read from Docker and from inside its edge: never from configuration. */
export interface EstateStatus {
  readonly edge: { readonly url: string | null; readonly health: string };
  readonly stores: readonly {
    readonly name: string;
    readonly health: string;
    readonly containers: readonly { id: string; startedAt: string }[];
  }[];
  readonly services: readonly ServiceStatus[];
  readonly monitoring: MonitoringStatus;
  /** The status page of the edge; null without monitoring. */
  readonly statusPage: string | null;
  /** The worst health of monitoring's own containers; null without monitoring. */
  readonly monitoringHealth: string | null;
  /** Health of the guard that watches canaries: unhealthy when it cannot see; null without one. */
  readonly guard: string | null;
}

const MONITORING_ROLES = ["prometheus", "alertmanager", "exporter"];
const HEALTH_ORDER = ["healthy", "starting", "unhealthy"];
const health = ({ State }: ContainerFacts): string => (State.Status === "running" ? (State.Health?.Status ?? "running") : State.Status);
const worst = (all: readonly string[]): string => [...all].sort((a, b) => rank(b) - rank(a))[0] ?? "missing";
const rank = (word: string): number => (HEALTH_ORDER.includes(word) ? HEALTH_ORDER.indexOf(word) : HEALTH_ORDER.length);

const label = (container: ContainerFacts, key: keyof typeof LABEL): string => container.Config.Labels[LABEL[key]] ?? "";
const idAndStart = ({ Id, State }: ContainerFacts) => ({ id: Id, startedAt: State.StartedAt });

/** Public address of the edge, from its published ports. */
function edgeUrl(edge: ContainerFacts | undefined): string | null {
  const ports = edge?.NetworkSettings.Ports ?? {};
  const [tls, plain] = [ports["8443/tcp"]?.[0], ports["8080/tcp"]?.[0]];
  const host = (ip: string) => (ip.includes(":") ? `[${ip}]` : ip === "0.0.0.0" ? "127.0.0.1" : ip);
  if (tls) return `https://${host(tls.HostIp)}:${tls.HostPort}`;
  return plain ? `http://${host(plain.HostIp)}:${plain.HostPort}` : null;
}

/** Programs of monitoring that people look at, each behind the edge's status port when its container is there. */
function monitoringStatus(containers: readonly ContainerFacts[], page: string | null): MonitoringStatus {
  const at = (role: string): string | null =>
    page !== null && containers.some((container) => label(container, "role") === role) ? `${page}/${role}` : null;
  return { prometheus: at("prometheus"), alertmanager: at("alertmanager"), grafana: null };
}

function statusPage(edge: ContainerFacts | undefined): string | null {
  const port = edge?.NetworkSettings.Ports?.[`${STATUS_PORT}/tcp`]?.[0];
  return port ? `http://${port.HostIp}:${port.HostPort}` : null;
}

/** What the edge itself says: shares by service, and routes by service. */
export interface EdgeState {
  readonly shares: ReadonlyMap<
    string,
    { readonly active: Slot; readonly green: Percent; readonly frozen: boolean; readonly decision: string | null }
  >;
  readonly routes: ReadonlyMap<string, string>;
}

/** Read the text of `edge-state` and of the route lines in the edge's configuration. */
export function parseEdgeState(state: string, routes: string): EdgeState {
  const words = (text: string) => text.split("\n").flatMap((line) => (line.trim() ? [line.trim().split(/\s+/)] : []));
  return {
    shares: new Map(
      words(state).map(([service = "", active, green, frozen, decision = null]) => [
        service,
        { active: active === "green" ? ("green" as const) : ("blue" as const), green: Number(green), frozen: frozen === "true", decision },
      ]),
    ),
    routes: new Map(words(routes).map(([, , service = "", path = ""]) => [service, path])),
  };
}

/** Put together what Docker and the edge say. */
export function describe(
  containers: readonly ContainerFacts[],
  edge: EdgeState,
  placeOf: (container: string) => string | undefined = () => undefined,
): EstateStatus {
  const edgeContainer = containers.find((container) => label(container, "role") === "edge");
  const ofServices = containers.filter((container) => label(container, "service") !== "");
  const names = [...new Set(ofServices.map((container) => label(container, "service")))].sort();
  const slotStatus = (service: string, slot: string): SlotStatus[] => {
    const own = ofServices.filter((container) => label(container, "service") === service && label(container, "slot") === slot);
    const [first] = own;
    if (!first) return [];
    const host = placeOf(first.Id);
    return [
      {
        ...{ name: slot, ...(host !== undefined && { host }) },
        ...{ release: label(first, "release"), image: first.Image, health: worst(own.map(health)), containers: own.map(idAndStart) },
      },
    ];
  };
  const page = statusPage(edgeContainer);
  const guard = containers.find((container) => label(container, "role") === "guard");
  const watchers = containers.filter((container) => MONITORING_ROLES.includes(label(container, "role")));
  return {
    edge: { url: edgeUrl(edgeContainer), health: edgeContainer ? health(edgeContainer) : "missing" },
    stores: containers
      .filter((container) => ["postgres", "redis"].includes(label(container, "role")))
      .map((container) => ({ name: label(container, "role"), health: health(container), containers: [idAndStart(container)] })),
    services: names.map((name) => {
      const share = edge.shares.get(name);
      return {
        name,
        route: edge.routes.get(name) ?? null,
        active: share?.active ?? null,
        canaryWeight: share ? canaryWeight(share.active, share.green) : null,
        frozen: share?.frozen ?? false,
        decision: share?.decision ?? null,
        slots: ["blue", "green"].flatMap((slot) => slotStatus(name, slot)),
      };
    }),
    monitoring: monitoringStatus(containers, page),
    statusPage: page,
    monitoringHealth: watchers.length > 0 ? worst(watchers.map(health)) : null,
    guard: guard ? health(guard) : null,
  };
}

/** Read a running estate. An edge that does not answer leaves weights and routes unknown (null) instead of failing. */
export async function readStatus({ all }: Engines, estate: string): Promise<EstateStatus> {
  const found = await Promise.all(all.map(async (docker) => (await docker.containers(estate)).map((container) => ({ docker, container }))));
  const known = found.flat();
  const edge = known.find(({ container }) => label(container, "role") === "edge" && container.State.Status === "running");
  const ask = async (command: string) => (edge ? edge.docker.run(["exec", edge.container.Id, "sh", "-c", command]).catch(() => "") : "");
  const [state, routes] = await Promise.all([ask("edge-state"), ask("grep '^# route ' /config/nginx/current/nginx.conf")]);
  const places = new Map(known.map(({ docker, container }) => [container.Id, docker.place]));
  const containers = known.map(({ container }) => container).sort((a, b) => a.Name.localeCompare(b.Name, "en", { numeric: true }));
  return describe(containers, parseEdgeState(state, routes), (id) => places.get(id));
}

/** An estate that is in its cluster alone. */
export const NO_HOST: EstateStatus = describe([], parseEdgeState("", ""));
