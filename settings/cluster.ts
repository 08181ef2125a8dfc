import { z } from "zod";
import { MESHES } from "../components/kubernetes/spec.ts";
import { discovery, jobs, logs, operator, snapshots, storage } from "./cluster-parts.ts";
import { prometheus } from "./cluster-prometheus.ts";
import { field, flag, text } from "./field.ts";
import { SECRET_NAME } from "./service.ts";
import { CLASS_NAME, WORKLOAD_NAME, workload } from "./workload.ts";

export const NAMESPACE = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const CONTEXT = /^[^\s\0]{1,253}$/;
const HOST = /^(?:\*\.)?(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

const namespace = (means: string, example: string, whenAbsent: string) =>
  text(NAMESPACE, { means, allowed: "1 to 63 lower-case letters, digits, `-`, starting with a letter", example, whenAbsent });

export const cluster = field(
  z.strictObject({
    kubeconfig: text(SECRET_NAME, {
      means: "How to reach the cluster: the name of a secret that holds a kubeconfig.",
      allowed: "a name from sluice:secrets",
      example: "kubeconfig",
      whenAbsent: "the machine's own: KUBECONFIG, else ~/.kube/config",
    }).optional(),
    context: text(CONTEXT, {
      means: "Which context of the kubeconfig.",
      allowed: "the name of a context",
      example: "prod-eu",
      whenAbsent: "its current one",
    }).optional(),
    namespace: namespace("Namespace that everything is put into.", "network", "the estate's name").optional(),
    createNamespace: flag(
      "Whether the namespace is the estate's own: made by it, closed to the network, held to the `restricted` pod security, deleted with it.",
      true,
    ).default(true),
    gateway: field(
      z.strictObject({
        name: text(CLASS_NAME, { means: "Its name.", allowed: "the name of a Gateway", example: "public" }).optional(),
        namespace: namespace("Namespace it is in.", "gateways", "it must be set").optional(),
        podsNamespace: namespace(
          "Namespace of the pods that carry its traffic: only they may come in.",
          "gateways",
          "`gateway.namespace`",
        ).optional(),
        hosts: field(
          z.array(text(HOST, { means: "A host.", allowed: "a host name, `*.` in front allowed", example: "shop.example.com" })),
          {
            means: "Hosts that routes are for.",
            allowed: "a list of host names",
            example: ["shop.example.com"],
            whenAbsent: "every host of the gateway",
          },
        ).default([]),
      }),
      {
        means: "Gateway that routes are hung on; it is there before. With `mesh: istio`, Istio's own Gateway.",
        allowed: "a map with `name` and `namespace`",
        example: { name: "public", namespace: "gateways" },
        whenAbsent: "no service of the cluster can have a route",
        jsonSchema: { required: ["name", "namespace"] },
      },
    ).optional(),
    mesh: field(z.enum(MESHES), {
      means:
        "What moves requests: `none` for the Gateway API's HTTPRoute; `istio` for VirtualService and DestinationRule, with retries and circuit breakers.",
      allowed: "none or istio",
      example: "istio",
    }).default("none"),
    pullSecret: text(SECRET_NAME, {
      means: "Login to the registry of images: the name of a secret that holds a Docker config.json.",
      allowed: "a name from sluice:secrets",
      example: "registry",
      whenAbsent: "images are pulled without a login",
    }).optional(),
    storageClass: text(CLASS_NAME, {
      means: "Kind of disk for volumes; declared by Sluice where `storage` says how.",
      allowed: "the name of a StorageClass",
      example: "fast",
      whenAbsent: "the cluster's default",
    }).optional(),
    storage: storage.optional(),
    snapshots: snapshots.optional(),
    jobs,
    monitoring: operator.optional(),
    prometheus: prometheus.optional(),
    logs: logs.optional(),
    discovery: discovery.optional(),
    workloads: field(z.record(z.string(), workload), {
      means: "What runs in the cluster besides services, by name.",
      allowed: "a map of names to workloads",
      example: { business: { kind: "Deployment", image: "ghcr.io/example/business:1", ports: { http: 9003 } } },
      jsonSchema: { propertyNames: { pattern: WORKLOAD_NAME.source } },
    }).default({}),
  }),
  {
    means: "Kubernetes cluster for services with `target: kubernetes` and for `workloads` (docs/kubernetes.md).",
    allowed: "a map",
    example: { context: "prod-eu", namespace: "shop" },
    whenAbsent: "nothing runs in a cluster",
  },
);

export type WrittenCluster = z.output<typeof cluster>;
