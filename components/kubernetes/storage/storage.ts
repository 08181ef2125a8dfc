import { StorageClass } from "@pulumi/kubernetes/storage/v1/storageClass.js";
import type * as inputs from "@pulumi/kubernetes/types/input.js";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster.ts";
import { createCustom } from "../custom.ts";
import { estateLabels } from "../labels.ts";
import type { SnapshotSpec, StorageSpec } from "../spec.ts";
import type { Neighbours } from "../workload/network.ts";
import type { WorkloadSpec } from "../workload/spec.ts";
import { ScheduledJob } from "./jobs.ts";
import { SNAPSHOTS, snapshotClass, snapshotClassName, snapshotJob, snapshotRules } from "./snapshots.ts";

export interface StorageArgs {
  readonly cluster: Cluster;
  readonly neighbours: Neighbours;
  /** Name of the kind of disk that `storage` declares. */
  readonly storageClass?: string | undefined;
  readonly storage?: StorageSpec | undefined;
  readonly snapshots?: SnapshotSpec | undefined;
  readonly workloads: readonly WorkloadSpec[];
}

/** Kinds of disks, and snapshots of the disks. */
export class Storage extends pulumi.ComponentResource {
  constructor(name: string, args: StorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:kubernetes:Storage", name, {}, opts);
    const { cluster, neighbours, storageClass, storage, snapshots, workloads } = args;
    const { estate } = cluster.home;
    const own = { parent: this, provider: cluster.provider };

    if (storage && storageClass !== undefined) new StorageClass(`${name}-class`, diskClass(storageClass, storage, estate), own);
    if (snapshots) {
      const metadata = { name: snapshotClassName(estate), labels: estateLabels(estate) };
      createCustom(`${name}-snapshot-class`, "VolumeSnapshotClass", metadata, snapshotClass(snapshots), own);
      const spec = snapshotJob(snapshots, estate, workloads);
      new ScheduledJob(SNAPSHOTS, { cluster, spec, neighbours, secrets: {}, rules: snapshotRules() }, { parent: this });
    }
    this.registerOutputs({});
  }
}

/** A disk is made where its first pod is put, can grow, and stays when its claim goes unless the settings say otherwise. */
export const diskClass = (
  name: string,
  { provisioner, parameters, reclaim }: StorageSpec,
  estate: string,
): inputs.storage.v1.StorageClass => ({
  metadata: { name, labels: estateLabels(estate) },
  provisioner,
  parameters: { ...parameters },
  reclaimPolicy: reclaim,
  allowVolumeExpansion: true,
  volumeBindingMode: "WaitForFirstConsumer",
});
