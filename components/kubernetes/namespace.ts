import { estateLabels, type Labels } from "./labels.ts";
import type { Mesh } from "./spec.ts";

/** What the API server lets into a namespace: nothing but hardened pods, or, for what must read its node, anything. */
export type PodSecurity = "restricted" | "privileged";

/** Labels of a namespace of the estate's own. */
export const namespaceLabels = (estate: string, mesh: Mesh, level: PodSecurity = "restricted"): Labels => ({
  ...estateLabels(estate),
  "pod-security.kubernetes.io/enforce": level,
  "pod-security.kubernetes.io/enforce-version": "latest",
  "pod-security.kubernetes.io/audit": "restricted",
  // What is let in on purpose is not warned of at every update.
  "pod-security.kubernetes.io/warn": level,
  ...(mesh === "istio" && { "istio-injection": "enabled" }),
});
