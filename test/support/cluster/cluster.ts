import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { stringify } from "yaml";
import { drawPort } from "../port.ts";
import { Api } from "./api.ts";
import { ensureParts, type Parts } from "./build.ts";
import type { Definition } from "./definitions.ts";
import { type Keeper, keep } from "./keeper.ts";
import { SIMULATED_STORAGE, simulate } from "./simulator.ts";
import { podStages } from "./stages.ts";

/** How long the API server may take to be ready. Two busy cores need a minute. */
const START_SECONDS = 180;

/** A running test cluster. */
export interface Cluster {
  /** Path of a kubeconfig for its administrator. */
  readonly kubeconfig: string;
  readonly api: Api;
  /** End its processes and remove its data. */
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /**
   * How many nodes are played.
   * @default 3
   */
  readonly nodes?: number;
}

/**
 * Start a Kubernetes cluster for tests: a real etcd, API server, controller manager and scheduler on free ports of 127.0.0.1, with the
 * definitions of the custom kinds that Sluice uses. What is simulated: nodes and their pods (kwok: a pod runs at once, unless annotated;
 * no container is behind it), volumes that a provisioner would make, and addresses of load balancers.
 *
 * @throws Error with a program's last words when it does not start
 */
export async function startCluster({ nodes = 3 }: ClusterOptions = {}): Promise<Cluster> {
  const parts = await ensureParts();
  const folder = await mkdtemp(join(tmpdir(), "sluice-cluster-"));
  const keeper = keep(folder);
  const running: Running[] = [];
  const stop = async (): Promise<void> => {
    for (const one of running.reverse()) await one.end();
    keeper.dismiss();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const start = (name: string, args: readonly string[]): Running => {
      const one = run(parts, name, args, { folder, keeper });
      running.push(one);
      return one;
    };
    const [apiPort, etcdPort, peerPort] = [await drawPort(), await drawPort(), await drawPort()];
    start("etcd", etcdArguments(folder, etcdPort, peerPort));
    const token = randomBytes(24).toString("hex");
    const server = start("kube-apiserver", await serverArguments(folder, apiPort, etcdPort, token));
    const api = await connect(`https://127.0.0.1:${apiPort}`, token, join(folder, "certs", "apiserver.crt"), server);
    const kubeconfig = await writeKubeconfig(folder, api.url, token);
    start("kube-controller-manager", managerArguments(folder, kubeconfig));
    start("kube-scheduler", ["--kubeconfig", kubeconfig, "--leader-elect=false", "--secure-port=0"]);
    await writeFile(join(folder, "stages.yaml"), podStages());
    start("kwok", ["--kubeconfig", kubeconfig, "--manage-all-nodes=true", "--config", join(folder, "stages.yaml")]);
    await furnish(api, parts, nodes);
    const simulator = simulate(api);
    return {
      kubeconfig,
      api,
      async stop() {
        await simulator.stop();
        await api.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One program of the cluster, started here and ended here. */
interface Running {
  /** Its last words, when it has ended by itself. */
  ended(): Promise<string | undefined>;
  end(): Promise<void>;
}

function run(
  parts: Parts,
  name: string,
  args: readonly string[],
  { folder, keeper }: { readonly folder: string; readonly keeper: Keeper },
): Running {
  const log = join(folder, `${name}.log`);
  // kwok would look into the person's home for its settings.
  const env = { HOME: folder, KWOK_WORKDIR: folder };
  const child = execa(parts.program(name), args, {
    cwd: folder,
    env,
    stdin: "ignore",
    stdout: { file: log },
    stderr: { file: log },
    reject: false,
  });
  keeper.add(child.pid);
  let over = false;
  const exit = child.then(() => {
    over = true;
  });
  return {
    async ended() {
      if (!over) return undefined;
      const text = await readFile(log, "utf8").catch(() => "");
      return `${name} has ended:\n${text.trim().split("\n").slice(-12).join("\n")}`;
    },
    async end() {
      child.kill("SIGTERM", undefined);
      const slow = setTimeout(() => child.kill("SIGKILL"), 5000);
      await exit;
      clearTimeout(slow);
    },
  };
}

function etcdArguments(folder: string, port: number, peers: number): string[] {
  const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peers}`];
  return [
    ...["--data-dir", join(folder, "etcd"), "--name", "test", "--log-level", "error"],
    ...["--listen-client-urls", client, "--advertise-client-urls", client],
    ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", `test=${peer}`],
    "--unsafe-no-fsync", // nothing of it outlives the test
  ];
}

async function serverArguments(folder: string, port: number, etcdPort: number, token: string): Promise<string[]> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  await writeFile(join(folder, "accounts.key"), privateKey, { mode: 0o600 });
  await writeFile(join(folder, "accounts.pub"), publicKey);
  await writeFile(join(folder, "tokens.csv"), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  return [
    ...["--etcd-servers", `http://127.0.0.1:${etcdPort}`],
    ...["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", `--secure-port=${port}`, "--endpoint-reconciler-type=none"],
    // It makes its own certificate there.
    ...["--cert-dir", join(folder, "certs")],
    ...["--token-auth-file", join(folder, "tokens.csv"), "--authorization-mode=RBAC", "--anonymous-auth=false"],
    "--service-cluster-ip-range=10.96.0.0/16",
    ...["--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file", join(folder, "accounts.pub")],
    ...["--service-account-signing-key-file", join(folder, "accounts.key")],
  ];
}

function managerArguments(folder: string, kubeconfig: string): string[] {
  return [
    ...["--kubeconfig", kubeconfig, "--leader-elect=false", "--secure-port=0"],
    ...["--service-account-private-key-file", join(folder, "accounts.key"), "--root-ca-file", join(folder, "certs", "apiserver.crt")],
    // The played nodes beat when the machine has time; a busy test must not lose them.
    "--node-monitor-grace-period=1h",
    // Quotas follow what is deleted within seconds instead of minutes.
    "--resource-quota-sync-period=5s",
  ];
}

async function connect(url: string, token: string, certificate: string, server: Running): Promise<Api> {
  const until = Date.now() + START_SECONDS * 1000;
  let last: unknown;
  while (Date.now() < until) {
    const words = await server.ended();
    if (words !== undefined) throw new Error(words);
    const authority = await readFile(certificate, "utf8").catch(() => undefined);
    if (authority !== undefined) {
      const api = new Api(url, token, authority);
      try {
        await api.request("GET", "/readyz");
        return api;
      } catch (error) {
        last = error;
        await api.close();
      }
    }
    await sleep(250);
  }
  throw new Error(`the API server was not ready after ${START_SECONDS} s: ${last}`);
}

async function writeKubeconfig(folder: string, server: string, token: string): Promise<string> {
  const authority = (await readFile(join(folder, "certs", "apiserver.crt"))).toString("base64");
  const file = join(folder, "kubeconfig");
  const content = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": authority } }],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "admin" } }],
  };
  await writeFile(file, stringify(content), { mode: 0o600 });
  return file;
}

/** Custom kinds, played nodes and the storage class of played volumes. */
async function furnish(api: Api, parts: Parts, nodes: number): Promise<void> {
  const definitions = JSON.parse(await readFile(parts.definitions, "utf8")) as Definition[];
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  await Promise.all(definitions.map((definition) => api.request("POST", path, definition)));
  await Promise.all(
    Array.from({ length: nodes }, (_, index) => `node-${index + 1}`).map(async (name, index) => {
      const labels = { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": `zone-${index + 1}`, "kubernetes.io/os": "linux" };
      const metadata = { name, labels, annotations: { "kwok.x-k8s.io/node": "fake" } };
      await api.request("POST", "/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata });
      const room = { cpu: "64", memory: "256Gi", pods: "500", "ephemeral-storage": "500Gi" };
      await api.request("PATCH", `/api/v1/nodes/${name}/status`, { status: { allocatable: room, capacity: room } });
    }),
  );
  await api.request("POST", "/apis/storage.k8s.io/v1/storageclasses", {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: SIMULATED_STORAGE },
    provisioner: "simulated.sluice.dev",
    reclaimPolicy: "Retain", // whoever deletes one would have to be played as well
    volumeBindingMode: "Immediate",
  });
  await until("the nodes and kinds are ready", async () => {
    const ready = (await api.list("/api/v1/nodes")).filter((node) => node.status?.conditions?.some(isReady) && !node.spec?.taints?.length);
    const known = (await api.list(path)).filter((one) =>
      one.status?.conditions?.some(
        (condition: { type: string; status: string }) => condition.type === "Established" && condition.status === "True",
      ),
    );
    const account = await api.find("/api/v1/namespaces/default/serviceaccounts/default");
    return ready.length === nodes && known.length === definitions.length && account !== undefined;
  });
}

function isReady(condition: { readonly type: string; readonly status: string }): boolean {
  return condition.type === "Ready" && condition.status === "True";
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let left = 240; left > 0; left--) {
    if (await holds()) return;
    await sleep(500);
  }
  throw new Error(`after two minutes it is not so that ${what}`);
}
