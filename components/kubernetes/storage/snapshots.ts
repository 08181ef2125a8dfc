import { readFileSync } from "node:fs";
import type * as inputs from "@pulumi/kubernetes/types/input.js";
import { selectorOf } from "../labels.ts";
import type { JobSpec, SnapshotSpec } from "../spec.ts";
import type { WorkloadSpec } from "../workload/spec.ts";

/** What Sluice writes of snapshot.storage.k8s.io/v1 VolumeSnapshotClass. */
export interface SnapshotClass {
  readonly driver: string;
  readonly deletionPolicy: "Retain" | "Delete";
}

/** A snapshot that is deleted is deleted: how many are kept is said in one place, the schedule's `keep`. */
export const snapshotClass = ({ driver }: SnapshotSpec): SnapshotClass => ({ driver, deletionPolicy: "Delete" });

/** Kinds of disk belong to no namespace: the estate's name keeps two estates apart. */
export const snapshotClassName = (estate: string): string => `${estate}-snapshots`;

export const SNAPSHOTS = "snapshots";

const SCRIPT = readFileSync(new URL("scripts/snapshot.sh", import.meta.url), "utf8");

/** The job that takes snapshots of every workload's disks and lets the oldest go. */
export const snapshotJob = ({ schedule, keep, image }: SnapshotSpec, estate: string, workloads: readonly WorkloadSpec[]): JobSpec => ({
  name: SNAPSHOTS,
  purpose: "backup",
  schedule,
  timeZone: "UTC",
  image,
  command: ["sh", "-c", SCRIPT],
  requests: { cpus: 0.05, memoryMb: 64 },
  limits: { cpus: 0.5, memoryMb: 128 },
  user: 10_001,
  env: { ESTATE: estate, CLASS: snapshotClassName(estate), KEEP: `${keep}`, SELECTORS: selectors(workloads).join(" ") },
  secrets: [],
  timeoutSeconds: 900,
  talksTo: [],
  // The API server: where it is, is the cluster's own affair.
  outside: [{ cidr: "0.0.0.0/0", ports: [443, 6443] }],
});

const selectors = (workloads: readonly WorkloadSpec[]): string[] =>
  workloads
    .filter(({ volume }) => volume !== undefined)
    .map((spec) =>
      Object.entries(selectorOf(spec))
        .map(([key, value]) => `${key}=${value}`)
        .join(","),
    );

/** All that the job may ask: to look at claims, and to make and delete snapshots. */
export const snapshotRules = (): inputs.rbac.v1.PolicyRule[] => [
  { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["get", "list"] },
  { apiGroups: ["snapshot.storage.k8s.io"], resources: ["volumesnapshots"], verbs: ["get", "list", "create", "delete"] },
];
