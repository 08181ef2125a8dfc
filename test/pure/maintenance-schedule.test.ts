import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CATALOG } from "../../components/maintenance/catalog.ts";
import { isScheduled, type MaintenanceJob } from "../../components/maintenance/job.ts";
import { nextRun, nextRuns, onTheWall, skippedDays } from "../../components/maintenance/next-runs.ts";
import {
  cron,
  HOURS,
  intervalSeconds,
  inWords,
  MINUTES,
  onCalendar,
  type Schedule,
  WEEKDAYS,
} from "../../components/maintenance/schedule.ts";
import { elapses, NO_SYSTEMD, systemdVersion } from "../support/systemd.ts";

const DAY = 86_400;
const BERLIN = "Europe/Berlin";

/** Each kind of schedule: in words, for systemd, for cron, seconds between two runs. */
const KINDS: readonly [Schedule, string, string, ReturnType<typeof cron>, number][] = [
  [{ every: "minutes", minutes: 15 }, "every 15 minutes", "*-*-* *:00/15:00 UTC", { schedule: "*/15 * * * *", timeZone: "UTC" }, 900],
  [
    { every: "hours", hours: 4 },
    "every 4 hours, from 00:00 UTC",
    "*-*-* 00/4:00:00 UTC",
    { schedule: "0 */4 * * *", timeZone: "UTC" },
    14_400,
  ],
  [{ every: "day", at: "03:30" }, "every day at 03:30 UTC", "*-*-* 03:30:00 UTC", { schedule: "30 3 * * *", timeZone: "UTC" }, DAY],
  [
    { every: "week", on: "Sunday", at: "02:00", timeZone: BERLIN },
    "every Sunday at 02:00 Europe/Berlin",
    "Sun *-*-* 02:00:00 Europe/Berlin",
    { schedule: "0 2 * * SUN", timeZone: BERLIN },
    7 * DAY,
  ],
  [
    { every: "month", on: { first: "Monday" }, at: "05:00" },
    "on the first Monday of every month at 05:00 UTC",
    "Mon *-*-01..07 05:00:00 UTC",
    { schedule: "0 5 1-7 * *", timeZone: "UTC", onlyOn: "Monday" },
    35 * DAY,
  ],
  [
    { every: "month", on: 3, at: "00:05" },
    "on the 3rd of every month at 00:05 UTC",
    "*-*-03 00:05:00 UTC",
    { schedule: "5 0 3 * *", timeZone: "UTC" },
    31 * DAY,
  ],
];

describe("a schedule", () => {
  it.each(KINDS)("%j is said, and rendered for systemd and for cron", (schedule, words, calendar, asCron, seconds) => {
    expect([inWords(schedule), onCalendar(schedule), cron(schedule), intervalSeconds(schedule)]).toEqual([
      words,
      calendar,
      asCron,
      seconds,
    ]);
  });

  it("is the mission's for every job that the mission names", () => {
    const said = Object.fromEntries(CATALOG.map((job: MaintenanceJob) => [job.name, job.schedule && inWords(job.schedule)]));
    expect(said).toMatchObject({
      "backup-to-r2": "every day at 03:00 UTC",
      "rotate-logs": "every day at 03:30 UTC",
      "health-report": "every 4 hours, from 00:00 UTC",
      "issue-tracker": "every hour, on the hour",
      "security-audit": "every Sunday at 02:00 UTC",
      "database-review": "every Sunday at 02:00 UTC",
      "check-updates": "every Sunday at 03:00 UTC",
      "performance-benchmark": "every Sunday at 04:00 UTC",
      "restore-drill": "on the first Monday of every month at 05:00 UTC",
    });
    expect(said.restore).toBeUndefined();
  });

  it("that a turned clock takes away is said to be skipped, and is not the next run", () => {
    const schedule: Schedule = { every: "day", at: "02:30", timeZone: BERLIN };
    const before = new Date("2026-03-28T12:00:00Z");
    expect(nextRuns(schedule, before, 2)).toEqual([
      { at: new Date("2026-03-29T01:00:00Z"), skipped: true },
      { at: new Date("2026-03-30T00:30:00Z"), skipped: false },
    ]);
    expect(nextRun(schedule, before)).toEqual(new Date("2026-03-30T00:30:00Z"));
    expect(skippedDays(schedule, new Date("2026-01-01T00:00:00Z"))).toEqual(["2026-03-29"]);
    expect(skippedDays({ ...schedule, at: "03:30" }, before)).toEqual([]);
    expect(skippedDays({ ...schedule, timeZone: "UTC" }, before)).toEqual([]);
  });

  it("whose hour the clock has twice runs once", () => {
    const runs = nextRuns({ every: "day", at: "02:30", timeZone: BERLIN }, new Date("2026-10-24T12:00:00Z"), 2);
    expect(runs.map(({ at }) => at.toISOString())).toEqual(["2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"]);
  });

  it("is shown on the wall of its zone", () => {
    expect(onTheWall(new Date("2026-11-29T02:00:00Z"), BERLIN)).toBe("Sun 2026-11-29 03:00 Europe/Berlin");
  });
});

const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, "0")).join(":"));
const zone = fc.constantFrom("UTC", BERLIN, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Auckland");
const schedules: fc.Arbitrary<Schedule> = fc.oneof(
  fc.constantFrom(...MINUTES).map((minutes): Schedule => ({ every: "minutes", minutes })),
  fc.constantFrom(...HOURS).map((hours): Schedule => ({ every: "hours", hours })),
  fc.tuple(time, zone).map(([at, timeZone]): Schedule => ({ every: "day", at, timeZone })),
  fc.tuple(time, zone, fc.constantFrom(...WEEKDAYS)).map(([at, timeZone, on]): Schedule => ({ every: "week", at, timeZone, on })),
  fc
    .tuple(
      time,
      zone,
      fc.oneof(
        fc.integer({ min: 1, max: 28 }),
        fc.constantFrom(...WEEKDAYS).map((first) => ({ first })),
      ),
    )
    .map(([at, timeZone, on]): Schedule => ({ every: "month", at, timeZone, on })),
);
// Change days of those zones, and days about them.
const moments = fc.oneof(
  fc
    .constantFrom("2026-03-28", "2026-10-24", "2026-03-07", "2026-10-31", "2026-04-04", "2026-10-03", "2026-09-26")
    .map((day) => new Date(`${day}T09:00:00Z`)),
  fc.date({ min: new Date("2026-01-01"), max: new Date("2028-01-01"), noInvalidDate: true }),
);

describe.skipIf(systemdVersion === undefined)(
  `systemd's own calendar${systemdVersion === undefined ? ` (skipped: ${NO_SYSTEMD})` : ""}`,
  () => {
    it.each(KINDS)("takes %j", async (schedule) => {
      expect(await elapses(onCalendar(schedule), new Date("2026-11-22T00:00:00Z"), 3)).toHaveLength(3);
    });

    it.each([
      ["2026-03-28T12:00:00Z", "the day without 02:30"],
      ["2026-10-24T12:00:00Z", "the day with two"],
    ])("runs 02:30 in Berlin when we say, from %s: %s", async (from) => {
      const schedule: Schedule = { every: "day", at: "02:30", timeZone: BERLIN };
      const ours = nextRuns(schedule, new Date(from), 4).flatMap(({ at, skipped }) => (skipped ? [] : [at]));
      expect(await elapses(onCalendar(schedule), new Date(from), ours.length)).toEqual(ours);
    });

    it("names the same moments as we do, for any schedule, zone and day", { timeout: 300_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(schedules, moments, async (schedule, moment) => {
          const from = new Date(Math.floor(moment.getTime() / 1000) * 1000);
          const ours = nextRuns(schedule, from, 4).flatMap(({ at, skipped }) => (skipped ? [] : [at.toISOString()]));
          const theirs = await elapses(onCalendar(schedule), from, ours.length);
          expect(theirs.map((at) => at.toISOString())).toEqual(ours);
        }),
        { numRuns: 60 },
      );
    });

    it("has every default of the catalog", async () => {
      for (const job of (CATALOG as readonly MaintenanceJob[]).filter(isScheduled)) {
        const from = new Date("2026-11-22T00:00:00Z");
        expect([job.name, (await elapses(onCalendar(job.schedule), from, 1))[0]]).toEqual([job.name, nextRun(job.schedule, from)]);
      }
    });
  },
);
