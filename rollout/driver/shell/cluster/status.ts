import type { Project } from "../../../../estate/project.ts";
import type { ClusterServiceStatus, ClusterStatus, SlotStatus } from "../../../../estate/status.ts";
import type { ServiceSettings } from "../../../../settings/types.ts";
import { wordsOf } from "../../changes.ts";
import { driverOf } from "../who.ts";
import { ClusterWay } from "./connect.ts";
import { type SlotPods, slotsOf } from "./slots.ts";

/** What runs of a stack's services in its cluster, as the API server has it: never from configuration. */
export async function readClusterStatus(project: Project): Promise<ClusterStatus | null> {
  const { cluster, services } = project.settings;
  if (cluster === undefined) return null;
  const way = new ClusterWay(project);
  const about = { namespace: cluster.namespace, context: cluster.context ?? null };
  try {
    const own = services.filter(({ target }) => target === "kubernetes");
    return { ...about, problem: null, services: await Promise.all(own.map((service) => statusOf(way, service))) };
  } catch (error) {
    return { ...about, problem: wordsOf(error), services: [] };
  } finally {
    await way.close();
  }
}

async function statusOf(way: ClusterWay, service: ServiceSettings): Promise<ClusterServiceStatus> {
  const slots = await slotsOf(await way.api(), way.settings.namespace, service.name);
  const route = service.route === undefined ? null : await way.edge(service).read();
  return {
    ...{ name: service.name, route: service.route ?? null, active: route?.active ?? null, canaryWeight: route?.weight ?? null },
    ...{ frozen: route?.frozen != null, decision: route?.frozen?.decision ?? null, slots: slots.map(slotStatus) },
    driver: driverOf(route?.lease, Date.now()),
  };
}

const slotStatus = ({ slot, release, image, uid, since, wanted, ready, stuck, settled }: SlotPods): SlotStatus => ({
  ...{ name: slot, release: release ?? "unnamed", image },
  health: stuck !== null ? "unhealthy" : settled && ready >= wanted ? "healthy" : "starting",
  containers: Array.from({ length: wanted }, () => ({ id: uid, startedAt: since })),
});
