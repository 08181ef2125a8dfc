import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { census, only, type Registered, record } from "../support/record.ts";
import { HOST_KEY, type Raw } from "../support/settings.ts";

const CONTAINER = "docker:index/container:Container";
const COMMAND = "command:local:Command";
const MAIN = "ssh://deploy@main.example.com";
const EAST = "ssh://deploy@east.example.com";

/** Everything that the program registers for a small estate with everything in it. */
async function declared(change: (raw: Raw) => void = () => undefined): Promise<Registered[]> {
  const { parseSettings } = await import("../../settings/parse.ts");
  const { declareHost } = await import("../../program/host.ts");
  const raw: Raw = {
    ...{ name: "shop", postgres: {}, monitoring: {}, rollout: {}, maintenance: { scheduler: "none" } },
    host: { docker: MAIN, hostKeys: [HOST_KEY], subnet: "10.213.0.0/16" },
    services: {
      web: { route: "/", port: 3000, block: 20, blue: { build: "images/web" } },
      api: { route: "/api", port: 3000, block: 21, uses: ["postgres"], blue: { build: "images/api" }, green: { build: "images/api" } },
    },
  };
  change(raw);
  const parsed = parseSettings(raw, { stack: "dev" });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const secrets = Object.fromEntries(Object.entries(parsed.ok.secrets).map(([name, value]) => [name, pulumi.secret(value)]));
  return record(() => void declareHost({ ...parsed.ok, secrets } as Parameters<typeof declareHost>[0]));
}

const second = (raw: Raw): void => {
  raw.hosts = { east: { docker: EAST, hostKeys: [HOST_KEY], subnet: "10.214.0.0/16" } };
};
const addressOf = (seen: readonly Registered[], name: string) =>
  (only(seen, CONTAINER, name).inputs.networksAdvanced as { ipv4Address: string }[])[0]?.ipv4Address;
const engineOf = (seen: readonly Registered[], name: string) => only(seen, CONTAINER, name).provider;
const environment = ({ inputs }: Registered) => inputs.environment as Record<string, string>;

describe("a second host", () => {
  it("adds what is its own, and renames and moves nothing", async () => {
    const [one, two] = [await declared(), await declared(second)];
    const before = new Set(census(one));
    expect(census(one).filter((name) => !census(two).includes(name))).toEqual([]);
    expect(census(two).filter((name) => !before.has(name))).toEqual([
      ...["container-names", "exporters-ready"].map((name) => `${COMMAND} east-${name}`),
      `${CONTAINER} east-node-metrics`,
      "docker:index/network:Network host-east-network",
      "docker:index/remoteImage:RemoteImage image-at-east-images-base",
      "docker:index/remoteImage:RemoteImage image-at-east-images-exporters",
      "docker:index/volume:Volume east-node-text",
      "pulumi:providers:docker host-east-engine",
      "sluice:host:Host host-east",
      "sluice:host:Images images-east",
    ]);
    const changed = one.filter(({ type, name, inputs }) => JSON.stringify(only(two, type, name).inputs) !== JSON.stringify(inputs));
    // Only Prometheus learns of it.
    expect(changed.map(({ name }) => name)).toEqual(["prometheus-files"]);
  });

  it("carries a service with its images, its secrets and its addresses, and the edge elsewhere is told of its release", async () => {
    const seen = await declared((raw) => {
      second(raw);
      raw.services.api.host = "east";
    });
    for (const name of ["api-blue-1", "api-green-1"]) expect(engineOf(seen, name)).toBe("host-east-engine");
    expect([addressOf(seen, "api-blue-1"), addressOf(seen, "web-blue-1")]).toEqual(["10.214.1.80", "10.213.1.64"]);
    expect(only(seen, CONTAINER, "api-blue-1").inputs.image).toBe("sha256:image-at-east-images-api");
    expect(environment(only(seen, COMMAND, "api-secrets-postgres-password")).DOCKER_HOST).toBe(EAST);
    const ready = only(seen, COMMAND, "api-blue-ready");
    expect(environment(ready).DOCKER_HOST).toBe(EAST);
    expect(ready.inputs.create).toMatch(new RegExp(`^DOCKER_HOST='${MAIN}' docker exec -i .* set-release api blue`));
    // The weight is the edge's, which is not where the service is.
    expect(environment(only(seen, COMMAND, "api-share")).DOCKER_HOST).toBe(MAIN);
    expect(only(seen, COMMAND, "web-blue-ready").inputs.create).toMatch(/^docker exec -i /);
    expect(only(seen, COMMAND, "routing-nginx").inputs.stdin).toContain("10.214.1.80:3000");
    // Its database is where it was.
    expect(only(seen, CONTAINER, "api-blue-1").inputs.envs).toContain("POSTGRES_HOST=10.213.0.3");
    // Whose containers they are is told to the exporter that sees them.
    const names = (command: string) => only(seen, COMMAND, command).inputs.stdin as string;
    expect(names("east-container-names")).toMatch(/name="api-blue-1"/);
    expect(names("container-names")).not.toMatch(/name="api-blue-1"/);
  });

  it("carries the edge, with all that reads its log", async () => {
    const seen = await declared((raw) => {
      second(raw);
      raw.edge = { host: "east" };
    });
    for (const name of ["edge", "edge-metrics", "guard"]) {
      expect(engineOf(seen, name), name).toBe("host-east-engine");
      expect(addressOf(seen, name), name).toMatch(/^10\.214\./);
    }
    for (const name of ["prometheus", "postgres", "node-metrics", "web-blue-1"]) expect(engineOf(seen, name), name).toBe("host-engine");
    const control = (name: string) => JSON.stringify(only(seen, CONTAINER, name).inputs.volumes).includes("shop-edge-control");
    expect([control("node-metrics"), control("east-node-metrics")]).toEqual([false, true]);
    const config = only(seen, COMMAND, "prometheus-files").inputs.stdin as string;
    expect(config).toContain("10.214.0.7:3903");
    expect(config).toContain("http://10.214.0.2:8080/health");
    expect(only(seen, COMMAND, "web-blue-ready").inputs.create).toContain(`DOCKER_HOST='${EAST}' docker exec -i`);
  });

  it("carries monitoring; what measures a store stays beside it", async () => {
    const seen = await declared((raw) => {
      second(raw);
      raw.monitoring.host = "east";
    });
    for (const name of ["prometheus", "alertmanager", "probes"]) expect(engineOf(seen, name), name).toBe("host-east-engine");
    for (const name of ["postgres-metrics", "edge-metrics", "node-metrics"]) expect(engineOf(seen, name), name).toBe("host-engine");
    expect(only(seen, CONTAINER, "postgres-metrics").inputs.image).toBe("sha256:image-images-exporters");
    expect(only(seen, CONTAINER, "probes").inputs.image).toBe("sha256:image-at-east-images-exporters");
    expect(only(seen, COMMAND, "routing-nginx").inputs.stdin).toContain("http://10.214.0.5:9090/");
    const [guard = ""] = (only(seen, CONTAINER, "guard").inputs.envs as string[]).filter((env) => env.startsWith("SLUICE_GUARD="));
    expect(guard).toContain("http://10.214.0.6:9093");
  });
});
