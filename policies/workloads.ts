import { z } from "zod";
import { type Fact, isGiven, isKnown, knownOf, UNKNOWN } from "./facts.ts";
import { plainSecrets } from "./plain-secrets.ts";
import { type ContainerFacts, MAKE_PODS, type Pods, podsOf } from "./pods.ts";
import { type About, type ResourceRule, resourceRule, stackRule } from "./rule.ts";

type MakesPods = (typeof MAKE_PODS)[number];

type Words = readonly string[] | Promise<readonly string[]>;
type Text<C> = Omit<ResourceRule<MakesPods, C>, "on" | "check">;

/** A rule about pods, whatever makes them. */
const podRule = <C>(text: Text<C> & { readonly checkPods: (pods: Pods, config: C, about: About) => Words }) => {
  const { checkPods, ...rest } = text;
  return resourceRule<MakesPods, C>({
    ...rest,
    on: MAKE_PODS,
    check: (object, about, config) => {
      const pods = podsOf(object);
      return pods ? checkPods(pods, config, about) : [];
    },
  });
};

const nameOf = ({ name }: ContainerFacts): string => (isGiven(name) ? name : "a container");

/** What is wrong, container by container. */
const each = ({ containers }: Pods, judge: (container: ContainerFacts) => readonly string[]): string[] =>
  containers.flatMap((container) => judge(container).map((words) => `${nameOf(container)}: ${words}`));

/** Nothing when the value is unknown: then nobody can say yet. */
const unless = (value: unknown, holds: boolean, words: string): string[] => (value === UNKNOWN || holds ? [] : [words]);

/** Components that have to read their node, and are named where a rule lets them. */
const LOG_SHIPPER = "log-shipper";
const allowedTo = (components: readonly string[], { component }: Pods): boolean =>
  component !== undefined && components.includes(component);
const exempt = z.strictObject({
  /** Components that the rule lets be: by the pods' label app.kubernetes.io/component. */
  components: z.array(z.string()).default([LOG_SHIPPER]),
});

export const hasLimits = podRule({
  name: "workload-has-requests-and-limits",
  description:
    "Every container in a cluster says what is kept free for it and what it may take at most, of CPU and of memory: a node that promises more than it has stops what it can.",
  remediation: "Set `requests` and `limits`, or `memoryMb` and `cpus` of a service.",
  checkPods: (pods) =>
    each(pods, ({ resources }) => {
      if (!isKnown(resources)) return [];
      return (["requests", "limits"] as const).flatMap((kind) => {
        const given = resources?.[kind];
        if (!isKnown(given)) return [];
        return ["cpu", "memory"].flatMap((what) => {
          const value = given?.[what];
          return unless(value, typeof value === "string" && value !== "", `it has no ${kind} of ${what}`);
        });
      });
    }),
});

export const hasProbes = podRule({
  name: "workload-has-probes",
  description:
    "Every container that runs on has a liveness and a readiness probe: without them Kubernetes sends requests to a program that hangs.",
  remediation: "Set `probes`, or `health` of a service.",
  checkPods: (pods) =>
    pods.ends
      ? []
      : each(pods, ({ livenessProbe, readinessProbe }) =>
          Object.entries({ liveness: livenessProbe, readiness: readinessProbe }).flatMap(([kind, probe]) =>
            unless(probe, isGiven(probe), `it has no ${kind} probe`),
          ),
        ),
});

export const isNotRoot = podRule({
  name: "workload-is-not-root",
  description:
    "No program in a cluster runs as root, nor as a user that a node might know: whoever breaks out of its container is nobody there.",
  remediation: "Set `user` to 10000 or above.",
  config: exempt,
  checkPods: (pods, { components }) => {
    if (allowedTo(components, pods)) return [];
    const own = pods.spec.securityContext;
    if (!isKnown(own)) return [];
    return each(pods, ({ securityContext }) => {
      if (!isKnown(securityContext)) return [];
      const nonRoot = securityContext?.runAsNonRoot ?? own?.runAsNonRoot;
      const user = securityContext?.runAsUser ?? own?.runAsUser;
      return [
        ...unless(nonRoot, nonRoot === true, "it may run as root"),
        ...unless(user, typeof user === "number" && user >= 10_000, `its user is ${isGiven(user) ? String(user) : "not set"}`),
      ];
    });
  },
});

export const isNotPrivileged = podRule({
  name: "workload-is-not-privileged",
  description:
    "No container in a cluster is privileged, none gets more privileges than it began with, and none runs without a seccomp profile.",
  remediation: "Take `privileged` out; set `allowPrivilegeEscalation: false` and `seccompProfile: RuntimeDefault`.",
  checkPods: (pods) => {
    const own = pods.spec.securityContext;
    return each(pods, ({ securityContext }) => {
      if (!isKnown(securityContext) || !isKnown(own)) return [];
      const { privileged, allowPrivilegeEscalation: gains } = securityContext ?? {};
      const profile = securityContext?.seccompProfile ?? own?.seccompProfile;
      const type = isGiven(profile) ? profile.type : profile;
      return [
        ...unless(privileged, privileged !== true, "it is privileged"),
        ...unless(gains, gains === false, "it may gain privileges"),
        ...unless(type, type === "RuntimeDefault" || type === "Localhost", "it has no seccomp profile"),
      ];
    });
  },
});

export const sharesNothingOfItsNode = podRule({
  name: "workload-shares-nothing-of-its-node",
  description: "No pod shares the network, the processes or the memory of its node, and none takes a port of it.",
  remediation: "Take `hostNetwork`, `hostPID`, `hostIPC` and `hostPort` out; a load balancer brings the world in.",
  checkPods: (pods) => {
    const { hostNetwork, hostPID, hostIPC } = pods.spec;
    return [
      ...Object.entries({ hostNetwork, hostPID, hostIPC }).flatMap(([key, value]) => (value === true ? [`${key} is true`] : [])),
      ...each(pods, ({ ports }) =>
        knownOf(ports).flatMap(({ hostPort }) => (isGiven(hostPort) ? [`it takes port ${hostPort} of its node`] : [])),
      ),
    ];
  },
});

export const mountsNoNodeFolder = podRule({
  name: "workload-mounts-no-node-folder",
  description: "No pod mounts a folder of its node: what is in it belongs to all pods there, and to the node itself.",
  remediation: "Use a volume of a StatefulSet; or allow the folder to a component in the levels file.",
  config: z.strictObject({
    /** Folders that a component may mount. */
    allowed: z.record(z.string(), z.array(z.string())).default({ [LOG_SHIPPER]: ["/var/log", "/var/lib/sluice-logs"] }),
  }),
  checkPods: (pods, { allowed }) => {
    const mine = allowed[pods.component ?? ""] ?? [];
    return knownOf(pods.spec.volumes).flatMap(({ hostPath }) => {
      const path = isGiven(hostPath) ? hostPath.path : undefined;
      return isGiven(path) && !mine.includes(path) ? [`it mounts ${path} of its node`] : [];
    });
  },
});

export const dropsCapabilities = podRule({
  name: "workload-drops-capabilities",
  description: "Every container in a cluster drops all capabilities, and adds back none.",
  remediation: "Set `capabilities.drop: [ALL]`.",
  checkPods: (pods) =>
    each(pods, ({ securityContext }) => {
      if (!isKnown(securityContext)) return [];
      const capabilities = securityContext?.capabilities;
      if (!isKnown(capabilities)) return [];
      const drop = capabilities?.drop;
      const added = knownOf(capabilities?.add);
      return [
        ...unless(drop, knownOf(drop).includes("ALL"), "it does not drop ALL capabilities"),
        ...(added.length > 0 ? [`it adds ${added.join(", ")}`] : []),
      ];
    }),
});

export const hasReadOnlyRoot = podRule({
  name: "workload-has-read-only-root",
  description: "Every container's root in a cluster is read-only: an intruder leaves nothing behind.",
  remediation: "Set `readOnlyRootFilesystem: true`, with an emptyDir for what it writes.",
  checkPods: (pods) =>
    each(pods, ({ securityContext }) => {
      if (!isKnown(securityContext)) return [];
      const value = securityContext?.readOnlyRootFilesystem;
      return unless(value, value === true, "its root is writable");
    }),
});

export const mountsNoToken = podRule({
  name: "workload-mounts-no-token",
  description: "No pod gets a login to the API server by itself: what asks it, says so and has a role of its own.",
  remediation: "Set `automountServiceAccountToken: false`.",
  checkPods: ({ spec: { automountServiceAccountToken: token } }) =>
    unless(token, token === false, "its pods get a login to the API server"),
});

export const drains = podRule({
  name: "workload-drains",
  description: "Every pod that runs on gets the time to finish its requests before it is killed.",
  remediation: "Set `drainSeconds`.",
  config: z.strictObject({ minimumSeconds: z.int().min(1).default(5) }),
  checkPods: ({ ends, spec: { terminationGracePeriodSeconds: grace } }, { minimumSeconds }) =>
    ends
      ? []
      : unless(
          grace,
          typeof grace === "number" && grace >= minimumSeconds,
          `its pods get ${isGiven(grace) ? `${grace} s` : "no time of their own"}; at least ${minimumSeconds} s are asked`,
        ),
});

export const hasDigest = podRule({
  name: "workload-image-has-digest",
  description: "Every image in a cluster is named by its digest: what was tested is what runs, on every node and after every restart.",
  remediation: "Set `image: registry/name@sha256:<digest>` instead of a tag.",
  checkPods: (pods) =>
    each(pods, ({ image }) =>
      unless(image, isGiven(image) && /@sha256:[0-9a-f]{64}$/.test(image), `${isGiven(image) ? image : "its image"} has no digest`),
    ),
});

export const isFromAllowedRegistry = podRule({
  name: "workload-image-is-from-allowed-registry",
  description: "Images in a cluster come from registries that the team has chosen.",
  remediation: "Push the image to an allowed registry, or add its registry to the levels file.",
  config: z.strictObject({
    /** Beginnings of references, e.g. `ghcr.io/example/`; none: every registry is allowed. */
    registries: z.array(z.string().min(1)).default([]),
  }),
  checkPods: (pods, { registries }) =>
    registries.length === 0
      ? []
      : each(pods, ({ image }) =>
          isGiven(image) && !registries.some((registry) => image.startsWith(registry))
            ? [`${image} is not from ${registries.join(" or ")}`]
            : [],
        ),
});

const texts = (values: readonly (Fact<string> | undefined)[]): string[] => values.flatMap((value) => (isGiven(value) ? [value] : []));

export const hasNoPlainSecret = podRule({
  name: "workload-has-no-plain-secret",
  description:
    "No environment variable, argument or annotation of a pod holds what looks like a secret: everybody who may look at pods would read it.",
  remediation:
    "Put it into `sluice:secrets` (npm run pulumi -- config set --secret --path 'sluice:secrets.<name>') and read it from the file in /run/secrets. Then change the secret: it has been seen.",
  checkPods: ({ containers, annotations }) =>
    plainSecrets({
      "its environment": texts(
        containers.flatMap(({ env }) =>
          knownOf(env).map(({ name, value }) => (isGiven(value) ? `${isGiven(name) ? name : ""}=${value}` : undefined)),
        ),
      ),
      "its command": texts(containers.flatMap(({ command, args }) => [...knownOf(command), ...knownOf(args)])),
      "its annotations": Object.values(annotations).filter((value) => typeof value === "string"),
    }),
});

export const hasBackup = stackRule({
  name: "disk-has-backup",
  needs: "kubernetes:apps/v1:StatefulSet",
  level: "advisory",
  description: "Every estate with disks in a cluster has a backup job, or snapshots: a disk that is kept does not survive its data center.",
  remediation: "Declare a job with `purpose: backup`, or `snapshots`, in `sluice:cluster`.",
  checkStack: (estate) => {
    const sets = estate.all("kubernetes:apps/v1:StatefulSet");
    const withDisks = sets.filter(
      ({ props: { spec } }) => isGiven(spec) && isGiven(spec.volumeClaimTemplates) && spec.volumeClaimTemplates.length > 0,
    );
    const backups = estate
      .all("sluice:kubernetes:ScheduledJob")
      .filter(({ props: { purpose } }) => purpose === "backup" || !isKnown(purpose));
    return withDisks.length > 0 && backups.length === 0 ? [{ message: "it has disks and no backup job" }] : [];
  },
});
