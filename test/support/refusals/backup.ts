import type { Case, Raw } from "../settings.ts";

const SECRETS = { "backup-key-id": "planted-5e0a", "backup-key": "planted-5e0b", "backup-password": "planted-5e0c" };

/** Spoil backups that hold, in settings that have everything they need. */
const of = (change: (backup: Raw, settings: Raw) => void) => (settings: Raw) => {
  Object.assign(settings.secrets, SECRETS);
  const backup: Raw = { endpoint: "https://s3.example.com", bucket: "shop-backups", files: { uploads: { volume: "shop-uploads" } } };
  settings.maintenance = { backup };
  change(backup, settings);
};
const AT = "sluice:maintenance.backup";
const within = (allowed: string, example: string | number) => [allowed, `set it to ${allowed}, for example ${example}`] as const;
const NAMES = "lower-case letters, digits, `-`";

/** Backups, and what the reviews go by, as they must not be. */
export const backup: readonly Case[] = [
  [
    "backups without a store",
    of((backup) => delete backup.endpoint),
    `${AT}.endpoint`,
    "nothing",
    "the address of an S3-compatible store",
    "add it, for example https://s3.example.com; or take `backup` out",
  ],
  [
    "backups without a bucket",
    of((backup) => delete backup.bucket),
    `${AT}.bucket`,
    "nothing",
    "the name of a bucket in that store",
    "add it, or take `backup` out",
  ],
  [
    "a store with the bucket in its address",
    of((backup) => (backup.endpoint = "https://s3.example.com/shop")),
    `${AT}.endpoint`,
    '"https://s3.example.com/shop"',
    "an http(s) address without a path",
    "for example https://s3.example.com; the bucket goes into `bucket`",
  ],
  [
    "a bucket that no store can have",
    of((backup) => (backup.bucket = "Shop_1")),
    `${AT}.bucket`,
    '"Shop_1"',
    ...within(`3 to 63 ${NAMES}`, "shop-backups"),
  ],
  [
    "a prefix that leaves the bucket",
    of((backup) => (backup.prefix = "a/../b")),
    `${AT}.prefix`,
    '"a/../b"',
    ...within("lower-case letters, digits, `-`, `_`, and between them `.` or `/`", "shop/prod"),
  ],
  [
    "a key that is no secret of the stack",
    of((_, settings) => delete settings.secrets["backup-key"]),
    `${AT}.keySecret`,
    '"backup-key"',
    "a name from sluice:secrets: backup-key-id, backup-password, payment-key",
    "npm run pulumi -- config set --secret --path 'sluice:secrets.backup-key'",
  ],
  [
    "backups that keep no day",
    of((backup) => (backup.keep = { daily: 0 })),
    `${AT}.keep.daily`,
    "0",
    ...within("a whole number from 1 to 366", 7),
  ],
  [
    "a store that is never read again",
    of((backup) => (backup.readAllDays = 0)),
    `${AT}.readAllDays`,
    "0",
    ...within("a whole number of days from 1 to 365", 7),
  ],
  [
    "no patience",
    of((backup) => (backup.patienceSeconds = 1)),
    `${AT}.patienceSeconds`,
    "1",
    ...within("a whole number of seconds from 5 to 3600", 300),
  ],
  [
    "files from two places",
    of((backup) => (backup.files.uploads.path = "/srv")),
    `${AT}.files.uploads`,
    "both `volume` and `path`",
    "one of `volume`, `path`",
    "take one of them out, or make two places of it",
  ],
  [
    "files from nowhere",
    of((backup) => (backup.files.uploads = {})),
    `${AT}.files.uploads`,
    "nothing",
    "one of `volume`, `path`",
    "add `volume: <name of a Docker volume>`",
  ],
  [
    "files of a folder that leads elsewhere",
    of((backup) => (backup.files.uploads = { path: "/srv/../etc" })),
    `${AT}.files.uploads.path`,
    '"/srv/../etc"',
    ...within("an absolute path without `..`, `:` or `,`", "/srv/uploads"),
  ],
  [
    "files under a name that is none",
    of((backup) => (backup.files = { "../x": { volume: "a" } })),
    `${AT}.files["../x"]`,
    '"../x"',
    `1 to 63 ${NAMES}`,
    "for example uploads",
  ],
  [
    "backups of nothing",
    of((backup) => Object.assign(backup, { files: {}, postgres: false })),
    AT,
    "nothing to back up: no Postgres, and no `files`",
    "`sluice:postgres`, or at least one place in `files`",
    "name what must not be lost in `files`, or take `backup` out",
  ],
  [
    "the age of a secret that is none",
    (s) => (s.maintenance = { secretAge: { rotated: { "old-key": "2026-11-01" } } }),
    "sluice:maintenance.secretAge.rotated.old-key",
    '"old-key"',
    "a name from sluice:secrets: payment-key",
    "take it out, or put the name right",
  ],
  [
    "a day that is none",
    (s) => (s.maintenance = { secretAge: { rotated: { "payment-key": "2026-02-30" } } }),
    "sluice:maintenance.secretAge.rotated.payment-key",
    "[secret]",
    ...within("a day, YYYY-MM-DD", "2026-11-01"),
  ],
  [
    "a load that would be an attack",
    (s) => (s.maintenance = { benchmark: { requestsPerSecond: 5000 } }),
    "sluice:maintenance.benchmark.requestsPerSecond",
    "5000",
    ...within("a whole number of requests per second from 1 to 1000", 100),
  ],
  [
    "costs in a currency that is none",
    (s) => (s.maintenance = { costs: { currency: "Euro" } }),
    "sluice:maintenance.costs.currency",
    '"Euro"',
    ...within("three capital letters", "EUR"),
  ],
];
