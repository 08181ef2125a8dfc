import type * as pulumi from "@pulumi/pulumi";
import {
  Cluster,
  ClusterMonitoring,
  ClusterService,
  Discovery,
  Logging,
  ScheduledJob,
  Storage,
  Workload,
} from "../components/kubernetes/index.ts";
import { type ClusterPlan, type PlannedService, planCluster } from "../components/kubernetes/plan.ts";
import type { ClusterSettings, ServiceSettings, Settings } from "../settings/index.ts";
import { clusterJobs } from "./maintenance/cluster.ts";

/** What a person may want to know of a cluster's estate. */
export interface ClusterOutputs {
  /** Addresses of load balancers by workload. */
  readonly addresses: Readonly<Record<string, pulumi.Output<string>>>;
  /** What Consul's servers must be given. */
  readonly gossipKey?: pulumi.Output<string>;
}

/**
 * What runs in a cluster. Loaded only where the settings have one: the library of Kubernetes' objects takes time.
 *
 * @param renderTo folder that manifests are written to, in place of a cluster
 */
export function declareCluster(
  settings: Settings,
  { cluster: own, services }: { readonly cluster: ClusterSettings; readonly services: readonly ServiceSettings[] },
  renderTo?: string,
): ClusterOutputs {
  const { name: estate, edge, protectData } = settings;
  const placed = clusterJobs(settings);
  const plan = planCluster({ ...own, jobs: [...own.jobs, ...placed.map(({ spec }) => spec)] }, services);
  const secret = (name: string | undefined) => (name === undefined ? undefined : settings.secrets[name]);
  const secrets = (names: readonly string[]) =>
    Object.fromEntries(names.flatMap((name) => (settings.secrets[name] ? [[name, settings.secrets[name]]] : [])));

  const cluster = new Cluster("cluster", {
    ...{ estate, context: own.context, namespace: own.namespace, createNamespace: own.createNamespace, mesh: own.mesh, renderTo },
    ...{ kubeconfig: secret(own.kubeconfig), pullSecret: secret(own.pullSecret) },
    hasSecrets: plan.hasSecrets,
    protect: protectData && own.workloads.some(({ volume }) => volume !== undefined),
  });
  const { neighbours } = plan;

  const workloads = own.workloads.map(
    (spec) =>
      [
        spec.name,
        new Workload(spec.name, { cluster, spec, neighbours, mesh: own.mesh, secrets: secrets(spec.secrets) }, { parent: cluster }),
      ] as const,
  );
  for (const one of plan.services) {
    const { active, canaryWeight } = one.settings;
    const route = routeOf(one, own, edge);
    const args = { cluster, neighbours, mesh: own.mesh, slots: one.slots, active, canaryWeight, secrets: secrets(one.settings.secrets) };
    new ClusterService(one.settings.name, { ...args, route }, { parent: cluster });
  }
  new Storage("storage", { cluster, neighbours, ...own }, { parent: cluster });
  for (const spec of own.jobs)
    new ScheduledJob(spec.name, { cluster, spec, neighbours, secrets: secrets(spec.secrets) }, { parent: cluster });
  for (const { spec, secrets: asked } of placed)
    new ScheduledJob(spec.name, { cluster, spec, neighbours, secrets: asked }, { parent: cluster });
  if (own.monitoring) {
    const bridge = { namespace: own.namespace, measured: plan.measured, requests: own.mesh === "istio" };
    new ClusterMonitoring("monitoring", { cluster, own: own.monitoring, ...bridge }, { parent: cluster });
  }
  if (own.logs) {
    const password = secret(own.logs.login?.passwordSecret);
    new Logging("logs", { cluster, own: own.logs, namespace: own.namespace, neighbours, password }, { parent: cluster });
  }
  const discovery =
    own.discovery &&
    new Discovery(
      "discovery",
      {
        ...{ cluster, neighbours, own: own.discovery, namespace: own.namespace, workloads: plan.measured },
        gossipKey: secret(own.discovery.gossipSecret),
      },
      { parent: cluster },
    );
  return {
    addresses: Object.fromEntries(workloads.flatMap(([name, { address }]) => (address ? [[name, address]] : []))),
    ...(discovery && { gossipKey: discovery.gossipKey }),
  };
}

/** How requests come to a service; nothing where it has no route. */
function routeOf({ settings }: PlannedService<ServiceSettings>, { gateway }: ClusterPlan["own"], edge: Settings["edge"]) {
  const { name: service, route: path, stripRoute: strip, port, active, canaryWeight, slots, frozen } = settings;
  if (path === undefined || !gateway) return undefined;
  return {
    ...{ service, path, strip, port, active, canaryWeight, gateway, hosts: gateway.hosts },
    slots: (["blue", "green"] as const).filter((slot) => slots[slot] !== undefined),
    headerOverride: edge.headerOverride,
    timeoutSeconds: edge.responseTimeoutSeconds,
    ...(frozen && { frozen }),
  };
}
