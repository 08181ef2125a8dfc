import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeStackFile } from "../../settings/decode.ts";
import { parseSettings } from "../../settings/parse.ts";
import { renderProblems } from "../../settings/problems.ts";
import type { Settings } from "../../settings/types.ts";
import { goodSettings, type Raw, STACK_FILES, stackFile } from "../support/settings.ts";

const KEYS = [
  ...[
    "name",
    "protectData",
    "host",
    "docker",
    "subnet",
    "edge",
    "bind",
    "port",
    "public",
    "tls",
    "certificate",
    "key",
    "postgres",
    "redis",
    "services",
  ],
  ...[
    "secrets",
    "postgresPassword",
    "api",
    "web",
    "route",
    "active",
    "canaryWeight",
    "replicas",
    "block",
    "uses",
    "env",
    "blue",
    "green",
    "image",
    "build",
  ],
  ...["release", "files", "memoryMb", "maxMemoryMb", "cpus", "__proto__", "constructor", "toString", "", "a.b", "A"],
];
const SCALARS = [
  "blue",
  "green",
  "/",
  "/api",
  "/api/",
  "/healthz",
  "images/api",
  "a/b:1",
  "10.20.0.0/22",
  "0.0.0.0",
  "::1",
  "tcp://x",
  "10",
  "true",
  "v1",
  "postgres",
];

const scalar = fc.oneof(
  fc.constantFrom(...SCALARS),
  fc.constantFrom(0, 1, -1, 4, 20, 80, 100, 101, 3000, 65_536, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e308),
  fc.integer(),
  fc.double(),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("tree"), { maxLength: 4 }),
    // From JSON, so that a key `__proto__` is an own key, as it would be in a real config.
    fc.array(fc.tuple(fc.oneof(fc.constantFrom(...KEYS), fc.string()), tie("tree")), { maxLength: 6 }).map(ownKeys),
  ),
}));

function ownKeys(entries: [string, unknown][]): Raw {
  return Object.fromEntries(entries);
}

type Step = { readonly pick: number; readonly how: "set" | "delete" | "add" | "rename"; readonly key: string; readonly value: unknown };
const step: fc.Arbitrary<Step> = fc.record({
  pick: fc.nat(),
  how: fc.constantFrom("set", "delete", "add", "rename"),
  key: fc.constantFrom(...KEYS),
  value: fc.oneof({ weight: 3, arbitrary: scalar }, { weight: 1, arbitrary: tree }),
});

/** Change one place of `root`, chosen by number among all the places there are. */
function mutate(root: Raw, { pick, how, key, value: drawn }: Step): void {
  // Steps may share one value, and settings have no cycles.
  const value = structuredClone(drawn);
  const places: [Raw, string][] = [];
  const walk = (at: Raw) => {
    for (const name of Object.keys(at)) {
      places.push([at, name]);
      if (typeof at[name] === "object" && at[name] !== null) walk(at[name]);
    }
  };
  walk(root);
  const place = places[pick % Math.max(1, places.length)];
  if (!place) return;
  const [parent, name] = place;
  // A list out of JSON has no holes and no names.
  if (how === "set" || Array.isArray(parent)) (parent as Raw)[name] = value;
  else if (how === "delete") delete parent[name];
  else if (how === "add") Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
  else {
    Object.defineProperty(parent, key, { value: parent[name], enumerable: true, configurable: true, writable: true });
    delete parent[name];
  }
}

const starts = [goodSettings(), ...STACK_FILES.map((stack) => decodeStackFile(stackFile(stack).config).raw)];

/** Promises checked without a line of settings/: what the rest of the program counts on. */
function broken({ name, edge, host, postgres, redis, services, secrets }: Settings<string>): string[] {
  // Edge and gateway have routes of their own, and addresses in a cluster are the cluster's.
  const routes = services.flatMap(({ route }) => route ?? []);
  const places = services.flatMap(({ route, target }) => (route === undefined ? [] : `${target} ${route}`));
  const blocks = services.filter(({ target }) => target === "docker").map(({ block }) => block);
  const prefix = Number(host.subnet.split("/")[1]);
  const claims: [string, boolean][] = [
    ["name", /^[a-z][a-z0-9-]*$/.test(name) && name.length <= 31],
    ["engine", host.docker.startsWith("unix:///") || /^ssh:\/\/[^:@]+@./.test(host.docker)],
    ["public", edge.public || edge.bind === "localhost" || edge.bind.startsWith("127.") || /^[0:]*1$/.test(edge.bind)],
    ["ports", edge.tls === undefined || edge.tls.port !== edge.port],
    ["tls", edge.tls === undefined || (edge.tls.certificate !== "" && edge.tls.key !== "")],
    ["subnet", prefix >= 16 && prefix <= 22 && /^(10|172|192)\./.test(host.subnet)],
    ["redis", redis === undefined || redis.maxMemoryMb < redis.memoryMb],
    ["routes", new Set(places).size === places.length && routes.every((route) => route === "/" || /^(\/[\w.~-]+)+$/.test(route))],
    ["healthz", routes.every((route) => route.split("/")[1] !== "healthz")],
    ["blocks", new Set(blocks).size === blocks.length && blocks.every((block) => block >= 4 && (block + 1) * 16 < 2 ** (32 - prefix))],
    ["sorted", services.every((service, index) => index === 0 || (services[index - 1]?.name ?? "") < service.name)],
    ...services.flatMap((service): [string, boolean][] => {
      const declared = [service.slots.blue, service.slots.green].flatMap((slot) => slot ?? []);
      return [
        ["active", service.slots[service.active] !== undefined],
        ["weight", Number.isInteger(service.canaryWeight) && service.canaryWeight >= 0 && service.canaryWeight <= 100],
        ["canary", service.canaryWeight === 0 || declared.length === 2],
        ["port", Number.isInteger(service.port) && service.port >= 1024 && service.port <= 65_535],
        ["ready", service.readyTimeoutSeconds > service.healthIntervalSeconds],
        ["uses", service.uses.every((store) => (store === "postgres" ? postgres : redis) !== undefined)],
        ["secrets", service.secrets.every((secret) => Object.hasOwn(secrets, secret))],
        ["replicas", declared.every(({ replicas }) => Number.isInteger(replicas) && replicas >= 1 && replicas <= 8)],
        [
          "env",
          declared.every(({ env }) =>
            Object.entries(env).every(([key, value]) => /^\w+$/.test(key) && key !== "PORT" && typeof value === "string"),
          ),
        ],
        [
          "files",
          declared.every(({ files }) => Object.keys(files).every((file) => !file.startsWith("/") && !file.split("/").includes(".."))),
        ],
      ];
    }),
  ];
  return claims.flatMap(([claim, holds]) => (holds ? [] : [claim]));
}

function judge(raw: Raw): "ok" | "problems" {
  const result = parseSettings(raw, { stack: "dev" });
  if ("ok" in result) {
    expect(broken(result.ok)).toEqual([]);
    return "ok";
  }
  expect(result.problems.length).toBeGreaterThan(0);
  for (const problem of result.problems) {
    for (const words of Object.values(problem)) expect(words).not.toMatch(/^$|Invalid input|expected |undefined|\[object/);
    expect(problem.path).toMatch(/^sluice:/);
  }
  expect(renderProblems(result.problems)).toContain(`${result.problems.length} problem`);
  return "problems";
}

describe("any settings", { timeout: 120_000 }, () => {
  it("3,000 random trees are refused in words or hold", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...KEYS), tree), { maxLength: 6 }).map(ownKeys), (raw) => void judge(raw)),
      { numRuns: 3000 },
    );
  });

  it("6,000 settings that were good before one to four changes are refused in words or hold", () => {
    const seen = { ok: 0, problems: 0 };
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.array(step, { minLength: 1, maxLength: 4 }), (start, steps) => {
        const raw = structuredClone(start);
        for (const one of steps) mutate(raw, one);
        seen[judge(raw)] += 1;
      }),
      { numRuns: 6000 },
    );
    // Neither side of the invariant may be empty, or this test proves nothing.
    expect(seen.ok).toBeGreaterThan(300);
    expect(seen.problems).toBeGreaterThan(3000);
  });
});
