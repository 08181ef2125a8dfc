import { beforeAll, describe, expect, it } from "vitest";
import type { DatastoreArgs, EdgeArgs, Host, RoutingArgs } from "../../components/index.ts";
import { census, only, type Registered, record } from "../support/record.ts";

const CONTAINER = "docker:index/container:Container";
const COMMAND = "command:local:Command";
const VOLUME = "docker:index/volume:Volume";

/** Build something on a host, and give what it registered, without the host's own part. */
async function onHost(build: (components: typeof import("../../components/index.ts"), host: Host) => void): Promise<Registered[]> {
  const components = await import("../../components/index.ts");
  const seen = await record(() =>
    build(components, new components.Host("host", { estate: "shop", docker: "ssh://deploy@vps", subnet: "10.9.0.0/16" })),
  );
  return seen.filter(({ name }) => !name.startsWith("host"));
}

describe("a host", () => {
  it("is a provider for its engine and one network with the settings' subnet", async () => {
    const { Host } = await import("../../components/index.ts");
    const seen = await record(() => {
      new Host("host", { estate: "shop", docker: "ssh://deploy@vps", subnet: "10.9.0.0/16" });
    });
    expect(census(seen)).toEqual([
      "docker:index/network:Network host-network",
      "pulumi:providers:docker host-engine",
      "sluice:host:Host host",
    ]);
    expect(only(seen, "pulumi:providers:docker", "host-engine").inputs).toEqual({ host: "ssh://deploy@vps" });
    expect(only(seen, "docker:index/network:Network", "host-network").inputs).toEqual({
      name: "shop",
      driver: "bridge",
      ipamConfigs: [{ subnet: "10.9.0.0/16", gateway: "10.9.0.1" }],
      labels: [
        { label: "dev.sluice.estate", value: "shop" },
        { label: "dev.sluice.role", value: "network" },
      ],
    });
  });
});

describe("an edge", () => {
  const args = { image: "sha256:edge", bind: "127.0.0.1", public: false, port: 8080, memoryMb: 64, cpus: 1, drainSeconds: 30 };
  const edge = (change: Partial<Omit<EdgeArgs, "host">> = {}) => onHost(({ Edge }, host) => new Edge("edge", { host, ...args, ...change }));

  it("is one container with three volumes that outlive it, and a wait", async () => {
    expect(census(await edge())).toEqual([
      `${COMMAND} edge-ready`,
      `${CONTAINER} edge`,
      `${VOLUME} edge-config`,
      `${VOLUME} edge-control`,
      `${VOLUME} edge-metrics`,
      "sluice:edge:Edge edge",
    ]);
  });

  it("is the one that has ports on the host, where the settings say", async () => {
    expect(only(await edge(), CONTAINER, "edge").inputs).toMatchObject({
      ports: [{ ip: "127.0.0.1", external: 8080, internal: 8080, protocol: "tcp" }],
      networksAdvanced: [{ name: "shop", ipv4Address: "10.9.0.2" }],
      volumes: [
        { volumeName: "shop-edge-control", containerPath: "/control", readOnly: false },
        { volumeName: "shop-edge-config", containerPath: "/config", readOnly: false },
        { volumeName: "shop-edge-metrics", containerPath: "/metrics", readOnly: false },
      ],
      readOnly: true,
      capabilities: { drops: ["ALL"] },
    });
  });

  it("has a second port when it has certificates", async () => {
    const { ports } = only(await edge({ tlsPort: 8443 }), CONTAINER, "edge").inputs;
    expect(ports).toEqual([
      { ip: "127.0.0.1", external: 8080, internal: 8080, protocol: "tcp" },
      { ip: "127.0.0.1", external: 8443, internal: 8443, protocol: "tcp" },
    ]);
  });
});

describe("routing", () => {
  const behaviour: RoutingArgs["behaviour"] = {
    headerOverride: true,
    bodyLimitMb: 10,
    breaker: { failures: 1, ejectSeconds: 2, slowStartRequests: 100, statuses: [] },
    connectTimeoutSeconds: 1,
    responseTimeoutSeconds: 30,
    clientTimeoutSeconds: 30,
    drainSeconds: 30,
    trustedProxies: [],
    workers: 1,
  };
  const routing = (change: Partial<RoutingArgs> = {}) =>
    onHost(({ Routing }, host) => new Routing("routing", { host, edgeContainer: "shop-edge", routes: [], behaviour, ...change }));

  it("sends one configuration through nginx's own check before it is read", async () => {
    const command = only(await routing(), COMMAND, "routing-nginx").inputs;
    expect(command.create).toBe(
      "docker exec -i shop-edge put-files '/config/nginx' 'nginx -t -q -c $NEXT/nginx.conf' 'reload-edge if-changed'",
    );
    expect(command.update).toBe(command.create);
    expect(command.stdin).toMatch(/^sha256: [0-9a-f]{64}\n-- nginx.conf --\n# generation [0-9a-f]{16}\n/);
  });

  it("keeps a private key out of every input but a secret stdin", async () => {
    const seen = await routing({ behaviour: { ...behaviour, tlsPort: 8443 }, tls: { certificate: "CERT", key: "planted-key" } });
    const { stdin, ...rest } = only(seen, COMMAND, "routing-certificates").inputs;
    expect(stdin).toEqual({ secret: expect.stringContaining("-- tls.key --\nplanted-key\n") });
    expect(rest).toMatchObject({ logging: "none" });
    expect(JSON.stringify([rest, ...seen.filter(({ name }) => name !== "routing-certificates")])).not.toContain("planted-key");
  });
});

describe("a data store", () => {
  const store = (change: Partial<Omit<DatastoreArgs, "host">> = {}) =>
    onHost(({ Datastore, postgres }, host) => {
      const spec = postgres({ database: "orders", user: "app", maxConnections: 50, diskReserveMb: 64 });
      new Datastore("postgres", {
        host,
        spec,
        image: "sha256:pg",
        toolImage: "sha256:edge",
        protectData: true,
        memoryMb: 256,
        cpus: 1,
        drainSeconds: 30,
        ...change,
      });
    });

  describe("without a password in the settings", () => {
    let seen: Registered[];
    beforeAll(async () => {
      seen = await store();
    });

    it("makes one itself, unlogged, besides its container, volumes and wait", () => {
      expect(census(seen)).toEqual([
        `${COMMAND} postgres-password`,
        `${COMMAND} postgres-ready`,
        `${COMMAND} postgres-secrets-postgres-password`,
        `${CONTAINER} postgres`,
        `${VOLUME} postgres-data`,
        `${VOLUME} postgres-secrets-volume`,
        "sluice:datastore:Datastore postgres",
        "sluice:host:SecretFiles postgres-secrets",
      ]);
      expect(only(seen, COMMAND, "postgres-password").inputs).toMatchObject({ logging: "none" });
    });

    it("has no port on the host, and its data outside the container", () => {
      expect(only(seen, CONTAINER, "postgres").inputs).toMatchObject({
        ports: [],
        healthcheck: {
          tests: ["CMD", "sh", "-c", expect.stringContaining("kill -KILL -1"), "keep-healthy", "120", "0", "0", "healthy"],
        },
        networksAdvanced: [{ name: "shop", ipv4Address: "10.9.0.3" }],
        volumes: [
          { volumeName: "shop-postgres-secrets", containerPath: "/run/secrets", readOnly: true },
          { volumeName: "shop-postgres-data", containerPath: "/var/lib/postgresql/data", readOnly: false },
        ],
      });
    });
  });

  it("takes the settings' password, and shows it nowhere but in a file", async () => {
    const seen = await store({ password: "planted-password" });
    const { stdin, ...write } = only(seen, COMMAND, "postgres-secrets-postgres-password").inputs;
    expect(stdin).toEqual({ secret: "planted-password" });
    expect(JSON.stringify([write, ...seen.filter(({ name }) => name !== "postgres-secrets-postgres-password")])).not.toContain(
      "planted-password",
    );
    expect(seen.filter(({ name }) => name === "postgres-password")).toEqual([]);
  });
});
