import { z } from "zod";
import { field, flag, seconds, text, whole } from "./field.ts";
import { SECRET_NAME } from "./service.ts";

export const ENDPOINT = /^https?:\/\/[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?$/;
/** As S3 has it, without dots: those do not go with its certificates. */
const BUCKET = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
const PREFIX = /^[a-z0-9](?:[a-z0-9_-]|[./](?=[a-z0-9_-])){0,199}$/;
const VOLUME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,199}$/;
const FOLDER = /^\/(?!.*\/\.\.(?:\/|$))[^\0\n:,]{1,400}$/;
/** Where such a folder shows in the backup. */
export const FILES_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

const secretName = (means: string, name: string) =>
  text(SECRET_NAME, { means: `Name in \`sluice:secrets\` of ${means}`, allowed: "a name from sluice:secrets", example: name }).default(
    name,
  );

const files = field(
  z.strictObject({
    volume: text(VOLUME, {
      means: "A Docker volume.",
      allowed: "the name of a volume",
      example: "shop-uploads",
      whenAbsent: "`path` is used",
    }).optional(),
    path: text(FOLDER, {
      means: "A folder of the host.",
      allowed: "an absolute path without `..`, `:` or `,`",
      example: "/srv/uploads",
      whenAbsent: "`volume` is used",
    }).optional(),
  }),
  {
    means: "Files of one place; the job sees them read-only.",
    allowed: "a map with `volume` or `path`",
    example: { volume: "shop-uploads" },
  },
);

export const backup = field(
  z.strictObject({
    endpoint: text(ENDPOINT, {
      means: "Address of the S3-compatible store, without the bucket. For R2: `https://<account>.r2.cloudflarestorage.com`.",
      allowed: "an http(s) address without a path",
      example: "https://s3.example.com",
      fix: (received) => {
        const address = typeof received === "string" ? /^https?:\/\/[^/]+/.exec(received)?.[0] : undefined;
        return address !== undefined && ENDPOINT.test(address) ? `for example ${address}; the bucket goes into \`bucket\`` : undefined;
      },
    }).optional(),
    bucket: text(BUCKET, {
      means: "The bucket. It has to be there: the job makes none.",
      allowed: "3 to 63 lower-case letters, digits, `-`",
      example: "shop-backups",
    }).optional(),
    prefix: text(PREFIX, {
      means: "Folder in the bucket; each estate needs its own.",
      allowed: "lower-case letters, digits, `-`, `_`, and between them `.` or `/`",
      example: "shop/prod",
      whenAbsent: "the estate's name",
    }).optional(),
    region: text(/^[a-z0-9-]{1,40}$/, {
      means: "The store's region, where it has to be told.",
      allowed: "lower-case letters, digits, `-`",
      example: "eu-central-1",
      whenAbsent: "the store is asked",
    }).optional(),
    keyIdSecret: secretName("the access key's id.", "backup-key-id"),
    keySecret: secretName("the access key's secret.", "backup-key"),
    passwordSecret: secretName(
      "the password that the backups are encrypted with. Keep it in a second place: without it nobody can read them.",
      "backup-password",
    ),
    postgres: flag("Whether the estate's Postgres is backed up.", true).default(true),
    files: field(z.record(z.string(), files), {
      means: "Files that are backed up too, by the name that they get there.",
      allowed: "a map of names to places",
      example: { uploads: { volume: "shop-uploads" } },
      jsonSchema: { propertyNames: { pattern: FILES_NAME.source } },
    }).default({}),
    keep: field(
      z.strictObject({
        daily: whole(1, 366, "", "Days, of each of which the last backup is kept.", 7).default(7),
        weekly: whole(0, 260, "", "Weeks, likewise.", 4).default(4),
        monthly: whole(0, 120, "", "Months, likewise.", 12).default(12),
      }),
      { means: "How many backups are kept.", allowed: "a map", example: { daily: 14 } },
    ).prefault({}),
    readAllDays: whole(
      1,
      365,
      "days",
      "Once in so many days everything that is stored is read again, a part with each backup: so long may damage in the store go unseen.",
      7,
    ).default(7),
    patienceSeconds: seconds(5, 3600, "Seconds that the store may fail every request until a run gives up.", 300).default(300),
  }),
  {
    means: "Where backups go, and what is in them (docs/backups.md).",
    allowed: "a map with `endpoint` and `bucket`",
    example: { endpoint: "https://s3.example.com", bucket: "shop-backups" },
    whenAbsent: "there are no backups",
    jsonSchema: { required: ["endpoint", "bucket"] },
  },
);
export type WrittenBackup = z.output<typeof backup>;
