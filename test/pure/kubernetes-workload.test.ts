import { describe, expect, it } from "vitest";
import { horizontalAutoscaler } from "../../components/kubernetes/autoscaling/horizontal.ts";
import { verticalAutoscaler, verticalMode } from "../../components/kubernetes/autoscaling/vertical.ts";
import { labelValue, podLabels, selectorOf } from "../../components/kubernetes/labels.ts";
import { configMapName, fileKey, secretName } from "../../components/kubernetes/workload/content.ts";
import { disruptionBudget, hasBudget } from "../../components/kubernetes/workload/disruption.ts";
import { daemonSet, deployment, statefulSet } from "../../components/kubernetes/workload/objects.ts";
import { podEnvironment, podTemplate } from "../../components/kubernetes/workload/pod.ts";
import { cpuQuantity, memoryQuantity } from "../../components/kubernetes/workload/quantities.ts";
import type { WorkloadSpec } from "../../components/kubernetes/workload/spec.ts";
import { slotEnvironment } from "../../components/service/environment.ts";
import { HOME, specOf } from "../support/planned.ts";

// Typed as inputs of resources, in which everything may be an Output; here everything is plain.
// biome-ignore lint/suspicious/noExplicitAny: see above.
type Plain = any;
const objectOf = (spec: WorkloadSpec): Plain =>
  ({ Deployment: deployment, StatefulSet: statefulSet, DaemonSet: daemonSet })[spec.kind](spec, HOME);
const podOf = (name: string): Plain => objectOf(specOf(name)).spec.template.spec;
const containerOf = (name: string): Plain => podOf(name).containers[0];

describe("the mission's workloads", () => {
  it("validators: a StatefulSet of 4, with ports 9003 and 9004, 2-4 CPU, 4-8 Gi", () => {
    const { spec } = objectOf(specOf("validators"));
    expect(specOf("validators").kind).toBe("StatefulSet");
    expect([spec.replicas, spec.serviceName, spec.podManagementPolicy]).toEqual([4, "validators", "Parallel"]);
    expect(spec.updateStrategy).toEqual({ type: "RollingUpdate", rollingUpdate: { partition: 0 } });
    const { ports, resources } = containerOf("validators");
    expect(ports).toEqual([
      { name: "grpc", containerPort: 9004, protocol: "TCP" },
      { name: "http", containerPort: 9003, protocol: "TCP" },
    ]);
    expect(resources).toEqual({ requests: { cpu: "2", memory: "4Gi" }, limits: { cpu: "4", memory: "8Gi" } });
  });

  it("validators: a disk of 100 Gi each, which stays when a pod or the StatefulSet goes", () => {
    const { spec } = objectOf(specOf("validators"));
    expect(spec.volumeClaimTemplates).toHaveLength(1);
    const [claim] = spec.volumeClaimTemplates;
    expect(claim.spec).toEqual({
      accessModes: ["ReadWriteOnce"],
      volumeMode: "Filesystem",
      storageClassName: "fast",
      resources: { requests: { storage: "100Gi" } },
    });
    expect(spec.persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: "Retain", whenScaled: "Retain" });
    expect(containerOf("validators").volumeMounts).toContainEqual({ name: "data", mountPath: "/data" });
    // The template of a claim cannot change: a release in its labels would replace the StatefulSet.
    expect(JSON.stringify(claim)).not.toContain("version");
  });

  it("business: a Deployment of 1-2 CPU and 2-4 Gi, whose number of pods is the autoscaler's", () => {
    const { spec } = objectOf(specOf("business"));
    expect(spec).not.toHaveProperty("replicas");
    expect(spec.strategy).toEqual({ type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } });
    expect(containerOf("business").resources).toEqual({ requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "2", memory: "4Gi" } });
  });

  it("business: liveness /q/health after 30 s every 10 s, readiness /api/v11/health after 5 s every 5 s, on 9003", () => {
    const { livenessProbe, readinessProbe, ports } = containerOf("business");
    expect(livenessProbe).toMatchObject({ httpGet: { path: "/q/health", port: "http" }, initialDelaySeconds: 30, periodSeconds: 10 });
    expect(readinessProbe).toMatchObject({ httpGet: { path: "/api/v11/health", port: "http" }, initialDelaySeconds: 5, periodSeconds: 5 });
    expect(ports).toContainEqual({ name: "http", containerPort: 9003, protocol: "TCP" });
  });

  it("business: 6 to 20 pods, at 70 % of the CPU and 80 % of the memory that they request", () => {
    const spec = specOf("business");
    const own = spec.autoscaling;
    if (!own) throw new Error("it has no autoscaler");
    const { spec: scaler } = horizontalAutoscaler(spec, own, HOME) as Plain;
    expect([scaler.minReplicas, scaler.maxReplicas]).toEqual([6, 20]);
    expect(scaler.scaleTargetRef).toEqual({ apiVersion: "apps/v1", kind: "Deployment", name: "business" });
    expect(scaler.metrics).toEqual([
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } },
      { type: "Resource", resource: { name: "memory", target: { type: "Utilization", averageUtilization: 80 } } },
    ]);
    expect(scaler.behavior).toEqual({
      scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: "Max", policies: [{ type: "Percent", value: 100, periodSeconds: 60 }] },
      scaleDown: { stabilizationWindowSeconds: 300, selectPolicy: "Max", policies: [{ type: "Percent", value: 10, periodSeconds: 60 }] },
    });
  });

  it("slim: a DaemonSet of 0.5-1 CPU and 512 Mi-1 Gi, on every node", () => {
    const { spec } = objectOf(specOf("slim"));
    expect(specOf("slim").kind).toBe("DaemonSet");
    expect(spec).not.toHaveProperty("replicas");
    expect(spec.updateStrategy).toEqual({ type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } });
    expect(containerOf("slim").resources).toEqual({ requests: { cpu: "500m", memory: "512Mi" }, limits: { cpu: "1", memory: "1Gi" } });
    // To spread what is on every node means nothing.
    expect(podOf("slim")).not.toHaveProperty("topologySpreadConstraints");
  });

  it("PDB: of validators one at a time, of slim none, since whoever empties a node passes over a DaemonSet", () => {
    const spec = specOf("validators");
    expect(disruptionBudget(selectorOf(spec), spec.maxUnavailable)).toEqual({
      maxUnavailable: 1,
      selector: { matchLabels: { "app.kubernetes.io/name": "validators", "app.kubernetes.io/instance": "validators" } },
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    });
    expect(["validators", "business", "slim"].map((name) => hasBudget(specOf(name)))).toEqual([true, true, false]);
  });

  it("VPA: recommends beside an autoscaler by CPU and memory, acts elsewhere, and keeps to its bounds", () => {
    expect(verticalAutoscaler(specOf("business"), specOf("business").verticalAutoscaling ?? {})).toEqual({
      targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "business" },
      updatePolicy: { updateMode: "Off" },
      resourcePolicy: {
        containerPolicies: [
          {
            containerName: "*",
            controlledResources: ["cpu", "memory"],
            minAllowed: { cpu: "1", memory: "2Gi" },
            maxAllowed: { cpu: "4", memory: "8Gi" },
          },
        ],
      },
    });
    expect(verticalMode(specOf("slim"), {})).toBe("Auto");
    const byMetric = { min: 1, max: 2, metrics: { queue: "10" }, scaleUp: pace, scaleDown: pace };
    expect(verticalMode({ autoscaling: byMetric }, {})).toBe("Auto");
    expect(verticalMode({ autoscaling: { ...byMetric, memoryPercent: 80 } }, { mode: "Recreate" })).toBe("Off");
  });

  const pace = { windowSeconds: 0, percent: 100, periodSeconds: 60 };
});

describe.each(["validators", "business", "slim", "explorer-blue"])("a pod of %s", (name) => {
  it("keeps to the pod security standard `restricted`, and has a read-only root", () => {
    const { securityContext, hostNetwork, hostPID, hostIPC, volumes } = podOf(name);
    expect(securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 10001,
      runAsGroup: 10001,
      fsGroup: 10001,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect([hostNetwork, hostPID, hostIPC]).toEqual([undefined, undefined, undefined]);
    expect(containerOf(name).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
    });
    for (const volume of volumes)
      expect(
        Object.keys(volume)
          .filter((key) => key !== "name")
          .join(),
      ).toMatch(/^(emptyDir|configMap|secret)$/);
    expect(containerOf(name).volumeMounts).toContainEqual({ name: "tmp", mountPath: "/tmp" });
  });

  it("has an account of its own, and no login to the API server", () => {
    expect([podOf(name).serviceAccountName, podOf(name).automountServiceAccountToken]).toEqual([name, false]);
  });

  it("is unlisted before it is asked to stop, and gets its time for both", () => {
    const { lifecycle } = containerOf(name);
    expect(lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
    expect(podOf(name).terminationGracePeriodSeconds).toBe(specOf(name).drainSeconds + 5);
  });

  it("is selected by labels that never say the release, and carries it as a label and an annotation", () => {
    const { spec } = objectOf(specOf(name));
    expect(Object.keys(spec.selector.matchLabels)).toEqual(["app.kubernetes.io/name", "app.kubernetes.io/instance"]);
    expect(spec.template.metadata.labels).toMatchObject({ ...spec.selector.matchLabels, "app.kubernetes.io/version": "1.0.0" });
    expect(spec.template.metadata.annotations).toMatchObject({
      "sluice.dev/release": "1.0.0",
      "prometheus.io/scrape": "true",
      "prometheus.io/port": "9003",
      "prometheus.io/path": "/q/metrics",
    });
  });

  it("names its image by digest, and leaves the pull policy to that", () => {
    expect(containerOf(name).image).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(containerOf(name)).not.toHaveProperty("imagePullPolicy");
  });
});

describe("pods that are alike", () => {
  it("are spread over zones and nodes, without leaving any out", () => {
    const { topologySpreadConstraints, affinity } = podOf("business");
    expect(topologySpreadConstraints.map((one: Plain) => [one.topologyKey, one.maxSkew, one.whenUnsatisfiable])).toEqual([
      ["topology.kubernetes.io/zone", 1, "ScheduleAnyway"],
      ["kubernetes.io/hostname", 1, "ScheduleAnyway"],
    ]);
    expect(affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector.matchLabels).toEqual({
      "app.kubernetes.io/name": "business",
      "app.kubernetes.io/instance": "business",
    });
  });
});

describe("a slot of a service", () => {
  it("has the same variables in a cluster as on a host", () => {
    const spec = specOf("explorer-green", (raw) => {
      raw.services.explorer.env = { LOG_LEVEL: "warn" };
      raw.services.explorer.green.files = { "app.json": "{}" };
    });
    expect(podEnvironment(spec)).toEqual(
      slotEnvironment({
        identity: { service: "explorer", slot: "green", release: "1.0.0" },
        ...{ port: 9003, drainSeconds: 30, stores: {}, hasFiles: true, env: { LOG_LEVEL: "warn" } },
      }),
    );
  });

  it("is labelled with its service and its slot", () => {
    expect(podLabels(specOf("explorer-green"), "network")).toEqual({
      "app.kubernetes.io/name": "explorer",
      "app.kubernetes.io/instance": "explorer-green",
      "app.kubernetes.io/part-of": "network",
      "app.kubernetes.io/managed-by": "sluice",
      "app.kubernetes.io/version": "1.0.0",
      "sluice.dev/slot": "green",
    });
  });

  it("waits for its first good answer as long as on a host, and is started anew later than it is taken out", () => {
    const { startupProbe, readinessProbe, livenessProbe } = containerOf("explorer-blue");
    expect(startupProbe.failureThreshold * startupProbe.periodSeconds).toBe(60);
    expect([readinessProbe.failureThreshold, livenessProbe.failureThreshold]).toEqual([3, 15]);
    expect(new Set([startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet.path))).toEqual(new Set(["/q/health"]));
  });
});

describe("files and secrets", () => {
  it("a ConfigMap's name is its content's: another content, another name; the same in another order, the same", () => {
    const name = configMapName("api", { a: "1", b: "2" });
    expect(name).toMatch(/^api-config-[0-9a-f]{10}$/);
    expect(configMapName("api", { b: "2", a: "1" })).toBe(name);
    expect(configMapName("api", { a: "12", b: "" })).not.toBe(name);
    expect(configMapName("api", { a: "1", b: "3" })).not.toBe(name);
  });

  it("a Secret's name changes with its content, and by another key it is another one: without the key nobody can try values", () => {
    const name = secretName("api", { token: "hunter2" }, "key");
    expect(name).toMatch(/^api-secrets-[0-9a-f]{10}$/);
    expect(secretName("api", { token: "hunter2" }, "key")).toBe(name);
    expect(secretName("api", { token: "hunter3" }, "key")).not.toBe(name);
    expect(secretName("api", { token: "hunter2" }, "another")).not.toBe(name);
  });

  it("are mounted read-only where a host has them, and files keep their folders", () => {
    const spec = specOf("business", (raw) => {
      raw.cluster.workloads.business.files = { "a/b.json": "{}", "c.json": "{}" };
      raw.secrets = { "payment-key": "planted" };
      raw.cluster.workloads.business.secrets = ["payment-key"];
    });
    const { spec: pod } = podTemplate(spec, { ...HOME, configMap: "business-config-1", secret: "business-secrets-1" }) as Plain;
    expect(pod.volumes.slice(1)).toEqual([
      {
        name: "config",
        configMap: {
          name: "business-config-1",
          items: [
            { key: fileKey("a/b.json"), path: "a/b.json" },
            { key: "c.json", path: "c.json" },
          ],
        },
      },
      { name: "secrets", secret: { secretName: "business-secrets-1", defaultMode: 0o440 } },
    ]);
    expect(pod.containers[0].volumeMounts.slice(1)).toEqual([
      { name: "config", mountPath: "/run/config/current", readOnly: true },
      { name: "secrets", mountPath: "/run/secrets", readOnly: true },
    ]);
    expect(JSON.stringify(pod.containers[0].env)).not.toContain("planted");
    expect(fileKey("a/b.json")).toMatch(/^[-._a-zA-Z0-9]+$/);
    expect(fileKey("a/b.json")).not.toBe(fileKey("c/b.json"));
  });
});

describe("quantities and labels", () => {
  it.each([
    [0.25, "250m"],
    [0.5, "500m"],
    [1, "1"],
    [2.5, "2500m"],
  ])("%d CPUs are %s, as the API server itself spells them", (cpus, text) => expect(cpuQuantity(cpus)).toBe(text));

  it.each([
    [512, "512Mi"],
    [1024, "1Gi"],
    [1536, "1536Mi"],
    [8192, "8Gi"],
  ])("%d MiB are %s", (memoryMb, text) => expect(memoryQuantity(memoryMb)).toBe(text));

  it("a release that is too long or strange for a label is cut to one", () => {
    expect(labelValue("1.4.2")).toBe("1.4.2");
    expect(labelValue(`.${"a".repeat(63)}`)).toBe("a".repeat(62));
    expect(labelValue("v1-")).toBe("v1");
  });
});
