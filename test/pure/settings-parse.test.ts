import { describe, expect, it } from "vitest";
import { DEFAULT_GUARD } from "../../rollout/analysis/index.ts";
import { decodeSettings, decodeStackFile } from "../../settings/decode.ts";
import { addressIn } from "../../settings/hosts.ts";
import { parseSettings } from "../../settings/parse.ts";
import { hasHost, inCluster } from "../../settings/placement.ts";
import { renderProblems } from "../../settings/problems.ts";
import type { Settings } from "../../settings/types.ts";
import { goodSettings, HOST_KEY, type Raw, STACKS, stackFile } from "../support/settings.ts";

const facts = { stack: "dev" };

function good(raw: Raw, known: Parameters<typeof parseSettings>[1] = facts): Settings<string> {
  const result = parseSettings(raw, known);
  if ("problems" in result) throw new Error(renderProblems(result.problems));
  return result.ok;
}

function printed(raw: Raw, known: Parameters<typeof parseSettings>[1] = facts): string {
  const result = parseSettings(raw, known);
  if ("ok" in result) throw new Error("these settings hold");
  return renderProblems(result.problems);
}

describe("good settings", () => {
  it("are completed: env merged, replicas inherited, services sorted, nothing written left over", () => {
    const { services } = good(goodSettings());
    expect(services).toEqual([
      {
        name: "api",
        target: "docker",
        talksTo: [],
        outside: [],
        route: "/api",
        stripRoute: true,
        port: 3000,
        health: "/health",
        healthIntervalSeconds: 5,
        healthTimeoutSeconds: 2,
        healthRetries: 3,
        readyTimeoutSeconds: 60,
        restartAfterSeconds: 60,
        active: "blue",
        canaryWeight: 10,
        block: 97,
        uses: ["postgres", "redis"],
        secrets: ["payment-key"],
        workflows: {},
        slo: { availabilityPercent: 99.9, latencyMs: 500, latencyPercent: 99 },
        rollout: {
          steps: [5, 100],
          slowSeconds: 2,
          probes: ["/health"],
          smoke: [{ path: "/version", expect: 200, contains: "v2", timeoutSeconds: 5 }],
        },
        memoryMb: 256,
        cpus: 0.5,
        drainSeconds: 10,
        slots: {
          blue: {
            source: { kind: "build", context: "images/api" },
            release: "v1",
            replicas: 2,
            env: { LOG_LEVEL: "info", RETRIES: "3" },
            files: {},
          },
          green: {
            source: { kind: "build", context: "images/api" },
            release: "v2",
            replicas: 1,
            env: { LOG_LEVEL: "debug", RETRIES: "3" },
            files: { "app.json": "{}" },
          },
        },
      },
      expect.objectContaining({
        ...{ name: "web", route: "/", block: 20, active: "green" },
        rollout: {
          ...{ steps: [10, 50, 100], slowSeconds: 2, probes: ["/health"], smoke: [{ path: "/health", expect: 200, timeoutSeconds: 5 }] },
        },
      }),
    ]);
  });

  it("complete monitoring: what nobody wrote has a default, and runbooks lose the slash at their end", () => {
    const { monitoring } = good(goodSettings());
    expect(monitoring).toEqual({
      ...{ port: 8091, scrapeSeconds: 15, edgeScrapeSeconds: 2, retentionDays: 31, retentionMb: 2048, containerMetrics: true },
      remoteWrite: { url: "https://metrics.example.com/api/v1/write" },
      prometheus: { source: { kind: "build", context: "images/prometheus" }, memoryMb: 512, cpus: 0.5, drainSeconds: 30 },
      alertmanager: { source: { kind: "build", context: "images/alertmanager" }, memoryMb: 128, cpus: 0.25, drainSeconds: 10 },
      exporters: { source: { kind: "build", context: "images/exporters" }, memoryMb: 96, cpus: 0.25, drainSeconds: 5 },
      thresholds: {
        ...{ errorCriticalPercent: 5, errorWarningPercent: 1, latencyP99Ms: 250, memoryPercent: 85, cpuPercent: 90, diskPercent: 80 },
        ...{ certificateDays: 14, slowDeployMinutes: 15 },
      },
      alerting: { timeZone: "UTC", receivers: [], default: [], routes: {} },
      progressCounters: [],
      backups: [{ job: "to-r2", maxAgeHours: 26 }],
      runbooks: "https://git.example.com/runbooks",
      owner: "platform",
    });
    expect(good({})).not.toHaveProperty("monitoring");
  });

  it("complete rollouts: what nobody wrote has the guard's own defaults", () => {
    expect(good(goodSettings()).rollout).toEqual({
      guard: { source: { kind: "build", context: "images/guard" }, memoryMb: 128, cpus: 0.25, drainSeconds: 5 },
      ...{
        alpha: DEFAULT_GUARD.alpha,
        beta: DEFAULT_GUARD.beta,
        floor: DEFAULT_GUARD.floor,
        windowSeconds: 30,
        watchSeconds: 600,
        warmUpSeconds: 10,
        extensions: 3,
      },
      ...{ giveUp: "rollback", errorLimit: 0.01, p99Seconds: 2, authFailureLimit: 0.05, minimumRequests: 50 },
      hooks: { before: ["npm run backup"], after: [], onRollback: [] },
    });
    expect(good({})).not.toHaveProperty("rollout");
  });

  it("complete jobs: those of the mission, moved or switched off as it is written, and a team's own behind them", () => {
    const raw = {
      ...goodSettings(),
      maintenance: {
        timeZone: "Europe/Berlin",
        jobs: {
          "rotate-logs": { at: "04:30" },
          "issue-tracker": { enabled: false },
          "restore-drill": { day: 2, retries: 3, limitMinutes: 0.5 },
          "health-report": { every: "day", at: "07:00", timeZone: "UTC" },
          books: { every: "week", on: "Friday", at: "18:00", command: ["/bin/books"], memoryMb: 64 },
        },
      },
    };
    const { scheduler, source, jobs, memoryMb } = good(raw).maintenance ?? {};
    expect([scheduler, source, memoryMb]).toEqual(["systemd", { kind: "build", context: "images/jobs" }, 512]);
    const job = (name: string) => jobs?.find((one) => one.name === name);
    expect(job("rotate-logs")).toMatchObject({
      schedule: { every: "day", at: "04:30", timeZone: "Europe/Berlin" },
      enabled: true,
      looks: true,
      memoryMb: 512,
    });
    expect(job("issue-tracker")).toMatchObject({ enabled: false, schedule: { every: "hours", hours: 1 } });
    expect(job("restore-drill")).toMatchObject({ schedule: { every: "month", on: 2, at: "05:00" }, retries: 3, limitSeconds: 30 });
    expect(job("health-report")?.schedule).toEqual({ every: "day", at: "07:00", timeZone: "UTC" });
    expect(job("security-audit")?.schedule).toEqual({ every: "week", on: "Sunday", at: "02:00", timeZone: "Europe/Berlin" });
    expect(job("restore")).not.toHaveProperty("schedule");
    expect(jobs?.at(-1)).toMatchObject({
      name: "books",
      command: ["/bin/books"],
      memoryMb: 64,
      does: "runs /bin/books",
      limitSeconds: 3600,
    });
    expect(good({ ...goodSettings(), host: {}, maintenance: {} }).maintenance?.scheduler).toBe("none");
    expect(good({})).not.toHaveProperty("maintenance");
  });

  it("complete evidence: a file and an age, while the key has no default", () => {
    const { publicKey } = goodSettings().evidence;
    expect(good(goodSettings()).evidence).toEqual({ file: "release-evidence.json", publicKey, maxAgeHours: 24 });
    expect(good({})).not.toHaveProperty("evidence");
  });

  it("say everything that an empty stack file leaves to the defaults", () => {
    expect(good({})).toEqual({
      name: "sluice-dev",
      protectData: true,
      host: { docker: "unix:///var/run/docker.sock", subnet: "10.213.0.0/16" },
      edge: {
        source: { kind: "build", context: "images/edge" },
        bind: "127.0.0.1",
        port: 8080,
        public: false,
        headerOverride: true,
        bodyLimitMb: 10,
        breaker: { failures: 1, ejectSeconds: 2, slowStartRequests: 100, statuses: [] },
        connectTimeoutSeconds: 1,
        responseTimeoutSeconds: 30,
        clientTimeoutSeconds: 30,
        trustedProxies: [],
        memoryMb: 256,
        cpus: 1,
        drainSeconds: 30,
      },
      services: [],
      secrets: {},
      standIns: [],
      unset: [],
    });
  });

  it("take stores, TLS and secrets as written", () => {
    const settings = good({ ...goodSettings(), redisPassword: "planted-8c1f" });
    expect(settings.postgres).toEqual({
      source: { kind: "build", context: "images/postgres" },
      version: 17,
      database: "app",
      user: "app",
      maxConnections: 100,
      diskReserveMb: 64,
      memoryMb: 512,
      cpus: 1,
      drainSeconds: 30,
    });
    expect(settings.redis).toEqual({
      source: { kind: "registry", reference: "redis:8" },
      maxMemoryMb: 100,
      appendOnly: true,
      memoryMb: 200,
      cpus: 0.5,
      drainSeconds: 15,
    });
    expect(settings.edge.tls).toEqual({ certificate: "tls/a.pem", key: "tls/a.key", port: 8443 });
    expect(settings.secrets).toEqual({ "payment-key": "planted-8c1f", "redis-password": "planted-8c1f" });
  });

  it("use DOCKER_HOST only where they name no engine", () => {
    const dockerHost = "ssh://deploy@other.example.com";
    expect(good({}, { ...facts, dockerHost }).host.docker).toBe("ssh://deploy@other.example.com");
    expect(good(goodSettings(), { ...facts, dockerHost }).host.docker).toBe("ssh://deploy@vps.example.com");
  });

  it.each(["127.0.0.1", "127.9.9.9", "::1", "localhost", "0:0:0:0:0:0:0:1"])(
    "let the edge listen on %s without saying that it is public",
    (bind) => {
      expect(good({ edge: { bind } }).edge.bind).toBe(bind);
    },
  );

  it.each(["/", "/api", "/api/v2", "/~team", "/a.b-c_d"])("take the route %s", (route) => {
    expect(good({ services: { api: { port: 3000, route, blue: { build: "x" } } } }).services[0]?.route).toBe(route);
  });

  it.each(["nginx", "nginx:1.26", "localhost:5000/a/b:x", `ghcr.io/example/api_x/y-z:1.0@sha256:${"0a".repeat(32)}`])(
    "take the image %s",
    (image) => {
      expect(good({ edge: { image } }).edge.source).toEqual({ kind: "registry", reference: image });
    },
  );

  it("are frozen to the bottom", () => {
    const walk = (value: unknown, path: string): string[] => {
      if (typeof value !== "object" || value === null) return [];
      return [...(Object.isFrozen(value) ? [] : [path]), ...Object.entries(value).flatMap(([key, inner]) => walk(inner, `${path}.${key}`))];
    };
    expect(walk(good(goodSettings()), "settings")).toEqual([]);
    const raw = goodSettings();
    good(raw);
    expect(Object.isFrozen(raw.services)).toBe(false);
  });

  it("name every stand-in", () => {
    const image = `ghcr.io/example/x@sha256:${"0".repeat(64)}`;
    const services = { api: { port: 3000, blue: { image }, green: { build: "x" } } };
    expect(good({ edge: { image }, monitoring: { prometheus: { image } }, rollout: { guard: { image } }, services }).standIns).toEqual([
      ...["sluice:edge.image", "sluice:monitoring.prometheus.image", "sluice:rollout.guard.image"],
      "sluice:services.api.blue.image",
    ]);
  });
});

describe("stack files", () => {
  it.each(STACKS)("Pulumi.%s.yaml holds", (stack) => {
    const { raw, secretKeys } = decodeStackFile(stackFile(stack).config);
    const settings = good(raw, { stack, secretKeys });
    // Names, services, weights and passwords are a team's own; what holds for every team is that data outside dev is protected.
    expect(settings.services.length).toBeGreaterThan(0);
    if (stack !== "dev") expect(settings.protectData).toBe(true);
  });

  it("Pulumi.repository.yaml holds, and has nothing but the repository", () => {
    const { raw, secretKeys } = decodeStackFile(stackFile("repository").config);
    const settings = good(raw, { stack: "repository", secretKeys });
    expect(Object.keys(raw)).toEqual(["github"]);
    expect([hasHost(settings), inCluster(settings as unknown as Settings)]).toEqual([false, undefined]);
  });

  it("are read without their secrets", () => {
    const config = { "sluice:postgresPassword": { secure: "v1:x" }, "sluice:secrets": { key: { secure: "v1:y" } }, "aws:region": "eu" };
    expect(decodeStackFile(config)).toEqual({
      raw: { postgresPassword: "[encrypted]", secrets: { key: "[encrypted]" } },
      secretKeys: ["postgresPassword", "secrets"],
    });
    expect(decodeStackFile(null)).toEqual({ raw: {}, secretKeys: [] });
  });

  it("reach the program as text, and become values again", () => {
    const config = {
      "sluice:protectData": "false",
      "sluice:services": '{"api":{"canaryWeight":50}}',
      "sluice:name": "1",
      "sluice:edge": "{oops",
      "docker:host": "x",
    };
    expect(decodeSettings(config)).toEqual({ protectData: false, services: { api: { canaryWeight: 50 } }, name: "1", edge: "{oops" });
  });
});

describe("several hosts", () => {
  const two = (change: (raw: Raw) => void = () => undefined) => {
    const raw = goodSettings();
    raw.hosts = {
      east: {
        docker: "ssh://deploy@east.example.com:2222",
        hostKeys: [`${HOST_KEY} root@east`],
        subnet: "10.21.0.0/22",
        linkAddress: "10.0.0.3",
      },
    };
    raw.services.api.host = "east";
    raw.monitoring.host = "main";
    change(raw);
    return good(raw);
  };

  it("have a link each, and are signed in to as main is; a key's comment is left out", () => {
    expect(two()).toMatchObject({
      host: { link: { port: 51_820 }, keySecret: "payment-key" },
      hosts: [
        {
          ...{ name: "east", docker: "ssh://deploy@east.example.com:2222", hostKeys: [HOST_KEY], subnet: "10.21.0.0/22" },
          link: { address: "10.0.0.3", port: 51_820 },
        },
      ],
    });
  });

  it("say where what runs; main is said by saying nothing", () => {
    const settings = two();
    expect(settings.services.find(({ name }) => name === "api")?.host).toBe("east");
    expect(settings.monitoring).not.toHaveProperty("host");
    expect(settings.edge).not.toHaveProperty("host");
  });

  it("give a service a block of its own host's network", () => {
    const free = (raw: Raw) => delete raw.services.api.block;
    const block = two(free).services.find(({ name }) => name === "api")?.block ?? 0;
    expect(block).toBeLessThanOrEqual(62);
    expect(
      addressIn(
        two((raw) => (raw.edge.host = "east")),
        "guard",
      ),
    ).toBe("10.21.0.12");
    expect(addressIn(two(), "guard")).toBe("10.20.0.12");
    expect(
      addressIn(
        two((raw) => (raw.monitoring.host = "east")),
        "prometheus",
      ),
    ).toBe("10.21.0.5");
    expect(
      addressIn(
        two((raw) => (raw.edge.host = "east")),
        "postgres",
      ),
    ).toBe("10.20.0.3");
  });

  it("are none where one is meant", () => {
    const one = good(goodSettings());
    expect(one).not.toHaveProperty("hosts");
    expect(one.host).not.toHaveProperty("link");
  });
});

describe("several problems", () => {
  it("are told at once, wrong values and broken rules together, by path", () => {
    const raw = goodSettings();
    raw.services.api.canaryWeight = "ten";
    raw.services.api.blue.image = "a/b:1";
    raw.services.web.route = "/api";
    raw.edge.public = false;
    raw.hst = {};
    expect(printed(raw)).toBe(`Settings: 5 problems

  1. sluice:edge.bind
     received  "0.0.0.0"
     allowed   127.0.0.0/8, ::1 or localhost, unless \`edge.public\` is true
     fix       write 127.0.0.1, or, to let other machines in, also \`public: true\`

  2. sluice:hst
     received  an unknown setting, "hst"
     allowed   name, protectData, host, hosts, edge, postgres, redis, services, cluster, github, dokploy, monitoring, maintenance, rollout, evidence, secrets, postgresPassword, redisPassword
     fix       write \`host\`

  3. sluice:services.api.blue
     received  both \`image\` and \`build\`
     allowed   one of \`image\`, \`build\`
     fix       remove \`build\` to run the image as it is, or \`image\` to build it here

  4. sluice:services.api.canaryWeight
     received  "ten"
     allowed   a whole number from 0 to 100
     fix       set it to a whole number from 0 to 100, for example 10

  5. sluice:services.web.route
     received  "/api"
     allowed   a route of its own; api has "/api"
     fix       for example /web`);
  });

  it("tell of two services on /api and /api/ together with the slash", () => {
    const raw = goodSettings();
    raw.services.web.route = "/api/";
    const result = parseSettings(raw, facts);
    expect("problems" in result && result.problems.map(({ path, fix }) => [path, fix])).toEqual([
      ["sluice:services.web.route", "write /api"],
      ["sluice:services.web.route", "for example /web"],
    ]);
  });

  it("judge no rule by a default that stands in for a refused value", () => {
    const raw = goodSettings();
    raw.edge.port = 99_999;
    raw.edge.tls.port = 8080;
    expect(printed(raw)).not.toContain("tls");
  });
});

describe("a secret", () => {
  const planted = "planted-8c1f";
  it.each<[string, (raw: Raw) => void]>([
    ["for all secrets", (s) => (s.secrets = planted)],
    ["in a list of secrets", (s) => (s.secrets = [planted])],
    ["as a map", (s) => (s.secrets.key = { value: planted })],
    ["that is a number", (s) => (s.secrets.key = 81234567)],
    ["with a line break", (s) => (s.postgresPassword = `${planted}\n`)],
    ["under a misspelt key", (s) => (s.postgresPasword = planted)],
    ["in env under a telling name", (s) => (s.services.api.env.DB_PASSWORD = [planted])],
    ["in env as a fraction", (s) => (s.services.api.env.API_TOKEN = 8123.4567)],
    ["in an address", (s) => (s.host.docker = `ssh://deploy:${planted}@vps`)],
    ["in an image's address", (s) => (s.edge.image = `https://me:${planted}@ghcr.io/x`)],
    ["in place of a map", (s) => (s.services = [{ password: planted }])],
  ])("%s is never printed", (_, change) => {
    const raw = goodSettings();
    change(raw);
    const text = printed(raw);
    for (const secret of [planted, "81234567", "8123.4567"]) expect(text).not.toContain(secret);
  });

  it("that is encrypted in the wrong place hides everything about that place", () => {
    const raw = goodSettings();
    raw.services.api.route = planted;
    raw.services.api.release = planted;
    raw.services.api.port = planted;
    expect(printed(raw, { ...facts, secretKeys: ["services", "secrets"] })).toBe(`Settings: 1 problem

  1. sluice:services
     received  an encrypted value in it
     allowed   encrypted values only in sluice:secrets, sluice:postgresPassword, sluice:redisPassword
     fix       move it to \`sluice:secrets\` and name it in the service's \`secrets\`; it is mounted as a file`);
  });
});
