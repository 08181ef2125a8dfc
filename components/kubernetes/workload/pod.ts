import type * as inputs from "@pulumi/kubernetes/types/input.js";
import type * as pulumi from "@pulumi/pulumi";
import { CONFIG_PATH, SECRETS_PATH } from "../../host/paths.ts";
import { familyOf, LABEL, podLabels, selectorOf } from "../labels.ts";
import { fileKey } from "./content.ts";
import { mainPort, portsByName } from "./ports.ts";
import { probes } from "./probes.ts";
import { quantities } from "./quantities.ts";
import { containerSecurity, podSecurity, TMP } from "./security.ts";
import type { WorkloadSpec } from "./spec.ts";

/** What a pod is told of the objects around it. */
export interface PodPlace {
  readonly estate: string;
  /** Name of the ConfigMap with the workload's files; absent: it has none. */
  readonly configMap?: pulumi.Input<string> | undefined;
  /** Name of the Secret with the workload's secrets; absent: it has none. */
  readonly secret?: pulumi.Input<string> | undefined;
  /** Name of the Secret with the login to the registry of images. */
  readonly pullSecret?: pulumi.Input<string> | undefined;
}

/**
 * Seconds that a pod waits before its program is asked to stop: load balancers and proxies need a moment to learn that it goes, and what they
 * still send is answered. The kubelet itself waits, so the image needs no shell for it.
 */
export const UNLISTED_SECONDS = 5;

/** Name of the volume of a StatefulSet's disks, and so the beginning of their claims' names. */
export const DATA = "data";

/** The variables of a workload's containers; a slot of a service gets the same ones here as on a host. */
export function podEnvironment(spec: WorkloadSpec): Record<string, string> {
  const { env, files, release, slot, drainSeconds, ports } = spec;
  const port = ports[mainPort(ports) ?? ""];
  return {
    ...env,
    ...(Object.keys(files).length > 0 && { SLUICE_CONFIG_DIR: `${CONFIG_PATH}/current` }),
    SLUICE_SERVICE: familyOf(spec),
    ...(slot !== undefined && { SLUICE_SLOT: slot }),
    SLUICE_RELEASE: release,
    SLUICE_DRAIN_SECONDS: `${drainSeconds}`,
    ...(port !== undefined && { PORT: `${port}` }),
  };
}

/** By name, so that another order in the settings is no difference. */
export const envList = (env: Readonly<Record<string, string>>): inputs.core.v1.EnvVar[] =>
  Object.entries(env)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }));

/** For a Prometheus that finds pods by annotations, without an operator. */
function scrapeAnnotations({ metrics, ports }: WorkloadSpec): Record<string, string> {
  const port = ports[mainPort(ports) ?? ""];
  if (metrics === undefined || port === undefined) return {};
  return { "prometheus.io/scrape": "true", "prometheus.io/port": `${port}`, "prometheus.io/path": metrics };
}

/** Istio's own word: what has no sidecar needs no way to Istio's control plane either. */
const NO_SIDECAR = { "sidecar.istio.io/inject": "false" };

/** A workload's pods: everything that "restricted" asks, limits, probes, a slow good-bye, and files instead of secrets in the environment. */
export function podTemplate(spec: WorkloadSpec, place: PodPlace): inputs.core.v1.PodTemplateSpec {
  const { release, user, drainSeconds, kind } = spec;
  return {
    metadata: {
      labels: { ...podLabels(spec, place.estate), ...(spec.outsideMesh && NO_SIDECAR) },
      annotations: { [LABEL.release]: release, ...scrapeAnnotations(spec) },
    },
    spec: {
      serviceAccountName: spec.name,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: podSecurity(user),
      terminationGracePeriodSeconds: drainSeconds + UNLISTED_SECONDS,
      ...(place.pullSecret !== undefined && { imagePullSecrets: [{ name: place.pullSecret }] }),
      ...(kind === "DaemonSet" ? {} : spread(spec)),
      containers: [container(spec, place)],
      volumes: [
        TMP.volume,
        ...(place.configMap === undefined ? [] : [{ name: "config", configMap: { name: place.configMap, items: fileItems(spec) } }]),
        ...(place.secret === undefined ? [] : [{ name: "secrets", secret: { secretName: place.secret, defaultMode: 0o440 } }]),
      ],
    },
  };
}

function container(spec: WorkloadSpec, place: PodPlace): inputs.core.v1.Container {
  const { command, args, ports, requests, limits, volume } = spec;
  return {
    name: familyOf(spec),
    image: spec.image,
    ...(command && { command: [...command] }),
    ...(args && { args: [...args] }),
    env: envList(podEnvironment(spec)),
    ports: portsByName(ports).map(([name, containerPort]) => ({ name, containerPort, protocol: "TCP" })),
    resources: { requests: quantities(requests), limits: quantities(limits) },
    ...probes(spec.probes),
    lifecycle: { preStop: { sleep: { seconds: UNLISTED_SECONDS } } },
    securityContext: containerSecurity(),
    volumeMounts: [
      TMP.mount,
      ...(place.configMap === undefined ? [] : [{ name: "config", mountPath: `${CONFIG_PATH}/current`, readOnly: true }]),
      ...(place.secret === undefined ? [] : [{ name: "secrets", mountPath: SECRETS_PATH, readOnly: true }]),
      ...(volume ? [{ name: DATA, mountPath: volume.path }] : []),
    ],
  };
}

const fileItems = ({ files }: WorkloadSpec) =>
  Object.keys(files)
    .sort()
    .map((path) => ({ key: fileKey(path), path }));

/** One node or one zone that goes takes as few pods as can be; a full cluster still runs all of them. */
function spread(spec: WorkloadSpec): Pick<inputs.core.v1.PodSpec, "affinity" | "topologySpreadConstraints"> {
  const labelSelector = { matchLabels: selectorOf(spec) };
  return {
    topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
      ...{ maxSkew: 1, topologyKey, whenUnsatisfiable: "ScheduleAnyway", labelSelector },
    })),
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, podAffinityTerm: { topologyKey: "kubernetes.io/hostname", labelSelector } },
        ],
      },
    },
  };
}
