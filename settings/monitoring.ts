import { z } from "zod";
import { alerting } from "./alerting.ts";
import { field, flag, limits, seconds, text, whole } from "./field.ts";
import { build, image } from "./image-reference.ts";
import { placedOn } from "./placed-on.ts";
import { SECRET_NAME } from "./service.ts";

export const JOB_NAME = /^[a-z][a-z0-9_-]{0,62}$/;
const URL_TEXT = /^https?:\/\/[^\s\0]{1,500}$/;

const program = (what: string, role: string, defaults: { memoryMb: number; cpus: number; drainSeconds: number }) =>
  field(
    z.strictObject({
      image: image("`build` is used").optional(),
      build: build(`\`images/${role}\`, unless \`image\` is set`).optional(),
      ...limits(defaults),
    }),
    {
      means: `${what} Without \`image\`, built from \`images/${role}\`.`,
      allowed: "a map",
      example: { build: `images/${role}` },
      jsonSchema: { not: { required: ["image", "build"] } },
    },
  );

const percent = (means: string, example: number) =>
  field(z.number().min(0.01).max(100), { means, allowed: "a number from 0.01 to 100", example });

export const thresholds = field(
  z.strictObject({
    errorCriticalPercent: percent("Failed requests (5xx) over 5 minutes that wake somebody, percent.", 5).default(5),
    errorWarningPercent: percent("Failed requests (5xx) over 5 minutes that are worth a look, percent.", 1).default(1),
    latencyP99Ms: whole(1, 600_000, "milliseconds", "The slowest hundredth of requests may not be slower.", 500).default(500),
    memoryPercent: percent("Memory of a container, percent of its limit.", 85).default(85),
    cpuPercent: percent("CPU time of a container, percent of its limit.", 90).default(90),
    diskPercent: percent("Used space of the disk that Docker's volumes are on, percent.", 80).default(80),
    certificateDays: whole(1, 365, "days", "Days before a certificate's end that somebody is told.", 14).default(14),
    slowDeployMinutes: whole(1, 600, "minutes", "Minutes a deployment may take.", 15).default(15),
  }),
  { means: "Limits that alerts are raised at.", allowed: "a map", example: { latencyP99Ms: 100 } },
);

export const progressCounters = field(
  z.array(
    text(/^[a-z][a-z0-9_-]{0,62}$/, {
      means: "Name of a counter.",
      allowed: "1 to 63 lower-case letters, digits, `_`, `-`",
      example: "blocks",
    }),
  ),
  {
    means: "Counters (`sluice_progress_total{counter}`) that must never stand still for 30 seconds.",
    allowed: "a list of names",
    example: ["blocks"],
  },
).default([]);

export const runbooks = text(URL_TEXT, {
  means: "Where alerts send people to read what to do; `/<AlertName>.md` is put behind it.",
  allowed: "an http(s) address",
  example: "https://git.example.com/team/estate/docs/runbooks",
}).default("https://github.com/sluice-delivery/sluice/blob/main/docs/runbooks");

export const owner = text(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/, {
  means: "Team that alerts belong to.",
  allowed: "1 to 63 letters, digits, space, `.`, `_`, `-`",
  example: "platform",
}).default("platform");

export const monitoring = field(
  z.strictObject({
    host: placedOn("Prometheus, Alertmanager and the probes run"),
    port: whole(
      1,
      65_535,
      "",
      "Port of the edge's host for the status page, Prometheus and Alertmanager; on 127.0.0.1 only.",
      8090,
    ).default(8090),
    scrapeSeconds: seconds(
      1,
      30,
      "Seconds between two looks at everything but the edge. Alerts look at single minutes: they need two at least.",
      15,
    ).default(15),
    edgeScrapeSeconds: seconds(1, 15, "Seconds between two looks at the edge's numbers: a canary is judged by them.", 2).default(2),
    retentionDays: whole(1, 3650, "days", "Days that numbers are kept; error budgets are counted over 30.", 31).default(31),
    retentionMb: whole(64, 1_048_576, "MB", "Space that numbers may take; the oldest go first.", 2048).default(2048),
    containerMetrics: flag(
      "Whether memory, CPU and network of containers are read from the host's /sys/fs/cgroup and /proc, mounted read-only.",
      true,
    ).default(true),
    remoteWrite: field(
      z.strictObject({
        url: text(URL_TEXT, {
          means: "Where samples are sent.",
          allowed: "an http(s) address",
          example: "https://metrics.example.com/api/v1/write",
        }).optional(),
        user: text(/^[^\0\n:]{1,200}$/, { means: "Who signs in.", allowed: "a user name", example: "sluice" }).optional(),
        passwordSecret: text(SECRET_NAME, {
          means: "Name in `sluice:secrets` of the password.",
          allowed: "a name from sluice:secrets",
          example: "metrics-password",
        }).optional(),
      }),
      {
        means: "A second place for all samples (Prometheus remote write).",
        allowed: "a map with `url`",
        example: { url: "https://metrics.example.com/api/v1/write" },
        whenAbsent: "samples stay here",
        jsonSchema: { required: ["url"] },
      },
    ).optional(),
    prometheus: program("Prometheus.", "prometheus", { memoryMb: 512, cpus: 0.5, drainSeconds: 30 }).prefault({}),
    alertmanager: program("Alertmanager.", "alertmanager", { memoryMb: 128, cpus: 0.25, drainSeconds: 10 }).prefault({}),
    exporters: program("The programs that turn things into metrics; each in a container of its own.", "exporters", {
      memoryMb: 96,
      cpus: 0.25,
      drainSeconds: 5,
    }).prefault({}),
    thresholds: thresholds.prefault({}),
    alerting: alerting.prefault({}),
    progressCounters,
    backups: field(
      z.record(
        z.string(),
        field(z.number().min(0.1).max(8760), {
          means: "Age in hours that the last success of a job may have.",
          allowed: "a number of hours from 0.1 to 8760",
          example: 26,
        }),
      ),
      {
        means: "Backup jobs that must succeed, by name, with the age in hours that the last success may have.",
        allowed: "a map of job names to hours",
        example: { "backup-to-r2": 26 },
        jsonSchema: { propertyNames: { pattern: JOB_NAME.source } },
      },
    ).default({}),
    runbooks,
    owner,
  }),
  {
    means: "Metrics, alerts and the status page.",
    allowed: "a map",
    example: { port: 8090 },
    whenAbsent: "nothing is measured, and nobody is told",
  },
);
