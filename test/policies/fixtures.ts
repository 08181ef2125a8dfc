import type { Evidence } from "../../evidence/schema.ts";
import { type Declared, Estate } from "../../policies/estate.ts";
import type { Types } from "../../policies/rule.ts";

export const DIGEST = `sha256:${"ab".repeat(32)}`;
export const IMAGE = `ghcr.io/example/api@${DIGEST}`;
const COMMIT = "1".repeat(40);
const NOT_DONE = { status: "not done", why: "no scanner" } as const;

type Container = Types["docker:index/container:Container"];

/** A container as Sluice makes it. */
export const CONTAINER = {
  image: "sha256:api",
  envs: ["LOG_LEVEL=info"],
  labels: [
    { label: "dev.sluice.estate", value: "shop" },
    { label: "dev.sluice.role", value: "service" },
  ],
  networksAdvanced: [{ name: "shop", ipv4Address: "10.9.0.5" }],
  ports: [],
  volumes: [{ volumeName: "shop-secrets", containerPath: "/run/secrets", readOnly: true }],
  healthcheck: { tests: ["CMD", "healthy"], interval: "2s" },
  restart: "unless-stopped",
  mustRun: true,
  destroyGraceSeconds: 20,
  stopTimeout: 20,
  memory: 64,
  cpus: "0.5",
  capabilities: { drops: ["ALL"] },
  securityOpts: ["no-new-privileges:true"],
  privileged: false,
  readOnly: true,
  logDriver: "json-file",
  logOpts: { "max-size": "10m", "max-file": "3" },
} satisfies Container;

export const labelled = (role: string) => [{ label: "dev.sluice.role", value: role }];

/** Evidence with nothing to say against the release. */
export const EVIDENCE: Evidence = {
  version: 1,
  commit: COMMIT,
  changedFiles: [],
  createdAt: new Date(Date.now() - 60_000).toISOString(),
  stack: "prod",
  images: [{ used: "api blue", reference: IMAGE }],
  builds: [{ name: "api", ok: true, image: DIGEST }],
  unit: { tests: { passed: 10, failed: 0, skipped: 0 }, coverage: { percent: 95, covered: 95, total: 100, tool: "v8" } },
  endToEnd: { tests: { passed: 5, failed: 0, skipped: 0 }, coverage: { percent: 88, covered: 88, total: 100, tool: "c8" } },
  lint: { errors: 0, warnings: 2, tool: "biome" },
  types: { errors: 0, tool: "tsc" },
  schema: { pending: [], drift: [], tool: "node-pg-migrate" },
  blockers: { open: [], source: "blockers.json" },
  secrets: { findings: [], files: 300, tool: "secretlint" },
  audit: { found: { critical: 0, high: 0, moderate: 1, low: 2 }, tool: "npm audit" },
  scan: { found: { critical: 0, high: 0, moderate: 1, low: 2 }, packages: 100, tool: "grype" },
  performance: { budgets: [{ name: "one weight", value: 1.5, limit: 1.6, unit: "×" }] },
};
export { NOT_DONE };

/** A stack, part by part; what is given replaces what a good one has. */
export interface Parts {
  readonly shares?: readonly object[];
  readonly slots?: readonly object[];
  readonly edge?: object | null;
  readonly routing?: object;
  readonly stores?: readonly object[];
  readonly networks?: readonly object[];
  readonly containers?: readonly object[];
  readonly maintenance?: readonly object[];
  readonly statefulSets?: readonly object[];
  readonly clusterJobs?: readonly object[];
  readonly environments?: readonly object[];
  readonly applications?: readonly object[];
  readonly evidence?: Partial<Evidence> | null;
  readonly declared?: object;
}

export const SHARE = { service: "api", active: "blue", canaryWeight: 10 };
export const BLUE = { service: "api", slot: "blue", release: "v1", reference: IMAGE, replicas: 1 };
export const GREEN = { ...BLUE, slot: "green", release: "v2" };
const ROUTING = { headerOverride: false, bodyLimitMb: 10, connectTimeoutSeconds: 1, responseTimeoutSeconds: 30, clientTimeoutSeconds: 30 };
const LOOPBACK = { ...CONTAINER, labels: labelled("edge"), ports: [{ internal: 8080, external: 8080, ip: "127.0.0.1" }] };

export function estate(parts: Parts = {}): Estate {
  const {
    shares = [SHARE],
    slots = [BLUE, GREEN],
    edge = { public: false, tls: true },
    routing = ROUTING,
    stores = [{ kind: "postgres", retained: true }],
    networks = [{ name: "shop", ipamConfigs: [{ subnet: "10.9.0.0/16" }] }],
    containers = [LOOPBACK],
    maintenance = [{ scheduler: "systemd", backsUp: ["postgres"] }],
    statefulSets = [],
    clusterJobs = [],
    environments = [],
    applications = [],
    evidence = {},
    declared = { head: COMMIT },
  } = parts;
  const all = (type: string, list: readonly object[]): Declared[] =>
    list.map((props, index) => {
      const name = `${type.split(":").at(-1)?.toLowerCase()}-${index + 1}`;
      return { type, name, urn: `urn:pulumi:prod::sluice::${type}::${name}`, props: props as Readonly<Record<string, unknown>> };
    });
  return new Estate([
    ...all("pulumi:pulumi:Stack", [{}]),
    ...all("sluice:edge:TrafficShare", shares),
    ...all("sluice:service:Slot", slots),
    ...all("sluice:edge:Edge", edge === null ? [] : [edge]),
    ...all("sluice:edge:Routing", [{ ...ROUTING, ...routing }]),
    ...all("sluice:datastore:Datastore", stores),
    ...all("docker:index/network:Network", networks),
    ...all("docker:index/container:Container", containers),
    ...all("kubernetes:apps/v1:StatefulSet", statefulSets),
    ...all("sluice:kubernetes:ScheduledJob", clusterJobs),
    ...all("sluice:github:DeliveryEnvironment", environments),
    ...all("sluice:dokploy:Application", applications),
    ...all("sluice:maintenance:Maintenance", maintenance),
    ...all(
      "sluice:evidence:Evidence",
      evidence === null ? [] : [{ file: "release-evidence.json", evidence: { ...EVIDENCE, ...evidence }, ...declared }],
    ),
  ]);
}
