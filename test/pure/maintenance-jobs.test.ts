import { describe, expect, it } from "vitest";
import { jobRows, renderHistory, renderJobs } from "../../estate/jobs-report.ts";
import type { JobOutcome } from "../../maintenance/job.ts";
import { judgeHost, judgeMeasured } from "../../maintenance/jobs/health-report/health-report.ts";
import { type Item, judge as judgeIssues } from "../../maintenance/jobs/issue-tracker/issue-tracker.ts";
import { judgeMonth, type Month } from "../../maintenance/jobs/monthly-report/monthly-report.ts";
import { boundsOf, judge as judgeLogs, sizeOf } from "../../maintenance/jobs/rotate-logs/rotate-logs.ts";
import { disksOf, HostLook } from "../../maintenance/look.ts";
import { parseSettings } from "../../settings/parse.ts";

const container = (name: string, more: object = {}) => ({
  Id: `id-${name}`,
  Name: `/${name}`,
  State: { Status: "running", ExitCode: 0, Health: { Status: "healthy" } },
  Config: { Labels: {} },
  HostConfig: { LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } } },
  ...more,
});
const look = (more: object = {}): HostLook =>
  HostLook.parse({
    version: 1,
    estate: "shop",
    at: 1_795_318_287,
    containers: [container("shop-edge")],
    activeUnits: "active\nactive\nactive\nactive\nactive\n",
    ...more,
  });
const df = (used: number, free: number) =>
  `Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 1000 ${used} ${free} 0% /\n/dev/vda 1000 ${used} ${free} 0% /var/lib/docker\n`;

describe("rotate-logs", () => {
  const found = (more: object) => judgeLogs(look(more), boundsOf(look(more)));

  it("finds nothing where every log has a bound and keeps to it", () => {
    expect(found({ containerLogs: "id-shop-edge 10485760\nid-shop-edge 10485760\nid-shop-edge 10485760\n" })).toEqual([]);
  });

  it.each<[string, object, string]>([
    [
      "a log without a bound",
      { containers: [container("shop-edge", { HostConfig: { LogConfig: { Type: "json-file", Config: {} } } })] },
      "the log of shop-edge has no bound",
    ],
    [
      "a log past its bound",
      { containerLogs: "id-shop-edge 104857600\n" },
      "the log of shop-edge has 105 MB, more than its bound of 31.5 MB",
    ],
    ["a host whose logs nobody turns", { activeUnits: "active\ninactive\nactive\nactive\nactive\n" }, "logrotate.timer does not run"],
    ["a host with large logs", { logs: "9000000\t/var/log\n" }, "/var/log has 9.22 GB"],
  ])("finds %s", (_, more, words) => {
    expect(found(more)).toEqual([expect.objectContaining({ level: "warning", what: expect.stringContaining(words) })]);
  });

  it("leaves drivers alone that write to no disk", () => {
    expect(found({ containers: [container("shop-edge", { HostConfig: { LogConfig: { Type: "journald", Config: {} } } })] })).toEqual([]);
  });

  it.each([
    ["10m", 10 * 1024 ** 2],
    ["1g", 1024 ** 3],
    ["512", 512],
    ["2kb", 2048],
    ["many", undefined],
    [undefined, undefined],
  ])("reads %s", (text, bytes) => {
    expect(sizeOf(text)).toBe(bytes);
  });
});

describe("monthly-report", () => {
  const DAY = 86_400;
  const now = new Date("2026-12-07T06:30:00Z");
  const end = now.getTime() / 1000;
  const facts = {
    prometheus: "http://x",
    services: [
      { name: "api", availabilityPercent: 99.9 },
      { name: "web", availabilityPercent: 99 },
    ],
  };
  const sample = (labels: Record<string, string>, value: number) => ({ labels, value });
  const month: Month = {
    measuredSince: [sample({}, end - 30 * DAY)],
    requests: [sample({ service: "api" }, 1_000_000), sample({ service: "web" }, 2000)],
    errors: [sample({ service: "api" }, 500)],
    deployments: [sample({ result: "ok" }, 12.02)],
    rollbacks: [sample({ service: "api" }, 1)],
    jobSuccess: [sample({ exported_job: "backup-to-r2" }, end - DAY)],
    jobFailed: [],
    fired: [],
  };
  const report = (more: Partial<Month> = {}) => judgeMonth(facts, { ...month, ...more }, now);
  const rows = (title: string, outcome: JobOutcome) => outcome.sections.find((section) => section.title === title)?.table?.rows;

  it("is a good month where every objective was kept", () => {
    const good = report();
    expect([good.summary, good.findings]).toEqual([
      "Every service kept its objective in 30 days; 0 incidents.",
      [{ level: "ok", what: "every service kept its objective, and no job failed" }],
    ]);
    expect(rows("Availability", good)).toEqual([
      ["api", "1000000", "500", "99.95 %", "99.9 %", "50 %"],
      ["web", "2000", "0", "100 %", "99 %", "0 %"],
    ]);
    expect(rows("Deployments", good)).toEqual([
      ["good deployments", "12"],
      ["failed deployments", "0"],
      ["canaries of api taken back", "1"],
      ["canaries of web taken back", "0"],
    ]);
    expect(rows("Jobs", good)).toEqual([["backup-to-r2", "2026-12-06 06:30 UTC"]]);
    expect(good.sections.find(({ title }) => title === "Incidents")?.text).toBe("No alert has fired.");
  });

  it("names the service that missed its objective, and only that; one without requests has missed none", () => {
    const bad = report({ requests: [sample({ service: "api" }, 10_000)], errors: [sample({ service: "api" }, 11)] });
    expect(bad.findings).toEqual([
      expect.objectContaining({ level: "warning", what: "api was available to 99.89 %, less than its objective of 99.9 %" }),
    ]);
    expect(rows("Availability", bad)?.[1]).toEqual(["web", "0", "0", "-", "99 %", "-"]);
    expect(bad.summary).toBe("1 of 2 services missed their objective in 30 days; 0 incidents.");
  });

  it("counts an alert anew after it was quiet, and says for how long each fired", () => {
    const line = (alertname: string, ...at: number[]) => ({ labels: { alertname }, points: at.map((minute) => [minute * 60, 1] as const) });
    const told = report({ fired: [line("SlotDown", 0, 5, 20, 25, 30), line("DiskFull", 0, 5, 10, 15, 20, 25)] });
    expect(rows("Incidents", told)).toEqual([
      ["DiskFull", "1", "30 min"],
      ["SlotDown", "2", "25 min"],
    ]);
    expect(told.metrics).toEqual([expect.objectContaining({ name: "sluice_month_incidents", value: 3 })]);
  });

  it("says how long was measured where that is less than a month, and which job failed", () => {
    const { findings } = report({ measuredSince: [sample({}, end - 2.5 * DAY)], jobFailed: [sample({ exported_job: "rotate-logs" }, 1)] });
    expect(findings.map(({ what }) => what)).toEqual(["rotate-logs failed at least once", "measured for 2.5 days only"]);
  });
});

describe("health-report", () => {
  const host = (more: object) => judgeHost(look(more)).findings;

  it("finds nothing where all is well", () => expect(host({ disks: df(500, 500) })).toEqual([]));

  it.each<[string, object, string, string]>([
    ["a disk that fills", { disks: df(850, 150) }, "warning", "the disk at /var/lib/docker is 85 % full"],
    ["a full disk", { disks: df(950, 50) }, "critical", "the disk at /var/lib/docker is 95 % full"],
    [
      "a container that has ended",
      { containers: [container("shop-api", { State: { Status: "exited", OOMKilled: true } })] },
      "warning",
      "shop-api is exited, ended for want of memory",
    ],
    [
      "one that is unhealthy",
      { containers: [container("shop-api", { State: { Status: "running", Health: { Status: "unhealthy" } } })] },
      "warning",
      "shop-api is unhealthy",
    ],
    [
      "one that was started again",
      { containers: [container("shop-api", { RestartCount: 3 })] },
      "notice",
      "shop-api was started again 3 times",
    ],
    ["a unit that failed", { failedUnits: "ssh.service loaded failed failed OpenBSD\n" }, "warning", "systemd's ssh.service has failed"],
    ["a clock that nobody keeps", { time: "NTPSynchronized=no\n" }, "warning", "the host's clock is not kept in time"],
    ["a host that waits for a restart", { rebootRequired: "*** System restart required ***\n" }, "notice", "the host waits for a restart"],
  ])("finds %s", (_, more, level, words) => {
    expect(host(more)).toEqual([expect.objectContaining({ level, what: expect.stringContaining(words) })]);
  });

  it("takes no job that is not begun for a container that has ended", () => {
    expect(
      host({ containers: [container("shop-job-x", { State: { Status: "created" }, Config: { Labels: { "dev.sluice.job": "x" } } })] }),
    ).toEqual([]);
  });

  it("says what was measured of each service, and what fires", () => {
    const api = { service: "api" };
    const { findings, sections } = judgeMeasured(
      {
        down: [{ labels: { job: "redis", instance: "10.9.0.10:9121" }, value: 0 }],
        targets: [],
        firing: [{ labels: { alertname: "HighErrorRate", severity: "critical", service: "api" }, value: 1 }],
        requests: [{ labels: api, value: 200 }],
        errors: [{ labels: api, value: 5 }],
        p99: [{ labels: api, value: 0.25 }],
      },
      ["api", "web"],
    );
    expect(findings.map(({ level, what }) => `${level}: ${what}`)).toEqual([
      "warning: redis at 10.9.0.10:9121 does not answer Prometheus",
      "warning: HighErrorRate fires for api",
    ]);
    expect(sections[0]?.table?.rows).toEqual([
      ["api", "200", "5", "2.5 %", "250 ms"],
      ["web", "0", "0", "-", "-"],
    ]);
  });

  it("counts a disk once, however many folders are on it", () => {
    expect(disksOf(df(750, 250))).toEqual([{ mount: "/var/lib/docker", totalKb: 1000, usedKb: 750, freeKb: 250, share: 0.75 }]);
  });
});

describe("issue-tracker", () => {
  const now = new Date("2026-11-22T12:00:00Z");
  const item = (more: Partial<Item>): Item => ({
    number: 7,
    title: "t",
    url: "",
    labels: [],
    assignees: ["a"],
    updated: "2026-11-22T00:00:00Z",
    milestone: null,
    ...more,
  });
  const rules = { staleDays: 30, urgentLabels: ["P0"] };

  it.each<[string, Partial<Item>, string]>([
    ["an urgent one that is nobody's", { labels: ["P0"], assignees: [] }, "warning is P0 and nobody's"],
    [
      "an urgent one without a word today",
      { labels: ["P0"], updated: "2026-11-20T00:00:00Z" },
      "warning is P0 and has had no word for 2 days",
    ],
    [
      "one in a milestone that is closed",
      { milestone: { title: "1.0", due: null, open: false } },
      "notice is open in 1.0, which is closed",
    ],
    [
      "one that is late",
      { milestone: { title: "1.0", due: "2026-11-01T00:00:00Z", open: true } },
      "notice is late: 1.0 was due 2026-11-01",
    ],
    ["one that is stale", { updated: "2026-10-22T00:00:00Z" }, "notice has had no word for 31 days"],
  ])("finds %s", (_, more, words) => {
    expect(judgeIssues([item(more)], rules, now).map(({ level, why }) => `${level} ${why}`)).toEqual([words]);
  });

  it("leaves the others alone, and puts what is urgent first", () => {
    expect(judgeIssues([item({}), item({ labels: ["P0"] }), item({ updated: "2026-10-24T00:00:00Z" })], rules, now)).toEqual([]);
    const judged = judgeIssues([item({ updated: "2026-01-01T00:00:00Z" }), item({ number: 9, labels: ["P0"], assignees: [] })], rules, now);
    expect(judged.map((one) => one.item.number)).toEqual([9, 7]);
  });
});

describe("the list of jobs", () => {
  const parsed = parseSettings(
    {
      maintenance: {
        timeZone: "Europe/Berlin",
        scheduler: "systemd",
        jobs: { "issue-tracker": { enabled: false }, "rotate-logs": { at: "02:30" } },
      },
    },
    { stack: "dev" },
  );
  if ("problems" in parsed || !parsed.ok.maintenance) throw new Error("these settings hold");
  const { maintenance } = parsed.ok;
  const there = maintenance.jobs
    .filter(({ name }) => name !== "backup-to-r2")
    .map(({ name }) => ({
      job: name,
      container: name,
      running: name === "health-report",
      startedAt: "2026-11-22T04:00:00Z",
      looks: false,
    }));
  const now = new Date("2026-11-22T04:10:00Z");
  const run = {
    id: "20261122T033000Z",
    job: "rotate-logs",
    began: "2026-11-22T03:30:00Z",
    seconds: 2,
    result: "ok" as const,
    attempts: 1,
    summary: "fine",
    findings: {},
  };
  const rows = jobRows({
    maintenance,
    containers: there,
    history: [run],
    lacks: ({ name }) => (name === "restore-drill" ? "there is no backup" : undefined),
    now,
  });
  const row = (name: string) => rows.find(({ job }) => job === name);

  it("says when each runs, when next in its zone, and how it was", () => {
    expect(row("rotate-logs")).toEqual({
      ...{
        job: "rotate-logs",
        does: expect.any(String),
        schedule: "every day at 02:30 Europe/Berlin",
        next: "Mon 2026-11-23 02:30 Europe/Berlin",
      },
      ...{ last: "ok, 40 min 0 s ago, took 2 s", note: "not on 2027-03-28: the clock has no 02:30 that day" },
    });
    expect(row("health-report")?.last).toBe("running since 2026-11-22 04:00 UTC");
    expect(row("restore")).toMatchObject({ schedule: "only by hand", next: "-", note: "" });
  });

  it("says why one is not there", () => {
    expect([row("issue-tracker")?.note, row("restore-drill")?.note, row("backup-to-r2")?.note]).toEqual([
      "switched off",
      "there is no backup",
      "not made yet: npm run up",
    ]);
    const text = renderJobs("shop", rows, "systemd");
    expect(text.indexOf("Left out:")).toBeLessThan(text.indexOf("issue-tracker"));
    expect(text.indexOf("restore-drill")).toBeGreaterThan(text.indexOf("Left out:"));
  });

  it("says where nothing begins them", () => {
    const idle = jobRows({
      maintenance: { ...maintenance, scheduler: "none" },
      containers: there,
      history: [],
      lacks: () => undefined,
      now,
    });
    expect(idle.find(({ job }) => job === "rotate-logs")).toMatchObject({ next: "only by hand: `scheduler` is none", last: "never" });
    expect(renderJobs("shop", idle, "none")).toContain("Nothing begins them by itself here");
    expect(renderHistory([])).toContain("No run yet");
    expect(renderHistory([run])).toContain("rotate-logs");
  });
});
