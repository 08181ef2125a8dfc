import type * as inputs from "@pulumi/kubernetes/types/input.js";

/** What the pod security standard "restricted" asks of a pod; a program of Sluice's runs as nobody that a node knows. */
export const podSecurity = (user: number): inputs.core.v1.PodSecurityContext => ({
  runAsNonRoot: true,
  runAsUser: user,
  runAsGroup: user,
  // Secrets and disks are the group's: the program can read and write them, and nothing has to run as root to hand them over.
  fsGroup: user,
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
});

/** And of each container; a read-only root is Sluice's own on top. */
export const containerSecurity = (): inputs.core.v1.SecurityContext => ({
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
});

/** A small private space for what a program must write while it runs; the rest of its file system is read-only. */
export const TMP = {
  volume: { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
  mount: { name: "tmp", mountPath: "/tmp" },
} as const;
