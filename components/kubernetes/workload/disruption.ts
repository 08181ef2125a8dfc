import type * as inputs from "@pulumi/kubernetes/types/input.js";
import type { Labels } from "../labels.ts";
import type { WorkloadSpec } from "./spec.ts";

type Spec = inputs.policy.v1.PodDisruptionBudget["spec"];

/** How many of the selected pods may be away at one time when nodes are emptied. */
export const disruptionBudget = (matchLabels: Labels, maxUnavailable: number): Spec => ({
  maxUnavailable,
  selector: { matchLabels },
  // A pod that does no good anyway must not keep a node from being emptied.
  unhealthyPodEvictionPolicy: "AlwaysAllow",
});

/** Whether a budget means anything: whoever empties a node passes over its DaemonSets. */
export const hasBudget = ({ kind }: Pick<WorkloadSpec, "kind">): boolean => kind !== "DaemonSet";
