import { z } from "zod";
import { SLOTS, type Slot } from "../../../../components/edge/share.ts";
import { LABEL } from "../../../../components/kubernetes/labels.ts";
import { slotName } from "../../../../components/kubernetes/traffic/split.ts";
import type { ClusterApi } from "./api.ts";

const Annotations = z.record(z.string(), z.string()).optional();

const Deployment = z.object({
  metadata: z.object({ name: z.string(), uid: z.string(), generation: z.number().optional(), creationTimestamp: z.string().optional() }),
  spec: z.object({
    replicas: z.int().optional(),
    template: z.object({
      metadata: z.object({ annotations: Annotations }),
      spec: z.object({ containers: z.array(z.object({ image: z.string() })) }),
    }),
  }),
  status: z
    .object({
      observedGeneration: z.number().optional(),
      replicas: z.int().optional(),
      updatedReplicas: z.int().optional(),
      readyReplicas: z.int().optional(),
      availableReplicas: z.int().optional(),
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), reason: z.string().optional(), message: z.string().optional() }))
        .optional(),
    })
    .optional(),
});
const Deployments = z.object({ items: z.array(Deployment) });

/** A slot's pods, as its Deployment tells of them. */
export interface SlotPods {
  readonly slot: Slot;
  readonly name: string;
  readonly uid: string;
  readonly since: string;
  readonly release: string | null;
  readonly image: string;
  readonly wanted: number;
  /** Pods of the present release, and those of any that are ready. */
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  /** The Deployment's controller has seen its latest change, and no pod of before is left. */
  readonly settled: boolean;
  /** Why it gets nowhere; null while it does. */
  readonly stuck: string | null;
}

/** The slots of a service that the cluster has. */
export async function slotsOf(api: ClusterApi, namespace: string, service: string): Promise<SlotPods[]> {
  const selector = encodeURIComponent(`${LABEL.name}=${service}`);
  const found = Deployments.parse(await api.send("GET", `/apis/apps/v1/namespaces/${namespace}/deployments?labelSelector=${selector}`));
  return SLOTS.flatMap((slot) => {
    const own = found.items.find(({ metadata }) => metadata.name === slotName(service, slot));
    return own ? [podsOf(slot, own)] : [];
  });
}

function podsOf(slot: Slot, { metadata, spec, status = {} }: z.infer<typeof Deployment>): SlotPods {
  const { updatedReplicas: updated = 0, readyReplicas: ready = 0, availableReplicas: available = 0, replicas = 0 } = status;
  const failed = status.conditions?.find(
    ({ type, status: is, reason }) =>
      (type === "Progressing" && is === "False" && reason === "ProgressDeadlineExceeded") || (type === "ReplicaFailure" && is === "True"),
  );
  return {
    ...{ slot, name: metadata.name, uid: metadata.uid, since: metadata.creationTimestamp ?? "" },
    release: spec.template.metadata.annotations?.[LABEL.release] ?? null,
    image: spec.template.spec.containers[0]?.image ?? "unknown",
    ...{ wanted: spec.replicas ?? 1, updated, ready, available },
    settled: (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) && replicas === updated,
    stuck: failed === undefined ? null : (failed.message ?? failed.reason ?? "it gets nowhere"),
  };
}
