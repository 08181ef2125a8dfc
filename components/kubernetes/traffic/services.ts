import type * as inputs from "@pulumi/kubernetes/types/input.js";
import { selectorOf } from "../labels.ts";
import { AWAIT, type Home, ofWorkload } from "../metadata.ts";
import { portsByName } from "../workload/ports.ts";
import type { LoadBalancerSpec, WorkloadSpec } from "../workload/spec.ts";

type Service = inputs.core.v1.Service;

/** A Service has nothing to wait for that its workload does not wait for; of a headless one, each waits for the other. */
const NO_WAIT = { [AWAIT.skip]: "true" };

const ports = (spec: WorkloadSpec) => portsByName(spec.ports).map(([name, port]) => ({ name, port, targetPort: name, protocol: "TCP" }));

/** One address in the cluster for all pods that are ready. */
export const clusterIp = (spec: WorkloadSpec, home: Home): Service => ({
  metadata: ofWorkload(spec, home, spec.name, NO_WAIT),
  spec: { type: "ClusterIP", selector: selectorOf(spec), ports: ports(spec) },
});

/** A name in the cluster for each pod of a StatefulSet, ready or not: peers find each other before any of them is. */
export const headless = (spec: WorkloadSpec, home: Home): Service => ({
  metadata: ofWorkload(spec, home, spec.name, NO_WAIT),
  spec: { type: "ClusterIP", clusterIP: "None", publishNotReadyAddresses: true, selector: selectorOf(spec), ports: ports(spec) },
});

/** The Service that a workload is reached at within the cluster. */
export const inside = (spec: WorkloadSpec, home: Home): Service =>
  spec.kind === "StatefulSet" ? headless(spec, home) : clusterIp(spec, home);

/**
 * A load balancer of the cloud in front of the pods. It sends a node only what that node's own pods answer: clients keep their address,
 * which network policies and logs go by.
 */
export const loadBalancer = (spec: WorkloadSpec, own: LoadBalancerSpec, home: Home): Service => ({
  metadata: ofWorkload(spec, home, `${spec.name}-public`, { ...own.annotations }),
  spec: {
    type: "LoadBalancer",
    externalTrafficPolicy: "Local",
    selector: selectorOf(spec),
    ...(own.allowFrom.length > 0 && { loadBalancerSourceRanges: [...own.allowFrom] }),
    ports: Object.entries(own.ports)
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([port, target]) => ({ name: `port-${port}`, port: Number(port), targetPort: target, protocol: "TCP" })),
  },
});
