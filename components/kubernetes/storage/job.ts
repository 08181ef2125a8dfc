import type * as inputs from "@pulumi/kubernetes/types/input.js";
import type * as pulumi from "@pulumi/pulumi";
import { SECRETS_PATH } from "../../host/paths.ts";
import { familySelector, type Labels, objectLabels } from "../labels.ts";
import { type Home, ofWorkload } from "../metadata.ts";
import type { JobSpec } from "../spec.ts";
import { envList } from "../workload/pod.ts";
import { quantities } from "../workload/quantities.ts";
import { containerSecurity, podSecurity, TMP } from "../workload/security.ts";

export interface JobPlace extends Home {
  /** Name of the Secret with the job's secrets; absent: it has none. */
  readonly secret?: pulumi.Input<string> | undefined;
  readonly pullSecret?: pulumi.Input<string> | undefined;
  /** Whether it may ask the API server, as far as its Role goes. @default no */
  readonly asksApi?: boolean;
}

/** Which runs are kept to be looked at. */
const HISTORY = { successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 3 } as const;

/** A label on whatever a job makes: what it is for. */
export const PURPOSE = "sluice.dev/purpose";

/** Where programs look for the API server's login, and what stands there. */
const TOKEN: { readonly volume: inputs.core.v1.Volume; readonly mount: inputs.core.v1.VolumeMount } = {
  volume: {
    name: "token",
    // An hour's token of its own, for this container alone, in place of the one that every container of a pod would get.
    projected: {
      defaultMode: 0o440,
      sources: [
        { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] } },
      ],
    },
  },
  mount: { name: "token", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
};

/** Something on a schedule. A run that overlaps the next is left to end; one that hangs is ended. */
export const cronJob = (spec: JobSpec, place: JobPlace): inputs.batch.v1.CronJob => ({
  metadata: { ...ofWorkload(spec, place, spec.name), labels: jobLabels(spec, place.estate) },
  spec: {
    schedule: spec.schedule,
    timeZone: spec.timeZone === "UTC" ? "Etc/UTC" : spec.timeZone,
    concurrencyPolicy: "Forbid",
    // A controller that was away for longer than this begins with the next run.
    startingDeadlineSeconds: spec.startWithinSeconds ?? 600,
    suspend: false,
    ...HISTORY,
    jobTemplate: {
      metadata: { labels: jobLabels(spec, place.estate) },
      spec: {
        activeDeadlineSeconds: spec.timeoutSeconds,
        backoffLimit: spec.retries ?? 2,
        ...(spec.finalExitCodes && {
          podFailurePolicy: { rules: [{ action: "FailJob", onExitCodes: { operator: "In", values: [...spec.finalExitCodes] } }] },
        }),
        template: { metadata: { labels: jobLabels(spec, place.estate) }, spec: pod(spec, place) },
      },
    },
  },
});

export const jobLabels = (spec: JobSpec, estate: string): Labels => ({ ...objectLabels(spec, estate), [PURPOSE]: spec.purpose });
export const jobSelector = ({ name }: JobSpec): Labels => familySelector(name);

function pod(spec: JobSpec, { secret, pullSecret, asksApi = false }: JobPlace): inputs.core.v1.PodSpec {
  const { name, image, command, args, env, requests, limits, user } = spec;
  return {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: "Never",
    securityContext: podSecurity(user),
    ...(pullSecret !== undefined && { imagePullSecrets: [{ name: pullSecret }] }),
    containers: [
      {
        name,
        image,
        ...(command && { command: [...command] }),
        ...(args && { args: [...args] }),
        env: envList(env),
        resources: { requests: quantities(requests), limits: quantities(limits) },
        securityContext: containerSecurity(),
        volumeMounts: [
          TMP.mount,
          ...(secret === undefined ? [] : [{ name: "secrets", mountPath: SECRETS_PATH, readOnly: true }]),
          ...(asksApi ? [TOKEN.mount] : []),
        ],
      },
    ],
    volumes: [
      TMP.volume,
      ...(secret === undefined ? [] : [{ name: "secrets", secret: { secretName: secret, defaultMode: 0o440 } }]),
      ...(asksApi ? [TOKEN.volume] : []),
    ],
  };
}
