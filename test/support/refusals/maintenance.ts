import type { Case, Raw } from "../settings.ts";

const job = (name: string, own: Raw) => (s: Raw) => (s.maintenance = { jobs: { [name]: own } });
const HANDS = "nothing, while nobody says how often: this job runs by hand";

/** Jobs of maintenance as they must not be. */
export const maintenance: readonly Case[] = [
  [
    "a job that Sluice does not have",
    job("bakcup", {}),
    "sluice:maintenance.jobs.bakcup",
    "a job that Sluice does not have, without a `command`",
    "one of backup-to-r2, rotate-logs, health-report, issue-tracker, security-audit, database-review, check-updates, performance-benchmark, restore-drill, restore, capacity-forecast, secret-age, monthly-report, cost-summary; or a job of your own, with a `command`",
    "write one of these names, or add the `command` that it runs",
  ],
  [
    "a job whose name is none",
    job("Close books", { command: ["true"] }),
    'sluice:maintenance.jobs["Close books"]',
    '"Close books"',
    "1 to 31 lower-case letters, digits, `-`, starting with a letter",
    "for example close-books",
  ],
  [
    "a program in place of a job of the image",
    job("rotate-logs", { command: ["true"] }),
    "sluice:maintenance.jobs.rotate-logs.command",
    "a program",
    "nothing: Sluice has this job itself",
    "give your job another name",
  ],
  [
    "a time that is none",
    job("rotate-logs", { at: "3:30" }),
    "sluice:maintenance.jobs.rotate-logs.at",
    '"3:30"',
    "a time of day, HH:MM, 00:00 to 23:59",
    "write 03:30",
  ],
  [
    "hours that do not divide a day",
    job("health-report", { hours: 5 }),
    "sluice:maintenance.jobs.health-report.hours",
    "5",
    "1, 2, 3, 4, 6, 8, 12",
    "set it to 1, 2, 3, 4, 6, 8, 12, for example 4",
  ],
  [
    "a time of day for what comes every few hours",
    job("health-report", { at: "03:30" }),
    "sluice:maintenance.jobs.health-report.at",
    "03:30",
    "nothing: `every: hours` takes hours",
    "take it out, or write another `every`",
  ],
  [
    "a zone for what comes every few hours",
    job("health-report", { timeZone: "Europe/Berlin" }),
    "sluice:maintenance.jobs.health-report.timeZone",
    "Europe/Berlin",
    "nothing: `every: hours` takes hours",
    "take it out: hours and minutes are counted from midnight UTC",
  ],
  [
    "every week, on no day",
    job("rotate-logs", { every: "week", at: "03:30" }),
    "sluice:maintenance.jobs.rotate-logs.on",
    "nothing",
    "a day of the week",
    "add `on: Sunday`",
  ],
  [
    "every day, at no time",
    job("health-report", { every: "day" }),
    "sluice:maintenance.jobs.health-report.at",
    "nothing",
    "a time of day, HH:MM",
    'add `at: "03:00"`',
  ],
  [
    "every few hours, without saying how many",
    job("rotate-logs", { every: "hours" }),
    "sluice:maintenance.jobs.rotate-logs.hours",
    "nothing",
    "1, 2, 3, 4, 6, 8 or 12",
    "add `hours: 4`",
  ],
  [
    "every month, on no day",
    job("rotate-logs", { every: "month", at: "03:30" }),
    "sluice:maintenance.jobs.rotate-logs.on",
    "nothing",
    "the first such day of the month, or `day`",
    "add `on: Monday`",
  ],
  [
    "two days of the month",
    job("restore-drill", { on: "Monday", day: 3 }),
    "sluice:maintenance.jobs.restore-drill.day",
    "3",
    "either `on` (the first such day of the month) or `day` (a date)",
    "take one of them out",
  ],
  [
    "a day that not every month has",
    job("restore-drill", { day: 31 }),
    "sluice:maintenance.jobs.restore-drill.day",
    "31",
    "a whole number from 1 to 28",
    "set it to a whole number from 1 to 28, for example 1",
  ],
  [
    "a time for a job that runs by hand",
    job("close-books", { command: ["true"], at: "03:00" }),
    "sluice:maintenance.jobs.close-books.at",
    "03:00",
    HANDS,
    "add `every`, for example `every: day`, or take it out",
  ],
  [
    "a zone that is written wrongly",
    (s) => (s.maintenance = { timeZone: "europe/berlin" }),
    "sluice:maintenance.timeZone",
    '"europe/berlin"',
    "UTC, or an IANA time zone such as Europe/Berlin",
    "write Europe/Berlin",
  ],
  [
    "an image from two places",
    (s) => (s.maintenance = { image: "a/b:1", build: "images/jobs" }),
    "sluice:maintenance",
    "both `image` and `build`",
    "one of `image`, `build`",
    "remove `build` to run the image as it is, or `image` to build it here",
  ],
  [
    "a tracker without a token",
    (s) => (s.maintenance = { tracker: { repository: "example/shop" } }),
    "sluice:maintenance.tracker.tokenSecret",
    "nothing",
    "the name of a secret with a token that may read issues",
    "add it, or take `tracker` out",
  ],
  [
    "a tracker without a repository",
    (s) => {
      s.secrets["tracker-token"] = "x";
      s.maintenance = { tracker: { tokenSecret: "tracker-token" } };
    },
    "sluice:maintenance.tracker.repository",
    "nothing",
    "owner/name of a repository",
    "add it, or take `tracker` out",
  ],
  [
    "a job in a cluster that looks at the host",
    job("rotate-logs", { target: "kubernetes" }),
    "sluice:maintenance.jobs.rotate-logs.target",
    "kubernetes",
    "docker: rotate-logs looks at the host, its engine or its stores",
    "take it out",
  ],
  [
    "a job in a cluster from an image that is built on the host",
    job("books", { target: "kubernetes", every: "hours", hours: 1, command: ["true"] }),
    "sluice:maintenance.jobs.books.target",
    "kubernetes",
    "docker, while the jobs' image is built on the host",
    "publish images/jobs (npm run images) and write its reference to `sluice:maintenance.image`",
  ],
  [
    "a job in a cluster that is none",
    (s) => {
      delete s.cluster;
      for (const one of Object.values(s.services) as Raw[]) one.target = "docker";
      s.maintenance = { image: "example/jobs:1", jobs: { books: { target: "kubernetes", every: "hours", hours: 1, command: ["true"] } } };
    },
    "sluice:maintenance.jobs.books.target",
    "kubernetes",
    "docker, while there is no `sluice:cluster`",
    "take it out, or add `sluice:cluster`",
  ],
];
