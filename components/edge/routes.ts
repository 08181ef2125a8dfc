import { SLOTS, type Slot } from "./share.ts";

/** One container of a slot, as the edge reaches it. */
export interface Backend {
  /** Static IPv4 address on the estate's network. */
  readonly address: string;
  readonly port: number;
}

/** What the edge must know of one routed service. Weights and releases are not here: they change without a reload. */
export interface Route {
  readonly service: string;
  /** Path prefix, e.g. `/api`; `/` takes what no other route takes. */
  readonly path: string;
  /** Whether the prefix is taken off before the request is passed on. */
  readonly strip: boolean;
  /** The service's own health path: requests to it are logged as probes. */
  readonly health: string;
  /** Containers per declared slot. */
  readonly slots: Readonly<Partial<Record<Slot, readonly Backend[]>>>;
}

/** Name of the nginx upstream group of a slot. */
export const upstreamName = (service: string, slot: Slot): string => `${service}_${slot}`;

/** The slots that a route declares, in a fixed order. */
export const declaredSlots = (route: Route): Slot[] => SLOTS.filter((slot) => (route.slots[slot] ?? []).length > 0);

/** When the edge leaves a container out, and how it takes it back. */
export interface Breaker {
  /** Failed tries in a row within `ejectSeconds` after which a container gets no request. */
  readonly failures: number;
  /** Time without requests, seconds; then one request at a time tries it, and the first good answer takes it back. */
  readonly ejectSeconds: number;
  /** Requests to the slot over which a container that was taken back comes to its full share again. */
  readonly slowStartRequests: number;
  /** Statuses that count as a failed try, beside no answer at all. */
  readonly statuses: readonly number[];
}

/**
 * nginx takes `weight / max_fails` off a server's effective weight at each failure and adds 1 each time it looks for a server: with a
 * weight of 100, one that comes back is at 0 first and at its full share after 100 requests. Equal weights divide as 1 each would.
 */
const server = ({ address, port }: Backend, { failures, ejectSeconds, slowStartRequests }: Breaker, backup: boolean): string =>
  `server ${address}:${port} weight=${slowStartRequests} max_fails=${failures} fail_timeout=${ejectSeconds}s${backup ? " backup" : ""};`;

/**
 * The upstream groups of a service: each slot's own containers, and the other slot's as backup, so that recreating a slot's
 * containers sends its clients to the other one instead of to an error.
 *
 * Idle connections are kept for 4 s only: Node's servers close theirs after 5 s, and a request sent on a connection that is being
 * closed is lost when it cannot be repeated (a POST).
 */
export function renderUpstreams(route: Route, breaker: Breaker): string[] {
  const slots = declaredSlots(route);
  return slots.flatMap((slot) => [
    `upstream ${upstreamName(route.service, slot)} {`,
    `  zone ${upstreamName(route.service, slot)} 64k;`,
    ...(route.slots[slot] ?? []).map((backend) => `  ${server(backend, breaker, false)}`),
    ...slots
      .filter((other) => other !== slot)
      .flatMap((other) => (route.slots[other] ?? []).map((backend) => `  ${server(backend, breaker, true)}`)),
    "  keepalive 64;",
    "  keepalive_timeout 4s;",
    "}",
  ]);
}

/** Which slot an address belongs to: the log names the slot that answered, which is not the chosen one when the backup had to. */
export function slotOfAddress(routes: readonly Route[]): [address: string, slot: Slot][] {
  return routes.flatMap((route) =>
    declaredSlots(route).flatMap((slot) =>
      (route.slots[slot] ?? []).map(({ address, port }): [string, Slot] => [`${address}:${port}`, slot]),
    ),
  );
}

function choose(route: Route, headerOverride: boolean): string[] {
  const slots = declaredSlots(route);
  const only = slots.length === 1 ? slots[0] : undefined;
  if (only) return [`set $sluice_slot ${only};`];
  return [
    "set $sluice_slot blue;",
    // One stat of an empty file, through a symlink that a weight change replaces atomically (docs/architecture.md).
    `if (-f /control/${route.service}/share/$sluice_bucket) { set $sluice_slot green; }`,
    ...(headerOverride ? ["if ($sluice_override) { set $sluice_slot $sluice_override; }"] : []),
  ];
}

function location(match: string, route: Route, headerOverride: boolean, rewrite: string | undefined): string[] {
  return [
    `location ${match} {`,
    `  set $sluice_service ${route.service};`,
    ...choose(route, headerOverride).map((line) => `  ${line}`),
    `  root /control/${route.service}/$sluice_served;`,
    `  proxy_pass http://${route.service}_$sluice_slot;`,
    ...(rewrite ? [`  ${rewrite}`] : []),
    "}",
  ];
}

/** The locations of one route. A prefix route never takes its neighbours (`/api` does not take `/apis`). */
export function renderLocations(route: Route, headerOverride: boolean): string[] {
  if (route.path === "/") return location("/", route, headerOverride, undefined);
  const { path } = route;
  return [
    ...location(`= ${path}`, route, headerOverride, route.strip ? "rewrite ^ / break;" : undefined),
    ...location(`${path}/`, route, headerOverride, route.strip ? `rewrite ^${escapeRegex(path)}/(.*)$ /$1 break;` : undefined),
  ];
}

const escapeRegex = (text: string): string => text.replace(/[.+*?()[\]{}|^$\\]/g, "\\$&");
