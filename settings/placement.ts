import type { Settings } from "./types.ts";

/** What runs on the Docker host: the settings without the cluster, its services, the repository and Dokploy; nothing where no service, store or monitoring is left for it. */
export function onHost(settings: Settings): Settings | undefined {
  const { cluster: _cluster, github: _github, dokploy: _dokploy, services, ...estate } = settings;
  return hasHost(settings) ? { ...estate, services: services.filter(({ target }) => target === "docker") } : undefined;
}

/** Whether anything runs on a Docker host. */
export const hasHost = ({
  cluster,
  github,
  dokploy,
  services,
  postgres,
  redis,
  monitoring,
}: Pick<Settings<unknown>, "cluster" | "github" | "dokploy" | "services" | "postgres" | "redis" | "monitoring">): boolean =>
  !(cluster || github || dokploy) ||
  services.some(({ target }) => target === "docker") ||
  [postgres, redis, monitoring].some((one) => one !== undefined);

/** What runs in the cluster; nothing where there is none. */
export function inCluster({ cluster, services }: Pick<Settings, "cluster" | "services">) {
  return cluster && { cluster, services: services.filter(({ target }) => target === "kubernetes") };
}
