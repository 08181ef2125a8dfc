import { UNKNOWN } from "../../policies/facts.ts";
import type { About, Type, Types } from "../../policies/rule.ts";
import { applicationCases } from "./application-cases.ts";
import { type Case, TOKEN } from "./case.ts";
import { BLUE, CONTAINER, DIGEST, GREEN, IMAGE, labelled, NOT_DONE, type Parts, SHARE } from "./fixtures.ts";
import { repositoryCases } from "./repository-cases.ts";
import { workloadCases } from "./workload-cases.ts";

type Changes<T extends Type> = { readonly [K in keyof Types[T]]?: Types[T][K] | undefined };

const container = (title: string, change: Changes<"docker:index/container:Container">, says?: string, config?: object): Case => ({
  ...{ title, red: says !== undefined, props: { ...CONTAINER, ...change } },
  ...(says !== undefined && { says }),
  ...(config && { config }),
});
const image = (title: string, props: object, says?: string, config?: object): Case => ({
  ...{ title, red: says !== undefined, props },
  ...(says !== undefined && { says }),
  ...(config && { config }),
});
const stack = (title: string, parts: Parts, says?: string, config?: object): Case => ({
  ...{ title, red: says !== undefined, parts },
  ...(says !== undefined && { says }),
  ...(config && { config }),
});
const command = (title: string, props: object, says?: string, about?: Partial<About>): Case => ({
  ...{ title, red: says !== undefined, props },
  ...(says !== undefined && { says }),
  ...(about && { about }),
});

/** Something in a cluster that runs an image. */
const podsOf = (image: unknown) => ({ spec: { template: { spec: { containers: [{ name: "validators", image }] } } } });

const good = container("as Sluice makes it", {});
const goodStack = stack("a good one", {});

/** At least one red and one green case for every rule; a test holds this table against the list of rules. */
export const CASES: Readonly<Record<string, readonly Case[]>> = {
  ...workloadCases,
  ...repositoryCases,
  ...applicationCases,
  "container-has-health-check": [
    good,
    container("none", { healthcheck: undefined }, "not set"),
    container("switched off", { healthcheck: { tests: ["NONE"] } }, "NONE"),
    container("that ends by itself", { healthcheck: undefined, mustRun: false }),
    container("known after the update", { healthcheck: UNKNOWN }),
  ],
  "container-has-memory-limit": [
    good,
    container("none", { memory: undefined }, "memory is not set"),
    container("of 0", { memory: 0 }, "memory is 0"),
    container("unknown", { memory: UNKNOWN }),
  ],
  "container-has-cpu-limit": [
    good,
    container("none", { cpus: undefined }, "not set"),
    container("of 0", { cpus: "0" }, '"0"'),
    container("unknown", { cpus: UNKNOWN }),
  ],
  "container-drains": [
    good,
    container("killed at once", { destroyGraceSeconds: undefined }, "not set; it drains for 20 s"),
    container("killed in the middle", { destroyGraceSeconds: 19 }, "19"),
    container("less than the team's least", { destroyGraceSeconds: 20 }, "drains for 30 s", { minimumSeconds: 30 }),
    container("unknown", { destroyGraceSeconds: UNKNOWN }),
  ],
  "container-restarts": [
    good,
    container("never", { restart: "no" }, '"no"'),
    container("nothing said", { restart: undefined }, "not set"),
    container("that ends by itself", { restart: "no", mustRun: false }),
    container("unknown", { restart: UNKNOWN }),
  ],
  "container-is-not-privileged": [
    good,
    container("privileged", { privileged: true }, "privileged"),
    container("unknown", { privileged: UNKNOWN }),
  ],
  "container-shares-no-host-namespace": [
    good,
    container("the network", { networkMode: "host" }, "networkMode"),
    container("processes", { pidMode: "host" }, "pidMode"),
    container("memory", { ipcMode: "host" }, "ipcMode"),
    container("users", { usernsMode: "host" }, "usernsMode"),
    container("unknown", { networkMode: UNKNOWN }),
  ],
  "container-has-no-docker-socket": [
    good,
    container("by volume", { volumes: [{ hostPath: "/var/run/docker.sock", containerPath: "/s", readOnly: true }] }, "docker.sock"),
    container("by mount", { mounts: [{ type: "bind", source: "/run/docker.sock", target: "/s" }] }, "docker.sock"),
    container("unknown", { volumes: UNKNOWN, mounts: [UNKNOWN] }),
  ],
  "container-mounts-no-system-folder": [
    good,
    container("the machine's settings", { volumes: [{ hostPath: "/etc", containerPath: "/e", readOnly: true }] }, "/etc"),
    container("for writing", { volumes: [{ hostPath: "/srv/data", containerPath: "/d" }] }, "may write"),
    container("a service, what an exporter may", { volumes: [{ hostPath: "/proc", containerPath: "/p", readOnly: true }] }, "/proc"),
    container("an exporter", { labels: labelled("exporter"), volumes: [{ hostPath: "/proc", containerPath: "/p", readOnly: true }] }),
    container("a folder of its own", { volumes: [{ hostPath: "/srv/data", containerPath: "/d", readOnly: true }] }),
    container("unknown", { volumes: [{ hostPath: UNKNOWN, containerPath: "/d" }] }),
  ],
  "container-drops-capabilities": [
    good,
    container("none", { capabilities: undefined }, "does not drop ALL"),
    container("some", { capabilities: { drops: ["NET_RAW"] } }, "does not drop ALL"),
    container("with one back", { capabilities: { drops: ["ALL"], adds: ["CAP_NET_ADMIN"] } }, "CAP_NET_ADMIN"),
    container("with an allowed one back", { capabilities: { drops: ["all"], adds: ["CHOWN"] } }, undefined, { allowed: ["CAP_CHOWN"] }),
    container("unknown", { capabilities: UNKNOWN }),
  ],
  "container-has-read-only-root": [
    good,
    container("writable", { readOnly: false }, "writable"),
    container("nothing said", { readOnly: undefined }, "writable"),
    container("unknown", { readOnly: UNKNOWN }),
  ],
  "container-gains-no-privileges": [
    good,
    container("nothing said", { securityOpts: undefined }, "may gain"),
    container("switched off", { securityOpts: ["no-new-privileges:false"] }, "may gain"),
    container("unconfined", { securityOpts: ["no-new-privileges", "seccomp=unconfined"] }, "seccomp=unconfined"),
    container("unknown", { securityOpts: UNKNOWN }),
  ],
  "container-rotates-logs": [
    good,
    container("no driver", { logDriver: undefined }, "no log driver"),
    container("no bound", { logOpts: { "max-size": "10m" } }, "max-file"),
    container("nothing", { logOpts: undefined }, "max-size and no max-file"),
    container("to the journal", { logDriver: "journald", logOpts: undefined }),
    container("unknown", { logDriver: UNKNOWN }),
  ],
  "container-publishes-no-port": [
    good,
    container("a slot", { ports: [{ internal: 3000, external: 3000 }] }, "3000"),
    container("all of them", { publishAllPorts: true }, "all ports"),
    container("the edge", { labels: labelled("edge"), ports: [{ internal: 8080, external: 80 }] }),
    container("unknown", { ports: UNKNOWN }),
  ],
  "container-stays-on-its-network": [
    good,
    container("Docker's own", { networksAdvanced: undefined }, "default bridge"),
    container("an empty list", { networksAdvanced: [] }, "default bridge"),
    container("none at all", { networksAdvanced: undefined, networkMode: "none" }),
    container("unknown", { networksAdvanced: UNKNOWN }),
  ],
  "container-has-no-device": [
    good,
    container("a disk", { devices: [{ hostPath: "/dev/sda" }] }, "/dev/sda"),
    container("endless files", { ulimits: [{ name: "nofile", soft: 1024, hard: -1 }] }, "-1"),
    container("few files", { ulimits: [{ name: "nofile", soft: 1024, hard: 4096 }] }),
    container("unknown", { devices: UNKNOWN, ulimits: UNKNOWN }),
  ],
  "image-has-digest": [
    image("by digest", { name: IMAGE }),
    image("by tag", { name: "ghcr.io/example/api:v1" }, "has no digest"),
    image("built here", { name: "shop/api:1", build: { context: "images/api" } }, "images/api"),
    image("unknown", { name: UNKNOWN }),
  ],
  "image-is-from-allowed-registry": [
    image("from any, when none is chosen", { name: "docker.io/library/nginx:1" }),
    image("from the team's", { name: IMAGE }, undefined, { registries: ["ghcr.io/example/"] }),
    image("from elsewhere", { name: "docker.io/library/nginx:1" }, "ghcr.io/example/", { registries: ["ghcr.io/example/"] }),
    image("built here", { name: "shop/api:1", build: { context: "images/api" } }, undefined, { registries: ["ghcr.io/example/"] }),
    image("unknown", { name: UNKNOWN }, undefined, { registries: ["ghcr.io/example/"] }),
  ],
  "image-is-not-latest": [
    image("a version", { name: "nginx:1.26" }),
    image("by digest", { name: `nginx@${DIGEST}` }),
    image("latest", { name: "nginx:latest" }, "is latest"),
    image("nothing said, behind a port", { name: "registry.example:5000/nginx" }, "is latest"),
    image("unknown", { name: UNKNOWN }),
  ],
  "slots-share-no-mutable-tag": [
    goodStack,
    stack(
      "one tag",
      {
        slots: [
          { ...BLUE, reference: "x/api:v1" },
          { ...GREEN, reference: "x/api:v1" },
        ],
      },
      "x/api:v1",
    ),
    stack("two tags", {
      slots: [
        { ...BLUE, reference: "x/api:v1" },
        { ...GREEN, reference: "x/api:v2" },
      ],
    }),
    stack("one build", {
      slots: [
        { ...BLUE, reference: "build:images/api@1" },
        { ...GREEN, reference: "build:images/api@1" },
      ],
    }),
    stack("two services", {
      slots: [
        { ...BLUE, reference: "x/a:1" },
        { ...GREEN, service: "web", reference: "x/a:1" },
      ],
    }),
    stack("unknown", {
      slots: [
        { ...BLUE, reference: "x/a:1" },
        { ...GREEN, reference: UNKNOWN },
      ],
    }),
  ],
  "weight-is-an-allowed-step": [
    goodStack,
    stack("a typing mistake", { shares: [{ ...SHARE, canaryWeight: 11 }] }, "weight of api is 11"),
    stack("a step of the team", { shares: [{ ...SHARE, canaryWeight: 11 }] }, undefined, { steps: [0, 11] }),
    stack("unknown", { shares: [{ ...SHARE, canaryWeight: UNKNOWN }] }),
  ],
  "weight-has-its-slot": [
    goodStack,
    stack("no canary", { slots: [BLUE] }, "10 % of clients to green"),
    stack("no active slot", { slots: [GREEN], shares: [{ ...SHARE, canaryWeight: 0 }] }, "100 % of clients to blue"),
    stack("without containers", { slots: [BLUE, { ...GREEN, replicas: 0 }] }, "green"),
    stack("no canary, no weight", { slots: [BLUE], shares: [{ ...SHARE, canaryWeight: 0 }] }),
    stack("unknown", { shares: [{ ...SHARE, active: UNKNOWN }], slots: [] }),
  ],
  "frozen-slot-gets-nobody": [
    goodStack,
    stack("raised", { shares: [{ ...SHARE, frozen: { slot: "green", release: "v2", decision: "guard-1" } }] }, "10 % of clients; guard-1"),
    stack(
      "promoted",
      { shares: [{ ...SHARE, active: "green", canaryWeight: 0, frozen: { slot: "green", release: "v2", decision: "g" } }] },
      "100 %",
    ),
    stack("held at 0", { shares: [{ ...SHARE, canaryWeight: 0, frozen: { slot: "green", release: "v2", decision: "g" } }] }),
    stack("unknown", { shares: [{ ...SHARE, frozen: UNKNOWN }] }),
  ],
  "edge-has-no-header-override": [
    goodStack,
    stack("on", { routing: { headerOverride: true } }, "X-Sluice-Slot"),
    stack("unknown", { routing: { headerOverride: UNKNOWN } }),
  ],
  "edge-has-tls": [
    goodStack,
    stack("off", { edge: { public: true, tls: false } }, "plain HTTP"),
    stack("unknown", { edge: { public: false, tls: UNKNOWN } }),
  ],
  "edge-has-limits": [
    goodStack,
    stack("an hour", { routing: { responseTimeoutSeconds: 3600 } }, "responseTimeoutSeconds is 3600; at most 300"),
    stack("none", { routing: { clientTimeoutSeconds: undefined } }, "clientTimeoutSeconds is not set"),
    stack("an hour, allowed", { routing: { responseTimeoutSeconds: 3600 } }, undefined, { responseTimeoutSeconds: 3600 }),
    stack("unknown", { routing: { bodyLimitMb: UNKNOWN } }),
  ],
  "data-volume-is-protected": [
    { title: "protected", red: false, props: { labels: labelled("data") }, about: { protect: true } },
    { title: "not protected", red: true, says: "nothing protects it", props: { labels: labelled("data") } },
    {
      ...{ title: "what monitoring has measured", red: false, props: { labels: labelled("data") } },
      about: { within: ["sluice:monitoring:Monitoring", "sluice:monitoring:MonitoringServer"] },
    },
    { title: "not data", red: false, props: { labels: labelled("files") } },
    { title: "unknown", red: false, props: { labels: UNKNOWN } },
  ],
  "data-volume-is-retained": [
    goodStack,
    stack("not retained", { stores: [{ kind: "redis", retained: false }] }, "redis"),
    stack("unknown", { stores: [{ kind: "redis", retained: UNKNOWN }] }),
  ],
  "data-has-backup": [
    goodStack,
    stack("none", { maintenance: [] }, "no backup"),
    stack("other jobs only", { maintenance: [{ scheduler: "systemd", backsUp: [] }] }, "no backup"),
    stack("by hand only", { maintenance: [{ scheduler: "none", backsUp: ["postgres"] }] }, "nothing begins"),
    stack("files only", { maintenance: [{ scheduler: "systemd", backsUp: ["files/postgres"] }] }, "leaves Postgres out"),
    stack("files, and no Postgres", {
      stores: [{ kind: "redis", retained: true }],
      maintenance: [{ scheduler: "systemd", backsUp: ["files/redis-data"] }],
    }),
    stack("of which nothing is known", { maintenance: [{ scheduler: UNKNOWN, backsUp: UNKNOWN }] }),
  ],
  "container-has-no-plain-secret": [
    good,
    container("in a variable", { envs: ["A=1", `TOKEN=${TOKEN}`] }, "its environment"),
    container("in a label", { labels: [{ label: "token", value: TOKEN }] }, "its labels"),
    container("in a command", { command: ["serve", "--token", TOKEN] }, "its command"),
    container("in a file", { uploads: [{ file: "/a", content: `token: ${TOKEN}` }] }, "uploaded file"),
    container("unknown", { envs: [UNKNOWN, "A=1"], labels: UNKNOWN }),
  ],
  "command-has-no-plain-secret": [
    command("harmless", { create: "docker ps", environment: { DOCKER_HOST: "unix:///s" } }),
    command("in its text", { create: `curl -H 'Authorization: ${TOKEN}' x` }, "its text"),
    command("in its environment", { create: "x", environment: { TOKEN } }, "its environment"),
    command("on standard input, where secrets belong", { create: "x", stdin: TOKEN }),
    command("unknown", { create: UNKNOWN, environment: UNKNOWN }),
  ],
  "secret-stays-secret": [
    command("silent", { create: "put-secret a", logging: "none" }, undefined, { secretOutputs: ["stdout", "stderr"] }),
    command("logged", { create: "put-secret a" }, "is logged", { secretOutputs: ["stdout", "stderr"] }),
    command("plain in the state", { create: "put-secret a", logging: "none" }, "stderr", { secretOutputs: ["stdout"] }),
    command("another command", { create: "docker ps" }),
    command("unknown", { create: UNKNOWN }),
  ],
  "networks-do-not-overlap": [
    goodStack,
    stack("one in the other", { networks: two("10.9.0.0/16", "10.9.3.0/24") }, "10.9.3.0/24 overlaps 10.9.0.0/16"),
    stack("side by side", { networks: two("10.9.0.0/17", "10.9.128.0/17") }),
    stack("of two kinds", { networks: two("10.9.0.0/16", "fd00::/8") }),
    stack("unknown", { networks: [{ ipamConfigs: UNKNOWN }, { ipamConfigs: [{ subnet: UNKNOWN }] }] }),
  ],
  "port-is-on-loopback": [
    goodStack,
    stack("everywhere", { containers: [port("0.0.0.0")] }, "bound to 0.0.0.0"),
    stack("everywhere, by saying nothing", { containers: [port(undefined)] }, "0.0.0.0"),
    stack("everywhere, of the sixth kind", { containers: [port("::")] }, "::"),
    stack("everywhere, and no edge says so", { containers: [port("0.0.0.0")], edge: null }, "0.0.0.0"),
    stack("everywhere, and said aloud", { containers: [port("0.0.0.0")], edge: { public: true, tls: true } }),
    stack("the sixth kind's loopback", { containers: [port("::1")] }),
    stack("unknown", { containers: [port(UNKNOWN)] }),
  ],
  "release-has-evidence": [
    goodStack,
    stack("none", { evidence: null }, "no evidence is declared"),
    stack("not to be believed", { declared: { problem: "the signature is not that of the key" } }, "the signature"),
  ],
  "release-evidence-is-fresh": [
    goodStack,
    stack("of last week", { evidence: { createdAt: ago(7 * 24) } }, "at most 24"),
    stack("of an hour ago, where half an hour is asked", { evidence: { createdAt: ago(1) } }, "at most 0.5", { maxAgeHours: 0.5 }),
    stack("of last week, where that is enough", { evidence: { createdAt: ago(7 * 24) } }, undefined, { maxAgeHours: 200 }),
    stack(
      "of an hour ago, where the stack asks for less",
      { evidence: { createdAt: ago(1) }, declared: { maxAgeHours: 0.5 } },
      "at most 0.5",
    ),
    stack("from the future", { evidence: { createdAt: ago(-2) } }, "future"),
  ],
  "release-evidence-is-for-this-commit": [
    goodStack,
    stack("another one", { declared: { head: "2".repeat(40) } }, "222222222222 is deployed"),
    stack("no work tree", { declared: {} }, "no git work tree"),
    stack("a changed one", { evidence: { changedFiles: ["index.ts"] } }, "index.ts"),
    stack("unknown", { declared: { head: UNKNOWN } }),
  ],
  "release-evidence-covers-images": [
    goodStack,
    stack("another image", { slots: [BLUE, { ...GREEN, reference: "x/api:v2" }] }, "green of api runs x/api:v2"),
    stack("unknown", { slots: [BLUE, { ...GREEN, reference: UNKNOWN }] }),
    stack("another image in a cluster", { statefulSets: [podsOf("x/validator:2")] }, "statefulset-1 runs x/validator:2"),
    stack("its own image in a cluster", { statefulSets: [podsOf(IMAGE)] }),
    stack("unknown in a cluster", { statefulSets: [podsOf(UNKNOWN)] }),
  ],
  "weight-is-covered-by-evidence": [
    goodStack,
    stack("an untested canary", { slots: [BLUE, { ...GREEN, reference: "x/api:v2" }] }, "10 % of clients, and no evidence covers x/api:v2"),
    stack("an untested canary without clients", {
      ...{ slots: [BLUE, { ...GREEN, reference: "x/api:v2" }], shares: [{ ...SHARE, canaryWeight: 0 }] },
    }),
    stack("unknown", { shares: [{ ...SHARE, canaryWeight: UNKNOWN }], slots: [BLUE, { ...GREEN, reference: "x/api:v2" }] }),
  ],
  "release-builds-are-green": [
    goodStack,
    stack("a red one", { evidence: { builds: [{ name: "web", ok: false, problem: "exit 1" }] } }, "web"),
    stack("none", { evidence: { builds: [] } }, "asked"),
  ],
  "release-unit-coverage": [goodStack, ...tested("unit", 90)],
  "release-end-to-end-coverage": [goodStack, ...tested("endToEnd", 85)],
  "release-lint-is-clean": [
    goodStack,
    stack("an error", { evidence: { lint: { errors: 1, warnings: 0, tool: "biome" } } }, "1 error"),
    stack("an allowed one", { evidence: { lint: { errors: 1, warnings: 0, tool: "biome" } } }, undefined, { lintErrors: 1 }),
    stack("not done", { evidence: { lint: NOT_DONE } }, "no scanner"),
  ],
  "release-types-are-clean": [
    goodStack,
    stack("three errors", { evidence: { types: { errors: 3, tool: "tsc" } } }, "3 errors"),
    stack("not done", { evidence: { types: NOT_DONE } }, "no scanner"),
  ],
  "release-schema-is-in-sync": [
    goodStack,
    stack("one to apply", { evidence: { schema: { pending: ["002_add"], drift: [], tool: "x" } } }, "002_add"),
    stack("changed by hand", { evidence: { schema: { pending: [], drift: ["+ column x"], tool: "x" } } }, "column x"),
    stack("not done", { evidence: { schema: NOT_DONE } }, "no scanner"),
  ],
  "release-has-no-blockers": [
    goodStack,
    stack("one", { evidence: { blockers: { open: [{ id: "#7", priority: "P0", title: "orders lost" }], source: "x" } } }, "#7"),
    stack("not looked", { evidence: { blockers: NOT_DONE } }, "no scanner"),
  ],
  "release-has-no-secrets": [
    goodStack,
    stack("one", { evidence: { secrets: { findings: [{ file: "a.ts", line: 3, rule: "x" }], files: 9, tool: "x" } } }, "a.ts:3"),
    stack("not looked", { evidence: { secrets: NOT_DONE } }, "no scanner"),
  ],
  "release-audit-is-clean": vulnerable("audit"),
  "release-images-are-scanned": vulnerable("scan"),
  "release-keeps-its-budgets": [
    goodStack,
    stack("one too slow", { evidence: { performance: { budgets: [{ name: "up", value: 2, limit: 1.6, unit: "×" }] } } }, "up: found 2"),
    stack("not measured", { evidence: { performance: NOT_DONE } }, "no scanner"),
  ],
};

function two(a: string, b: string) {
  return [a, b].map((subnet, index) => ({ name: `n${index}`, ipamConfigs: [{ subnet }] }));
}

function port(ip: unknown) {
  return { ...CONTAINER, labels: labelled("edge"), ports: [{ internal: 8080, external: 80, ip }] };
}

function ago(hours: number): string {
  return new Date(Date.now() - hours * 3_600_000).toISOString();
}

function tested(part: "unit" | "endToEnd", least: number): Case[] {
  const of = (failed: number, percent: number) => ({
    evidence: { [part]: { tests: { passed: 9, failed, skipped: 0 }, coverage: { percent, covered: 1, total: 2, tool: "x" } } },
  });
  return [
    stack("not enough lines", of(0, least - 0.1), `${least - 0.1}`),
    stack("a failed test", of(1, 99), "1 failed"),
    stack("enough for this stack", of(0, 50), undefined, { [`${part}Percent`]: 50 }),
    stack("not done", { evidence: { [part]: NOT_DONE } }, "no scanner"),
  ];
}

function vulnerable(part: "audit" | "scan"): Case[] {
  const of = (critical: number, high: number) => ({ [part]: { found: { critical, high, moderate: 9, low: 9 }, packages: 1, tool: "x" } });
  return [
    goodStack,
    stack("a critical one", { evidence: of(1, 0) }, "found 1"),
    stack("two high ones, one allowed", { evidence: of(0, 2) }, "found 2", { high: 1 }),
    stack("not done", { evidence: { [part]: NOT_DONE } }, "not done"),
  ];
}
