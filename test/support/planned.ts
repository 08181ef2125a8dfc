import { type ClusterPlan, planCluster } from "../../components/kubernetes/plan.ts";
import type { WorkloadSpec } from "../../components/kubernetes/workload/spec.ts";
import { decodeStackFile } from "../../settings/decode.ts";
import { parseSettings } from "../../settings/parse.ts";
import { inCluster } from "../../settings/placement.ts";
import type { ClusterSettings, ServiceSettings, Settings } from "../../settings/types.ts";
import { type Raw, stackFile } from "./settings.ts";

/** The stack file that the project shows a cluster with, changed. */
export function clusterStack(change: (raw: Raw) => void = () => undefined): Settings<string> {
  const { raw } = decodeStackFile(stackFile("prod").config);
  change(raw);
  const result = parseSettings(raw, { stack: "prod" });
  if ("problems" in result) throw new Error(JSON.stringify(result.problems, undefined, 1));
  return result.ok;
}

/** The same, planned. */
export function plannedCluster(change?: (raw: Raw) => void): { plan: ClusterPlan<ServiceSettings>; cluster: ClusterSettings } {
  const found = inCluster(clusterStack(change) as unknown as Settings);
  if (!found) throw new Error("the stack has no cluster");
  return { plan: planCluster(found.cluster, found.services), cluster: found.cluster };
}

/** One workload of it by name; a slot by the service's and its own, `explorer-blue`. */
export function specOf(name: string, change?: (raw: Raw) => void): WorkloadSpec {
  const found = plannedCluster(change).plan.measured.find((spec) => spec.name === name);
  if (!found) throw new Error(`there is no workload ${name}`);
  return found;
}

export const HOME = { estate: "sluice-prod", namespace: "network" } as const;
