import { describe, expect, it } from "vitest";
import type { MonitoringArgs } from "../../components/index.ts";
import { census, only, type Registered, record } from "../support/record.ts";

const CONTAINER = "docker:index/container:Container";
const COMMAND = "command:local:Command";

/** Monitoring of an estate with Postgres and one service; what the rest of the estate registers is left out. */
async function monitored(change: Partial<MonitoringArgs> = {}): Promise<Registered[]> {
  const { Datastore, Edge, Host, Monitoring, postgres } = await import("../../components/index.ts");
  const limits = { memoryMb: 64, cpus: 0.25, drainSeconds: 5 };
  const rest = (host: InstanceType<typeof Host>) => {
    const edge = new Edge("edge", {
      host,
      image: "sha256:edge",
      bind: "127.0.0.1",
      public: false,
      port: 8080,
      statusPort: 8090,
      ...limits,
    });
    const spec = postgres({ database: "app", user: "app", maxConnections: 100, diskReserveMb: 64 });
    const store = new Datastore("postgres", { host, spec, image: "sha256:p", toolImage: "sha256:edge", protectData: false, ...limits });
    return { edge, store };
  };
  const makeHost = () => new Host("host", { estate: "shop", docker: "unix:///s", subnet: "10.9.0.0/16" });
  const without = await record(() => void rest(makeHost()));
  const seen = await record(() => {
    const host = makeHost();
    const { edge, store } = rest(host);
    const program = (image: string) => ({ image, ...limits });
    new Monitoring("monitoring", {
      ...{ host, edge, toolImage: "sha256:edge", stores: [store], routes: [] },
      slots: [{ service: "api", slot: "blue", release: "v1", address: "10.9.0.80:3000", health: "/health" }],
      running: [edge, store],
      addressOf: (role) => host.ownAddress(role),
      ...{ port: 8090, scrapeSeconds: 15, edgeScrapeSeconds: 2, retentionDays: 7, retentionMb: 512, containerMetrics: true },
      rules: { "rules/errors.yml": "groups: []\n" },
      alerting: { files: { "alertmanager.yml": "route: {receiver: nobody}\n" }, secrets: [] },
      secrets: { hook: "planted-3d1c" },
      prometheus: program("sha256:prometheus"),
      alertmanager: program("sha256:alertmanager"),
      exporters: program("sha256:exporters"),
      ...change,
    });
  });
  const known = new Set(census(without));
  return seen.filter(({ type, name }) => !known.has(`${type} ${name}`));
}

describe("monitoring", () => {
  it("is a container for each program, a volume for what each keeps, and the files that change while they run", async () => {
    expect(census(await monitored())).toEqual(
      [
        ...["alertmanager-files", "alertmanager-ready", "container-names", "exporters-ready", "prometheus-files", "prometheus-ready"].map(
          (name) => `${COMMAND} ${name}`,
        ),
        ...["alertmanager", "edge-metrics", "node-metrics", "postgres-metrics", "probes", "prometheus"].map(
          (name) => `${CONTAINER} ${name}`,
        ),
        ...["alertmanager-config", "alertmanager-data", "node-text", "prometheus-config", "prometheus-data"].map(
          (name) => `docker:index/volume:Volume ${name}`,
        ),
        ...["alertmanager", "prometheus"].map((name) => `sluice:monitoring:MonitoringServer ${name}`),
        ...["alertmanager-files", "prometheus-files"].map((name) => `sluice:host:ConfigFiles ${name}`),
        "sluice:monitoring:Monitoring monitoring",
      ].sort(),
    );
  });

  it("has no port on the host, no privilege and no Docker socket", async () => {
    for (const { name, inputs } of (await monitored()).filter(({ type }) => type === CONTAINER)) {
      expect(inputs, name).toMatchObject({ ports: [], privileged: false, readOnly: true, capabilities: { drops: ["ALL"] } });
      expect(JSON.stringify(inputs), name).not.toContain("docker.sock");
      const paths = (inputs.volumes as { hostPath?: string; readOnly: boolean }[]).filter(({ hostPath }) => hostPath !== undefined);
      expect(
        paths.map(({ hostPath, readOnly }) => [hostPath, readOnly]),
        name,
      ).toEqual(
        name === "node-metrics"
          ? [
              ["/sys/fs/cgroup", true],
              ["/proc", true],
            ]
          : [],
      );
    }
  });

  it("tells Prometheus what to keep and under which address people find it, and gives it its files after a check", async () => {
    const seen = await monitored();
    expect(only(seen, CONTAINER, "prometheus").inputs.command).toEqual([
      ...["--web.external-url=http://127.0.0.1:8090/prometheus/", "--web.route-prefix=/"],
      ...["--storage.tsdb.retention.time=7d", "--storage.tsdb.retention.size=512MB"],
    ]);
    const { create, stdin } = only(seen, COMMAND, "prometheus-files").inputs;
    expect(create).toContain("put-files '/config/prometheus' 'promtool check config $NEXT/prometheus.yml' 'reload-server prometheus ");
    expect(stdin).toContain("-- rules/errors.yml --");
  });

  it("gives the exporter of Postgres the store's own password file, and no password", async () => {
    const { envs, volumes } = only(await monitored(), CONTAINER, "postgres-metrics").inputs;
    expect(envs).toContain("DATA_SOURCE_PASS_FILE=/run/secrets/postgres-password");
    expect(volumes).toEqual([{ volumeName: "shop-postgres-secrets", containerPath: "/run/secrets", readOnly: true }]);
  });

  it("mounts the secrets that alerting names as files, and puts their values nowhere else", async () => {
    const alerting = { files: { "alertmanager.yml": "route: {receiver: nobody}\n" }, secrets: ["hook"] };
    const seen = await monitored({ alerting });
    expect(only(seen, COMMAND, "alertmanager-secrets-hook").inputs).toMatchObject({ stdin: { secret: "planted-3d1c" }, logging: "none" });
    const hits = seen.filter(({ inputs }) => JSON.stringify(inputs).includes("planted-3d1c")).map(({ name }) => name);
    expect(hits).toEqual(["alertmanager-secrets-hook"]);
    expect(only(seen, CONTAINER, "alertmanager").inputs.volumes).toContainEqual({
      ...{ volumeName: "shop-alertmanager-secrets", containerPath: "/run/secrets", readOnly: true },
    });
  });

  it("reads the host's processes as a user that nothing else runs as", async () => {
    const users = (await monitored()).filter(({ type }) => type === CONTAINER).map(({ name, inputs }) => [name, inputs.user]);
    expect(Object.fromEntries(users)).toMatchObject({ "node-metrics": "10002:10002", prometheus: undefined, "edge-metrics": undefined });
  });

  it("leaves the host's control groups alone where that is said", async () => {
    const { volumes } = only(await monitored({ containerMetrics: false }), CONTAINER, "node-metrics").inputs;
    expect(JSON.stringify(volumes)).not.toContain("hostPath");
  });
});
