import type { Settings } from "./types.ts";

/** What runs on the Docker host: the settings without the cluster and its services; nothing where no service, store or monitoring is left for it. */
export function onHost(settings: Settings): Settings | undefined {
  const { cluster, services, ...estate } = settings;
  const here = services.filter(({ target }) => target === "docker");
  const needed = !cluster || here.length > 0 || estate.postgres || estate.redis || estate.monitoring;
  return needed ? { ...estate, services: here } : undefined;
}

/** What runs in the cluster; nothing where there is none. */
export function inCluster({ cluster, services }: Pick<Settings, "cluster" | "services">) {
  return cluster && { cluster, services: services.filter(({ target }) => target === "kubernetes") };
}
