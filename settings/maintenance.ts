import { z } from "zod";
import { TELLS } from "../components/maintenance/job.ts";
import { HOURS, MINUTES, WEEKDAYS } from "../components/maintenance/schedule.ts";
import { betterTimeZone, isTimeZone, time } from "./alerting.ts";
import { backup } from "./backup.ts";
import { field, flag, limits, text, whole } from "./field.ts";
import { build, image } from "./image-reference.ts";
import { benchmark, costs, secretAge } from "./reviews.ts";
import { SECRET_NAME } from "./service.ts";
import { TARGETS } from "./types.ts";

export const EVERY = ["minutes", "hours", "day", "week", "month"] as const;

const REPOSITORY = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[A-Za-z0-9._-]{1,100}$/;
const URL_TEXT = /^https?:\/\/[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:\/[A-Za-z0-9._~/-]*)?$/;

const zone = (means: string, whenAbsent?: string) =>
  field(
    z.string().refine((value) => isTimeZone(value)),
    {
      means,
      allowed: "UTC, or an IANA time zone such as Europe/Berlin",
      example: "Europe/Berlin",
      fix: betterTimeZone,
      ...(whenAbsent !== undefined && { whenAbsent }),
    },
  );

const secretName = (means: string, example: string, whenAbsent: string) =>
  text(SECRET_NAME, { means, allowed: "a name from sluice:secrets", example, whenAbsent });

/** One of a few numbers. */
const oneOf = (numbers: readonly number[], means: string, example: number) =>
  field(
    z.number().refine((value) => numbers.includes(value)),
    { means, allowed: numbers.join(", "), example, jsonSchema: { enum: [...numbers] } },
  );

const job = field(
  z.strictObject({
    enabled: flag("Whether there is this job.", false).default(true),
    every: field(z.enum(EVERY), {
      means: "How often it runs; with it, a schedule of its own begins.",
      allowed: EVERY.join(", "),
      example: "day",
      whenAbsent: "as docs/maintenance.md has it; a job of your own runs only by hand",
    }).optional(),
    minutes: oneOf(MINUTES, "With `every: minutes`: how many, counted from midnight UTC.", 15).optional(),
    hours: oneOf(HOURS, "With `every: hours`: how many, counted from midnight UTC.", 4).optional(),
    at: time("With day, week or month: the time of day.", "03:00").optional(),
    on: field(z.enum(WEEKDAYS), {
      means: "With `every: week` the day; with `every: month` the first such day of the month.",
      allowed: WEEKDAYS.join(", "),
      example: "Sunday",
    }).optional(),
    day: whole(1, 28, "", "With `every: month`: the day of the month, in place of `on`. Every month has 28 days.", 1).optional(),
    timeZone: zone("Clock of `at`.", "`sluice:maintenance.timeZone`").optional(),
    limitMinutes: field(z.number().min(0.1).max(1440), {
      means: "Minutes after which a run is ended, with all that it has started; further tries count.",
      allowed: "a number of minutes from 0.1 to 1440",
      example: 60,
    }).optional(),
    retries: whole(0, 10, "", "Further tries of a run that fails.", 2).optional(),
    alertAfterMissed: whole(1, 100, "", "Runs in a row that may be missed, or fail, before an alert.", 1).optional(),
    tells: field(z.enum(TELLS), {
      means: "Whom to tell of a run: always, or only of problems.",
      allowed: "always or problems",
      example: "problems",
    }).optional(),
    target: field(z.enum(TARGETS), {
      means: "Where it runs: on the Docker host, begun by its systemd, or in the cluster, as a CronJob.",
      allowed: "docker or kubernetes",
      example: "kubernetes",
    }).default("docker"),
    does: text(/^[^\n\0]{1,120}$/, {
      means: "One line: what it does, after `it`.",
      allowed: "one line of text",
      example: "closes the books",
    }).optional(),
    command: field(z.array(z.string().min(1).max(1000)).min(1), {
      means: "A program of your own and its arguments, in place of a job of the image; it is in the image that `build` or `image` names.",
      allowed: "a list of words",
      example: ["/usr/local/bin/close-books"],
    }).optional(),
    memoryMb: whole(32, 1_048_576, "MB", "Memory the job may take.", 512, "`sluice:maintenance.memoryMb`").optional(),
    cpus: field(z.number().min(0.01).max(64), {
      means: "CPU time the job may take, in CPUs.",
      allowed: "a number from 0.01 to 64",
      example: 0.5,
      whenAbsent: "`sluice:maintenance.cpus`",
    }).optional(),
  }),
  { means: "One job.", allowed: "a map", example: { at: "04:00" } },
);

const tracker = field(
  z.strictObject({
    repository: text(REPOSITORY, {
      means: "The repository on GitHub whose issues are looked at.",
      allowed: "owner/name",
      example: "example/shop",
    }).optional(),
    apiUrl: text(URL_TEXT, {
      means: "Address of GitHub's API.",
      allowed: "an http(s) address",
      example: "https://github.example.com/api/v3",
    }).default("https://api.github.com"),
    tokenSecret: secretName(
      "Name in `sluice:secrets` of a token that may read issues.",
      "tracker-token",
      "the job has nothing to ask with",
    ).optional(),
    staleDays: whole(1, 3650, "days", "Days without a word after which an open issue is stale.", 30).default(30),
    urgentLabels: field(z.array(text(/^[^\n\0]{1,50}$/, { means: "A label.", allowed: "1 to 50 characters", example: "P0" })), {
      means: "Labels whose issues must have somebody and a word every day.",
      allowed: "a list of labels",
      example: ["P0", "P1"],
    }).default(["P0", "P1"]),
  }),
  {
    means: "The issue tracker that the job `issue-tracker` looks at.",
    allowed: "a map with `repository` and `tokenSecret`",
    example: { repository: "example/shop", tokenSecret: "tracker-token" },
    whenAbsent: "there is no such job",
    jsonSchema: { required: ["repository", "tokenSecret"] },
  },
);

export const maintenance = field(
  z.strictObject({
    scheduler: field(z.enum(["systemd", "none"]), {
      means: "What begins the jobs: systemd of the host, or nobody but people.",
      allowed: "systemd or none",
      example: "systemd",
      whenAbsent: "systemd on a host behind `ssh://`, none on this machine's own engine",
    }).optional(),
    timeZone: zone("Clock of every `at`.").default("UTC"),
    webhookSecret: secretName(
      "Name in `sluice:secrets` of a webhook's address (Slack, or what understands its messages) that is told of runs, beside the alerting's channels.",
      "jobs-webhook",
      "only the alerting's channels are told",
    ).optional(),
    image: image("`build` is used").optional(),
    build: build("`images/jobs`, unless `image` is set").optional(),
    ...limits({ memoryMb: 512, cpus: 0.5, drainSeconds: 30 }),
    jobs: field(z.record(z.string(), job), {
      means: "Jobs that run otherwise than docs/maintenance.md has it, and jobs of your own, by name.",
      allowed: "a map of names to jobs",
      example: { "rotate-logs": { at: "04:30" }, "issue-tracker": { enabled: false } },
    }).default({}),
    tracker: tracker.optional(),
    backup: backup.optional(),
    secretAge: secretAge.prefault({}),
    costs: costs.optional(),
    benchmark: benchmark.prefault({}),
  }),
  {
    means:
      "The jobs that keep an estate alive: backups, reviews, reports. Every job of docs/maintenance.md that the estate has the parts for.",
    allowed: "a map",
    example: { timeZone: "Europe/Berlin" },
    whenAbsent: "there are no jobs",
  },
);

export type WrittenMaintenance = z.output<typeof maintenance>;
export type WrittenJob = WrittenMaintenance["jobs"][string];
