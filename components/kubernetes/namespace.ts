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
  "pod-security.kubernetes.io/warn": "restricted",
  ...(mesh === "istio" && { "istio-injection": "enabled" }),
});
