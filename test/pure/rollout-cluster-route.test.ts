import { describe, expect, it } from "vitest";
import type { Slot } from "../../components/edge/share.ts";
import { LABEL } from "../../components/kubernetes/labels.ts";
import { httpRoute } from "../../components/kubernetes/traffic/http-route.ts";
import { virtualService } from "../../components/kubernetes/traffic/istio.ts";
import type { RouteArgs } from "../../components/kubernetes/traffic/route.ts";
import { losing } from "../../rollout/driver/cluster/by-hand.ts";
import {
  forbids,
  movePatch,
  type Operation,
  RouteObject,
  readRoute,
  routePath,
  unfreezePatch,
} from "../../rollout/driver/cluster/route.ts";

const args = (active: Slot, canaryWeight: number, more: Partial<RouteArgs> = {}): RouteArgs => ({
  ...{ service: "api", active, canaryWeight, slots: ["blue", "green"], path: "/api", strip: true, port: 3000, headerOverride: true },
  ...{ timeoutSeconds: 15, gateway: { name: "public", namespace: "gateways" }, hosts: [], ...more },
});

/** A route as `up` makes it, and the API server gives it back. */
const made = (kind: "HTTPRoute" | "VirtualService", own: RouteArgs, annotations?: Record<string, string>): RouteObject =>
  RouteObject.parse(
    JSON.parse(
      JSON.stringify({
        metadata: { name: own.service, resourceVersion: "41", ...(annotations && { annotations }) },
        spec: kind === "HTTPRoute" ? httpRoute(own) : virtualService(own),
      }),
    ),
  );

/** What the API server does with a JSON patch. */
function patched(route: RouteObject, operations: readonly Operation[]): RouteObject {
  // biome-ignore lint/suspicious/noExplicitAny: a patch goes anywhere
  const copy: any = structuredClone(route);
  for (const operation of operations) {
    const keys = operation.path
      .slice(1)
      .split("/")
      .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = keys.pop() ?? "";
    const parent = keys.reduce((at, key) => at[key], copy);
    if (operation.op === "test") expect(parent[last]).toBe(operation.value);
    else if (operation.op === "remove") delete parent[last];
    else parent[last] = operation.value;
  }
  return RouteObject.parse(copy);
}

const FROZEN = { decision: "guard-api-1", release: "v2", slot: "green", by: "ann", why: "errors", at: 5 } as const;

describe.each(["HTTPRoute", "VirtualService"] as const)("the share in a cluster, by its %s", (kind) => {
  it.each([
    { active: "blue", weight: 0, green: 0 },
    { active: "blue", weight: 10, green: 10 },
    { active: "green", weight: 0, green: 100 },
    { active: "green", weight: 30, green: 70 },
    { active: "blue", weight: 100, green: 100 },
  ] as const)("is read back as it was declared: $active active, $weight % for the other", ({ active, weight, green }) => {
    const route = made(kind, args(active, weight), { [LABEL.active]: active });
    expect(readRoute(route, "api", "blue")).toEqual({ active, weight, green, frozen: null });
  });

  it("takes the settings' word for who is active where the route has none", () => {
    expect(readRoute(made(kind, args("green", 20)), "api", "green")).toMatchObject({ active: "green", weight: 20 });
  });

  it("is moved by one patch that leaves what a header chooses alone, and is what `up` would have made", () => {
    const before = made(kind, args("blue", 0), { [LABEL.active]: "blue" });
    const operations = movePatch(before, "api", { active: "blue", weight: 10 });
    expect(operations[0]).toEqual({ op: "test", path: "/metadata/resourceVersion", value: "41" });
    expect(operations.filter(({ op }) => op !== "test").map((operation) => "value" in operation && operation.value)).toEqual([90, 10]);
    expect(patched(before, operations)).toEqual(made(kind, args("blue", 10), { [LABEL.active]: "blue" }));
  });

  it("is promoted without a request moving, and taken back with a freeze in the same patch", () => {
    const all = made(kind, args("blue", 100), { [LABEL.active]: "blue" });
    const promote = movePatch(all, "api", { active: "green", weight: 0 });
    expect(promote.slice(1)).toEqual([{ op: "add", path: "/metadata/annotations/sluice.dev~1active", value: "green" }]);
    const back = patched(all, movePatch(all, "api", { active: "blue", weight: 0, frozen: FROZEN }));
    expect(readRoute(back, "api", "green")).toEqual({ active: "blue", weight: 0, green: 0, frozen: FROZEN });
  });

  it("is not patched when it is so already", () => {
    expect(movePatch(made(kind, args("blue", 10), { [LABEL.active]: "blue" }), "api", { active: "blue", weight: 10 })).toEqual([]);
  });

  it("gives a slot that the route does not have nobody, and says what is missing", () => {
    const route = made(kind, args("blue", 0, { slots: ["blue"] }), { [LABEL.active]: "blue" });
    expect(readRoute(route, "api", "blue")).toMatchObject({ active: "blue", weight: 0 });
    expect(() => movePatch(route, "api", { active: "blue", weight: 10 })).toThrow("green is not in it");
    expect(movePatch(route, "api", { active: "blue", weight: 0 })).toEqual([]);
  });
});

describe("a freeze on a route", () => {
  const route = made("HTTPRoute", args("blue", 0), { [LABEL.active]: "blue", [LABEL.frozen]: JSON.stringify(FROZEN) });

  it("is lifted by the name of its decision alone", () => {
    expect(unfreezePatch(route, "guard-api-2")).toEqual([]);
    expect(readRoute(patched(route, unfreezePatch(route, FROZEN.decision)), "api", "blue").frozen).toBeNull();
  });

  it("keeps its slot from every request, as canary and as the active one, and no other slot", () => {
    expect([forbids(FROZEN, "blue", 1), forbids(FROZEN, "green", 0), forbids(FROZEN, "blue", 0), forbids(null, "blue", 10)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("holds although nobody can read it", () => {
    const broken = made("HTTPRoute", args("blue", 0), { [LABEL.frozen]: "{" });
    expect(readRoute(broken, "api", "blue").frozen).toMatchObject({ decision: "unreadable" });
  });

  it("is written where there were no annotations at all", () => {
    const bare = made("HTTPRoute", args("blue", 40));
    expect(readRoute(patched(bare, movePatch(bare, "api", { active: "blue", weight: 0, frozen: FROZEN })), "api", "green")).toMatchObject({
      ...{ active: "blue", weight: 0, frozen: FROZEN },
    });
  });
});

it.each<{ what: string; state: [Slot, number]; promoted: Slot | null; slot: Slot }>([
  { what: "the canary", state: ["blue", 10], promoted: null, slot: "green" },
  { what: "the canary, though another release was promoted before", state: ["green", 10], promoted: "green", slot: "blue" },
  { what: "the release that was promoted last", state: ["green", 0], promoted: "green", slot: "green" },
  { what: "the idle slot, where nothing was promoted", state: ["green", 0], promoted: null, slot: "blue" },
])("a rollback by hand takes back $what", ({ state: [active, weight], promoted, slot }) => {
  expect(losing({ active, weight, green: 0, frozen: null }, promoted)).toBe(slot);
});

it("a route is found where `up` puts it", () => {
  expect([routePath("none", "shop", "api"), routePath("istio", "shop", "api")]).toEqual([
    "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/api",
    "/apis/networking.istio.io/v1/namespaces/shop/virtualservices/api",
  ]);
});
