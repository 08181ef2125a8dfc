import type { Slot } from "../../../../components/edge/share.ts";
import type { Project } from "../../../../estate/project.ts";
import type { ServiceSettings } from "../../../../settings/types.ts";
import { decisionByHand } from "../by-hand.ts";
import { ClusterWay } from "./connect.ts";

/** Take every request back and freeze, by one patch: neither the engine, nor a running driver, nor Prometheus is waited for. */
export async function takeBackInCluster(
  project: Project,
  service: ServiceSettings,
  by: string,
  promoted: Slot | null,
  now: number,
): Promise<string> {
  return new ClusterWay(project).edge(service).takeBack(decisionByHand(service.name, by, now), by, promoted, now);
}
