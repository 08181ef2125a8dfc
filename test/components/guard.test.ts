import { describe, expect, it } from "vitest";
import { census, only, type Registered, record } from "../support/record.ts";

const CONTAINER = "docker:index/container:Container";

/** A guard and the edge that it watches; the edge's own resources are left out. */
async function guarded(): Promise<Registered[]> {
  const { Edge, Guard, Host } = await import("../../components/index.ts");
  const limits = { memoryMb: 128, cpus: 0.25, drainSeconds: 5 };
  const makeEdge = () => {
    const host = new Host("host", { estate: "shop", docker: "unix:///s", subnet: "10.9.0.0/16" });
    return { host, edge: new Edge("edge", { host, image: "sha256:edge", bind: "127.0.0.1", public: false, port: 8080, ...limits }) };
  };
  const known = new Set(census(await record(() => void makeEdge())));
  const seen = await record(() => {
    const services = [{ name: "api", slowSeconds: 2, probes: ["/version"], slots: { blue: ["10.9.0.80:3000"], green: [] } }];
    const config = { estate: "shop", alertmanager: "http://10.9.0.6:9093", alpha: 0.0001, beta: 0.01, floor: 0.005, services };
    new Guard("guard", { ...makeEdge(), image: "sha256:guard", config, ...limits });
  });
  return seen.filter(({ type, name }) => !known.has(`${type} ${name}`));
}

describe("the guard", () => {
  it("is one container and one volume: every resource costs time at every up", async () => {
    expect(census(await guarded())).toEqual([`${CONTAINER} guard`, "docker:index/volume:Volume guard-state", "sluice:guard:Guard guard"]);
  });

  it("writes the edge's control volume and its own state, reads the edge's log, and has nothing else: no socket, no port, no secret", async () => {
    const { inputs } = only(await guarded(), CONTAINER, "guard");
    expect(inputs.volumes).toEqual([
      { volumeName: "shop-edge-control", containerPath: "/control", readOnly: false },
      { volumeName: "shop-edge-metrics", containerPath: "/metrics", readOnly: true },
      { volumeName: "shop-guard-state", containerPath: "/state", readOnly: false },
    ]);
    expect(inputs).toMatchObject({ ports: [], privileged: false, readOnly: true, capabilities: { drops: ["ALL"] } });
    expect(inputs.networksAdvanced).toEqual([expect.objectContaining({ ipv4Address: "10.9.0.12" })]);
    expect(inputs.labels).toContainEqual({ label: "dev.sluice.role", value: "guard" });
    const env = (inputs.envs as string[]).find((one) => one.startsWith("SLUICE_GUARD="));
    expect(JSON.parse((env ?? "").replace("SLUICE_GUARD=", ""))).toMatchObject({ alpha: 0.0001, services: [{ name: "api" }] });
  });
});
