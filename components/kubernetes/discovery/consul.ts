import type * as inputs from "@pulumi/kubernetes/types/input.js";
import { estateLabels, familyOf, selectorOf } from "../labels.ts";
import { AWAIT, type Home, ofWorkload } from "../metadata.ts";
import type { DiscoverySpec } from "../spec.ts";
import { CONSUL, CONSUL_PORTS, pods, tcp } from "../workload/network.ts";
import { mainPort } from "../workload/ports.ts";
import type { WorkloadSpec } from "../workload/spec.ts";

/** The secret that gossip is kept with, as a file of the agent's configuration. */
export const GOSSIP_FILE = "gossip.json";
export const gossipConfig = (key: string): string => JSON.stringify({ encrypt: key });

/** One agent's configuration: whom it joins, and which services it speaks for. */
export function agentConfig({ servers, datacenter }: DiscoverySpec, namespace: string, workloads: readonly WorkloadSpec[]): object {
  return {
    server: false,
    datacenter,
    retry_join: [...servers],
    bind_addr: "{{ GetPrivateIP }}",
    client_addr: "0.0.0.0",
    data_dir: "/tmp/consul",
    leave_on_terminate: true,
    disable_host_node_id: true,
    enable_script_checks: false,
    disable_remote_exec: true,
    log_json: true,
    services: workloads.flatMap((spec) => registration(spec, namespace)),
  };
}

/**
 * A workload as other clouds find it. Its address is the Service's: pods that are not ready are not behind it, so that no check of Consul's
 * has to say so a second time.
 */
function registration(spec: WorkloadSpec, namespace: string): object[] {
  const port = spec.ports[mainPort(spec.ports) ?? ""];
  if (port === undefined) return [];
  return [
    {
      id: spec.name,
      name: familyOf(spec),
      address: `${spec.name}.${namespace}.svc`,
      port,
      // No release: a new one would roll the agents of every node.
      tags: spec.slot === undefined ? [] : [spec.slot],
    },
  ];
}

/** An agent on every node, hardened as anything else: no port of the node, no disk of it. */
export const consulWorkload = (own: DiscoverySpec, namespace: string, workloads: readonly WorkloadSpec[]): WorkloadSpec => ({
  name: CONSUL,
  kind: "DaemonSet",
  image: own.image,
  release: own.datacenter,
  ports: { http: CONSUL_PORTS.http, gossip: CONSUL_PORTS.gossip },
  command: ["consul"],
  args: ["agent", "-config-dir=/run/config/current", `-config-file=/run/secrets/${GOSSIP_FILE}`],
  requests: { cpus: 0.05, memoryMb: 64 },
  limits: { cpus: 0.25, memoryMb: 128 },
  user: 10_001,
  env: {},
  files: { "agent.json": JSON.stringify(agentConfig(own, namespace, workloads), undefined, 2) },
  secrets: [GOSSIP_FILE],
  start: "ordered",
  partition: 0,
  probes: {
    liveness: { path: "/v1/agent/self", port: "http", afterSeconds: 10, everySeconds: 10, timeoutSeconds: 2, failures: 6 },
    readiness: { path: "/v1/status/leader", port: "http", afterSeconds: 2, everySeconds: 5, timeoutSeconds: 2, failures: 3 },
  },
  drainSeconds: 10,
  readyTimeoutSeconds: 300,
  maxUnavailable: 1,
  talksTo: [],
  outside: [],
  // Gossip is UDP as well, and encrypted by a key of its own; agents of other clouds are in no mesh of this cluster.
  outsideMesh: true,
});

/** A pod asks the agent of its own node: none is asked by the whole cluster. */
export const agentService = (spec: WorkloadSpec, home: Home): inputs.core.v1.Service => ({
  metadata: ofWorkload(spec, home, spec.name, { [AWAIT.skip]: "true" }),
  spec: {
    type: "ClusterIP",
    internalTrafficPolicy: "Local",
    selector: selectorOf(spec),
    ports: [{ name: "http", port: CONSUL_PORTS.http, targetPort: "http", protocol: "TCP" }],
  },
});

/** Gossip is TCP and UDP among all agents, here and in other clouds; servers are asked by TCP. */
export function agentPolicy(spec: WorkloadSpec, { cidrs }: DiscoverySpec, estate: string): inputs.networking.v1.NetworkPolicySpec {
  const gossip = ["TCP", "UDP"].map((protocol) => ({ protocol, port: CONSUL_PORTS.gossip }));
  const agents = [pods(selectorOf(spec)), ...cidrs.map((cidr) => ({ ipBlock: { cidr } }))];
  return {
    podSelector: { matchLabels: selectorOf(spec) },
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      { from: [pods(estateLabels(estate))], ports: tcp([CONSUL_PORTS.http]) },
      { from: agents, ports: gossip },
    ],
    egress: [
      { to: agents, ports: gossip },
      ...(cidrs.length > 0 ? [{ to: cidrs.map((cidr) => ({ ipBlock: { cidr } })), ports: tcp([CONSUL_PORTS.servers]) }] : []),
    ],
  };
}
