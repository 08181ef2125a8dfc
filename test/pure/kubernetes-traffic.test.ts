import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { greenShare } from "../../components/edge/share.ts";
import { httpRoute } from "../../components/kubernetes/traffic/http-route.ts";
import { destinationRule, insideMesh, virtualService } from "../../components/kubernetes/traffic/istio.ts";
import type { RouteArgs } from "../../components/kubernetes/traffic/route.ts";
import { inside, loadBalancer } from "../../components/kubernetes/traffic/services.ts";
import { split } from "../../components/kubernetes/traffic/split.ts";
import { HOME, specOf } from "../support/planned.ts";

const ROUTE: RouteArgs = {
  service: "api",
  path: "/api",
  strip: true,
  port: 3000,
  active: "blue",
  canaryWeight: 10,
  slots: ["blue", "green"],
  headerOverride: false,
  timeoutSeconds: 15,
  gateway: { name: "public", namespace: "gateways" },
  hosts: [],
};
const weights = (args: Partial<RouteArgs>) => split({ ...ROUTE, ...args }).map(({ slot, weight }) => [slot, weight]);

describe("the split", () => {
  it.each([
    ["blue", 0, 100, 0],
    ["blue", 10, 90, 10],
    ["blue", 100, 0, 100],
    ["green", 0, 0, 100],
    ["green", 10, 10, 90],
  ] as const)("of %s at %d is blue %d, green %d", (active, canaryWeight, blue, green) => {
    expect(weights({ active, canaryWeight })).toEqual([
      ["blue", blue],
      ["green", green],
    ]);
  });

  it("is the host's own: green's weight is green's share at the edge, and both make a hundred", () => {
    fc.assert(
      fc.property(fc.constantFrom("blue" as const, "green" as const), fc.integer({ min: 0, max: 100 }), (active, canaryWeight) => {
        const [blue, green] = split({ ...ROUTE, active, canaryWeight });
        expect(green?.weight).toBe(greenShare(active, canaryWeight));
        expect((blue?.weight ?? 0) + (green?.weight ?? 0)).toBe(100);
      }),
    );
  });

  it("of a service with one slot gives it everything", () => {
    expect(weights({ active: "green", canaryWeight: 0, slots: ["green"] })).toEqual([["green", 100]]);
  });
});

describe("an HTTPRoute", () => {
  it("hangs on the gateway, takes the prefix off, weighs both slots and has a time limit", () => {
    expect(httpRoute({ ...ROUTE, hosts: ["shop.example.com"] })).toEqual({
      parentRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "public", namespace: "gateways" }],
      hostnames: ["shop.example.com"],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: "/api" } }],
          filters: [{ type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } }],
          backendRefs: [
            { group: "", kind: "Service", name: "api-blue", port: 3000, weight: 90 },
            { group: "", kind: "Service", name: "api-green", port: 3000, weight: 10 },
          ],
          timeouts: { request: "15s", backendRequest: "15s" },
        },
      ],
    });
  });

  it("lets a tester choose a slot by header, before the split, where the settings allow it", () => {
    const { rules } = httpRoute({ ...ROUTE, headerOverride: true });
    expect(
      rules.map(({ matches, backendRefs }) => [
        matches[0]?.headers?.[0]?.value,
        backendRefs.map(({ name, weight }) => `${name} ${weight}`),
      ]),
    ).toEqual([
      ["blue", ["api-blue 1"]],
      ["green", ["api-green 1"]],
      [undefined, ["api-blue 90", "api-green 10"]],
    ]);
    expect(rules[0]?.matches[0]?.headers?.[0]?.name).toBe("X-Sluice-Slot");
    expect(httpRoute({ ...ROUTE, headerOverride: true, slots: ["blue"] }).rules).toHaveLength(1);
  });

  it("leaves the path alone at / and where the settings say so", () => {
    for (const args of [{ path: "/" }, { strip: false }]) expect(httpRoute({ ...ROUTE, ...args }).rules[0]).not.toHaveProperty("filters");
  });
});

describe("Istio's routes", () => {
  it("weigh both slots, take the prefix off, and never take a neighbour's path", () => {
    const { http, gateways, hosts } = virtualService(ROUTE);
    expect([gateways, hosts]).toEqual([["gateways/public"], ["*"]]);
    expect(http).toEqual([
      {
        match: [{ uri: { exact: "/api" } }, { uri: { prefix: "/api/" } }],
        rewrite: { uri: "/" },
        route: [
          { destination: { host: "api-blue", port: { number: 3000 } }, weight: 90 },
          { destination: { host: "api-green", port: { number: 3000 } }, weight: 10 },
        ],
        timeout: "15s",
        retries: { attempts: 2, perTryTimeout: "5s", retryOn: "connect-failure,refused-stream,unavailable" },
      },
    ]);
  });

  it("let a tester choose by header where the settings allow it", () => {
    const { http } = virtualService({ ...ROUTE, headerOverride: true, path: "/" });
    expect(http.map(({ match, route }) => [match?.[0]?.headers, route.map(({ destination }) => destination.host)])).toEqual([
      [{ "x-sluice-slot": { exact: "blue" } }, ["api-blue"]],
      [{ "x-sluice-slot": { exact: "green" } }, ["api-green"]],
      [undefined, ["api-blue", "api-green"]],
    ]);
    expect(http[0]?.match?.[0]?.uri).toEqual({ prefix: "/" });
  });

  it("break the circuit to a pod that fails five times in a row, and never to more than half of them", () => {
    expect(destinationRule("business").trafficPolicy.outlierDetection).toEqual({
      ...{ consecutive5xxErrors: 5, interval: "10s", baseEjectionTime: "30s", maxEjectionPercent: 50 },
    });
  });

  it("inside of the mesh hold for the port that they are about, and leave the others", () => {
    expect(insideMesh("business", 9003, 15).http[0]).toMatchObject({ match: [{ port: 9003 }], timeout: "15s" });
  });
});

describe("Services", () => {
  it("validators: headless, and peers are found before they are ready", () => {
    expect(inside(specOf("validators"), HOME).spec).toEqual({
      type: "ClusterIP",
      clusterIP: "None",
      publishNotReadyAddresses: true,
      selector: { "app.kubernetes.io/name": "validators", "app.kubernetes.io/instance": "validators" },
      ports: [
        { name: "grpc", port: 9004, targetPort: "grpc", protocol: "TCP" },
        { name: "http", port: 9003, targetPort: "http", protocol: "TCP" },
      ],
    });
  });

  it("business: one address inside, and a load balancer from 80 and 443 to 9003", () => {
    const spec = specOf("business");
    expect(inside(spec, HOME).spec).toMatchObject({ type: "ClusterIP", ports: [{ name: "http", port: 9003 }] });
    expect(inside(spec, HOME).spec).not.toHaveProperty("clusterIP");
    if (!spec.loadBalancer) throw new Error("it has no load balancer");
    const service = loadBalancer(spec, spec.loadBalancer, HOME);
    expect(service.metadata).toMatchObject({ name: "business-public" });
    expect(service.spec).toEqual({
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      selector: { "app.kubernetes.io/name": "business", "app.kubernetes.io/instance": "business" },
      ports: [
        { name: "port-80", port: 80, targetPort: "http", protocol: "TCP" },
        { name: "port-443", port: 443, targetPort: "http", protocol: "TCP" },
      ],
    });
    expect(spec.ports.http).toBe(9003);
  });

  it("a slot: selected by service and slot, never by release", () => {
    expect(inside(specOf("explorer-green"), HOME)).toMatchObject({
      metadata: { name: "explorer-green" },
      spec: { selector: { "app.kubernetes.io/name": "explorer", "app.kubernetes.io/instance": "explorer-green" } },
    });
  });
});
