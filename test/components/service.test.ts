import { beforeAll, describe, expect, it } from "vitest";
import type { ServiceArgs } from "../../components/index.ts";
import { census, only, type Registered, record } from "../support/record.ts";

const CONTAINER = "docker:index/container:Container";
const COMMAND = "command:local:Command";
const RECORD = { hash: "0123456789abcdef", source: "s", revision: "r", created: "c", version: "v" };

async function service(change: Partial<Omit<ServiceArgs, "host" | "images">> = {}): Promise<Registered[]> {
  const { Host, Images, Service } = await import("../../components/index.ts");
  return record(() => {
    const host = new Host("host", { estate: "shop", docker: "unix:///d.sock", subnet: "10.9.0.0/16" });
    const images = new Images("images", { host, record: () => RECORD, baseContext: "images/base" });
    new Service("api", {
      host,
      images,
      toolImage: "sha256:tool",
      edgeContainer: "shop-edge",
      route: "/api",
      stripRoute: true,
      port: 3000,
      health: "/health",
      healthIntervalSeconds: 2,
      healthTimeoutSeconds: 3,
      healthRetries: 4,
      restartAfterSeconds: 45,
      readyTimeoutSeconds: 60,
      drainSeconds: 12,
      memoryMb: 128,
      cpus: 0.25,
      block: 5,
      active: "green",
      canaryWeight: 10,
      uses: [],
      secrets: {},
      slots: {
        blue: { source: { kind: "build", context: "images/api" }, release: "v1", replicas: 2, env: { COLOUR: "b" } },
        green: { source: { kind: "registry", reference: `ghcr.io/x/api@sha256:${"a".repeat(64)}` }, replicas: 1, env: {} },
      },
      ...change,
    });
  });
}

describe("a service with two slots", () => {
  let seen: Registered[];
  beforeAll(async () => {
    seen = await service();
  });

  it("makes each slot's containers, one wait per slot and one share", () => {
    expect(census(seen).filter((line) => !/host|images/i.test(line))).toEqual([
      "command:local:Command api-blue-ready",
      "command:local:Command api-green-ready",
      "command:local:Command api-share",
      "docker:index/container:Container api-blue-1",
      "docker:index/container:Container api-blue-2",
      "docker:index/container:Container api-green-1",
      "docker:index/remoteImage:RemoteImage image-ghcr-io-x-api-aaaaaaaaaaaa",
      "sluice:edge:TrafficShare api-share",
      "sluice:service:Service api",
      "sluice:service:Slot api-blue",
      "sluice:service:Slot api-green",
    ]);
  });

  it("hardens and limits a container, names and labels it, and gives it no port on the host", () => {
    expect(only(seen, CONTAINER, "api-blue-2").inputs).toEqual({
      name: "shop-api-blue-2",
      image: "sha256:image-images-api",
      labels: [
        { label: "dev.sluice.estate", value: "shop" },
        { label: "dev.sluice.role", value: "service" },
        { label: "dev.sluice.service", value: "api" },
        { label: "dev.sluice.slot", value: "blue" },
        { label: "dev.sluice.release", value: "v1" },
      ],
      envs: [
        "COLOUR=b",
        "PORT=3000",
        "SLUICE_DRAIN_SECONDS=12",
        "SLUICE_RELEASE=v1",
        "SLUICE_SERVICE=api",
        "SLUICE_SLOT=blue",
        "TINI_SUBREAPER=1",
      ],
      networksAdvanced: [{ name: "shop", ipv4Address: "10.9.0.81" }],
      ports: [],
      volumes: [],
      healthcheck: {
        tests: [
          // Ended after 45 s without an answer, 450 before the first good one, and after 450 of errors.
          ...["CMD", "sh", "-c", expect.stringContaining("kill -KILL -1"), "keep-healthy", "45", "450", "450"],
          ...["curl", "-fsS", "-o", "/dev/null", "--max-time", "3", "http://127.0.0.1:3000/health"],
        ],
        interval: "2s",
        timeout: "3s",
        startPeriod: "0s",
        retries: 4,
      },
      init: true,
      restart: "unless-stopped",
      mustRun: true,
      wait: false,
      destroyGraceSeconds: 12,
      stopTimeout: 12,
      memory: 128,
      memorySwap: 128,
      cpus: "0.25",
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      privileged: false,
      readOnly: true,
      tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=64m,mode=1777" },
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
    });
  });

  it("names a release after the image's digest where the team gave none", () => {
    expect(only(seen, CONTAINER, "api-green-1").inputs.envs).toContain("SLUICE_RELEASE=aaaaaaaaaaaa");
    expect(only(seen, COMMAND, "api-green-ready").inputs.stdin).toBe("aaaaaaaaaaaa");
  });

  it("sends the share on stdin and never as a trigger", () => {
    const share = only(seen, COMMAND, "api-share").inputs;
    expect(share.stdin).toBe("green 90");
    expect(share.create).toBe("docker exec -i shop-edge set-share api");
    expect(share.update).toBe(share.create);
    expect(share).not.toHaveProperty("triggers");
    expect(share.environment).toEqual({ DOCKER_HOST: "unix:///d.sock" });
  });

  it("waits for exactly the slot's own containers", () => {
    const { environment } = only(seen, COMMAND, "api-blue-ready").inputs;
    expect(environment).toEqual({
      DOCKER_HOST: "unix:///d.sock",
      CONTAINERS: `${CONTAINER}::api-blue-1 ${CONTAINER}::api-blue-2`,
      TIMEOUT: "60",
    });
  });
});

describe("a service's variations", () => {
  it("has no share without a route", async () => {
    expect(census(await service({ route: undefined })).filter((line) => line.includes("Share") || line.includes("share"))).toEqual([]);
  });

  it("keeps a secret out of every container's environment and mounts it as a file", async () => {
    const seen = await service({ secrets: { stripe: "planted-secret" } });
    const containers = seen.filter(({ type }) => type === CONTAINER);
    expect(JSON.stringify(containers)).not.toContain("planted-secret");
    expect(containers).toHaveLength(3);
    for (const { inputs } of containers) {
      expect(inputs.volumes).toEqual([{ volumeName: "shop-api-secrets", containerPath: "/run/secrets", readOnly: true }]);
    }
    const write = only(seen, COMMAND, "api-secrets-stripe").inputs;
    expect(JSON.stringify({ ...write, stdin: "" })).not.toContain("planted-secret");
    expect(write.logging).toBe("none");
  });

  it("puts a release's files into a volume named by their content", async () => {
    const slots = (text: string) => ({
      blue: { source: { kind: "build" as const, context: "images/api" }, replicas: 1, env: {}, files: { "app.json": text } },
    });
    const volume = (seen: Registered[]) => only(seen, "docker:index/volume:Volume", "api-blue-config-volume").inputs.name;
    const [one, again, other] = [
      await service({ slots: slots("1") }),
      await service({ slots: slots("1") }),
      await service({ slots: slots("2") }),
    ];
    expect(volume(one)).toBe(volume(again));
    expect(volume(one)).not.toBe(volume(other));
    expect(only(one, CONTAINER, "api-blue-1").inputs.envs).toContain("SLUICE_CONFIG_DIR=/run/config/current");
  });
});
