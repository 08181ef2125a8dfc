import { readFileSync } from "node:fs";
import type * as inputs from "@pulumi/kubernetes/types/input.js";
import type * as pulumi from "@pulumi/pulumi";
import { SECRETS_PATH } from "../../host/paths.ts";
import { objectLabels, selectorOf } from "../labels.ts";
import { type Home, ofWorkload } from "../metadata.ts";
import type { JobSpec, LogsSpec } from "../spec.ts";
import { allowDns, jobPolicy, tcp } from "../workload/network.ts";
import { quantities } from "../workload/quantities.ts";
import { containerSecurity, podSecurity, TMP } from "../workload/security.ts";
import { CONFIG_FILE, HTTP_PORT, LOGS_PATH, STATE_PATH } from "./fluent-bit.ts";
import { lifecycle } from "./lifecycle.ts";

export const SHIPPER = { name: "logs" } as const;
const CONFIG_PATH = "/run/config/current";
/** On the node: a new pod goes on where the last one stopped. */
const NODE_STATE = "/var/lib/sluice-logs";

/** By this label policies know the one workload that reads its node. */
export const COMPONENT = "app.kubernetes.io/component";
export const LOG_SHIPPER = "log-shipper";

/**
 * A scanner's rules that a program which reads its node's logs cannot keep, and why. Nothing else of the estate has any.
 * Log files are root's alone.
 */
const EXCEPTIONS = {
  "checkov.io/skip1": "CKV_K8S_23=log files of a node can be read by root only",
  "checkov.io/skip2": "CKV_K8S_40=log files of a node can be read by root only",
};

/** Where a shipper's configuration is: in a Secret where it holds a password. */
export type ShipperConfig = { readonly configMap: pulumi.Input<string> } | { readonly secret: pulumi.Input<string> };

/**
 * Fluent Bit on every node. It is root, because log files are root's, with no capability, a read-only root and no way to get more; of the
 * node it has the logs, read-only, and one folder for how far it has read.
 */
export function shipper({ image, index }: LogsSpec, home: Home, config: ShipperConfig): inputs.apps.v1.DaemonSet {
  const labels = { ...objectLabels(SHIPPER, home.estate), [COMPONENT]: LOG_SHIPPER };
  const probe = (path: string, failureThreshold: number) => ({
    ...{ httpGet: { path, port: "http" }, initialDelaySeconds: 5, periodSeconds: 10, timeoutSeconds: 2, failureThreshold },
  });
  return {
    metadata: { ...ofWorkload(SHIPPER, home, SHIPPER.name, EXCEPTIONS), labels },
    spec: {
      selector: { matchLabels: selectorOf(SHIPPER) },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
      template: {
        metadata: { labels, annotations: { "sluice.dev/index": index } },
        spec: {
          serviceAccountName: SHIPPER.name,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: { ...podSecurity(0), runAsNonRoot: false },
          terminationGracePeriodSeconds: 15,
          // Nodes that are closed to others have logs as well.
          tolerations: [{ operator: "Exists" }],
          containers: [
            {
              name: SHIPPER.name,
              image,
              args: ["--config", `${CONFIG_PATH}/${CONFIG_FILE}`],
              env: [{ name: "NODE_NAME", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "spec.nodeName" } } }],
              ports: [{ name: "http", containerPort: HTTP_PORT, protocol: "TCP" }],
              resources: { requests: quantities({ cpus: 0.05, memoryMb: 64 }), limits: quantities({ cpus: 0.5, memoryMb: 128 }) },
              livenessProbe: probe("/", 6),
              readinessProbe: probe("/api/v1/health", 3),
              securityContext: { ...containerSecurity(), runAsNonRoot: false },
              volumeMounts: [
                TMP.mount,
                { name: "config", mountPath: CONFIG_PATH, readOnly: true },
                { name: "logs", mountPath: LOGS_PATH, readOnly: true },
                { name: "state", mountPath: STATE_PATH },
              ],
            },
          ],
          volumes: [
            TMP.volume,
            "secret" in config
              ? { name: "config", secret: { secretName: config.secret, defaultMode: 0o440 } }
              : { name: "config", configMap: { name: config.configMap } },
            { name: "logs", hostPath: { path: LOGS_PATH, type: "Directory" } },
            { name: "state", hostPath: { path: NODE_STATE, type: "DirectoryOrCreate" } },
          ],
        },
      },
    },
  };
}

/** Names are asked, and the store is told; nothing else goes out, and nothing comes in. */
export const shipperPolicy = ({ cidrs, port }: LogsSpec): inputs.networking.v1.NetworkPolicySpec =>
  jobPolicy({}, [...((allowDns({}).egress ?? []) as inputs.networking.v1.NetworkPolicyEgressRule[]), ...toStore(cidrs, port)]);

/** Without ranges, to wherever its name leads. */
const toStore = (cidrs: readonly string[], port: number): inputs.networking.v1.NetworkPolicyEgressRule[] => [
  { to: storeRanges(cidrs).map((cidr) => ({ ipBlock: { cidr } })), ports: tcp([port]) },
];
const storeRanges = (cidrs: readonly string[]): readonly string[] => (cidrs.length > 0 ? cidrs : ["0.0.0.0/0"]);

export const LIFECYCLE = "logs-lifecycle";
const SCRIPT = readFileSync(new URL("scripts/lifecycle.sh", import.meta.url), "utf8");

/** The job that tells the store, every day, how long logs are kept: a store that was set up anew learns it again. */
export const lifecycleJob = (spec: LogsSpec): JobSpec => ({
  name: LIFECYCLE,
  purpose: "maintenance",
  schedule: "15 0 * * *",
  timeZone: "UTC",
  image: spec.toolImage,
  command: ["sh", "-c", SCRIPT],
  requests: { cpus: 0.05, memoryMb: 32 },
  limits: { cpus: 0.25, memoryMb: 64 },
  user: 10_001,
  env: {
    STORE: `https://${spec.host}:${spec.port}`,
    LOGIN: spec.login?.user ?? "",
    PASSWORD_FILE: `${SECRETS_PATH}/${spec.login?.passwordSecret ?? ""}`,
    REQUESTS: lifecycle(spec)
      .map(({ path, body }) => `${path} ${JSON.stringify(body)}`)
      .join("\n"),
  },
  secrets: spec.login ? [spec.login.passwordSecret] : [],
  timeoutSeconds: 300,
  talksTo: [],
  outside: storeRanges(spec.cidrs).map((cidr) => ({ cidr, ports: [spec.port] })),
});
