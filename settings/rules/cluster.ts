import type { WrittenCluster } from "../cluster.ts";
import { isSecretPath, type Path, shown } from "../problems.ts";
import type { Finding, Rule } from "../rules.ts";
import type { Written, WrittenService } from "../schema.ts";
import { prometheusFindings } from "./cluster-prometheus.ts";
import { missing } from "./missing.ts";
import { allowedSecrets } from "./secret-names.ts";
import { envNames } from "./service.ts";
import { clashingNames, clusterServiceName, jobFindings, talking, workloadFindings } from "./workload.ts";

const AT: Path = ["cluster"];
/** Kubernetes allows 63. */
const LONGEST_WITH_LOGS = 58;

/** What a cluster and everything in it ask of the rest of the settings. */
export const clusterRules: Rule = (written) => {
  const { cluster, services } = written;
  const inCluster = Object.entries(services).filter(([, { target }]) => target === "kubernetes");
  const found = Object.entries(services).flatMap(([name, service]) =>
    service.target === "docker" ? hostFindings(["services", name], service) : serviceFindings(["services", name], service, cluster),
  );
  if (!cluster) return found;
  const names = [...Object.keys(cluster.workloads), ...inCluster.map(([name]) => name)];
  return [
    ...found,
    ...inCluster.flatMap(([name, service]) => [...clusterServiceName(name), ...talking(["services", name], service, names)]),
    ...clashingNames(
      cluster,
      inCluster.map(([name]) => name),
    ),
    ...secretFindings(written, cluster),
    ...partFindings(cluster),
    ...prometheusFindings(cluster),
    ...Object.entries(cluster.workloads).flatMap(([name, workload]) => workloadFindings(name, workload, names)),
    ...Object.entries(cluster.jobs).flatMap(([name, job]) => [
      ...jobFindings(name, job, names),
      ...envNames([...AT, "jobs", name, "env"], job.env),
    ]),
  ];
};

/** On a host, services of an estate reach each other, and the world. */
function hostFindings(at: Path, service: WrittenService): Finding[] {
  return (["talksTo", "outside"] as const)
    .filter((key) => service[key].length > 0)
    .map((key) => ({
      ...{ at: [...at, key], reads: [[...at, "target"]], received: shown(service[key], [...at, key]) },
      ...{ allowed: "nothing on a Docker host: its network is open", fix: "take it out, or write `target: kubernetes`" },
    }));
}

/** Settings of a service that only the Docker host has, and what one does without them in a cluster. */
const HOST_ONLY: readonly [
  key: "uses" | "block" | "workflows" | "throughputFloor",
  why: string,
  fix: string,
  used: (service: WrittenService) => boolean,
][] = [
  [
    "uses",
    "the host's data stores are closed to the outside",
    "take it out, and give the service its own store: an address in `env`, a password in `secrets`",
    ({ uses }) => uses.length > 0,
  ],
  ["block", "addresses in a cluster are the cluster's", "take it out", ({ block }) => block !== undefined],
  ["workflows", "the host's edge counts them", "take it out", ({ workflows }) => Object.keys(workflows).length > 0],
  ["throughputFloor", "the host's edge measures it", "take it out", ({ throughputFloor }) => throughputFloor !== undefined],
];

function serviceFindings(at: Path, service: WrittenService, cluster: WrittenCluster | undefined): Finding[] {
  const target: Path = [...at, "target"];
  const found: Finding[] = [];
  if (!cluster) {
    found.push({
      ...{ at: target, reads: [AT], received: "kubernetes", allowed: "docker, while there is no `sluice:cluster`" },
      fix: 'add `sluice:cluster: {}`, or write "docker"',
    });
  }
  for (const [key, why, fix, used] of HOST_ONLY) {
    if (!used(service)) continue;
    const received = shown(service[key], [...at, key]);
    found.push({ at: [...at, key], reads: [target], received, allowed: `nothing in a cluster: ${why}`, fix });
  }
  for (const slot of ["blue", "green"] as const) {
    const build = service[slot]?.build;
    if (build === undefined) continue;
    const where = [...at, slot, "build"];
    found.push({
      ...{ at: where, reads: [target], received: shown(build, where), allowed: "nothing in a cluster: its nodes pull images" },
      fix: "push the image to a registry that the cluster reads, and name it in `image`, best by digest",
    });
  }
  if (service.route !== undefined && cluster && !cluster.gateway) {
    found.push({
      ...{ at: [...at, "route"], reads: [target, [...AT, "gateway"]], received: shown(service.route, [...at, "route"]) },
      allowed: "no route, while the cluster has no `gateway`",
      fix: "name the gateway in `sluice:cluster.gateway`, or take the route out",
    });
  }
  return found;
}

/** Every place that names a secret. */
function secretFindings({ secrets }: Written, cluster: WrittenCluster): Finding[] {
  const known = Object.keys(secrets);
  const places: [Path, string | undefined][] = [
    [["kubeconfig"], cluster.kubeconfig],
    [["pullSecret"], cluster.pullSecret],
    [["logs", "passwordSecret"], cluster.logs?.passwordSecret],
    [["discovery", "gossipSecret"], cluster.discovery?.gossipSecret],
    [["prometheus", "tokenSecret"], cluster.prometheus?.tokenSecret],
    [["prometheus", "passwordSecret"], cluster.prometheus?.passwordSecret],
    ...(["workloads", "jobs"] as const).flatMap((group) =>
      Object.entries<{ readonly secrets: readonly string[] }>(cluster[group]).flatMap(([name, own]) =>
        own.secrets.map((secret, index): [Path, string] => [[group, name, "secrets", index], secret]),
      ),
    ),
  ];
  return places.flatMap(([path, name]): Finding[] => {
    if (name === undefined || known.includes(name)) return [];
    const at = [...AT, ...path];
    // Where one secret is asked for, what is no name of one may be the secret itself.
    const hidden = isSecretPath(path.slice(-1));
    return [
      {
        at,
        reads: [["secrets"], ["secrets", name]],
        received: hidden ? "a name that is not there" : JSON.stringify(name),
        allowed: allowedSecrets(known),
        fix: `npm run pulumi -- config set --secret --path 'sluice:secrets.${hidden ? "<name>" : name}'`,
      },
    ];
  });
}

/** What the optional parts need to be whole. */
function partFindings({ namespace, gateway, storage, storageClass, snapshots, logs, discovery, mesh }: WrittenCluster): Finding[] {
  const found: Finding[] = [];
  const need = (value: unknown, at: Path, allowed: string, fix: string, reads: readonly Path[] = []) => {
    if (value === undefined) found.push(missing([...AT, ...at], allowed, fix, reads));
  };
  const IMAGE = "an image reference: [host/]path[:tag][@sha256:64 hex digits]";
  if (gateway) {
    need(gateway.name, ["gateway", "name"], "the name of a Gateway", "add it, or remove `gateway`");
    need(gateway.namespace, ["gateway", "namespace"], "the namespace of the Gateway", "add it, or remove `gateway`");
  }
  if (mesh === "istio" && !gateway) {
    found.push({
      ...{ at: [...AT, "mesh"], reads: [[...AT, "gateway"]], received: "istio", allowed: "none, while the cluster has no `gateway`" },
      fix: "name Istio's Gateway in `sluice:cluster.gateway`, or take `mesh` out",
    });
  }
  if (storage) {
    need(storage.provisioner, ["storage", "provisioner"], "the name of a CSI driver", "add it, for example ebs.csi.aws.com");
    const fix = "name the kind of disk that `storage` declares, for example fast";
    need(storageClass, ["storageClass"], "a name, where there is `storage`", fix, [[...AT, "storage"]]);
  }
  if (snapshots) {
    need(snapshots.image, ["snapshots", "image"], IMAGE, "add one that has `kubectl` and a shell");
    need(
      snapshots.driver ?? storage?.provisioner,
      ["snapshots", "driver"],
      "the name of a CSI driver, where `storage` names none",
      "add it, for example ebs.csi.aws.com",
      [[...AT, "storage", "provisioner"]],
    );
  }
  if (logs && namespace !== undefined && namespace.length > LONGEST_WITH_LOGS) {
    found.push({
      ...{ at: [...AT, "namespace"], reads: [[...AT, "logs"]], received: JSON.stringify(namespace) },
      allowed: `at most ${LONGEST_WITH_LOGS} characters beside \`logs\`, whose namespace has \`-logs\` at its end`,
      fix: `for example ${namespace.slice(0, 20).replace(/-+$/, "")}`,
    });
  }
  if (logs) {
    need(logs.host, ["logs", "host"], "a host name or an address", "add it, for example logs.example.com");
    need(logs.image, ["logs", "image"], IMAGE, "add the image of Fluent Bit");
    need(logs.toolImage, ["logs", "toolImage"], IMAGE, "add one that has `curl` and a shell");
    if ((logs.user === undefined) !== (logs.passwordSecret === undefined)) {
      const [lacks, has] = logs.user === undefined ? ["user", "passwordSecret"] : ["passwordSecret", "user"];
      need(undefined, ["logs", lacks], "`user` and `passwordSecret` together", `add it, or remove \`${has}\``, [[...AT, "logs", has]]);
    }
  }
  if (discovery) {
    need(discovery.image, ["discovery", "image"], IMAGE, "add the image of Consul");
    const first = [[...AT, "discovery", "servers", 0]];
    const servers = discovery.servers.length > 0 ? discovery.servers : undefined;
    need(servers, ["discovery", "servers"], "at least one server", "name Consul's servers, or remove `discovery`", first);
  }
  return found;
}
