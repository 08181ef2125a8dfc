import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Cluster, startCluster } from "../support/cluster/cluster.ts";
import { deployment } from "../support/cluster/objects.ts";
import { type Declared, line, type Outcome, Program } from "../support/cluster/program.ts";
import { changes } from "../support/project.ts";

const SHOP = "/api/v1/namespaces/shop";

function succeeded(outcome: Outcome): Outcome {
  expect(outcome.exitCode, outcome.text).toBe(0);
  return outcome;
}

const shop: Declared = { name: "shop", kind: "Namespace", args: { metadata: { name: "shop" } } };
const config = (name: string, keep: string, more: Partial<Declared> = {}): Declared => ({
  ...{ name, kind: "ConfigMap" },
  args: { metadata: { name, namespace: "shop", labels: { keep } } },
  ...more,
});

describe("more than one hand at a cluster", () => {
  let cluster: Cluster;
  let program: Program;
  let provider: object;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 1 });
    provider = { kubeconfig: await readFile(cluster.kubeconfig, "utf8") };
    program = await Program.make(provider);
    await program.declare([shop]);
    succeeded(await program.up());
  });
  afterAll(async () => {
    await program?.remove();
    await cluster?.stop();
  });

  it("lets one of two stacks have an object that both make at once, and tells the other", async () => {
    const other = await Program.make(provider);
    onTestFinished(() => other.remove());
    for (const round of [1, 2, 3]) {
      // The same values: the server would share the object between the two.
      await Promise.all([program.declare([shop, config(`both-${round}`, "same")]), other.declare([config(`both-${round}`, "same")])]);
      const runs = await Promise.all([program.up(), other.up()]);
      const failed = runs.filter(({ exitCode }) => exitCode !== 0);
      expect(failed).toHaveLength(1);
      expect(line(failed[0]?.text ?? "", `ConfigMap shop/both-${round} exists already`)).toContain("pulumi import");
      const { metadata } = await cluster.api.get(`${SHOP}/configmaps/both-${round}`);
      expect(metadata.managedFields).toHaveLength(1);
      await program.declare([shop]);
      await other.declare([]);
      await Promise.all([program, other].map(async (one) => succeeded(await one.up())));
      expect(await cluster.api.find(`${SHOP}/configmaps/both-${round}`)).toBeUndefined();
    }
  });

  it("ends a wait at Ctrl-C, keeps what it made, and goes on from there", async () => {
    const slow = deployment("slow", { app: "slow", image: "registry.example/none", failing: "ImagePullBackOff" });
    const { metadata } = slow.args as { metadata: { annotations: Record<string, string> } };
    metadata.annotations["pulumi.com/timeoutSeconds"] = "300";
    await program.declare([shop, slow]);
    const path = "/apis/apps/v1/namespaces/shop/deployments/slow";
    let pressed = 0;
    const ended = await program.interrupted(async () => {
      await expect.poll(async () => (await cluster.api.find(path))?.status?.replicas, { timeout: 60_000 }).toBe(2);
      await sleep(3000); // the plugin looks every two seconds
      pressed = performance.now();
    });
    console.log(`pulumi up ended ${((performance.now() - pressed) / 1000).toFixed(1)} s after Ctrl-C`);
    expect(performance.now() - pressed).toBeLessThan(30_000);
    expect(ended.exitCode).not.toBe(0);
    expect(line(ended.text, "Deployment shop/slow: stopped before it was ready")).toMatch(/0 available/);
    expect(await program.resources()).toEqual(["shop", "slow"]);
    await program.declare([shop, deployment("slow", { app: "slow" })]);
    expect(changes(succeeded(await program.up()).text)).toMatchObject({ updated: 1 });
    await program.declare([shop]);
    succeeded(await program.up());
  });

  it("takes in what is there already: in the program, or by `pulumi import`; and then owns it", async () => {
    for (const name of ["first", "second"]) {
      await cluster.api.request("POST", `${SHOP}/configmaps`, { metadata: { name, labels: { keep: "theirs" } } });
    }
    await program.declare([shop, config("first", "theirs", { from: "shop/first" })]);
    expect(succeeded(await program.up()).text).toContain("1 imported");
    const urn = "urn:pulumi:dev::test::pulumi:providers:kubernetes::cluster";
    const target = ["kubernetes:core/v1:ConfigMap", "second", "shop/second"];
    const how = ["--provider", `cluster=${urn}`, "--protect=false", "--generate-code=false", "--yes", "--skip-preview", "--stack", "dev"];
    succeeded(await program.pulumi("import", ...target, ...how));

    await program.declare([shop, config("first", "theirs"), config("second", "theirs")]);
    expect(changes(succeeded(await program.up()).text)).toEqual({ unchanged: 5 });
    // The fields are still those of who made it.
    await program.declare([shop, config("first", "theirs"), config("second", "ours")]);
    const refused = await program.up();
    expect(refused.exitCode).not.toBe(0);
    expect(line(refused.text, "ConfigMap shop/second: also managed by others")).toContain('"undici" manages .metadata.labels.keep.');
    await program.declare([shop]);
    succeeded(await program.up());
    expect(await cluster.api.find(`${SHOP}/configmaps/second`)).toBeUndefined();
  });
});
