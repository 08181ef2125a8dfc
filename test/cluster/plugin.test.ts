import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster } from "../support/cluster/cluster.ts";
import { deployment, estate, PLANTED } from "../support/cluster/objects.ts";
import { line, type Outcome, Program } from "../support/cluster/program.ts";
import { changes } from "../support/project.ts";

const SHOP = "/api/v1/namespaces/shop";
const APPS = "/apis/apps/v1/namespaces/shop";
const WEB = `${APPS}/deployments/web`;
const ROUTE = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/route";

/** Objects of the estate, apart from stack and provider. */
const COUNT = estate().length;

function succeeded(outcome: Outcome): Outcome {
  expect(outcome.exitCode, outcome.text).toBe(0);
  return outcome;
}

describe("the kubernetes plugin on a real API server", () => {
  let cluster: Cluster;
  let program: Program;
  beforeAll(async () => {
    cluster = await startCluster();
    program = await Program.make({ kubeconfig: await readFile(cluster.kubeconfig, "utf8") });
  });
  afterAll(async () => {
    await program?.remove();
    await cluster?.stop();
  });

  it("creates a namespace with everything in it, and waits until it is ready", async () => {
    await program.declare(estate());
    expect(changes(succeeded(await program.up()).text)).toEqual({ created: COUNT + 2 });
    expect((await cluster.api.get(WEB)).status).toMatchObject({ updatedReplicas: 2, availableReplicas: 2 });
    expect((await cluster.api.get(`${APPS}/statefulsets/data`)).status).toMatchObject({ readyReplicas: 2 });
    expect((await cluster.api.get(`${APPS}/daemonsets/agent`)).status).toMatchObject({ numberAvailable: 3 });
    expect((await cluster.api.get(`${SHOP}/persistentvolumeclaims/volume`)).status.phase).toBe("Bound");
    expect((await cluster.api.get(`${SHOP}/services/public`)).status.loadBalancer.ingress).toMatchObject([{ ip: "192.0.2.10" }]);
    expect((await cluster.api.get("/apis/batch/v1/namespaces/shop/jobs/migrate")).status.succeeded).toBe(1);
    const [settings] = (await cluster.api.list(`${SHOP}/configmaps`)).filter(({ metadata }) => metadata.name.startsWith("settings-"));
    expect(settings?.metadata.name).toMatch(/^settings-[0-9a-f]{8}$/);
  });

  it("changes nothing in a second up, and finds no drift, though the server writes quantities its own way", async () => {
    expect(changes(succeeded(await program.up()).text)).toEqual({ unchanged: COUNT + 2 });
    succeeded(await program.preview("--refresh", "--expect-no-changes"));
    succeeded(await program.pulumi("refresh", "--yes", "--stack", "dev", "--expect-no-changes"));
    succeeded(await program.preview("--expect-no-changes"));
  });

  it("keeps secrets out of the state and of what it says", async () => {
    const state = await program.state();
    expect(state).toContain('"kind": "Secret"');
    const token = (await readFile(cluster.kubeconfig, "utf8")).split("token: ")[1]?.trim() ?? "";
    for (const secret of [PLANTED, Buffer.from(PLANTED).toString("base64"), token]) {
      expect(secret.length).toBeGreaterThan(20);
      expect(state).not.toContain(secret);
    }
  });

  it("patches one object when one number changes, and names the number in the preview", async () => {
    const before = await cluster.api.get(WEB);
    await program.declare(estate({ weight: 10 }));
    const preview = succeeded(await program.preview("--diff")).text;
    expect(preview).toMatch(/weight: 0 => 10/);
    expect((await cluster.api.get(ROUTE)).spec.rules[0].backendRefs[1].weight).toBe(0);
    expect(changes(succeeded(await program.up()).text)).toEqual({ updated: 1, unchanged: COUNT + 1 });
    expect((await cluster.api.get(ROUTE)).spec.rules[0].backendRefs.map(({ weight }: { weight: number }) => weight)).toEqual([90, 10]);
    expect((await cluster.api.get(WEB)).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it("rolls a new image out and returns when every pod has it", async () => {
    await program.declare(estate({ weight: 10, image: "registry.example/web:2" }));
    expect(changes(succeeded(await program.up()).text)).toEqual({ updated: 1, unchanged: COUNT + 1 });
    expect((await cluster.api.get(WEB)).status).toMatchObject({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 });
    const pods = await cluster.api.list(`${SHOP}/pods?labelSelector=app%3Dweb`);
    const alive = pods.filter(({ metadata }) => !("deletionTimestamp" in metadata));
    expect(alive.map(({ spec }) => spec.containers[0].image)).toEqual(["registry.example/web:2", "registry.example/web:2"]);
  });

  it("replaces what cannot be changed: with a fixed name after deleting it, with a made name beside it", async () => {
    const before = await cluster.api.get(WEB);
    await program.declare(estate({ app: "web2", color: "green" }));
    expect(changes(succeeded(await program.up()).text)).toEqual({ updated: 1, replaced: 2, unchanged: COUNT - 1 });
    const after = await cluster.api.get(WEB);
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
    expect(after.spec.selector.matchLabels).toEqual({ app: "web2" });
    const settings = (await cluster.api.list(`${SHOP}/configmaps`)).filter(({ metadata }) => metadata.name.startsWith("settings-"));
    expect(settings.map(({ data }) => data)).toEqual([{ color: "green" }]);
  });

  it("tells a conflict in one line, with the other manager and the field, before anything is changed", async () => {
    const taken = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec: { replicas: 3 } };
    await cluster.api.request("PATCH", `${WEB}?fieldManager=somebody&force=true`, taken, "application/apply-patch+yaml");
    await program.declare(estate({ app: "web2", color: "green", replicas: 4 }));
    for (const run of [await program.preview(), await program.up()]) {
      expect(run.exitCode).not.toBe(0);
      const told = line(run.text, "Deployment shop/web: also managed by others");
      expect(told).toContain('"somebody" manages .spec.replicas. Leave these fields out of the program, or take them over');
    }
    expect((await cluster.api.get(WEB)).spec.replicas).toBe(3);
    await cluster.api.request("PATCH", `${WEB}?fieldManager=somebody&force=true`, { ...taken, spec: {} }, "application/apply-patch+yaml");
    expect(await program.resources()).toHaveLength(COUNT);
    succeeded(await program.up());
    expect((await cluster.api.get(WEB)).spec.replicas).toBe(4);
  });

  it("tells in one line what a quota refuses, and goes on when there is room", async () => {
    const quota = {
      name: "quota",
      kind: "ResourceQuota",
      after: ["shop"],
      args: { metadata: { name: "quota", namespace: "shop" }, spec: { hard: { persistentvolumeclaims: "1" } } },
    };
    await program.declare(estate({ app: "web2", more: [quota] }));
    succeeded(await program.up());
    const [claim] = estate().filter(({ kind }) => kind === "PersistentVolumeClaim");
    const args = { ...claim?.args, metadata: { name: "second", namespace: "shop" } };
    const second = { name: "second", kind: "PersistentVolumeClaim", after: ["quota"], args };
    await program.declare(estate({ app: "web2", more: [quota, second] }));
    const refused = await program.up();
    expect(refused.exitCode).not.toBe(0);
    expect(line(refused.text, "PersistentVolumeClaim shop/second")).toMatch(
      /a quota of the namespace refuses it: exceeded quota: quota, requested: .*persistentvolumeclaims=1, used: .*limited: /,
    );
    expect(await program.resources()).toHaveLength(COUNT + 1);
    const room = { ...quota, args: { ...quota.args, spec: { hard: { persistentvolumeclaims: "2" } } } };
    await program.declare(estate({ app: "web2", more: [room, second] }));
    succeeded(await program.up());
    await program.declare(estate({ app: "web2" }));
    succeeded(await program.up());
  });

  it("tells in one line what is not valid, at the preview", async () => {
    const invalid = deployment("broken", { app: "broken" });
    const { spec } = invalid.args as { spec: { selector: object; replicas: number } };
    spec.selector = { matchLabels: { app: "another" } };
    spec.replicas = -1;
    await program.declare(estate({ app: "web2", more: [invalid] }));
    const preview = await program.preview();
    expect(preview.exitCode).not.toBe(0);
    const told = line(preview.text, "Deployment shop/broken: not valid");
    expect(told).toContain("spec.replicas: Invalid value: -1");
    expect(told).toContain("spec.template.metadata.labels: Invalid value");
    expect((await program.up()).exitCode).not.toBe(0);
    expect(await cluster.api.find(`${APPS}/deployments/broken`)).toBeUndefined();
  });

  it("tells in one line which pods keep a rollout from ending, keeps the object, and goes on from there", async () => {
    await program.declare(estate({ app: "web2", image: "registry.example/none", failing: "ImagePullBackOff" }));
    const ended = await program.up();
    expect(ended.exitCode).not.toBe(0);
    const told = line(ended.text, "Deployment shop/web is not ready after 6s");
    expect(told).toMatch(
      /\d of 2 pods are new, \d available.*pod web-\S+: container app waits: ImagePullBackOff \(no such image in the registry\)/,
    );
    expect(await program.resources()).toHaveLength(COUNT);
    await program.declare(estate({ app: "web2", image: "registry.example/web:3" }));
    expect(changes(succeeded(await program.up()).text)).toMatchObject({ updated: 1 });
    expect((await cluster.api.get(WEB)).status).toMatchObject({ updatedReplicas: 2, availableReplicas: 2 });
  });

  it("does not take an object that is there already, and says how to", async () => {
    await cluster.api.request("POST", `${SHOP}/configmaps`, { metadata: { name: "theirs" }, data: { keep: "me" } });
    const more = [
      {
        name: "theirs",
        kind: "ConfigMap",
        after: ["shop"],
        args: { metadata: { name: "theirs", namespace: "shop" }, data: { keep: "not" } },
      },
    ];
    await program.declare(estate({ app: "web2", image: "registry.example/web:3", more }));
    const refused = await program.up();
    expect(refused.exitCode).not.toBe(0);
    expect(line(refused.text, "ConfigMap shop/theirs exists already")).toContain(
      "pulumi import kubernetes:core/v1:ConfigMap theirs shop/theirs",
    );
    expect((await cluster.api.get(`${SHOP}/configmaps/theirs`)).data).toEqual({ keep: "me" });
    await program.declare(estate({ app: "web2", image: "registry.example/web:3" }));
  });

  it("finds drift at a refresh, and the next up puts it right", async () => {
    await cluster.api.request("PATCH", `${SHOP}/services/web`, { spec: { selector: { app: "elsewhere" } } });
    const seen = succeeded(await program.pulumi("refresh", "--yes", "--stack", "dev", "--diff"));
    expect(seen.text).toMatch(/app: "web" => "elsewhere"/);
    const annotations = { "pulumi.com/patchForce": "true" };
    const metadata = { name: "web", namespace: "shop", annotations };
    const objects = estate({ app: "web2", image: "registry.example/web:3" });
    await program.declare(objects.map((one) => (one.name === "web-service" ? { ...one, args: { ...one.args, metadata } } : one)));
    succeeded(await program.up());
    expect((await cluster.api.get(`${SHOP}/services/web`)).spec.selector).toEqual({ app: "web" });
    succeeded(await program.preview("--refresh", "--expect-no-changes"));
  });

  it("deletes nothing and forgets nothing while the cluster is silent", async () => {
    const kubeconfig = await readFile(cluster.kubeconfig, "utf8");
    await program.provider({ kubeconfig: kubeconfig.replace(/https:\S+/, "https://127.0.0.1:1"), clusterIdentifier: "test" });
    for (const run of [
      await program.pulumi("refresh", "--yes", "--stack", "dev", "--run-program"),
      await program.pulumi("destroy", "--yes", "--stack", "dev", "--run-program"),
    ]) {
      expect(run.exitCode, run.text).not.toBe(0);
      expect(run.text).toMatch(/the cluster at https:\/\/127\.0\.0\.1:1 cannot be reached, and nothing was changed: .*refused/);
    }
    expect(await program.resources()).toHaveLength(COUNT);
    await program.provider({ kubeconfig, clusterIdentifier: "test" });
    succeeded(await program.up());
  });

  it("leaves nothing after destroy", async () => {
    succeeded(await program.destroy());
    expect(await program.resources()).toEqual([]);
    expect(await cluster.api.find(SHOP)).toBeUndefined();
    expect(await cluster.api.list("/api/v1/pods")).toEqual([]);
  });
});

describe("the kubernetes plugin without a cluster", () => {
  it("writes manifests under the official names, and no secret", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-render-"));
    const program = await Program.make({ renderYamlToDirectory: folder });
    try {
      await program.declare(estate());
      succeeded(await program.up());
      const files = await readdir(join(folder, "1-manifest"));
      expect(files.filter((name) => !name.includes("settings-")).sort()).toEqual([
        "apps_v1-daemonset-shop-agent.yaml",
        "apps_v1-deployment-shop-web.yaml",
        "apps_v1-statefulset-shop-data.yaml",
        "batch_v1-job-shop-migrate.yaml",
        "gateway.networking.k8s.io_v1-httproute-shop-route.yaml",
        "v1-namespace-default-shop.yaml",
        "v1-persistentvolumeclaim-shop-volume.yaml",
        "v1-secret-shop-password.yaml",
        "v1-service-shop-public.yaml",
        "v1-service-shop-web.yaml",
      ]);
      const texts = await Promise.all(files.map((name) => readFile(join(folder, "1-manifest", name), "utf8")));
      expect(texts.join()).not.toContain(PLANTED);
      expect(texts.join()).not.toContain(Buffer.from(PLANTED).toString("base64"));
      expect(texts.join()).toContain("password: not-written-here");
      expect(await program.state()).not.toContain(PLANTED);
      succeeded(await program.destroy());
      expect(await readdir(join(folder, "1-manifest"))).toEqual([]);
    } finally {
      await program.remove();
      await rm(folder, { recursive: true });
    }
  });
});
