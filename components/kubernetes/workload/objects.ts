import type * as inputs from "@pulumi/kubernetes/types/input.js";
import { LABEL, objectLabels, selectorOf } from "../labels.ts";
import { AWAIT, type Home, ofWorkload } from "../metadata.ts";
import { DATA, type PodPlace, podTemplate } from "./pod.ts";
import type { VolumeSpec, WorkloadSpec } from "./spec.ts";

/** Where a workload is put. */
export type WorkloadPlace = Home & PodPlace;

/** Releases that Kubernetes keeps besides the one that runs; Sluice's own way back is its settings. */
const HISTORY = 3;

const metadata = (spec: WorkloadSpec, place: WorkloadPlace) =>
  ofWorkload(spec, place, spec.name, { [LABEL.release]: spec.release, [AWAIT.seconds]: `${spec.readyTimeoutSeconds}` });

/** Nothing where something else decides how many there are: two that set one field undo each other. */
const replicas = ({ replicas }: WorkloadSpec) => (replicas === undefined ? {} : { replicas });

/** Pods that are alike. A new release starts beside the old one, which goes when the new one is ready. */
export const deployment = (spec: WorkloadSpec, place: WorkloadPlace): inputs.apps.v1.Deployment => ({
  metadata: metadata(spec, place),
  spec: {
    ...replicas(spec),
    selector: { matchLabels: selectorOf(spec) },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
    progressDeadlineSeconds: spec.readyTimeoutSeconds,
    revisionHistoryLimit: HISTORY,
    template: podTemplate(spec, place),
  },
});

/** Pods with a name and a disk each; from number `partition` on they get a new release. */
export const statefulSet = (spec: WorkloadSpec, place: WorkloadPlace): inputs.apps.v1.StatefulSet => ({
  metadata: metadata(spec, place),
  spec: {
    ...replicas(spec),
    selector: { matchLabels: selectorOf(spec) },
    serviceName: spec.name,
    podManagementPolicy: spec.start === "parallel" ? "Parallel" : "OrderedReady",
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: spec.partition } },
    revisionHistoryLimit: HISTORY,
    ...(spec.volume && {
      volumeClaimTemplates: [claim(spec, spec.volume, place)],
      // Data outlives the pods that wrote it, also when there are fewer of them.
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    }),
    template: podTemplate(spec, place),
  },
});

/** One pod on every node. */
export const daemonSet = (spec: WorkloadSpec, place: WorkloadPlace): inputs.apps.v1.DaemonSet => ({
  metadata: metadata(spec, place),
  spec: {
    selector: { matchLabels: selectorOf(spec) },
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: spec.maxUnavailable } },
    revisionHistoryLimit: HISTORY,
    template: podTemplate(spec, place),
  },
});

/** A claim's template cannot change while its StatefulSet lives: nothing that moves, as a release, may be in it. */
const claim = (
  spec: WorkloadSpec,
  { sizeGi, storageClass }: VolumeSpec,
  { estate }: WorkloadPlace,
): inputs.core.v1.PersistentVolumeClaim => ({
  // Written out, because the API server does so: what it adds would be a difference at every update.
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: DATA, labels: objectLabels(spec, estate) },
  spec: {
    accessModes: ["ReadWriteOnce"],
    volumeMode: "Filesystem",
    ...(storageClass !== undefined && { storageClassName: storageClass }),
    resources: { requests: { storage: `${sizeGi}Gi` } },
  },
});
