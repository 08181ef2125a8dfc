import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** Environments that services run in. */
export const STACKS = ["dev", "staging", "prod"] as const;
/** Every stack file of the project. */
export const STACK_FILES = [...STACKS, "repository"] as const;
type Stack = (typeof STACK_FILES)[number];

// biome-ignore lint/suspicious/noExplicitAny: tests write wrong values of every type into settings on purpose.
export type Raw = Record<string, any>;

/** One way to spoil good settings, and the one problem that must come of it, word for word. */
export type Case = [what: string, change: (raw: Raw) => void, path: string, received: string, allowed: string, fix: string];

export const project = new URL("../../", import.meta.url);
export const stackFile = (stack: Stack): Raw => parse(readFileSync(new URL(`Pulumi.${stack}.yaml`, project), "utf8"));

/** A public key; nobody has the other half. */
const PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAMgXgwbDEq4aPU48Ze28dr6qwamZm0iFz0LacWU0Gb5I=\n-----END PUBLIC KEY-----\n";

/** A host's public key; nobody has the other half. */
export const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMu2NA2Shyw2iGZwAxnPRDgFRjInhS0+oiqz9s+RkFVi";

/** Settings that hold, with at least one value of every kind. A fresh copy each time. */
export function goodSettings(): Raw {
  return {
    name: "shop",
    protectData: true,
    host: { docker: "ssh://deploy@vps.example.com", hostKeys: [HOST_KEY], keySecret: "payment-key", subnet: "10.20.0.0/20" },
    edge: { bind: "0.0.0.0", public: true, port: 80, tls: { certificate: "tls/a.pem", key: "tls/a.key" }, trustedProxies: ["10.0.0.0/8"] },
    postgres: { build: "images/postgres" },
    redis: { image: "redis:8", maxMemoryMb: 100, memoryMb: 200 },
    secrets: { "payment-key": "planted-8c1f" },
    monitoring: {
      port: 8091,
      thresholds: { latencyP99Ms: 250 },
      remoteWrite: { url: "https://metrics.example.com/api/v1/write" },
      backups: { "to-r2": 26 },
      runbooks: "https://git.example.com/runbooks/",
    },
    evidence: { publicKey: PUBLIC_KEY },
    rollout: { windowSeconds: 30, hooks: { before: ["npm run backup"] } },
    cluster: {
      context: "prod-eu",
      gateway: { name: "public", namespace: "gateways" },
      storageClass: "fast",
      storage: { provisioner: "ebs.csi.aws.com" },
      snapshots: { image: "ghcr.io/example/kubectl:1" },
      jobs: { nightly: { purpose: "backup", schedule: "0 3 * * *", image: "ghcr.io/example/backup:1", talksTo: ["validators"] } },
      monitoring: { labels: { release: "prometheus" } },
      prometheus: { url: "https://prometheus.example.com/prom", tokenSecret: "payment-key" },
      logs: { host: "logs.example.com", image: "ghcr.io/example/fluent-bit:1", toolImage: "ghcr.io/example/tools:1" },
      discovery: { servers: ["consul-0.example.com"], gossipSecret: "payment-key", image: "ghcr.io/example/consul:1" },
      workloads: {
        validators: {
          kind: "StatefulSet",
          image: `ghcr.io/example/validator@sha256:${"a1".repeat(32)}`,
          replicas: 4,
          ports: { grpc: 9004, http: 9003 },
          volume: { sizeGi: 100 },
          partition: 3,
          talksTo: ["validators"],
        },
        business: {
          kind: "Deployment",
          image: "ghcr.io/example/business:2",
          ports: { http: 9003 },
          secrets: ["payment-key"],
          env: { RETRIES: 3 },
          autoscaling: { min: 6, max: 20, cpuPercent: 70, memoryPercent: 80 },
          verticalAutoscaling: { mode: "Off", min: { cpus: 1, memoryMb: 1024 }, max: { cpus: 4, memoryMb: 8192 } },
          loadBalancer: { ports: { "80": "http", "443": "http" } },
          talksTo: ["validators"],
          outside: [{ cidr: "203.0.113.0/24" }],
        },
        slim: { kind: "DaemonSet", image: "ghcr.io/example/slim:2", release: "2", ports: { api: 9100, web: 9003 } },
      },
    },
    github: {
      owner: "example",
      repository: "shop",
      token: "payment-key",
      settings: { mergeMethods: ["squash", "rebase"], actions: ["octokit/*"] },
      environments: {
        dev: { variables: { REGION: "eu-1" } },
        prod: {
          reviewers: { users: ["octocat"], teams: ["platform"] },
          waitMinutes: 5,
          tags: ["v*"],
          secrets: { SLACK_WEBHOOK: { secret: "payment-key", rotated: "2026-11-01" }, JIRA_TOKEN: { secret: "jira-token" } },
        },
      },
      ruleset: { checks: ["check", "test"] },
      codeowners: [{ path: "*", owners: ["@example/platform"] }],
    },
    dokploy: {
      ...{ url: "https://dokploy.example.com/", keySecret: "payment-key", project: "shop", environment: "staging" },
      registry: { user: "bot", passwordSecret: "payment-key" },
      applications: {
        api: {
          ...{ image: "ghcr.io/example/api:1", replicas: 2, cpus: 0.5, health: "/health", deploy: "webhook" },
          env: { LOG_LEVEL: "info", RETRIES: 3 },
          secrets: { PAYMENT_KEY: "payment-key" },
          domains: [{ host: "api.example.com", path: "/v1", https: false }, { host: "api.example.com" }],
        },
      },
    },
    services: {
      api: {
        route: "/api",
        port: 3000,
        uses: ["postgres", "redis"],
        secrets: ["payment-key"],
        canaryWeight: 10,
        replicas: 2,
        rollout: { steps: [5, 100], smoke: [{ path: "/version", contains: "v2" }] },
        env: { LOG_LEVEL: "info", RETRIES: 3 },
        blue: { build: "images/api", release: "v1" },
        green: { build: "images/api", release: "v2", replicas: 1, env: { LOG_LEVEL: "debug" }, files: { "app.json": "{}" } },
      },
      web: { route: "/", port: 3000, block: 20, active: "green", green: { image: "ghcr.io/example/web:1", release: "1" } },
    },
  };
}
