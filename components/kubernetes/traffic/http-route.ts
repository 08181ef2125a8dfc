import { choices, OVERRIDE, type RouteArgs } from "./route.ts";
import { type Backend, split } from "./split.ts";

/** What Sluice writes of gateway.networking.k8s.io/v1 HTTPRoute. */
export interface HttpRouteSpec {
  readonly parentRefs: readonly { readonly group: string; readonly kind: string; readonly name: string; readonly namespace: string }[];
  readonly hostnames?: readonly string[];
  readonly rules: readonly HttpRouteRule[];
}

interface HttpRouteRule {
  readonly matches: readonly {
    readonly path: { readonly type: "PathPrefix"; readonly value: string };
    readonly headers?: readonly { readonly type: "Exact"; readonly name: string; readonly value: string }[];
  }[];
  readonly filters?: readonly {
    readonly type: "URLRewrite";
    readonly urlRewrite: { readonly path: { readonly type: "ReplacePrefixMatch"; readonly replacePrefixMatch: string } };
  }[];
  readonly backendRefs: readonly {
    readonly group: string;
    readonly kind: string;
    readonly name: string;
    readonly port: number;
    readonly weight: number;
  }[];
  readonly timeouts: { readonly request: string; readonly backendRequest: string };
}

/**
 * A service's route on the gateway: first the rules that a header chooses, then the split. Groups and kinds are written out, as the API server
 * would: what it adds is a difference at the next update.
 */
export function httpRoute(args: RouteArgs): HttpRouteSpec {
  const { path, gateway, hosts, headerOverride } = args;
  const backends = split(args);
  const prefix = { type: "PathPrefix", value: path } as const;
  return {
    parentRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: gateway.name, namespace: gateway.namespace }],
    ...(hosts.length > 0 && { hostnames: [...hosts] }),
    rules: [
      ...choices(backends, headerOverride).map((backend) => ({
        matches: [{ path: prefix, headers: [{ type: "Exact" as const, name: OVERRIDE, value: backend.slot }] }],
        ...rest(args, [{ ...backend, weight: 1 }]),
      })),
      { matches: [{ path: prefix }], ...rest(args, backends) },
    ],
  };
}

const rest = ({ path, strip, port, timeoutSeconds }: RouteArgs, backends: readonly Backend[]): Omit<HttpRouteRule, "matches"> => ({
  ...(strip &&
    path !== "/" && {
      filters: [{ type: "URLRewrite" as const, urlRewrite: { path: { type: "ReplacePrefixMatch" as const, replacePrefixMatch: "/" } } }],
    }),
  backendRefs: backends.map(({ service, weight }) => ({ group: "", kind: "Service", name: service, port, weight })),
  timeouts: { request: `${timeoutSeconds}s`, backendRequest: `${timeoutSeconds}s` },
});
