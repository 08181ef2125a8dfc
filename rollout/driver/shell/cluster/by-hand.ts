import type { Project } from "../../../../estate/project.ts";
import type { ServiceSettings } from "../../../../settings/types.ts";
import { decisionByHand, type Promotion } from "../by-hand.ts";
import { ClusterWay } from "./connect.ts";

/**
 * Take every request back and freeze, by one patch: neither the engine, nor a running driver, nor Prometheus is waited for.
 * @throws Problem when the slot to go back to has another release by now: nothing is changed then
 */
export async function takeBackInCluster(
  project: Project,
  service: ServiceSettings,
  by: string,
  promoted: Promotion | null,
  now: number,
): Promise<string> {
  return new ClusterWay(project).edge(service).takeBack(decisionByHand(service.name, by, now), by, promoted, now);
}
