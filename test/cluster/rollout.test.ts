import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Cluster, startCluster } from "../support/cluster/cluster.ts";
import { SimulatedMesh, weightsOf } from "../support/cluster/mesh.ts";
import { ClusterProject } from "../support/cluster/project.ts";
import { type RunningPrometheus, startPrometheus } from "../support/cluster/prometheus.ts";
import { changes, type Outcome } from "../support/project.ts";

const NAMESPACE = "rolled";
const ROUTE = `/apis/gateway.networking.k8s.io/v1/namespaces/${NAMESPACE}/httproutes/api`;
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/api-rollout`;
const WINDOW = 6;

/**
 * Real: the API server and its controllers, the engine with the plugin of this checkout, the driver as a process, Prometheus. Simulated: nodes and
 * pods (kwok), and the clients with what Istio's proxies would count of them (test/support/cluster/mesh.ts).
 */
describe("a rollout in a real cluster, by a real Prometheus", () => {
  let cluster: Cluster;
  let mesh: SimulatedMesh;
  let prometheus: RunningPrometheus;
  let project: ClusterProject;

  beforeAll(async () => {
    cluster = await startCluster();
    mesh = new SimulatedMesh({ api: cluster.api, namespace: NAMESPACE, service: "api", rate: 150 });
    prometheus = await startPrometheus(await mesh.start());
    project = await ClusterProject.make(cluster.kubeconfig, {
      "sluice:name": "rolled",
      "sluice:rollout": { windowSeconds: WINDOW, warmUpSeconds: 1, minimumRequests: 30, watchSeconds: 0 },
      "sluice:cluster": {
        namespace: NAMESPACE,
        gateway: { name: "public", namespace: "gateways" },
        prometheus: { url: prometheus.url, scrapeSeconds: 1 },
      },
      "sluice:services": {
        api: {
          ...{ target: "kubernetes", route: "/api", port: 3000, replicas: 2, active: "blue", canaryWeight: 0 },
          blue: { image: "registry.example/api:1", release: "v1" },
        },
      },
    });
    const made = await project.script("pulumi", "stack", "init", "dev");
    if (made.exitCode !== 0) throw new Error(made.text);
    succeeded(await project.up());
    // Stable clients before the first release: the comparison needs them.
    await sleep(5_000);
  });

  afterAll(async () => {
    await mesh?.stop();
    await prometheus?.stop();
    await project?.remove();
    await cluster?.stop();
  });

  beforeEach(() => mesh.forget());

  const roll = (release: string) => project.begin("rollout", ...rollWords(release));
  const rolled = async (release: string): Promise<Outcome> => project.rollout(...rollWords(release));
  const route = async () => {
    const found = await cluster.api.get(ROUTE);
    const annotations = found.metadata.annotations ?? {};
    const frozen = annotations["sluice.dev/frozen"];
    return {
      weights: weightsOf(found),
      active: annotations["sluice.dev/active"],
      frozen: frozen === undefined ? null : (JSON.parse(frozen) as { decision: string; slot: string; release: string; by: string }),
    };
  };
  /** An `up` changes nothing: the configuration says what the route does. */
  const agrees = async () => {
    const before = await route();
    const { text } = succeeded(await project.up());
    expect(changes(text).updated ?? 0, text).toBe(0);
    expect(await route()).toEqual(before);
  };
  const acknowledge = async () => {
    const { frozen } = await route();
    succeeded(await project.rollout("acknowledge", frozen?.decision ?? "none"));
    expect((await route()).frozen).toBeNull();
  };

  it("shows its plan and what it looked at, and changes nothing, with --dry-run", async () => {
    const before = await route();
    const shown = succeeded(await project.rollout("api", "--image", "registry.example/api:2", "--release", "v2", "--dry-run"));
    for (const part of ["10 % → 50 % → 100 %", "Kubernetes v1.34.0 answers", "while no driver runs, nobody does"])
      expect(shown.text).toContain(part);
    expect(await route()).toEqual(before);
    const refused = await project.rollout("api", "--image", "build:images/api", "--release", "v1");
    expect([refused.exitCode, refused.text]).toEqual([1, expect.stringContaining("nodes of a cluster pull images")]);
  });

  it("promotes a good release by 10, 50 and 100 %, one patch each, and the configuration follows", async () => {
    const done = await rolled("v2");
    expect(done.exitCode, done.text).toBe(0);
    expect(mesh.moves.map(({ weights }) => weights["api-green"]).filter((weight) => weight !== undefined)).toEqual([0, 10, 50, 100]);
    expect(await route()).toEqual({ weights: { "api-blue": 0, "api-green": 100 }, active: "green", frozen: null });
    expect(await project.service("api")).toMatchObject({ active: "green", canaryWeight: 0, green: { release: "v2" } });
    expect(await cluster.api.find(LEASE)).toBeUndefined();
    const id = JSON.parse(done.stdout.split("\n")[0] ?? "{}").id as string;
    expect((await project.rollout("report", id)).stdout).toContain("# api v2: promoted");
    console.log(`a good release: promoted after ${done.seconds.toFixed(1)} s (3 windows of ${WINDOW} s)`);
    await agrees();
  });

  it("takes a bad release back within seconds: weight 0 first, then the configuration, and `up` does not bring it back", async () => {
    mesh.bad.add("v3");
    const done = await rolled("v3");
    const { firstBad, last } = mesh.slots["api-blue"] ?? {};
    expect(done.exitCode, done.text).toBe(2);
    const { weights, active, frozen } = await route();
    expect({ weights, active }).toEqual({ weights: { "api-blue": 0, "api-green": 100 }, active: "green" });
    expect(frozen).toMatchObject({ slot: "blue", release: "v3", by: "the driver's watch" });
    const decided = Number(new Date(isoOf(frozen?.decision ?? "")));
    const switched = (mesh.moves.findLast(({ weights: seen }) => seen["api-blue"] === 0)?.at ?? 0) - decided;
    console.log(
      `a bad release: first bad answer → decision ${seconds(decided - (firstBad ?? 0))} (detect), decision → weight 0 in the route ${seconds(switched)} (switch), ${mesh.slots["api-blue"]?.requests} requests met it`,
    );
    expect((last ?? 0) - (firstBad ?? 0)).toBeLessThan(15_000);
    expect(await project.service("api")).toMatchObject({
      ...{ active: "green", canaryWeight: 0, frozen: { decision: frozen?.decision, release: "v3", slot: "blue" } },
    });
    const held = await rolled("v4");
    expect([held.exitCode, held.text]).toEqual([1, expect.stringContaining(`acknowledge ${frozen?.decision}`)]);
    await agrees();
    await acknowledge();
    await agrees();
  });

  it("holds while Prometheus does not answer, is never promoted by that, and says that nobody watches once its driver is gone", async () => {
    const driver = roll("v5");
    await until("the first step", async () => (await route()).weights["api-blue"] === 10);
    prometheus.pause();
    try {
      await sleep((WINDOW + 8) * 1000);
      expect((await route()).weights["api-blue"]).toBe(10);
      driver.kill();
      await driver.ended;
      const said = await project.rollout("status", "api");
      expect(said.text).toContain("NOBODY WATCHES the 10 % of clients on the canary");
      expect(said.text).toContain("Prometheus does not answer");
      const status = await project.script("status");
      expect(status.text, status.text).toContain("nobody watches");
    } finally {
      prometheus.resume();
    }
    // Its lease runs out by itself; the release is good, so the next call brings it to its end.
    const on = await project.rollout("resume", "api");
    expect(on.exitCode, on.text).toBe(0);
    expect(await route()).toEqual({ weights: { "api-blue": 100, "api-green": 0 }, active: "blue", frozen: null });
    await agrees();
  });

  it("is taken back by hand at once though the engine's lock is held, and stays so after the next `up`", async () => {
    const lock = await locked(project.root);
    mesh.forget();
    const asked = Date.now();
    const back = project.begin("rollout", "rollback", "api");
    await until("every request is back", async () => (await route()).weights["api-blue"] === 0);
    console.log(`a rollback by hand, with the engine's lock held: every request back ${seconds(Date.now() - asked)} after the command`);
    const { active, frozen } = await route();
    expect([active, frozen?.slot, frozen?.release]).toEqual(["green", "blue", "v5"]);
    // The configuration waits for the lock, and is written when it is free.
    expect(await project.service("api")).toMatchObject({ active: "blue" });
    await lock.free();
    succeeded(await back.ended);
    expect(await project.service("api")).toMatchObject({ active: "green", canaryWeight: 0, frozen: { decision: frozen?.decision } });
    await agrees();
    expect((await route()).weights).toEqual({ "api-blue": 0, "api-green": 100 });
    await acknowledge();
  });

  it("is paused, watched while it is, and taken back by hand of another process without a freeze", async () => {
    const driver = roll("v6");
    await until("the first step", async () => (await route()).weights["api-blue"] === 10);
    // Without measurements nothing goes on: however long the command takes, it meets the first step.
    prometheus.pause();
    try {
      succeeded(await project.rollout("pause", "api"));
    } finally {
      prometheus.resume();
    }
    await sleep((WINDOW + 4) * 1000);
    expect((await route()).weights["api-blue"]).toBe(10);
    expect((await project.rollout("status", "api")).text).toContain("the driver watches; Prometheus answers");
    succeeded(await project.rollout("abort", "api"));
    expect((await driver.ended).exitCode).toBe(2);
    expect(await route()).toMatchObject({ weights: { "api-blue": 0, "api-green": 100 }, active: "green", frozen: null });
    expect((await project.rollout("history", "api")).stdout).toContain("v6");
    await agrees();
  });
});

const rollWords = (release: string): string[] => ["api", "--image", `registry.example/api:${release}`, "--release", release, "--json"];

function succeeded(outcome: Outcome): Outcome {
  expect(outcome.exitCode, outcome.text).toBe(0);
  return outcome;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** `guard-api-20261121093000123` as a time. */
const isoOf = (decision: string): string =>
  (/(\d{17})$/.exec(decision)?.[1] ?? "").replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})$/, "$1-$2-$3T$4:$5:$6.$7Z");

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 120_000; Date.now() < end; await sleep(100)) if (await holds().catch(() => false)) return;
  throw new Error(`not within two minutes: ${what}`);
}

/** A lock on the stack, as another run of the engine would hold it: its process is alive, and called as the engine is. */
async function locked(root: string): Promise<{ free: () => Promise<void> }> {
  const program = join(root, "pulumi-holder");
  await symlink((await execa("which", ["sleep"])).stdout, program);
  const holder = execa(program, ["600"], { reject: false, stdin: "ignore" });
  const file = join(
    root,
    ".sluice",
    "state",
    ".pulumi",
    "locks",
    "organization",
    "sluice",
    "dev",
    "00000000-0000-4000-8000-000000000000.json",
  );
  await mkdir(dirname(file), { recursive: true });
  const lock = { pid: holder.pid, username: userInfo().username, hostname: hostname(), timestamp: new Date().toISOString() };
  await writeFile(file, JSON.stringify(lock));
  return {
    async free() {
      await rm(file);
      holder.kill();
      await holder;
    },
  };
}
