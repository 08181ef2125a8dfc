import { describe, expect, it } from "vitest";
import { mainPort } from "../../components/kubernetes/workload/ports.ts";
import { parseSettings } from "../../settings/parse.ts";
import type { ClusterSettings } from "../../settings/types.ts";
import { goodSettings, type Raw } from "../support/settings.ts";

function cluster(change: (raw: Raw) => void = () => undefined): ClusterSettings {
  const raw = goodSettings();
  change(raw);
  const result = parseSettings(raw, { stack: "dev" });
  if ("problems" in result || !result.ok.cluster) throw new Error(JSON.stringify(result));
  return result.ok.cluster;
}

describe("a cluster's settings", () => {
  it("are completed: the namespace is the estate's, the gateway's pods run where it is, volumes are of the cluster's kind", () => {
    const { namespace, createNamespace, mesh, gateway, snapshots, workloads } = cluster();
    expect({ namespace, createNamespace, mesh }).toEqual({ namespace: "shop", createNamespace: true, mesh: "none" });
    expect(gateway).toEqual({ name: "public", namespace: "gateways", podsNamespace: "gateways", hosts: [] });
    expect(snapshots).toMatchObject({ driver: "ebs.csi.aws.com", schedule: "0 */6 * * *", keep: 28 });
    expect(workloads.map(({ name }) => name)).toEqual(["business", "slim", "validators"]);
    expect(workloads[2]?.volume).toEqual({ sizeGi: 100, path: "/data", storageClass: "fast" });
  });

  it("leave the number of pods to an autoscaler, and to the nodes of a DaemonSet", () => {
    const replicas = cluster().workloads.map(({ name, ...workload }) => [name, workload.replicas, Object.hasOwn(workload, "replicas")]);
    expect(replicas).toEqual([
      ["business", undefined, false],
      ["slim", undefined, false],
      ["validators", 4, true],
    ]);
  });

  it("name a release after the image where nobody else does", () => {
    expect(cluster().workloads.map(({ release }) => release)).toEqual(["2", "2", "a1a1a1a1a1a1"]);
  });

  it("ask probes at `http`, else at the first name in the alphabet: the engine sorts what the file has in order", () => {
    const asked = cluster().workloads.map(({ probes }) => probes.liveness?.port);
    expect(asked).toEqual(["http", "api", "http"]);
    expect([mainPort({ web: 1, api: 2 }), mainPort({ a: 1, http: 2 }), mainPort({})]).toEqual(["api", "http", undefined]);
  });

  it("name every stand-in among its images", () => {
    const raw = goodSettings();
    const zeros = `ghcr.io/example/x@sha256:${"0".repeat(64)}`;
    raw.cluster.workloads.slim.image = zeros;
    raw.cluster.logs.toolImage = zeros;
    const result = parseSettings(raw, { stack: "dev" });
    expect("ok" in result && result.ok.standIns).toEqual(["sluice:cluster.workloads.slim.image", "sluice:cluster.logs.toolImage"]);
  });

  it("take a service whose name hashes like another one's: in a cluster, addresses are the cluster's", () => {
    const service = { target: "kubernetes", port: 3000, blue: { image: "x:1" } };
    expect(() => cluster((raw) => Object.assign(raw.services, { svc57: service, svc49: structuredClone(service) }))).not.toThrow();
  });

  it("let a service be at the edge and at the gateway on one route, while it moves", () => {
    const service = { target: "kubernetes", route: "/api", port: 3000, blue: { image: "x:1" } };
    expect(() => cluster((raw) => Object.assign(raw.services, { "api-k": service }))).not.toThrow();
  });

  it("are judged all at once", () => {
    const raw = goodSettings();
    raw.cluster.workloads.slim.replicas = 3;
    raw.cluster.workloads.business.replicas = 6;
    raw.cluster.workloads.validators.ports.rpc = 9003;
    raw.cluster.pullSecret = "registry";
    const result = parseSettings(raw, { stack: "dev" });
    expect("problems" in result && result.problems.map(({ path }) => path)).toEqual([
      "sluice:cluster.pullSecret",
      "sluice:cluster.workloads.business.replicas",
      "sluice:cluster.workloads.slim.replicas",
      "sluice:cluster.workloads.validators.ports.rpc",
    ]);
  });
});

describe("the Prometheus that rollouts in a cluster go by", () => {
  it("is Istio's where nothing else is said, and signs in one way", () => {
    expect(cluster().prometheus).toEqual({
      url: "https://prometheus.example.com/prom",
      login: { tokenSecret: "payment-key" },
      scrapeSeconds: 15,
      names: {
        ...{
          requests: "istio_requests_total",
          status: "response_code",
          latency: "istio_request_duration_milliseconds",
          unit: "milliseconds",
        },
        ...{ workload: "destination_workload", namespace: "destination_workload_namespace", where: { reporter: "destination" } },
      },
    });
  });

  it("may be this machine's, by http, and stands in for the host's monitoring where nothing runs on a host", () => {
    const raw = {
      rollout: {},
      cluster: { gateway: { name: "public", namespace: "gateways" }, prometheus: { url: "http://127.0.0.1:9090/" } },
      services: { api: { target: "kubernetes", route: "/", port: 3000, blue: { image: "ghcr.io/example/api:1" } } },
    };
    const result = parseSettings(raw, { stack: "dev" });
    expect(result).toMatchObject({ ok: { cluster: { prometheus: { url: "http://127.0.0.1:9090" } }, rollout: { windowSeconds: 60 } } });
    // The nodes ask their own pods: no question of the driver's is needed.
    expect(result).toMatchObject({ ok: { services: [{ name: "api", rollout: { smoke: [] } }] } });
  });
});
