import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "./api.ts";

/** Storage class that every test cluster has. */
export const SIMULATED_STORAGE = "simulated";

/** A load balancer with this annotation gets no address. */
export const NO_ADDRESS = "sluice.dev/simulate-no-address";

/**
 * Play what a cloud does beside a cluster, until stopped: every claim that waits for a provisioner gets a volume, every load balancer an
 * address. Nothing is behind either.
 */
export function simulate(api: Api): { stop(): Promise<void> } {
  let running = true;
  const loop = (async () => {
    while (running) {
      // An object may change or go between the look and the answer; the next round sees it.
      await Promise.all([bindClaims(api), addressBalancers(api)]).catch(() => undefined);
      await sleep(250);
    }
  })();
  return {
    async stop() {
      running = false;
      await loop;
    },
  };
}

/** The controller manager writes this at a claim when it is somebody else's turn to make the volume, not before its first pod has a node. */
const PROVISIONER = "volume.kubernetes.io/storage-provisioner";

async function bindClaims(api: Api): Promise<void> {
  for (const claim of await api.list("/api/v1/persistentvolumeclaims")) {
    const driver = claim.metadata.annotations?.[PROVISIONER];
    if (driver === undefined || claim.status?.phase !== "Pending" || claim.spec.volumeName) continue;
    const { storageClassName, accessModes, resources } = claim.spec;
    const { name, namespace, uid } = claim.metadata;
    const kind = await api.get(`/apis/storage.k8s.io/v1/storageclasses/${storageClassName}`);
    await api.request("POST", "/api/v1/persistentvolumes", {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: `simulated-${uid}` },
      spec: {
        capacity: resources.requests,
        ...{ accessModes, storageClassName },
        persistentVolumeReclaimPolicy: kind.reclaimPolicy,
        claimRef: { name, namespace, uid },
        csi: { driver, volumeHandle: uid },
      },
    });
  }
}

async function addressBalancers(api: Api): Promise<void> {
  for (const service of await api.list("/api/v1/services")) {
    if (service.spec.type !== "LoadBalancer" || service.status?.loadBalancer?.ingress || service.metadata.annotations?.[NO_ADDRESS])
      continue;
    const { name, namespace } = service.metadata;
    const status = { loadBalancer: { ingress: [{ ip: "192.0.2.10" }] } };
    await api.request("PATCH", `/api/v1/namespaces/${namespace}/services/${name}/status`, { status });
  }
}
