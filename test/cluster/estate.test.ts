import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster } from "../support/cluster/cluster.ts";
import type { Outcome } from "../support/cluster/program.ts";
import { ClusterStack, changed, digest, fetchAll, kinds, prodKubeconfig } from "../support/cluster/stack.ts";
import { changes } from "../support/project.ts";
import { core, Search } from "../support/search.ts";

const SPACE = "/api/v1/namespaces/network";
const APPS = "/apis/apps/v1/namespaces/network";

/** What prod's cluster is made of: the mission's objects, and a Secret for each of the three secrets that are planted here. */
const KINDS = {
  ...{ Namespace: 2, ServiceAccount: 11, Service: 7, ConfigMap: 1, Secret: 5, StorageClass: 1, VolumeSnapshotClass: 1, Role: 1 },
  ...{ RoleBinding: 1, NetworkPolicy: 13, Deployment: 3, StatefulSet: 1, DaemonSet: 3, CronJob: 4, HorizontalPodAutoscaler: 1 },
  ...{ VerticalPodAutoscaler: 2, PodDisruptionBudget: 3, VirtualService: 3, DestinationRule: 5, ServiceMonitor: 5, PrometheusRule: 1 },
};
const COUNT = Object.values(KINDS).reduce((sum, count) => sum + count, 0);

const plant = (name: string): string => `pl4nted-${name}-'"$\\{}%-${randomBytes(12).toString("hex")}`;
const PLANTED = { registry: plant("registry"), key: plant("key"), logs: plant("logs") };
const SECRETS = { ...PLANTED, registry: JSON.stringify({ auths: { "registry.example": { auth: PLANTED.registry } } }) };

function succeeded(outcome: Outcome): Outcome {
  expect(outcome.exitCode, outcome.text).toBe(0);
  return outcome;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: 120_000, interval: 500, message: what }).toBe(true);
}

describe("prod's cluster on a real API server", () => {
  let cluster: Cluster;
  let stack: ClusterStack;
  let events = 0;
  const logged = () => ["--event-log", join(stack.root, "events", `${++events}.json`)];
  const all = async () => fetchAll(cluster.api, await stack.objects());
  const pods = (name: string) =>
    cluster.api
      .list(`${SPACE}/pods?labelSelector=app.kubernetes.io%2Finstance%3D${name}`)
      .then((found) => found.filter(({ metadata }) => !("deletionTimestamp" in metadata)));
  const claims = async () => (await cluster.api.list(`${SPACE}/persistentvolumeclaims`)).map(({ metadata }) => metadata.uid).sort();
  beforeAll(async () => {
    cluster = await startCluster();
    stack = await ClusterStack.make(await prodKubeconfig(cluster.kubeconfig));
    await mkdir(join(stack.root, "events"));
    for (const [name, value] of Object.entries(SECRETS)) await stack.plant(name, value);
    await stack.configure((raw) => {
      raw.cluster.pullSecret = "registry";
      raw.cluster.workloads.business.secrets = ["key"];
      Object.assign(raw.cluster.logs, { user: "shipper", passwordSecret: "logs" });
    });
  });
  afterAll(async () => {
    await stack?.remove();
    await cluster?.stop();
  });

  it("creates every object, and returns when everything that runs is ready", async () => {
    const preview = succeeded(await stack.preview("--diff", ...logged()));
    expect(preview.text).not.toContain("warning:");
    const began = performance.now();
    expect(succeeded(await stack.up(...logged())).text).not.toContain("warning:");
    console.log(`${COUNT} objects of prod's cluster were made in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    const objects = await stack.objects();
    expect(kinds(objects)).toEqual(KINDS);
    expect((await all()).size).toBe(COUNT);
    const ready = objects.flatMap(({ kind, metadata: { name }, status }) => {
      if (kind === "Deployment") return [[name, status.updatedReplicas, status.availableReplicas]];
      if (kind === "StatefulSet") return [[name, status.updatedReplicas, status.readyReplicas]];
      if (kind === "DaemonSet") return [[name, status.updatedNumberScheduled, status.numberAvailable]];
      return [];
    });
    const business = ready.find(([name]) => name === "business");
    expect(business?.[2]).toBeGreaterThan(0);
    expect(ready.filter((one) => one !== business).sort()).toEqual([
      ["consul", 3, 3],
      ["explorer-blue", 3, 3],
      ["explorer-green", 3, 3],
      ["logs", 3, 3],
      ["slim", 3, 3],
      ["validators", 4, 4],
    ]);
    // Nobody told the Deployment how many pods it has: the autoscaler does, from its least number on.
    await until("business has 6 pods", async () => (await cluster.api.get(`${APPS}/deployments/business`)).status.availableReplicas === 6);
    expect((await cluster.api.get(`${SPACE}/services/business-public`)).spec.ports).toMatchObject([
      { port: 80, targetPort: "http" },
      { port: 443, targetPort: "http" },
    ]);
    expect((await stack.pulumi("stack", "output", "addresses", "--stack", "prod")).text).toContain("192.0.2.10");
  });

  it("changes nothing in a second up, and finds no drift after what controllers have done", async () => {
    expect(changes(succeeded(await stack.up(...logged())).text)).not.toHaveProperty("updated");
    expect(changes(succeeded(await stack.up()).text)).toEqual({ unchanged: expect.any(Number) });
    succeeded(await stack.preview("--refresh", "--expect-no-changes"));
  });

  it("patches exactly one object when a weight changes", async () => {
    const before = await all();
    await stack.configure((raw) => Object.assign(raw.services.explorer, { canaryWeight: 10 }));
    expect(succeeded(await stack.preview("--diff", ...logged())).text).toMatch(/weight: 0 => 10/);
    expect(changed(before, await all())).toEqual([]);
    expect(changes(succeeded(await stack.up(...logged())).text)).toMatchObject({ updated: 1 });
    const after = await all();
    expect(changed(before, after)).toEqual(["VirtualService network/explorer"]);
    const [route] = after.get("VirtualService network/explorer")?.spec.http ?? [];
    expect(route.route.map(({ weight }: { weight: number }) => weight)).toEqual([90, 10]);
  });

  it("rolls a new release out, and touches no pod of the other slot", async () => {
    const [before, blue] = [await all(), (await pods("explorer-blue")).map(({ metadata }) => metadata.uid).sort()];
    const image = `ghcr.io/example/explorer@${digest("1.1.0")}`;
    await stack.configure((raw) => Object.assign(raw.services.explorer.green, { image, release: "1.1.0" }));
    expect(changes(succeeded(await stack.up(...logged())).text)).toMatchObject({ updated: 1 });
    expect(changed(before, await all())).toEqual(["Deployment network/explorer-green"]);
    const rolled = (await stack.objects()).find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "explorer-green");
    // What the plugin saw when it said that the rollout is done.
    const done = { observedGeneration: rolled?.metadata.generation, replicas: 3, updatedReplicas: 3, availableReplicas: 3 };
    expect(rolled?.status).toMatchObject(done);
    expect((await pods("explorer-green")).map(({ spec }) => spec.containers[0].image)).toEqual([image, image, image]);
    expect((await pods("explorer-blue")).map(({ metadata }) => metadata.uid).sort()).toEqual(blue);
  });

  it("replaces what cannot be changed, and keeps its disks", async () => {
    const [before, disks] = [await all(), await claims()];
    expect(disks).toHaveLength(4);
    await stack.configure((raw) => Object.assign(raw.cluster.workloads.validators, { start: "ordered" }));
    expect(changes(succeeded(await stack.up(...logged())).text)).toMatchObject({ replaced: 1 });
    const after = await all();
    expect(changed(before, after)).toEqual(["StatefulSet network/validators"]);
    const now = after.get("StatefulSet network/validators");
    expect([now?.spec.podManagementPolicy, now?.status.readyReplicas]).toEqual(["OrderedReady", 4]);
    expect(await claims()).toEqual(disks);
  });

  it("takes the kubeconfig from a secret as well, and replaces nothing for it", async () => {
    const { text } = await stack.pulumi("config", "--stack", "prod");
    expect(text).toContain("[secret]");
    const before = await all();
    await stack.plant("kubeconfig", await kubeconfigText());
    await stack.configure((raw) => Object.assign(raw.cluster, { kubeconfig: "kubeconfig" }));
    stack.env.KUBECONFIG = "";
    expect(changes(succeeded(await stack.up(...logged())).text)).not.toHaveProperty("replaced");
    expect(changed(before, await all())).toEqual([]);
  });

  it("has no planted secret in a preview, the state, an event log or any object but a Secret", async () => {
    const secrets = (await cluster.api.list("/api/v1/secrets")).filter(({ type }) => type !== "kubernetes.io/service-account-token");
    const data = secrets.flatMap((secret) => Object.values(secret.data as Record<string, string>));
    const held = data.map((text) => Buffer.from(text, "base64").toString()).join("\n");
    for (const value of Object.values(PLANTED)) expect(held).toContain(core(value));
    const gossip = /"encrypt":"([^"]+)"/.exec(held)?.[1] ?? "";
    expect(gossip).toHaveLength(44);
    const token = /token: (\S+)/.exec(await kubeconfigText())?.[1] ?? "";
    expect(token).toHaveLength(48);

    const search = new Search({ ...PLANTED, gossip, token }, ["sluice", "explorer"]);
    for (const [what, text] of stack.said) search.place("output of commands", what, text);
    await search.folder("state", join(stack.root, ".sluice", "state"));
    await search.folder("event logs", join(stack.root, "events"));
    for (const [name, thing] of await all()) if (thing.kind !== "Secret") search.place("objects", name, JSON.stringify(thing));
    for (const kind of ["pods", "events"]) search.place(kind, kind, JSON.stringify(await cluster.api.list(`${SPACE}/${kind}`)));
    console.log(search.summary());
    expect(search.hits).toEqual([]);
  });

  it("deletes nothing while data is protected, or all but the namespace with its claims when a person says so", async () => {
    const refused = await stack.pulumi("destroy", "--yes", "--stack", "prod");
    expect(refused.exitCode).not.toBe(0);
    expect(refused.text).toContain("cannot be deleted");
    expect((await all()).size).toBe(COUNT);

    const disks = await claims();
    succeeded(await stack.destroy("--exclude-protected"));
    expect(kinds(await stack.objects())).toEqual({ Namespace: 1 });
    expect([await claims(), (await cluster.api.list(`${SPACE}/pods`)).length]).toEqual([disks, 0]);
    succeeded(await stack.up());
    expect([(await all()).size, await claims()]).toEqual([COUNT, disks]);
  });

  it("leaves nothing but the volumes after destroy", async () => {
    await stack.configure((raw) => Object.assign(raw, { protectData: false }));
    succeeded(await stack.up());
    succeeded(await stack.destroy());
    expect(await stack.objects()).toEqual([]);
    const left = (await cluster.api.list("/api/v1/namespaces")).map(({ metadata }) => metadata.name).sort();
    expect(left).toEqual(["default", "kube-node-lease", "kube-public", "kube-system"]);
    expect(await cluster.api.list("/api/v1/persistentvolumeclaims")).toEqual([]);
    expect(await cluster.api.find("/apis/storage.k8s.io/v1/storageclasses/fast")).toBeUndefined();
    expect(await cluster.api.list("/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses")).toEqual([]);
    expect(await cluster.api.list("/api/v1/pods")).toEqual([]);
    // The claims went with the namespace. The volumes behind them are kept, as the storage class says: nobody but a person deletes data.
    const volumes = await cluster.api.list("/api/v1/persistentvolumes");
    expect(volumes.map(({ spec, status }) => [spec.claimRef.name, spec.persistentVolumeReclaimPolicy, status.phase]).sort()).toEqual(
      [0, 1, 2, 3].map((index) => [`data-validators-${index}`, "Retain", "Released"]),
    );
  });

  async function kubeconfigText(): Promise<string> {
    return (await readFile(cluster.kubeconfig, "utf8")).replaceAll("name: test", "name: prod-eu").replaceAll(": test", ": prod-eu");
  }
});
