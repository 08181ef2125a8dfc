import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Cluster, startCluster } from "../support/cluster/cluster.ts";
import { line, type Outcome } from "../support/cluster/program.ts";
import { ClusterStack, changed, fetchAll, prodKubeconfig } from "../support/cluster/stack.ts";
import { UNPULLABLE } from "../support/cluster/stages.ts";
import { changes } from "../support/project.ts";

const SPACE = "/api/v1/namespaces/network";
const BLUE = "/apis/apps/v1/namespaces/network/deployments/explorer-blue";

function succeeded(outcome: Outcome): Outcome {
  expect(outcome.exitCode, outcome.text).toBe(0);
  return outcome;
}

/** The one line that has these words, of a command that failed without a stack trace. */
function refused(outcome: Outcome, words: string): string {
  expect(outcome.exitCode, outcome.text).not.toBe(0);
  expect(outcome.text).not.toMatch(/^\s+at .*\.[cm]?[tj]s:\d+|panic|goroutine/m);
  const told = line(outcome.text, words);
  expect(told, outcome.text).not.toBe("");
  return told;
}

const warnings = (text: string): string[] => text.split("\n").filter((one) => /^\s*warning: /.test(one));

describe("prod's cluster, when it says no", () => {
  let cluster: Cluster;
  let stack: ClusterStack;
  let kubeconfig: string;
  /** Whatever is refused, nothing of what was there is lost: not in the cluster, and not in the state. */
  let whole: () => Promise<void>;
  beforeAll(async () => {
    cluster = await startCluster();
    kubeconfig = await prodKubeconfig(cluster.kubeconfig);
    stack = await ClusterStack.make(kubeconfig);
    await stack.configure((raw) => Object.assign(raw.services.explorer, { readyTimeoutSeconds: 20 }));
  });
  afterAll(async () => {
    await stack?.remove();
    await cluster?.stop();
  });

  it.each([
    ["there is no kubeconfig", "/nowhere/kubeconfig", "there is no kubeconfig"],
    ["the context is another machine's", "", 'the kubeconfig has no context "prod-eu", only "test"'],
  ])("previews with one warning when %s, and up refuses in one line", async (_, file, words) => {
    stack.env.KUBECONFIG = file || cluster.kubeconfig;
    onTestFinished(() => {
      stack.env.KUBECONFIG = kubeconfig;
    });
    const preview = succeeded(await stack.preview());
    expect(warnings(preview.text)).toEqual([expect.stringContaining(`there is no Kubernetes cluster to talk to: ${words}`)]);
    expect(preview.text).toMatch(/\d\d to create/);
    const told = refused(await stack.up(), "there is no Kubernetes cluster to talk to");
    expect(told).toContain(`and nothing was changed: ${words}`);
    expect(await stack.objects()).toEqual([]);
  });

  it("comes up, and a preview of a change works while the cluster is silent", async () => {
    succeeded(await stack.up());
    const business = BLUE.replace("explorer-blue", "business");
    // The autoscaler has its say first.
    await expect.poll(async () => (await cluster.api.get(business)).status.availableReplicas, { timeout: 60_000 }).toBe(6);
    const objects = await stack.objects();
    const before = await fetchAll(cluster.api, objects);
    whole = async () => {
      expect(changed(before, await fetchAll(cluster.api, objects))).toEqual([]);
      const urns = (await stack.objects()).map(({ urn }) => urn);
      expect(urns).toEqual(expect.arrayContaining(objects.map(({ urn }) => urn)));
    };
    const undo = await change((raw) => Object.assign(raw.services.explorer, { canaryWeight: 50 }));
    const silent = kubeconfig.split(":")[0] ?? "";
    const text = await readFile(silent, "utf8");
    await writeFile(silent, text.replace(/https:\S+/, "https://127.0.0.1:1"));
    const preview = succeeded(await stack.preview());
    expect(warnings(preview.text)).toEqual([expect.stringContaining("the cluster at https://127.0.0.1:1 does not answer: dial tcp")]);
    expect(preview.text).toMatch(/1 to update/);
    expect(refused(await stack.up(), "VirtualService network/explorer")).toContain(
      "the cluster at https://127.0.0.1:1 cannot be reached, and nothing was changed",
    );
    await writeFile(silent, text);
    await undo();
    await whole();
  });

  it("tells a conflict with another field manager in one line, before anything is changed", async () => {
    const taken = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "explorer-blue" }, spec: { replicas: 4 } };
    const claim = (body: object) =>
      cluster.api.request("PATCH", `${BLUE}?fieldManager=somebody&force=true`, body, "application/apply-patch+yaml");
    await claim(taken);
    const undo = await change((raw) => Object.assign(raw.services.explorer.blue, { replicas: 5 }));
    for (const run of [await stack.preview(), await stack.up()]) {
      expect(refused(run, "Deployment network/explorer-blue: also managed by others")).toContain(
        '"somebody" manages .spec.replicas. Leave these fields out of the program, or take them over',
      );
    }
    expect((await cluster.api.get(BLUE)).spec.replicas).toBe(4);
    await claim({ ...taken, spec: {} });
    await undo();
    // What is written again is asked for again: nobody else holds it now.
    await stack.configure((raw) => Object.assign(raw.services.explorer.blue, { replicas: 2 }));
    succeeded(await stack.up());
    await undo();
    succeeded(await stack.up());
    await whole();
  });

  it("tells in one line what a quota refuses, keeps what was made, and goes on when there is room", async () => {
    const quota = {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "full" },
      spec: { hard: { "count/cronjobs.batch": "4" } },
    };
    await cluster.api.request("POST", `${SPACE}/resourcequotas`, quota);
    await expect.poll(async () => (await cluster.api.get(`${SPACE}/resourcequotas/full`)).status?.used, { timeout: 60_000 }).toBeDefined();
    const undo = await change((raw) => {
      const { schedule, image } = raw.cluster.jobs["ledger-compaction"];
      raw.cluster.jobs.extra = { schedule, image };
    });
    expect(refused(await stack.up(), "CronJob network/extra: a quota")).toMatch(
      /a quota of the namespace refuses it: exceeded quota: full, requested: count\/cronjobs.batch=1, used: count\/cronjobs.batch=4, limited: count\/cronjobs.batch=4/,
    );
    await whole();
    const urns = (await stack.objects()).map(({ urn }) => urn.slice(urn.lastIndexOf("::") + 2));
    expect(urns).toEqual(expect.arrayContaining(["extra-account", "extra-network"]));
    await cluster.api.request("DELETE", `${SPACE}/resourcequotas/full`);
    succeeded(await stack.up());
    expect((await cluster.api.get("/apis/batch/v1/namespaces/network/cronjobs/extra")).spec.suspend).toBe(false);
    await undo();
    expect(changes(succeeded(await stack.up()).text)).toMatchObject({ deleted: 4 });
    await whole();
  });

  it("tells in one line what is not valid, at the preview already", async () => {
    const undo = await change((raw) => Object.assign(raw.cluster.workloads.business.loadBalancer, { annotations: { "no name!": "x" } }));
    for (const run of [await stack.preview(), await stack.up()]) {
      expect(refused(run, "Service network/business-public: not valid")).toContain('metadata.annotations: Invalid value: "no name!"');
    }
    await undo();
    await whole();
  });

  it("tells in one line which pods keep a release from coming up, lets the other slot be, and heals", async () => {
    const undo = await change((raw) => Object.assign(raw.services.explorer.green, { image: UNPULLABLE, release: "1.1.0" }));
    const told = refused(await stack.up(), "Deployment network/explorer-green");
    expect(told).toMatch(/(is not ready after 20s|will not become ready): \d of 3 pods are new, \d available/);
    expect(told).toMatch(/pod explorer-green-\S+: container explorer waits: ImagePullBackOff \(no such image\)/);
    expect((await cluster.api.get(BLUE)).status.availableReplicas).toBe(3);
    expect((await cluster.api.get(BLUE.replace("blue", "green"))).status.availableReplicas).toBe(3);
    await undo();
    succeeded(await stack.up());
    await whole();
    expect(changes(succeeded(await stack.up()).text)).toEqual({ unchanged: expect.any(Number) });
  });

  /** Change the settings until the result is called. */
  async function change(how: Parameters<ClusterStack["configure"]>[0]): Promise<() => Promise<void>> {
    const undo = await stack.remember();
    await stack.configure(how);
    return undo;
  }
});
