import { z } from "zod";
import { JOB_PURPOSES } from "../components/kubernetes/spec.ts";
import { field, seconds, text, whole } from "./field.ts";
import { image } from "./image-reference.ts";
import { owner, progressCounters, runbooks, thresholds } from "./monitoring.ts";
import { cidr, outside, talksTo } from "./reach.ts";
import { env, SECRET_NAME } from "./service.ts";
import { amount, CLASS_NAME, secretNames, user, WORKLOAD_NAME, words } from "./workload.ts";

/** Five fields; what each of them may hold is judged by the cluster. */
const CRON = /^(?:[0-9*,/A-Za-z-]+ ){4}[0-9*,/A-Za-z-]+$/;
const DRIVER = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?(?:\/[a-z0-9-]+)?$/;
const TIME_ZONE = /^(?:UTC|[A-Z][A-Za-z_-]*(?:\/[A-Z][A-Za-z_-]*)+)$/;
const HOST = /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;
const INDEX = /^[a-z][a-z0-9-]{0,62}$/;

const cron = (means: string, example: string) =>
  text(CRON, { means, allowed: "five cron fields, UTC where no time zone is named", example });
const driver = (means: string, example: string) =>
  text(DRIVER, { means, allowed: "the name of a CSI driver", example, whenAbsent: "`storage.provisioner`" });
const required = (what: string) => image(`it must be set: ${what}`).optional();
const secret = (means: string, example: string) =>
  text(SECRET_NAME, { means: `${means}: the name of a secret.`, allowed: "a name from sluice:secrets", example }).optional();
const host = (means: string, example: string) => text(HOST, { means, allowed: "a host name or an address", example });
const ranges = (means: string) =>
  field(z.array(cidr("A range.", "10.40.0.0/16")), { means, allowed: "a list of CIDR ranges", example: ["10.40.0.0/16"] }).default([]);

export const storage = field(
  z.strictObject({
    provisioner: driver("CSI driver that makes the disks.", "ebs.csi.aws.com").optional(),
    parameters: field(z.record(z.string(), z.string()), {
      means: "What the driver is told.",
      allowed: "a map of texts",
      example: { type: "gp3" },
    }).default({}),
    reclaim: field(z.enum(["Retain", "Delete"]), {
      means: "What becomes of a disk whose claim is gone.",
      allowed: "Retain or Delete",
      example: "Retain",
    }).default("Retain"),
  }),
  {
    means: "Declares the kind of disk that `storageClass` names.",
    allowed: "a map with `provisioner`",
    example: { provisioner: "ebs.csi.aws.com", parameters: { type: "gp3" } },
    whenAbsent: "the kind of disk is there already",
    jsonSchema: { required: ["provisioner"] },
  },
);

export const snapshots = field(
  z.strictObject({
    driver: driver("CSI driver that makes them.", "ebs.csi.aws.com").optional(),
    schedule: cron("When.", "0 */6 * * *").default("0 */6 * * *"),
    keep: whole(1, 1000, "", "Snapshots of each disk that are kept.", 28).default(28),
    image: required("an image with `kubectl` and a shell"),
  }),
  {
    means: "Snapshots of the disks of every StatefulSet, on a schedule. `image` is one with `kubectl` and a shell.",
    allowed: "a map with `image`",
    example: { schedule: "0 */6 * * *", image: "ghcr.io/example/kubectl:1" },
    whenAbsent: "no snapshots",
    jsonSchema: { required: ["image"] },
  },
);

export const jobs = field(
  z.record(
    z.string(),
    field(
      z.strictObject({
        purpose: field(z.enum(JOB_PURPOSES), {
          means: "What it is for; policies ask for a backup where there are disks.",
          allowed: "backup or maintenance",
          example: "backup",
        }).default("maintenance"),
        schedule: cron("When.", "0 3 * * *").optional(),
        timeZone: text(TIME_ZONE, {
          means: "Clock of `schedule`.",
          allowed: "UTC, or an IANA time zone such as Europe/Berlin",
          example: "Europe/Berlin",
        }).default("UTC"),
        image: required("what runs"),
        command: words("Program, in place of the image's entrypoint.", ["/app/backup"]),
        args: words("Its arguments.", ["--all"]),
        requests: amount("What is kept free for it.", { cpus: 0.1, memoryMb: 128 }).prefault({}),
        limits: amount("What it may take at most.", { cpus: 0.5, memoryMb: 256 }).prefault({}),
        user,
        env: env("Environment.").default({}),
        secrets: secretNames,
        timeoutSeconds: seconds(10, 86_400, "Seconds after which a run is ended.", 3600).default(3600),
        talksTo,
        outside,
      }),
      {
        means: "One job.",
        allowed: "a map with `schedule` and `image`",
        example: { schedule: "0 3 * * *", image: "ghcr.io/example/backup:1" },
        jsonSchema: { required: ["schedule", "image"] },
      },
    ),
  ),
  {
    means: "Backups and maintenance on a schedule (CronJob), by name.",
    allowed: "a map of names to jobs",
    example: { backup: { purpose: "backup", schedule: "0 3 * * *", image: "ghcr.io/example/backup:1" } },
    jsonSchema: { propertyNames: { pattern: WORKLOAD_NAME.source } },
  },
).default({});

export const operator = field(
  z.strictObject({
    namespace: text(CLASS_NAME, {
      means: "Namespace that Prometheus runs in.",
      allowed: "the name of a namespace",
      example: "monitoring",
    }).default("monitoring"),
    labels: field(z.record(z.string(), z.string()), {
      means: "Labels that Prometheus finds its monitors and rules by.",
      allowed: "a map of texts",
      example: { release: "kube-prometheus-stack" },
    }).default({}),
    scrapeSeconds: seconds(1, 300, "Seconds between two looks, at metrics and at rules.", 15).default(15),
    thresholds: thresholds.prefault({}),
    progressCounters,
    runbooks,
    owner,
  }),
  {
    means: "The cluster's Prometheus, run by the Prometheus operator: ServiceMonitors and PrometheusRules are written for it.",
    allowed: "a map",
    example: { labels: { release: "kube-prometheus-stack" } },
    whenAbsent: "pods carry scrape annotations only",
  },
);

export const logs = field(
  z.strictObject({
    to: field(z.enum(["elasticsearch", "opensearch"]), {
      means: "What takes them.",
      allowed: "elasticsearch or opensearch",
      example: "opensearch",
    }).default("elasticsearch"),
    host: host("Where it is.", "logs.example.com").optional(),
    port: whole(1, 65_535, "", "Its HTTPS port.", 9200).default(9200),
    cidrs: ranges("Ranges that `host` lives in: nothing else is open to the shippers."),
    user: text(/^[^\r\n\0]{1,255}$/, { means: "User.", allowed: "one line of text", example: "sluice", whenAbsent: "no login" }).optional(),
    passwordSecret: secret("Password", "logs-password"),
    index: text(INDEX, {
      means: "Beginning of the indices' names; a day follows.",
      allowed: "1 to 63 lower-case letters, digits, `-`, starting with a letter",
      example: "network",
      whenAbsent: "the estate's name",
    }).optional(),
    keepDays: whole(1, 3650, "days", "Days after which an index is deleted.", 30).default(30),
    image: required("Fluent Bit"),
    toolImage: required("an image with `curl` and a shell"),
  }),
  {
    means:
      "Logs of every container, shipped by Fluent Bit on each node (`image`); a job (`toolImage`, with curl and a shell) keeps the indices' life cycle.",
    allowed: "a map with `host`, `image` and `toolImage`",
    example: { host: "logs.example.com", image: "ghcr.io/example/fluent-bit:1", toolImage: "ghcr.io/example/tools:1" },
    whenAbsent: "logs stay on the nodes",
    jsonSchema: { required: ["host", "image", "toolImage"] },
  },
);

export const discovery = field(
  z.strictObject({
    servers: field(z.array(host("A server.", "consul-0.example.com")), {
      means: "Consul's servers.",
      allowed: "a list of host names or addresses, at least one",
      example: ["consul-0.example.com"],
    }).default([]),
    datacenter: text(INDEX, {
      means: "Name of this cloud in Consul.",
      allowed: "1 to 63 lower-case letters, digits, `-`, starting with a letter",
      example: "eu-1",
      whenAbsent: "the estate's name",
    }).optional(),
    cidrs: ranges("Ranges that servers, and agents of other clouds, live in."),
    gossipSecret: text(SECRET_NAME, {
      means: "Key that agents and servers keep their gossip secret with: the name of a secret.",
      allowed: "a name from sluice:secrets",
      example: "consul-gossip",
      whenAbsent: "made at the first `up`, and shown by `npm run pulumi -- stack output --show-secrets gossipKey`, for the servers",
    }).optional(),
    image: required("Consul"),
  }),
  {
    means: "Discovery across clouds by Consul: an agent on each node, and every workload with ports registered with it.",
    allowed: "a map with `servers` and `image`",
    example: { servers: ["consul-0.example.com"], image: "ghcr.io/example/consul:1" },
    whenAbsent: "names of the cluster only",
    jsonSchema: { required: ["servers", "image"] },
  },
);
