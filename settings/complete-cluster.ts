import { releaseOf } from "../components/host/release.ts";
import { mainPort } from "../components/kubernetes/workload/ports.ts";
import type { AutoscalingSpec, ProbeSpec, VerticalSpec, WorkloadSpec } from "../components/kubernetes/workload/spec.ts";
import type { WrittenCluster } from "./cluster.ts";
import type { ClusterSettings } from "./cluster-types.ts";
import type { Path } from "./problems.ts";
import type { WrittenWorkload } from "./workload.ts";

type Written<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** The fields of a map that somebody wrote. */
const given = <T extends object>(map: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined)) as never;

const sorted = <T>(map: Readonly<Record<string, T>>): [string, T][] => Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));

/** A cluster as the components take it. Only for what the rules have let through: what they require is there. */
export function completeCluster(written: WrittenCluster, estate: string): ClusterSettings {
  const { kubeconfig, context, namespace = estate, createNamespace, mesh, pullSecret, storageClass, gateway } = written;
  const { storage, snapshots, jobs, monitoring, prometheus, logs, discovery, workloads } = written;
  return {
    ...given({ kubeconfig, context, pullSecret, storageClass }),
    ...{ namespace, createNamespace, mesh },
    ...(gateway?.name !== undefined &&
      gateway.namespace !== undefined && {
        gateway: {
          ...{ name: gateway.name, namespace: gateway.namespace, hosts: gateway.hosts },
          podsNamespace: gateway.podsNamespace ?? gateway.namespace,
        },
      }),
    ...(storage?.provisioner !== undefined && { storage: { ...storage, provisioner: storage.provisioner } }),
    ...(snapshots && { snapshots: { ...snapshots, image: snapshots.image ?? "", driver: snapshots.driver ?? storage?.provisioner ?? "" } }),
    jobs: sorted(jobs).map(([name, { schedule = "", image = "", env, outside, ...job }]) => ({
      ...{ name, ...job, schedule, image, env: texts(env), outside: completeOutside(outside) },
    })),
    ...(monitoring && { monitoring: { ...monitoring, runbooks: monitoring.runbooks.replace(/\/+$/, "") } }),
    ...(prometheus?.url !== undefined && { prometheus: completePrometheus(prometheus, prometheus.url) }),
    ...(logs && { logs: completeLogs(logs, estate) }),
    ...(discovery && {
      discovery: { ...discovery, datacenter: discovery.datacenter ?? estate, image: discovery.image ?? "" },
    }),
    workloads: sorted(workloads).map(([name, workload]) => completeWorkload(name, workload, storageClass)),
  };
}

function completePrometheus(
  { tokenSecret, user, passwordSecret, scrapeSeconds, names }: NonNullable<WrittenCluster["prometheus"]>,
  url: string,
): NonNullable<ClusterSettings["prometheus"]> {
  const login =
    tokenSecret !== undefined ? { tokenSecret } : user !== undefined && passwordSecret !== undefined ? { user, passwordSecret } : undefined;
  return { url: url.replace(/\/+$/, ""), ...(login && { login }), scrapeSeconds, names };
}

function completeLogs(
  { host = "", user, passwordSecret, index, image = "", toolImage = "", ...logs }: NonNullable<WrittenCluster["logs"]>,
  estate: string,
): NonNullable<ClusterSettings["logs"]> {
  const login = user !== undefined && passwordSecret !== undefined && { login: { user, passwordSecret } };
  return { ...logs, host, image, toolImage, index: index ?? estate, ...login };
}

const texts = (env: WrittenWorkload["env"]) => Object.fromEntries(Object.entries(env).map(([key, value]) => [key, String(value)]));

/** Places outside of the cluster. */
export const completeOutside = (outside: readonly Written<{ cidr: string; ports: number[] }>[]) =>
  outside.map(({ cidr = "", ports = [] }) => ({ cidr, ports }));

function completeWorkload(name: string, written: WrittenWorkload, usualClass: string | undefined): WorkloadSpec {
  const { kind = "Deployment", image = "", release = releaseOf(image), replicas, ports, env, files, probes, ...rest } = written;
  const { volume, start = "ordered", partition = 0, autoscaling, verticalAutoscaling, outside, ...same } = rest;
  const counted = kind !== "DaemonSet" && autoscaling === undefined;
  const main = mainPort(ports) ?? "";
  const probe = (one: Omit<ProbeSpec, "port"> & { readonly port?: string | undefined }): ProbeSpec => ({ ...one, port: one.port ?? main });
  return {
    ...same,
    ...{ name, kind, image, release, ports, files, start, partition },
    ...(counted && { replicas: replicas ?? 1 }),
    env: texts(env),
    ...(volume?.sizeGi !== undefined && {
      volume: { sizeGi: volume.sizeGi, path: volume.path, ...given({ storageClass: volume.storageClass ?? usualClass }) },
    }),
    probes: {
      ...{ liveness: probe(probes.liveness), readiness: probe(probes.readiness) },
      ...(probes.startup && { startup: probe(probes.startup) }),
    },
    ...(autoscaling?.min !== undefined &&
      autoscaling.max !== undefined && {
        autoscaling: { ...autoscaling, min: autoscaling.min, max: autoscaling.max } satisfies AutoscalingSpec,
      }),
    ...(verticalAutoscaling && { verticalAutoscaling: completeVertical(verticalAutoscaling) }),
    outside: completeOutside(outside),
  };
}

function completeVertical({ mode, min, max }: NonNullable<WrittenWorkload["verticalAutoscaling"]>): VerticalSpec {
  const amount = (one: Written<{ cpus: number; memoryMb: number }> | undefined) =>
    one?.cpus === undefined || one.memoryMb === undefined ? undefined : { cpus: one.cpus, memoryMb: one.memoryMb };
  return given({ mode, min: amount(min), max: amount(max) });
}

/** Every image of a cluster, and where it stands. */
export function clusterImages({ workloads, jobs, snapshots, logs, discovery }: WrittenCluster): [Path, string | undefined][] {
  const of = (group: string, map: Readonly<Record<string, { readonly image?: string | undefined }>>) =>
    Object.entries(map).map(([name, { image }]): [Path, string | undefined] => [["cluster", group, name, "image"], image]);
  return [
    ...of("workloads", workloads),
    ...of("jobs", jobs),
    [["cluster", "snapshots", "image"], snapshots?.image],
    [["cluster", "logs", "image"], logs?.image],
    [["cluster", "logs", "toolImage"], logs?.toolImage],
    [["cluster", "discovery", "image"], discovery?.image],
  ];
}
