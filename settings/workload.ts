import { z } from "zod";
import { VERTICAL_MODES, WORKLOAD_KINDS } from "../components/kubernetes/workload/spec.ts";
import { field, seconds, text, whole } from "./field.ts";
import { image } from "./image-reference.ts";
import { cidr, outside, talksTo } from "./reach.ts";
import { env, FILE_NAME, HEALTH, RELEASE, SECRET_NAME } from "./service.ts";

/** 40 characters: with what Kubernetes and Sluice add (`-public`, a hash, a pod's number) a name stays below 63. */
export const WORKLOAD_NAME = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
/** What Kubernetes takes as the name of a port. */
export const PORT_NAME = /^(?=.{1,15}$)[a-z](?:[a-z0-9]|-(?=[a-z0-9]))*$/;
const FOLDER = /^\/(?!\/)(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9._/-]*[A-Za-z0-9._-]$/;
const QUANTITY = /^[0-9]+(?:\.[0-9]+)?(?:m|k|Ki|M|Mi|G|Gi)?$/;
export const CLASS_NAME = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/;

export const cpus = (means: string, example: number) =>
  field(z.number().min(0.01).max(256), { means, allowed: "a number of CPUs from 0.01 to 256", example });

/** CPU and memory of one container. */
export const amount = (means: string, defaults: { cpus: number; memoryMb: number }) =>
  field(
    z.strictObject({
      cpus: cpus("CPU time, in CPUs.", 2).default(defaults.cpus),
      memoryMb: whole(16, 4_194_304, "MiB", "Memory; 1024 are 1 Gi.", 4096).default(defaults.memoryMb),
    }),
    { means, allowed: "a map of `cpus` and `memoryMb`", example: { cpus: 2, memoryMb: 4096 } },
  );

export const words = (means: string, example: readonly string[]) =>
  field(z.array(field(z.string().min(1), { means: "One word.", allowed: "text", example: example[0] })), {
    means,
    allowed: "a list of words",
    example,
    whenAbsent: "the image's own",
  }).optional();

export const secretNames = field(
  z.array(text(SECRET_NAME, { means: "Name of a secret.", allowed: "a name from sluice:secrets", example: "validator-key" })),
  { means: "Names in `sluice:secrets` that it gets as files under /run/secrets/.", allowed: "a list of names", example: ["validator-key"] },
).default([]);

export const user = whole(
  10_000,
  2_147_483_647,
  "",
  "User and group id that the program runs as; a high one is nobody's on any node.",
  10_001,
).default(10_001);

const probe = (means: string, defaults: { path: string; after: number; every: number; failures: number }) =>
  field(
    z.strictObject({
      path: text(HEALTH, { means: "Path that is asked.", allowed: "a path that starts with /", example: defaults.path }).default(
        defaults.path,
      ),
      port: field(z.string(), {
        means: "Name of the port that is asked.",
        allowed: "a name from `ports`",
        example: "http",
        whenAbsent: "`http`, else the first name in the alphabet",
      }).optional(),
      afterSeconds: seconds(0, 3600, "Seconds from the start to the first question.", defaults.after).default(defaults.after),
      everySeconds: seconds(1, 600, "Seconds between two questions.", defaults.every).default(defaults.every),
      timeoutSeconds: seconds(1, 60, "Seconds an answer may take.", 2).default(2),
      failures: whole(1, 1000, "", "Bad answers in a row that count.", defaults.failures).default(defaults.failures),
    }),
    { means, allowed: "a map", example: { path: defaults.path } },
  );

const percent = (means: string, example: number) => whole(1, 1000, "percent", means, example);

const pace = (means: string, defaults: { window: number; percent: number; period: number }) =>
  field(
    z.strictObject({
      windowSeconds: seconds(0, 3600, "Seconds that are looked back on, so that a ripple moves nothing.", defaults.window).default(
        defaults.window,
      ),
      percent: percent("Percent of the pods that may come or go in one period.", defaults.percent).default(defaults.percent),
      periodSeconds: seconds(1, 1800, "Length of a period.", defaults.period).default(defaults.period),
    }),
    { means, allowed: "a map", example: { windowSeconds: defaults.window } },
  ).prefault({});

const autoscaling = field(
  z.strictObject({
    min: whole(1, 1000, "", "Pods that there always are.", 6).optional(),
    max: whole(1, 1000, "", "Pods that there are at most.", 20).optional(),
    cpuPercent: percent("Average use of the CPU time that is requested.", 70).optional(),
    memoryPercent: percent("Average use of the memory that is requested.", 80).optional(),
    metrics: field(
      z.record(
        z.string(),
        text(QUANTITY, { means: "Average per pod.", allowed: "a Kubernetes quantity, as text: 100, 500m, 2k", example: "100" }),
      ),
      {
        means: "Custom metrics of the cluster and what each pod should have of them on average.",
        allowed: "a map of metrics' names to quantities",
        example: { transactions_per_second: "50k" },
      },
    ).default({}),
    scaleUp: pace("How fast pods are added.", { window: 0, percent: 100, period: 60 }),
    scaleDown: pace("How fast pods are taken away.", { window: 300, percent: 10, period: 60 }),
  }),
  {
    means: "Number of pods by load (HorizontalPodAutoscaler); `replicas` is left out then.",
    allowed: "a map with `min`, `max` and at least one of `cpuPercent`, `memoryPercent`, `metrics`",
    example: { min: 6, max: 20, cpuPercent: 70, memoryPercent: 80 },
    whenAbsent: "the number of pods stays",
    jsonSchema: { required: ["min", "max"] },
  },
);

const bound = (means: string) =>
  field(
    z.strictObject({
      cpus: cpus("CPU time, in CPUs.", 4).optional(),
      memoryMb: whole(16, 4_194_304, "MiB", "Memory.", 8192).optional(),
    }),
    {
      means,
      allowed: "a map with `cpus` and `memoryMb`",
      example: { cpus: 4, memoryMb: 8192 },
      jsonSchema: { required: ["cpus", "memoryMb"] },
    },
  ).optional();

const verticalAutoscaling = field(
  z.strictObject({
    mode: field(z.enum(VERTICAL_MODES), {
      means: "Off recommends only, Initial decides when a pod starts, Recreate and Auto replace pods.",
      allowed: VERTICAL_MODES.join(", "),
      example: "Off",
      whenAbsent: "Off beside `autoscaling` by CPU or memory, else Auto",
    }).optional(),
    min: bound("Never less than this."),
    max: bound("Never more than this."),
  }),
  {
    means: "Requests by what was really used (VerticalPodAutoscaler); the cluster must have its controller.",
    allowed: "a map",
    example: { mode: "Off" },
    whenAbsent: "requests stay",
  },
);

const loadBalancer = field(
  z.strictObject({
    ports: field(z.record(z.string(), field(z.string(), { means: "Name of a port.", allowed: "a name from `ports`", example: "http" })), {
      means: "What each port of the load balancer leads to.",
      allowed: "a map of port numbers, in quotes, to names from `ports`",
      example: { "80": "http", "443": "http" },
      jsonSchema: { propertyNames: { pattern: "^[0-9]{1,5}$" } },
    }).default({}),
    allowFrom: field(z.array(cidr("A range.", "198.51.100.0/24")), {
      means: "Who may come in.",
      allowed: "a list of CIDR ranges",
      example: ["198.51.100.0/24"],
      whenAbsent: "everybody",
    }).default([]),
    annotations: field(z.record(z.string(), z.string()), {
      means: "What the cloud's load balancer controller is told.",
      allowed: "a map of texts",
      example: { "service.beta.kubernetes.io/aws-load-balancer-type": "nlb" },
    }).default({}),
  }),
  {
    means: "A load balancer of the cloud in front of the pods.",
    allowed: "a map with `ports`",
    example: { ports: { "80": "http", "443": "http" } },
    whenAbsent: "reached from inside of the cluster only",
    jsonSchema: { required: ["ports"] },
  },
);

const volume = field(
  z.strictObject({
    sizeGi: whole(1, 65_536, "GiB", "Size of each disk.", 100).optional(),
    path: text(FOLDER, { means: "Folder that the container finds it at.", allowed: "an absolute path", example: "/data" }).default("/data"),
    storageClass: text(CLASS_NAME, {
      means: "Kind of disk.",
      allowed: "the name of a StorageClass",
      example: "fast",
      whenAbsent: "`cluster.storageClass`",
    }).optional(),
  }),
  {
    means: "A disk of its own for each pod of a StatefulSet.",
    allowed: "a map with `sizeGi`",
    example: { sizeGi: 100 },
    whenAbsent: "no disk",
    jsonSchema: { required: ["sizeGi"] },
  },
);

export const workload = field(
  z.strictObject({
    kind: field(z.enum(WORKLOAD_KINDS), {
      means: "Deployment: pods that are alike. StatefulSet: pods with a name and a disk each. DaemonSet: one pod on every node.",
      allowed: WORKLOAD_KINDS.join(", "),
      example: "Deployment",
    }).optional(),
    image: image("it must be set").optional(),
    release: text(RELEASE, {
      means: "Name of what runs, as logs, metrics and labels show it.",
      allowed: "1 to 64 letters, digits, `.`, `_`, `-`, as text",
      example: "v2",
      whenAbsent: "derived from the image",
    }).optional(),
    replicas: whole(1, 1000, "", "Number of pods.", 4, "1; none with `autoscaling` and in a DaemonSet").optional(),
    ports: field(z.record(z.string(), whole(1024, 65_535, "", "Port that the program listens on.", 9003)), {
      means:
        "Ports of the container, by name. `http`, else the first name in the alphabet, is the one that is scraped and asked by probes.",
      allowed: "a map of names to ports",
      example: { http: 9003, grpc: 9004 },
      jsonSchema: { propertyNames: { pattern: PORT_NAME.source } },
    }).default({}),
    command: words("Program, in place of the image's entrypoint.", ["/app/validator"]),
    args: words("Its arguments.", ["--peers", "4"]),
    requests: amount("What is kept free for each pod.", { cpus: 0.25, memoryMb: 256 }).prefault({}),
    limits: amount("What a pod may take at most.", { cpus: 0.5, memoryMb: 512 }).prefault({}),
    user,
    env: env("Environment.").default({}),
    files: field(z.record(z.string(), z.string()), {
      means: "Files in the folder that SLUICE_CONFIG_DIR names (/run/config/current), read-only.",
      allowed: "a map of file names to their text",
      example: { "node.json": "{}" },
      jsonSchema: { propertyNames: { pattern: FILE_NAME.source } },
    }).default({}),
    secrets: secretNames,
    volume: volume.optional(),
    start: field(z.enum(["ordered", "parallel"]), {
      means: "Whether the pods of a StatefulSet start one after the other or all at once.",
      allowed: "ordered or parallel",
      example: "parallel",
      whenAbsent: "ordered",
    }).optional(),
    partition: whole(
      0,
      1000,
      "",
      "Pods of a StatefulSet with a lower number keep their release: with 4 pods, 3 tries a new one on the last.",
      3,
      "0: every pod gets it",
    ).optional(),
    probes: field(
      z.strictObject({
        liveness: probe("Bad answers start the container anew.", { path: "/health", after: 10, every: 10, failures: 3 }).prefault({}),
        readiness: probe("Bad answers take the pod out of the traffic.", { path: "/health", after: 2, every: 5, failures: 3 }).prefault({}),
        startup: probe("Both others wait for its first good answer; for programs that start slowly.", {
          path: "/health",
          after: 0,
          every: 5,
          failures: 60,
        }).optional(),
      }),
      { means: "How Kubernetes knows what a pod is worth.", allowed: "a map", example: { liveness: { path: "/q/health" } } },
    ).prefault({}),
    drainSeconds: seconds(1, 3600, "Seconds a pod gets to finish its work before it is killed.", 30).default(30),
    readyTimeoutSeconds: seconds(10, 3600, "Seconds until a rollout that gets nowhere has failed.", 300).default(300),
    maxUnavailable: whole(1, 1000, "", "Pods that may be away at one time when nodes are emptied.", 1).default(1),
    autoscaling: autoscaling.optional(),
    verticalAutoscaling: verticalAutoscaling.optional(),
    loadBalancer: loadBalancer.optional(),
    metrics: text(HEALTH, {
      means: "Path of its own metrics, in Prometheus' text format.",
      allowed: "a path that starts with /",
      example: "/q/metrics",
      whenAbsent: "it has none",
    }).optional(),
    throughputFloor: field(z.number().min(0.001).max(1_000_000_000), {
      means: "Requests per second below which something is wrong; measured with `mesh: istio`.",
      allowed: "a number above 0",
      example: 2_500_000,
      whenAbsent: "no floor",
    }).optional(),
    talksTo,
    outside,
  }),
  {
    means: "One workload that is not a two-slot service.",
    allowed: "a map with `kind`, `image` and `ports`",
    example: { kind: "Deployment", image: "ghcr.io/example/business:1", ports: { http: 9003 } },
    jsonSchema: { required: ["kind", "image", "ports"] },
  },
);

export type WrittenWorkload = z.output<typeof workload>;
