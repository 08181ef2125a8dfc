import type { Declared } from "./program.ts";
import { SIMULATED_STORAGE } from "./simulator.ts";
import { FAILING, FAILING_MESSAGE } from "./stages.ts";

/** Long enough to be found nowhere by chance. */
export const PLANTED = "pl4nted-cluster-secret-4b1c";

const in_ = (name: string, more: object = {}) => ({ name, namespace: "shop", ...more });

/** What a test wants otherwise in the small estate. */
export interface Wishes {
  readonly image?: string;
  readonly replicas?: number;
  readonly weight?: number;
  readonly app?: string;
  readonly color?: string;
  /** Reason with which the pods of `web` wait instead of running. */
  readonly failing?: string;
  readonly more?: readonly Declared[];
}

export function deployment(name: string, { image = "registry.example/web:1", replicas = 2, app = "web", failing }: Wishes = {}): Declared {
  const annotations = failing === undefined ? {} : { [FAILING]: failing, [FAILING_MESSAGE]: "no such image\nin the registry" };
  return {
    name,
    kind: "Deployment",
    after: ["shop"],
    args: {
      metadata: in_(name, { annotations: { "pulumi.com/timeoutSeconds": failing === undefined ? "120" : "6" } }),
      spec: {
        replicas,
        selector: { matchLabels: { app } },
        template: {
          metadata: { labels: { app }, annotations },
          // A quantity that the server writes another way.
          spec: { containers: [{ name: "app", image, resources: { limits: { cpu: "1000m" }, requests: { cpu: "0.1" } } }] },
        },
      },
    },
  };
}

/** A namespace with a little of everything that is waited for, replaced or defined by a custom kind. */
export function estate(wishes: Wishes = {}): Declared[] {
  const { weight = 0, color = "blue", more = [] } = wishes;
  const labels = { app: "data" };
  const pod = { metadata: { labels }, spec: { containers: [{ name: "app", image: "registry.example/data:1" }] } };
  const after = ["shop"];
  return [
    { name: "shop", kind: "Namespace", args: { metadata: { name: "shop" } } },
    { name: "settings", kind: "ConfigMap", after, args: { metadata: { namespace: "shop" }, data: { color } } },
    { name: "password", kind: "Secret", after, args: { metadata: in_("password"), stringData: { password: PLANTED } } },
    deployment("web", wishes),
    {
      name: "web-service",
      kind: "Service",
      after,
      args: { metadata: in_("web"), spec: { selector: { app: "web" }, ports: [{ port: 80 }] } },
    },
    {
      name: "public",
      kind: "Service",
      after,
      args: { metadata: in_("public"), spec: { type: "LoadBalancer", selector: { app: "web" }, ports: [{ port: 80, targetPort: 9003 }] } },
    },
    {
      name: "volume",
      kind: "PersistentVolumeClaim",
      after,
      args: {
        metadata: in_("volume"),
        spec: { storageClassName: SIMULATED_STORAGE, accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      },
    },
    {
      name: "data",
      kind: "StatefulSet",
      after,
      args: { metadata: in_("data"), spec: { serviceName: "data", replicas: 2, selector: { matchLabels: labels }, template: pod } },
    },
    {
      name: "agent",
      kind: "DaemonSet",
      after,
      args: {
        metadata: in_("agent"),
        spec: {
          selector: { matchLabels: { app: "agent" } },
          template: { metadata: { labels: { app: "agent" } }, spec: { containers: [{ name: "app", image: "registry.example/agent:1" }] } },
        },
      },
    },
    {
      name: "migrate",
      kind: "Job",
      after,
      args: {
        metadata: in_("migrate"),
        spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "app", image: "registry.example/migrate:1" }] } } },
      },
    },
    {
      name: "route",
      kind: "HTTPRoute",
      after,
      args: {
        apiVersion: "gateway.networking.k8s.io/v1",
        metadata: in_("route"),
        spec: {
          parentRefs: [{ name: "gateway" }],
          rules: [
            {
              backendRefs: [
                { name: "web", port: 80, weight: 100 - weight },
                { name: "canary", port: 80, weight },
              ],
            },
          ],
        },
      },
    },
    ...more,
  ];
}
