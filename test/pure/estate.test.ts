import { describe, expect, it } from "vitest";
import { freeSubnet, overlap, renderConflicts } from "../../estate/conflicts.ts";
import type { ContainerFacts } from "../../estate/docker.ts";
import { strays } from "../../estate/mend-shares.ts";
import { hasPendingOperations, orphansOf, wasMaking, withoutPendingOperations } from "../../estate/orphans.ts";
import { renderStatus } from "../../estate/report.ts";
import { describe as describeEstate, parseEdgeState, type ServiceStatus } from "../../estate/status.ts";
import { parseSettings } from "../../settings/parse.ts";
import type { ServiceSettings } from "../../settings/types.ts";

const container = (name: string, labels: Record<string, string>, change: Partial<ContainerFacts> = {}): ContainerFacts => ({
  Id: `id-${name}`,
  Name: `/${name}`,
  Image: `sha256:${name}`,
  RestartCount: 0,
  State: { Status: "running", StartedAt: "2026-01-01T00:00:00Z", ExitCode: 0, Health: { Status: "healthy" } },
  Config: { Image: "x", Labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [`dev.sluice.${key}`, value])) },
  NetworkSettings: {},
  ...change,
});
const slot = (name: string, colour: string, release: string, status = "healthy") =>
  container(
    name,
    { role: "service", service: "api", slot: colour, release },
    { State: { Status: "running", StartedAt: "2026-01-01T00:00:00Z", ExitCode: 0, Health: { Status: status } } },
  );

describe("the status of an estate", () => {
  const edge = container(
    "edge",
    { role: "edge" },
    { NetworkSettings: { Ports: { "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: "8080" }], "8443/tcp": null } } },
  );

  it("is what Docker and the edge say, the weight counted from the active slot", () => {
    const state = parseEdgeState("api green 90 false\n", "# route api /api\n");
    expect(describeEstate([edge, slot("b", "blue", "v1"), slot("g", "green", "v2")], state)).toEqual({
      edge: { url: "http://127.0.0.1:8080", health: "healthy" },
      stores: [],
      services: [
        {
          name: "api",
          route: "/api",
          active: "green",
          canaryWeight: 10,
          frozen: false,
          decision: null,
          slots: [
            {
              name: "blue",
              release: "v1",
              image: "sha256:b",
              health: "healthy",
              containers: [{ id: "id-b", startedAt: "2026-01-01T00:00:00Z" }],
            },
            {
              name: "green",
              release: "v2",
              image: "sha256:g",
              health: "healthy",
              containers: [{ id: "id-g", startedAt: "2026-01-01T00:00:00Z" }],
            },
          ],
        },
      ],
      monitoring: { prometheus: null, alertmanager: null, grafana: null },
      statusPage: null,
      monitoringHealth: null,
      guard: null,
    });
  });

  it("says where monitoring is read, from the edge's own port, and how the worst part of it is", () => {
    const ports = { Ports: { "8080/tcp": [], "8082/tcp": [{ HostIp: "127.0.0.1", HostPort: "8090" }] } };
    const watching = container("edge", { role: "edge" }, { NetworkSettings: ports });
    const part = (name: string, role: string, health: string) =>
      container(name, { role }, { State: { Status: "running", StartedAt: "", ExitCode: 0, Health: { Status: health } } });
    const status = describeEstate(
      [watching, part("prometheus", "prometheus", "healthy"), part("probes", "exporter", "starting")],
      parseEdgeState("", ""),
    );
    expect(status.monitoring).toEqual({ prometheus: "http://127.0.0.1:8090/prometheus", alertmanager: null, grafana: null });
    expect([status.statusPage, status.monitoringHealth]).toEqual(["http://127.0.0.1:8090", "starting"]);
  });

  it("gives a slot the health of its worst container", () => {
    const { services } = describeEstate([slot("b1", "blue", "v1"), slot("b2", "blue", "v1", "starting")], parseEdgeState("", ""));
    expect(services[0]?.slots[0]?.health).toBe("starting");
  });

  it("says null, and not zero, where the edge does not answer", () => {
    const { services, edge: seen } = describeEstate([slot("b", "blue", "v1")], parseEdgeState("", ""));
    expect(services[0]).toMatchObject({ route: null, active: null, canaryWeight: null });
    expect(seen).toEqual({ url: null, health: "missing" });
  });

  it("shows a frozen service, and the decision that has to be acknowledged", () => {
    const { services } = describeEstate([edge, slot("b", "blue", "v1")], parseEdgeState("api blue 0 true guard-api-1", "# route api /api"));
    expect(services[0]).toMatchObject({ frozen: true, decision: "guard-api-1" });
    expect(parseEdgeState("api blue 0 true", "").shares.get("api")).toMatchObject({ frozen: true, decision: null });
    const text = renderStatus("shop", { ...describeEstate([edge], parseEdgeState("", "")), services });
    expect(text).toContain("api is frozen by a rollback; when you know why: npm run rollout -- acknowledge guard-api-1");
  });

  it("says whether somebody watches canaries", () => {
    const guard = (health: string) => renderStatus("shop", { ...describeEstate([edge], parseEdgeState("", "")), guard: health });
    expect(guard("healthy")).toContain("guard (healthy)\n");
    expect(guard("unhealthy")).toContain("guard (unhealthy): canaries are not watched, and no rollout goes on");
    expect(renderStatus("shop", describeEstate([edge], parseEdgeState("", "")))).not.toContain("guard");
  });
});

describe("shares that somebody moved by hand", () => {
  const settings = goodServices();
  const running = (change: Partial<ServiceStatus>): ServiceStatus[] => [
    { name: "api", route: "/api", active: "green", canaryWeight: 10, frozen: false, decision: null, slots: [], ...change },
  ];

  it("are found, and given as the edge's tool reads them", () => {
    expect(strays(settings, running({ active: "blue", canaryWeight: 0 }))).toEqual([
      { service: "api", is: "blue active, 0 % to the other", wanted: "green 90" },
    ]);
  });

  it("are none when the edge does what the settings say, or a rollback has frozen the service", () => {
    expect(strays(settings, running({}))).toEqual([]);
    expect(strays(settings, running({ canaryWeight: 0, frozen: true }))).toEqual([]);
  });
});

describe("orphans of a dead run", () => {
  const checkpoint = {
    deployment: {
      resources: [
        { type: "docker:index/container:Container", id: "known" },
        { type: "docker:index/network:Network", id: "net" },
        { type: "command:local:Command", id: "stray" },
      ],
      pending_operations: [{ type: "creating", resource: { type: "docker:index/network:Network", inputs: { name: "sluice-dev" } } }],
    },
  };

  it("are containers and networks that no state knows, and never a volume", () => {
    expect(
      orphansOf(checkpoint, [
        { kind: "container", id: "known" },
        { kind: "container", id: "stray" },
        { kind: "network", id: "net" },
        { kind: "network", id: "other" },
        { kind: "volume", id: "data" },
      ]),
    ).toEqual([
      { kind: "container", id: "stray" },
      { kind: "network", id: "other" },
    ]);
  });

  it("are everything when there is no state at all", () => {
    expect(orphansOf({}, [{ kind: "container", id: "known" }])).toHaveLength(1);
  });

  it("are this checkout's own where its run died while it made the network", () => {
    const network = "docker:index/network:Network";
    expect(wasMaking(checkpoint, network, "sluice-dev")).toBe(true);
    expect(wasMaking(checkpoint, network, "another")).toBe(false);
    expect(wasMaking(checkpoint, "docker:index/container:Container", "sluice-dev")).toBe(false);
    const [operation] = checkpoint.deployment.pending_operations;
    const deleting = { deployment: { pending_operations: [{ type: "deleting", resource: { type: network, ...operation?.resource } }] } };
    expect(wasMaking(deleting, network, "sluice-dev")).toBe(false);
    expect(wasMaking({}, network, "sluice-dev")).toBe(false);
  });

  it("leave no unfinished operation behind, and every resource", () => {
    expect(hasPendingOperations(checkpoint)).toBe(true);
    const mended = withoutPendingOperations(checkpoint);
    expect(hasPendingOperations(mended)).toBe(false);
    expect(mended.deployment.resources).toHaveLength(3);
  });
});

describe("conflicts", () => {
  it.each([
    ["10.213.0.0/16", "10.213.4.0/24", true],
    ["10.213.0.0/16", "10.214.0.0/16", false],
    ["172.17.0.0/16", "172.16.0.0/12", true],
  ])("%s and %s overlap: %s", (one, other, expected) => {
    expect(overlap(one, other)).toBe(expected);
    expect(overlap(other, one)).toBe(expected);
  });

  it("come with a network that nothing uses: the next one after the default, and on past the end", () => {
    expect(freeSubnet(["10.213.0.0/16", "10.214.7.0/24", "172.17.0.0/16"])).toBe("10.215.0.0/16");
    expect(freeSubnet(["10.128.0.0/9"])).toBe("10.1.0.0/16");
    expect(freeSubnet(["10.0.0.0/8"])).toBe("192.168.0.0/16");
  });

  it("are all shown, each with who holds it and what to type", () => {
    const text = renderConflicts([
      { what: "port 8080 on 127.0.0.1", holder: "the container 'x'", fix: "choose another" },
      { what: "the name 'sluice-dev'", holder: "the checkout /a", fix: "end it" },
    ]);
    expect(text).toContain("1. port 8080 on 127.0.0.1 is taken by the container 'x'\n     fix: choose another");
    expect(text).toContain("2. the name 'sluice-dev' is taken by the checkout /a");
  });
});

/** One routed service, green active with 10 % to blue; and one without a route. */
function goodServices(): readonly ServiceSettings[] {
  const slot = { build: "images/api" };
  const services = {
    api: { route: "/api", port: 3000, active: "green", canaryWeight: 10, blue: slot, green: slot },
    inner: { port: 3000, blue: slot },
  };
  const parsed = parseSettings({ services }, { stack: "dev", secretKeys: [] });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.ok.services;
}
