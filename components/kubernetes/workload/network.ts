import type * as inputs from "@pulumi/kubernetes/types/input.js";
import { estateLabels, familyOf, familySelector, type Labels, selectorOf } from "../labels.ts";
import type { GatewaySpec } from "../spec.ts";
import { mainPort, portsByName } from "./ports.ts";
import type { OutsideSpec, WorkloadSpec } from "./spec.ts";

/** Name of Consul's agents, and what they listen on. */
export const CONSUL = "consul";
export const CONSUL_PORTS = { http: 8500, gossip: 8301, servers: 8300 } as const;

type Policy = inputs.networking.v1.NetworkPolicySpec;
type Peer = inputs.networking.v1.NetworkPolicyPeer;
type Ingress = inputs.networking.v1.NetworkPolicyIngressRule;
type Egress = inputs.networking.v1.NetworkPolicyEgressRule;

/** Who talks to whom in a cluster, and who comes in from outside of the namespace. */
export interface Neighbours {
  /** Every workload and job by its family's name, and whom it talks to. */
  readonly talksTo: Readonly<Record<string, readonly string[]>>;
  /** Ports of each family. */
  readonly ports: Readonly<Record<string, readonly number[]>>;
  readonly gateway?: GatewaySpec | undefined;
  /** Families that the gateway has a route to. */
  readonly routed: readonly string[];
  /** Namespace that metrics are asked from. */
  readonly monitoring?: string | undefined;
  /** Whether Istio's control plane must be reached. */
  readonly istio: boolean;
  /** Whether Consul's agents are asked. */
  readonly discovery: boolean;
}

/** Namespaces are found by the label that the API server itself puts on them. */
export const inNamespace = (name: string): Peer => ({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } });
export const pods = (matchLabels: Labels): Peer => ({ podSelector: { matchLabels } });
export const tcp = (ports: readonly number[]) => ports.map((port) => ({ protocol: "TCP", port }));

/** Nothing comes in and nothing goes out. @param whose the estate's pods in a shared namespace; every pod in one of its own */
export const denyAll = (whose: Labels): Policy => ({ podSelector: { matchLabels: whose }, policyTypes: ["Ingress", "Egress"] });

/** Names are asked of the cluster's own DNS, and of nobody else. */
export const allowDns = (whose: Labels): Policy => ({
  podSelector: { matchLabels: whose },
  policyTypes: ["Egress"],
  egress: [
    {
      to: [{ ...inNamespace("kube-system"), podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }],
      ports: [
        { protocol: "UDP", port: 53 },
        { protocol: "TCP", port: 53 },
      ],
    },
  ],
});

/** Pods that the two above hold for. */
export const whosePods = (estate: string, ownNamespace: boolean): Labels => (ownNamespace ? {} : estateLabels(estate));

/** What one workload may hear and say; everything else is closed. */
export function workloadPolicy(spec: WorkloadSpec, neighbours: Neighbours): Policy {
  return {
    podSelector: { matchLabels: selectorOf(spec) },
    policyTypes: ["Ingress", "Egress"],
    ingress: ingress(spec, neighbours),
    egress: egress(spec.talksTo, spec.outside, neighbours),
  };
}

function ingress(spec: WorkloadSpec, { talksTo, gateway, routed, monitoring }: Neighbours): Ingress[] {
  const { ports, loadBalancer, metrics } = spec;
  const family = familyOf(spec);
  const all = portsByName(ports).map(([, port]) => port);
  const main = ports[mainPort(ports) ?? ""];
  const callers = Object.keys(talksTo)
    .sort()
    .filter((name) => talksTo[name]?.includes(family));
  const published = [...new Set(Object.values(loadBalancer?.ports ?? {}))].sort().flatMap((name) => ports[name] ?? []);
  return [
    ...(callers.length > 0 ? [{ from: callers.map((name) => pods(familySelector(name))), ports: tcp(all) }] : []),
    ...(gateway && main !== undefined && routed.includes(family)
      ? [{ from: [inNamespace(gateway.podsNamespace)], ports: tcp([main]) }]
      : []),
    ...(loadBalancer ? [{ ...fromWorld(loadBalancer.allowFrom), ports: tcp(published) }] : []),
    ...(monitoring !== undefined && metrics !== undefined && main !== undefined
      ? [{ from: [inNamespace(monitoring)], ports: tcp([main]) }]
      : []),
  ];
}

/** Without `from` it is everybody. */
const fromWorld = (allowFrom: readonly string[]): Pick<Ingress, "from"> =>
  allowFrom.length === 0 ? {} : { from: allowFrom.map((cidr) => ({ ipBlock: { cidr } })) };

/** What a workload or a job may say. */
export function egress(talksTo: readonly string[], outside: readonly OutsideSpec[], { ports, istio, discovery }: Neighbours): Egress[] {
  return [
    ...talksTo.map((name) => ({ to: [pods(familySelector(name))], ports: tcp(ports[name] ?? []) })),
    ...outside.map(({ cidr, ports: own }) => ({ to: [{ ipBlock: { cidr } }], ports: tcp(own) })),
    ...(discovery ? [{ to: [pods(familySelector(CONSUL))], ports: tcp([CONSUL_PORTS.http]) }] : []),
    // A sidecar gets its routes and certificates from there.
    ...(istio ? [{ to: [inNamespace("istio-system")], ports: tcp([15012]) }] : []),
  ];
}

/** Only what a job itself says. Nobody asks it anything. */
export const jobPolicy = (whose: Labels, rules: Egress[]): Policy => ({
  podSelector: { matchLabels: whose },
  policyTypes: ["Ingress", "Egress"],
  egress: rules,
});

/** Families, and what each of them needs: made once for a cluster. */
export function neighbourhood(
  workloads: readonly WorkloadSpec[],
  jobs: readonly { readonly name: string; readonly talksTo: readonly string[] }[],
): Pick<Neighbours, "talksTo" | "ports"> {
  return {
    talksTo: Object.fromEntries([...workloads, ...jobs].map((one) => [familyOf(one), one.talksTo])),
    ports: Object.fromEntries(workloads.map((one) => [familyOf(one), portsByName(one.ports).map(([, port]) => port)])),
  };
}
