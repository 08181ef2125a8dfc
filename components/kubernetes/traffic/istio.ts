import { choices, OVERRIDE, type RouteArgs } from "./route.ts";
import { type Backend, split } from "./split.ts";

interface Destination {
  readonly destination: { readonly host: string; readonly port: { readonly number: number } };
  readonly weight?: number;
}

interface Retries {
  readonly attempts: number;
  readonly perTryTimeout: string;
  readonly retryOn: string;
}

type Uri = { readonly exact: string } | { readonly prefix: string };

interface Match {
  readonly uri?: Uri;
  readonly port?: number;
  readonly headers?: Readonly<Record<string, { readonly exact: string }>>;
}

/** What Sluice writes of networking.istio.io/v1 VirtualService. */
export interface VirtualServiceSpec {
  readonly hosts: readonly string[];
  readonly gateways: readonly string[];
  readonly http: readonly {
    readonly match?: readonly Match[];
    readonly rewrite?: { readonly uri: string };
    readonly route: readonly Destination[];
    readonly timeout: string;
    readonly retries: Retries;
  }[];
}

/** What Sluice writes of networking.istio.io/v1 DestinationRule. */
export interface DestinationRuleSpec {
  readonly host: string;
  readonly trafficPolicy: {
    readonly connectionPool: {
      readonly tcp: { readonly maxConnections: number; readonly connectTimeout: string };
      readonly http: { readonly http1MaxPendingRequests: number; readonly maxRequestsPerConnection: number };
    };
    readonly outlierDetection: {
      readonly consecutive5xxErrors: number;
      readonly interval: string;
      readonly baseEjectionTime: string;
      readonly maxEjectionPercent: number;
    };
  };
}

/**
 * Tried again only where nobody can have taken the request yet: a payment is not made twice. Two further tries, each a third of the
 * time that the answer may take.
 */
const retries = (timeoutSeconds: number): Retries => ({
  attempts: 2,
  perTryTimeout: `${Math.max(1, Math.floor(timeoutSeconds / 3))}s`,
  retryOn: "connect-failure,refused-stream,unavailable",
});

/** A prefix in Istio is text: `/api` alone and everything below `/api/`, so that a route never takes its neighbours (`/apis`). */
const uris = (path: string): Uri[] => (path === "/" ? [{ prefix: "/" }] : [{ exact: path }, { prefix: `${path}/` }]);

/** A service's route through Istio's gateway: first what a header chooses, then the split. */
export function virtualService(args: RouteArgs): VirtualServiceSpec {
  const { path, strip, gateway, hosts, headerOverride, timeoutSeconds } = args;
  const backends = split(args);
  const rest = (route: readonly Destination[]) => ({
    ...(strip && path !== "/" && { rewrite: { uri: "/" } }),
    route,
    timeout: `${timeoutSeconds}s`,
    retries: retries(timeoutSeconds),
  });
  return {
    hosts: hosts.length > 0 ? [...hosts] : ["*"],
    gateways: [`${gateway.namespace}/${gateway.name}`],
    http: [
      ...choices(backends, headerOverride).map((backend) => ({
        match: uris(path).map((uri) => ({ uri, headers: { [OVERRIDE.toLowerCase()]: { exact: backend.slot } } })),
        ...rest([destination(args.port)(backend)]),
      })),
      {
        match: uris(path).map((uri) => ({ uri })),
        ...rest(backends.map((backend) => ({ ...destination(args.port)(backend), weight: backend.weight }))),
      },
    ],
  };
}

const destination =
  (port: number) =>
  ({ service }: Backend): Destination => ({ destination: { host: service, port: { number: port } } });

/** Retries and a time limit for what workloads ask each other by HTTP, inside of the mesh; other ports stay as they are. */
export const insideMesh = (host: string, port: number, timeoutSeconds: number): VirtualServiceSpec => ({
  hosts: [host],
  gateways: ["mesh"],
  http: [
    {
      match: [{ port }],
      route: [{ destination: { host, port: { number: port } } }],
      timeout: `${timeoutSeconds}s`,
      retries: retries(timeoutSeconds),
    },
  ],
});

/**
 * A circuit breaker: a pod that fails five times in a row gets nothing for half a minute, longer each time, and never more than half of the
 * pods at once, so that a bad release cannot empty a service.
 */
export const destinationRule = (host: string): DestinationRuleSpec => ({
  host,
  trafficPolicy: {
    connectionPool: {
      tcp: { maxConnections: 1024, connectTimeout: "1s" },
      http: { http1MaxPendingRequests: 1024, maxRequestsPerConnection: 0 },
    },
    outlierDetection: { consecutive5xxErrors: 5, interval: "10s", baseEjectionTime: "30s", maxEjectionPercent: 50 },
  },
});
