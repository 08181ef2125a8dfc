import { beforeAll, describe, expect, it } from "vitest";
import { declaredCluster as cluster } from "../support/declared.ts";
import { census, only, type Registered } from "../support/record.ts";
import type { Raw } from "../support/settings.ts";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const SECRET = "kubernetes:core/v1:Secret";
const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
const PROVIDER = "pulumi:providers:kubernetes";
const NAMESPACE = "kubernetes:core/v1:Namespace";
const HTTP_ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute";
const VIRTUAL_SERVICE = "kubernetes:networking.istio.io/v1:VirtualService";

/** Resources, without the components that hold them. */
const objects = (seen: readonly Registered[]): string[] => census(seen).filter((line) => !line.startsWith("sluice:"));
/** A small stack: one service, no parts. */
const small = (raw: Raw): void => {
  for (const part of ["storage", "storageClass", "snapshots", "logs", "discovery", "monitoring"]) delete raw.cluster[part];
  Object.assign(raw.cluster, { jobs: {}, workloads: {}, mesh: "none" });
};
// biome-ignore lint/suspicious/noExplicitAny: inputs of many kinds of objects.
const inputs = (one: Registered): any => one.inputs;

describe("the stack that shows a cluster", () => {
  let seen: Registered[];
  beforeAll(async () => {
    seen = await cluster();
  });

  it("makes every object of the mission, and no other", () => {
    expect(objects(seen)).toEqual(
      [
        "command:local:Command cluster-name-key",
        "command:local:Command discovery-gossip-key",
        `${PROVIDER} cluster-api`,
        `${NAMESPACE} cluster-namespace`,
        `${NAMESPACE} logs-namespace`,
        "kubernetes:networking.k8s.io/v1:NetworkPolicy cluster-allow-dns",
        "kubernetes:networking.k8s.io/v1:NetworkPolicy cluster-default-deny",
        ...["business", "consul", "explorer-blue", "explorer-green", "slim", "validators"].flatMap((name) => [
          `kubernetes:core/v1:Service ${name}-service`,
          `kubernetes:core/v1:ServiceAccount ${name}-account`,
          `kubernetes:networking.k8s.io/v1:NetworkPolicy ${name}-network`,
        ]),
        ...["ledger-backup", "ledger-compaction", "logs-lifecycle", "snapshots"].flatMap((name) => [
          `kubernetes:batch/v1:CronJob ${name}`,
          `kubernetes:core/v1:ServiceAccount ${name}-account`,
          `kubernetes:networking.k8s.io/v1:NetworkPolicy ${name}-network`,
        ]),
        `${DEPLOYMENT} business`,
        `${DEPLOYMENT} explorer-blue`,
        `${DEPLOYMENT} explorer-green`,
        "kubernetes:apps/v1:StatefulSet validators",
        ...["consul", "logs", "slim"].map((name) => `kubernetes:apps/v1:DaemonSet ${name}`),
        "kubernetes:core/v1:Service business-public",
        "kubernetes:autoscaling/v2:HorizontalPodAutoscaler business-horizontal",
        ...["business", "slim"].map((name) => `kubernetes:autoscaling.k8s.io/v1:VerticalPodAutoscaler ${name}-vertical`),
        ...["business", "explorer", "validators"].map((name) => `kubernetes:policy/v1:PodDisruptionBudget ${name}-budget`),
        ...["business", "explorer-blue", "explorer-green", "slim", "validators"].flatMap((name) => [
          `kubernetes:networking.istio.io/v1:DestinationRule ${name}-breaker`,
          `kubernetes:monitoring.coreos.com/v1:ServiceMonitor ${name}-monitor`,
        ]),
        `${VIRTUAL_SERVICE} explorer`,
        ...["business", "slim"].map((name) => `${VIRTUAL_SERVICE} ${name}-routes`),
        "kubernetes:monitoring.coreos.com/v1:PrometheusRule monitoring-rules",
        "kubernetes:storage.k8s.io/v1:StorageClass storage-class",
        "kubernetes:snapshot.storage.k8s.io/v1:VolumeSnapshotClass storage-snapshot-class",
        "kubernetes:rbac.authorization.k8s.io/v1:Role snapshots-role",
        "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding snapshots-binding",
        `${CONFIG_MAP} consul-config`,
        `${SECRET} consul-secrets`,
        `${CONFIG_MAP} logs-config`,
        "kubernetes:core/v1:ServiceAccount logs-account",
        "kubernetes:networking.k8s.io/v1:NetworkPolicy logs-network",
      ].sort(),
    );
  });

  it("talks to the cluster of the settings by server-side apply, and never deletes what it cannot reach", () => {
    expect(only(seen, PROVIDER, "cluster-api").inputs).toEqual({
      namespace: "network",
      context: "prod-eu",
      clusterIdentifier: "sluice-prod/prod-eu",
      enableServerSideApply: "true",
    });
  });

  it("takes fields over from others in the one object that a rollout writes too, and in no other", () => {
    const forced = seen.filter((one) => inputs(one).metadata?.annotations?.["pulumi.com/patchForce"] !== undefined);
    expect(forced.map(({ type, name }) => `${type} ${name}`)).toEqual([`${VIRTUAL_SERVICE} explorer`]);
  });

  it("waits for no Service but load balancers: the official plugin would wait for a pod, and an idle slot may have none that is ready", () => {
    const services = seen.filter(({ type }) => type === "kubernetes:core/v1:Service").map(inputs);
    const waited = services.filter(({ metadata }) => metadata.annotations?.["pulumi.com/skipAwait"] !== "true");
    expect(waited.map(({ metadata, spec }) => [metadata.name, spec.type])).toEqual([["business-public", "LoadBalancer"]]);
    expect(services).toHaveLength(7);
  });

  it("holds its namespace to `restricted`, lets Istio in, and keeps what must read its node in another one", () => {
    const labels = (name: string) => inputs(only(seen, NAMESPACE, name)).metadata.labels;
    expect(labels("cluster-namespace")).toMatchObject({ "pod-security.kubernetes.io/enforce": "restricted", "istio-injection": "enabled" });
    expect(labels("logs-namespace")).toMatchObject({ "pod-security.kubernetes.io/enforce": "privileged" });
    for (const { type, name, inputs: own } of seen) {
      const { metadata } = own as { metadata?: { namespace?: string } };
      if (type.startsWith("kubernetes:") && metadata?.namespace === "network-logs") expect(name).toMatch(/^logs/);
    }
  });

  it("gives the snapshots' job a role of its own: to look at claims, to make and delete snapshots", () => {
    expect(inputs(only(seen, "kubernetes:rbac.authorization.k8s.io/v1:Role", "snapshots-role")).rules).toEqual([
      { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["get", "list"] },
      { apiGroups: ["snapshot.storage.k8s.io"], resources: ["volumesnapshots"], verbs: ["get", "list", "create", "delete"] },
    ]);
    const { spec } = inputs(only(seen, "kubernetes:batch/v1:CronJob", "snapshots"));
    const pod = spec.jobTemplate.spec.template.spec;
    expect([spec.schedule, spec.timeZone, spec.concurrencyPolicy, pod.automountServiceAccountToken]).toEqual([
      "0 */6 * * *",
      "Etc/UTC",
      "Forbid",
      false,
    ]);
    expect(pod.containers[0].env).toContainEqual({
      name: "SELECTORS",
      value: "app.kubernetes.io/name=validators,app.kubernetes.io/instance=validators",
    });
  });

  it("keeps logs for 30 days", () => {
    const { spec } = inputs(only(seen, "kubernetes:batch/v1:CronJob", "logs-lifecycle"));
    const { env } = spec.jobTemplate.spec.template.spec.containers[0];
    const requests = env.find(({ name }: Raw) => name === "REQUESTS").value.split("\n");
    expect(requests.map((line: string) => line.split(" ")[0])).toEqual(["_ilm/policy/network-logs", "_index_template/network-logs"]);
    expect(JSON.parse(requests[0].replace(/^\S+ /, "")).policy.phases.delete).toEqual({ min_age: "30d", actions: { delete: {} } });
  });

  it("says of slots and shares what a host's say, for policies", () => {
    expect(census(seen).filter((line) => /Slot|TrafficShare/.test(line))).toEqual([
      "sluice:kubernetes:Slot explorer-blue",
      "sluice:kubernetes:Slot explorer-green",
      "sluice:kubernetes:TrafficShare explorer-share",
    ]);
  });
});

/** What is not as it was. */
function changed(before: readonly Registered[], after: readonly Registered[]): string[] {
  const texts = (seen: readonly Registered[]) => new Map(seen.map((one) => [`${one.type} ${one.name}`, JSON.stringify(one.inputs)]));
  const [old, fresh] = [texts(before), texts(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])].filter((key) => old.get(key) !== fresh.get(key));
}

describe("a service in two slots in a cluster", () => {
  it("is two Deployments and two Services, one budget, and one route with the settings' weights", async () => {
    const seen = await cluster((raw) => {
      small(raw);
      raw.services.explorer.canaryWeight = 10;
    });
    expect(objects(seen)).toEqual([
      `${DEPLOYMENT} explorer-blue`,
      `${DEPLOYMENT} explorer-green`,
      "kubernetes:core/v1:Namespace cluster-namespace",
      "kubernetes:core/v1:Service explorer-blue-service",
      "kubernetes:core/v1:Service explorer-green-service",
      "kubernetes:core/v1:ServiceAccount explorer-blue-account",
      "kubernetes:core/v1:ServiceAccount explorer-green-account",
      `${HTTP_ROUTE} explorer`,
      "kubernetes:networking.k8s.io/v1:NetworkPolicy cluster-allow-dns",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy cluster-default-deny",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy explorer-blue-network",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy explorer-green-network",
      "kubernetes:policy/v1:PodDisruptionBudget explorer-budget",
      `${PROVIDER} cluster-api`,
    ]);
    const route = inputs(only(seen, HTTP_ROUTE, "explorer"));
    expect(route.metadata).toMatchObject({ name: "explorer", namespace: "network", annotations: { "pulumi.com/patchForce": "true" } });
    expect(route.spec.rules[0].backendRefs.map(({ name, weight }: Raw) => [name, weight])).toEqual([
      ["explorer-blue", 90],
      ["explorer-green", 10],
    ]);
    const budget = inputs(only(seen, "kubernetes:policy/v1:PodDisruptionBudget", "explorer-budget"));
    expect([budget.metadata.name, budget.spec.selector.matchLabels]).toEqual(["explorer", { "app.kubernetes.io/name": "explorer" }]);
  });

  it("a changed weight changes one object and nothing else", async () => {
    const at = async (canaryWeight: number) => cluster((raw) => Object.assign(raw.services.explorer, { canaryWeight }));
    const [before, after] = [await at(10), await at(50)];
    expect(changed(before, after)).toEqual([`${VIRTUAL_SERVICE} explorer`]);
  });

  it("a new release changes its own slot's pods alone", async () => {
    const at = async (release: string) => cluster((raw) => Object.assign(raw.services.explorer.green, { release }));
    const [before, after] = [await at("1.0.0"), await at("1.1.0")];
    expect(changed(before, after)).toEqual([`${DEPLOYMENT} explorer-green`]);
  });
});

describe("secrets and files in a cluster", () => {
  const withSecrets = (raw: Raw): void => {
    small(raw);
    raw.secrets = { "payment-key": "planted-8c1f", kube: "planted-kubeconfig", registry: "planted-login" };
    Object.assign(raw.cluster, { kubeconfig: "kube", pullSecret: "registry" });
    raw.services.explorer.secrets = ["payment-key"];
    raw.services.explorer.green.files = { "app.json": "{}" };
  };

  it("are nowhere in plain text: not in a name, a label, an environment, a connection", async () => {
    const seen = await cluster(withSecrets);
    const encoded = Buffer.from("planted-8c1f").toString("base64");
    const secret = only(seen, SECRET, "explorer-green-secrets");
    expect(secret.inputs).toMatchObject({ immutable: true, type: "Opaque" });
    expect(JSON.stringify(secret.inputs.data)).toContain(encoded);
    expect(secret.inputs).toHaveProperty("data.secret");
    expect(only(seen, PROVIDER, "cluster-api").inputs.kubeconfig).toEqual({ secret: "planted-kubeconfig" });
    const rest = JSON.stringify(seen.filter(({ type }) => type !== SECRET && type !== PROVIDER));
    for (const planted of ["planted", encoded, Buffer.from("planted-login").toString("base64")]) expect(rest).not.toContain(planted);
  });

  it("have names that follow their content, which pods name: another content rolls them", async () => {
    const seen = await cluster(withSecrets);
    const mounted = inputs(only(seen, DEPLOYMENT, "explorer-green")).spec.template.spec.volumes;
    const names = Object.fromEntries(mounted.map(({ name, secret, configMap }: Raw) => [name, secret?.secretName ?? configMap?.name]));
    expect(names.secrets).toBe(inputs(only(seen, SECRET, "explorer-green-secrets")).metadata.name);
    expect(names.secrets).toMatch(/^explorer-green-secrets-[0-9a-f]{10}$/);
    expect(names.config).toBe(inputs(only(seen, CONFIG_MAP, "explorer-green-config")).metadata.name);
    const other = await cluster((raw) => {
      withSecrets(raw);
      raw.secrets["payment-key"] = "planted-other";
    });
    expect(inputs(only(other, SECRET, "explorer-green-secrets")).metadata.name).not.toBe(names.secrets);
    expect(inputs(only(other, CONFIG_MAP, "explorer-green-config")).metadata.name).toBe(names.config);
  });

  it("the registry's login reaches every pod by name, and no pod as text", async () => {
    const seen = await cluster(withSecrets);
    const login = only(seen, SECRET, "cluster-registry");
    expect(login.inputs.data).toEqual({ secret: { ".dockerconfigjson": Buffer.from("planted-login").toString("base64") } });
    const { name } = inputs(login).metadata;
    for (const slot of ["blue", "green"]) {
      expect(inputs(only(seen, DEPLOYMENT, `explorer-${slot}`)).spec.template.spec.imagePullSecrets).toEqual([{ name }]);
    }
  });
});

describe("manifests", () => {
  it("are written to a folder, with no connection, and nothing random in them", async () => {
    const render = () =>
      cluster((raw) => {
        raw.secrets = { kube: "planted-kubeconfig" };
        raw.cluster.kubeconfig = "kube";
      }, "/srv/manifests");
    const [first, second] = [await render(), await render()];
    expect(only(first, PROVIDER, "cluster-api").inputs).toMatchObject({ renderYamlToDirectory: "/srv/manifests" });
    expect(only(first, PROVIDER, "cluster-api").inputs).not.toHaveProperty("kubeconfig");
    expect(first.filter(({ type }) => type.startsWith("command:"))).toEqual([]);
    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
  });
});
