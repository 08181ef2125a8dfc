import { UNKNOWN } from "../../policies/facts.ts";
import { type Case, TOKEN } from "./case.ts";
import { IMAGE, type Parts } from "./fixtures.ts";

/** A container as Sluice makes it. */
const CONTAINER = {
  name: "api",
  image: IMAGE,
  env: [{ name: "LOG_LEVEL", value: "info" }],
  resources: { requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "2", memory: "4Gi" } },
  livenessProbe: { httpGet: { path: "/health" } },
  readinessProbe: { httpGet: { path: "/health" } },
  securityContext: {
    ...{ privileged: false, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true },
    capabilities: { drop: ["ALL"] },
  },
};
/** And its pod. */
const POD = {
  automountServiceAccountToken: false,
  terminationGracePeriodSeconds: 35,
  securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: "RuntimeDefault" } },
  volumes: [{ name: "tmp", emptyDir: {} }],
};
interface Change {
  readonly container?: object;
  readonly pod?: object;
  readonly labels?: object;
  readonly annotations?: object;
  /** Containers that come first. */
  readonly before?: readonly object[];
}

function template({ container = {}, pod = {}, labels = {}, annotations = {}, before }: Change) {
  const containers = [{ ...CONTAINER, ...container }];
  return { metadata: { labels, annotations }, spec: { ...POD, ...pod, containers, ...(before && { initContainers: before }) } };
}
const words = (title: string, says: string | undefined, config: object | undefined) => ({
  ...{ title, red: says !== undefined },
  ...(says !== undefined && { says }),
  ...(config && { config }),
});
const pods = (title: string, change: Change, says?: string, config?: object): Case => ({
  ...words(title, says, config),
  props: { spec: { template: template(change) } },
});
const job = (title: string, change: Change, says?: string): Case => ({
  ...words(title, says, undefined),
  props: { spec: { jobTemplate: { spec: { template: template(change) } } } },
});
const security = (change: object): Change => ({ container: { securityContext: { ...CONTAINER.securityContext, ...change } } });
const stack = (title: string, parts: Parts, says?: string): Case => ({ ...words(title, says, undefined), parts });

const good = pods("as Sluice makes it", {});
const goodJob = job("a job as Sluice makes it", {});
/** What nobody can know before the update, at every height. */
const unknown: readonly Case[] = [
  { title: "unknown pods", red: false, props: { spec: UNKNOWN } },
  { title: "an unknown template", red: false, props: { spec: { template: UNKNOWN } } },
  pods("unknown containers", { pod: { containers: UNKNOWN } }),
];
const shipper = { labels: { "app.kubernetes.io/component": "log-shipper" } };
const DISKS = { spec: { volumeClaimTemplates: [{}] } };

/** Red and green cases of every rule about pods in a cluster. */
export const workloadCases: Readonly<Record<string, readonly Case[]>> = {
  "workload-has-requests-and-limits": [
    good,
    goodJob,
    pods("none", { container: { resources: undefined } }, "api: it has no requests of cpu"),
    pods("no limit of memory", { container: { resources: { ...CONTAINER.resources, limits: { cpu: "2" } } } }, "no limits of memory"),
    pods("one of two containers", { before: [{ ...CONTAINER, name: "first", resources: {} }] }, "first: it has no limits of cpu"),
    job("a job without", { container: { resources: {} } }, "no requests of memory"),
    pods("unknown", { container: { resources: UNKNOWN } }),
    ...unknown,
  ],
  "workload-has-probes": [
    good,
    pods("no liveness", { container: { livenessProbe: undefined } }, "no liveness probe"),
    pods("no readiness", { container: { readinessProbe: undefined } }, "no readiness probe"),
    job("a job, which ends by itself", { container: { livenessProbe: undefined, readinessProbe: undefined } }),
    pods("unknown", { container: { livenessProbe: UNKNOWN } }),
    ...unknown,
  ],
  "workload-is-not-root": [
    good,
    goodJob,
    pods("nothing said", { pod: { securityContext: undefined }, ...security({ runAsNonRoot: undefined }) }, "may run as root"),
    pods("root", { pod: { securityContext: { runAsNonRoot: true, runAsUser: 0 } } }, "its user is 0"),
    pods("a user that a node may know", security({ runAsUser: 1000 }), "its user is 1000"),
    pods("a container that undoes its pod", security({ runAsNonRoot: false }), "may run as root"),
    pods("the log shipper", { ...shipper, pod: { securityContext: { runAsUser: 0 } } }),
    pods(
      "another component as root",
      { labels: { "app.kubernetes.io/component": "api" }, pod: { securityContext: {} } },
      "user is not set",
    ),
    pods("the log shipper where nobody may", { ...shipper, pod: { securityContext: { runAsUser: 0 } } }, "user is 0", { components: [] }),
    pods("unknown", { pod: { securityContext: UNKNOWN } }),
    ...unknown,
  ],
  "workload-is-not-privileged": [
    good,
    goodJob,
    pods("privileged", security({ privileged: true }), "it is privileged"),
    pods("a way to more", security({ allowPrivilegeEscalation: undefined }), "may gain privileges"),
    pods("no profile", { pod: { securityContext: { runAsNonRoot: true } } }, "no seccomp profile"),
    pods("unconfined", security({ seccompProfile: { type: "Unconfined" } }), "no seccomp profile"),
    pods(
      "a privileged container that comes first",
      { before: [{ ...CONTAINER, securityContext: { privileged: true } }] },
      "it is privileged",
    ),
    pods("unknown", { container: { securityContext: UNKNOWN } }),
    ...unknown,
  ],
  "workload-shares-nothing-of-its-node": [
    good,
    goodJob,
    pods("the network", { pod: { hostNetwork: true } }, "hostNetwork"),
    pods("processes", { pod: { hostPID: true } }, "hostPID"),
    pods("memory", { pod: { hostIPC: true } }, "hostIPC"),
    pods("a port", { container: { ports: [{ containerPort: 80, hostPort: 80 }] } }, "port 80 of its node"),
    pods("unknown", { pod: { hostNetwork: UNKNOWN }, container: { ports: UNKNOWN } }),
    ...unknown,
  ],
  "workload-mounts-no-node-folder": [
    good,
    goodJob,
    pods("the kubelet's", { pod: { volumes: [{ name: "x", hostPath: { path: "/var/lib/kubelet" } }] } }, "/var/lib/kubelet"),
    pods("the log shipper, what it may", { ...shipper, pod: { volumes: [{ name: "x", hostPath: { path: "/var/log" } }] } }),
    pods("the log shipper, what it may not", { ...shipper, pod: { volumes: [{ name: "x", hostPath: { path: "/etc" } }] } }, "/etc"),
    pods("unknown", { pod: { volumes: [{ name: "x", hostPath: UNKNOWN }, UNKNOWN] } }),
    ...unknown,
  ],
  "workload-drops-capabilities": [
    good,
    goodJob,
    pods("none", security({ capabilities: undefined }), "does not drop ALL"),
    pods("some", security({ capabilities: { drop: ["NET_RAW"] } }), "does not drop ALL"),
    pods("with one back", security({ capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }), "NET_BIND_SERVICE"),
    pods("unknown", security({ capabilities: UNKNOWN })),
    ...unknown,
  ],
  "workload-has-read-only-root": [
    good,
    goodJob,
    pods("writable", security({ readOnlyRootFilesystem: false }), "writable"),
    pods("nothing said", security({ readOnlyRootFilesystem: undefined }), "writable"),
    pods("unknown", security({ readOnlyRootFilesystem: UNKNOWN })),
    ...unknown,
  ],
  "workload-mounts-no-token": [
    good,
    goodJob,
    pods("nothing said", { pod: { automountServiceAccountToken: undefined } }, "login to the API server"),
    pods("one", { pod: { automountServiceAccountToken: true } }, "login to the API server"),
    pods("unknown", { pod: { automountServiceAccountToken: UNKNOWN } }),
    ...unknown,
  ],
  "workload-drains": [
    good,
    pods("no time", { pod: { terminationGracePeriodSeconds: 0 } }, "0 s"),
    pods("nothing said", { pod: { terminationGracePeriodSeconds: undefined } }, "no time of their own"),
    pods("less than the team's least", { pod: { terminationGracePeriodSeconds: 35 } }, "at least 60 s", { minimumSeconds: 60 }),
    job("a job, which ends by itself", { pod: { terminationGracePeriodSeconds: undefined } }),
    pods("unknown", { pod: { terminationGracePeriodSeconds: UNKNOWN } }),
    ...unknown,
  ],
  "workload-image-has-digest": [
    good,
    goodJob,
    pods("a tag", { container: { image: "ghcr.io/example/api:1" } }, "ghcr.io/example/api:1 has no digest"),
    pods("half a digest", { container: { image: "ghcr.io/example/api@sha256:ab" } }, "no digest"),
    job("a job by its tag", { container: { image: "backup:1" } }, "backup:1"),
    pods("unknown", { container: { image: UNKNOWN } }),
    ...unknown,
  ],
  "workload-image-is-from-allowed-registry": [
    good,
    pods("another one", {}, "is not from quay.io/team/", { registries: ["quay.io/team/"] }),
    pods("an allowed one", {}, undefined, { registries: ["quay.io/team/", "ghcr.io/example/"] }),
    pods("unknown", { container: { image: UNKNOWN } }, undefined, { registries: ["quay.io/team/"] }),
    ...unknown,
  ],
  "workload-has-no-plain-secret": [
    good,
    goodJob,
    pods("in the environment", { container: { env: [{ name: "TOKEN", value: TOKEN }] } }, "its environment has what looks like a secret"),
    pods("in an argument", { container: { args: [`--token=${TOKEN}`] } }, "its command has"),
    pods("in an annotation", { annotations: { note: TOKEN } }, "its annotations has"),
    job("in a job's environment", { container: { env: [{ name: "TOKEN", value: TOKEN }] } }, "its environment has"),
    pods("unknown", { container: { env: [{ name: "TOKEN", value: UNKNOWN }, UNKNOWN] } }),
    ...unknown,
  ],
  "disk-has-backup": [
    stack("no disks", { statefulSets: [{ spec: {} }] }),
    stack("disks and a backup", { statefulSets: [DISKS], clusterJobs: [{ name: "nightly", purpose: "backup" }] }),
    stack("disks and maintenance alone", { statefulSets: [DISKS], clusterJobs: [{ name: "x", purpose: "maintenance" }] }, "no backup job"),
    stack("disks alone", { statefulSets: [DISKS] }, "no backup job"),
    stack("unknown", { statefulSets: [{ spec: UNKNOWN }] }),
  ],
};
