import { describe, expect, it } from "vitest";
import { type About, newsOf, plannedText } from "../../rollout/driver/news.ts";
import { dora, doraMetrics } from "../../rollout/records/dora.ts";
import { type Entry, readEntries, type Summary } from "../../rollout/records/entries.ts";
import { report } from "../../rollout/records/report.ts";

const DAY = 86_400_000;
const NOW = 100 * DAY;

const summary = (more: Partial<Summary> = {}): Summary => ({
  ...{
    kind: "summary",
    id: `${more.rollout ?? "api-1"}/promoted`,
    at: NOW - 1000,
    service: "api",
    rollout: "api-1",
    stack: "dev",
    by: "ann",
  },
  ...{ outcome: "promoted", release: "v2", image: "api:2", previous: "v1", why: "v2 is the active release", commit: "abc", commitAt: null },
  ...{ startedAt: NOW - 200_000, endedAt: NOW - 1000, steppedAt: NOW - 150_000, promotedAt: NOW - 20_000, backAt: null },
  ...{ firstBadAt: null, decidedAt: null, decision: null },
  ...more,
});

const taken = (rollout: string, more: Partial<Summary> = {}): Summary =>
  summary({
    rollout,
    outcome: "frozen",
    promotedAt: null,
    firstBadAt: NOW - 60_000,
    decidedAt: NOW - 59_000,
    backAt: NOW - 58_500,
    decision: "d1",
    ...more,
  });

describe("DORA figures", () => {
  it("are null, never 0, where there is nothing to count", () => {
    expect(dora([], NOW)).toMatchObject({ deployments: 0, leadSeconds: null, failureRatio: null, restoreSeconds: null });
  });

  it("count lead time from the commit where it is known, else from the start", () => {
    expect(dora([summary()], NOW).leadSeconds?.median).toBe(180);
    expect(dora([summary({ commitAt: NOW - 3_620_000 })], NOW).leadSeconds?.median).toBe(3600);
  });

  it("count promoted releases per day, and only those of the time asked for", () => {
    const many = Array.from({ length: 14 }, (_, index) => summary({ rollout: `r${index}`, endedAt: NOW - index * DAY }));
    expect(dora(many, NOW, 7)).toMatchObject({ deployments: 7, deploymentsPerDay: 1 });
  });

  it("call a release that was promoted and taken back one deployment and one failure", () => {
    const both = [
      summary(),
      summary({ id: "api-1/reverted", outcome: "reverted", endedAt: NOW - 500, backAt: NOW - 600, decidedAt: NOW - 5_600 }),
    ];
    expect(dora(both, NOW)).toMatchObject({ deployments: 1, changes: 1, failures: 1, failureRatio: 1, restoreSeconds: { median: 5 } });
  });

  it("count failures among releases that had clients", () => {
    const never = summary({ rollout: "r9", outcome: "failed", steppedAt: null, promotedAt: null });
    const figures = dora([summary(), summary({ rollout: "r2" }), summary({ rollout: "r3" }), taken("r4"), never], NOW);
    expect(figures).toMatchObject({ changes: 4, failures: 1, failureRatio: 0.25, restoreSeconds: { median: 1.5, p95: 1.5 } });
  });

  it("take the middle of two, and the worst of few, as a spread", () => {
    const two = [taken("r1"), taken("r2", { firstBadAt: NOW - 61_500 })];
    expect(dora(two, NOW).restoreSeconds).toEqual({ median: 2.25, p95: 3 });
  });

  it("are metrics, without what is not known", () => {
    const text = doraMetrics(new Map([["api", dora([summary()], NOW)]]));
    expect(text).toContain('sluice_dora_lead_time_seconds{service="api"} 180\n');
    expect(text).toContain('sluice_dora_change_failure_ratio{service="api"} 0\n');
    expect(text).not.toContain("sluice_dora_restore_seconds");
    expect(text.match(/# TYPE/g)).toHaveLength(3);
  });
});

const entries: Entry[] = [
  {
    ...{
      kind: "event",
      id: "api-1/1",
      at: NOW - 200_000,
      service: "api",
      rollout: "api-1",
      action: "started",
      by: "operator ann",
      why: "v2 | goes to green",
    },
    ...{
      active: "blue",
      weight: 0,
      wanted: 0,
      canary: { slot: "green", release: "v2", image: "api:2" },
      stable: { slot: "blue", release: "v1", image: "api:1" },
    },
  },
  {
    ...{ kind: "judged", id: "api-1/w1/judged", at: NOW - 100_000, service: "api", rollout: "api-1", weight: 10, slot: "green" },
    ...{ from: NOW - 160_000, until: NOW - 100_000, verdict: "FAIL" },
    reasons: [
      {
        check: "comparison",
        metric: "error share",
        outcome: "FAIL",
        n: 120,
        value: 0.2,
        baseline: 0.001,
        threshold: 0.01,
        sigma: 5.4,
        words: "24 of 120 failed.",
      },
      { check: "tail", metric: "P95", outcome: "PASS", n: 120, value: 0.042, baseline: 0.04, words: "No difference." },
    ],
  },
  taken("api-1", { id: "api-1/back", why: "the guard says FAIL: 12 of 12 failed" }),
];

describe("a report", () => {
  const text = report(entries, "api-1") ?? "";

  it("says all by itself: what, the numbers, the times, who and why, and what to do", () => {
    expect(text).toContain("# api v2: taken back, and the service is frozen");
    expect(text).toContain("The guard says FAIL: 12 of 12 failed.");
    expect(text).toContain("| error share (comparison) | 20 % | 0.1 % | 5.4 | 120 | 1 % | FAIL | 24 of 120 failed. |");
    expect(text).toContain("| P95 (tail) | 42 ms | 40 ms |");
    expect(text).toContain("| Detect: first bad response to decision | 1 s |");
    expect(text).toContain("| Switch: decision to the last client back | 500 ms |");
    expect(text).toContain("| started | operator ann | 0 % | v2 \\| goes to green |");
    expect(text).toContain("npm run rollout -- acknowledge d1 --stack dev");
  });

  it("of a rollout that nobody knows is none", () => {
    expect(report(entries, "api-2")).toBeUndefined();
  });

  it("of one that goes on says so", () => {
    expect(report(entries.slice(0, 1), "api-1")).toContain("# api v2: not over yet");
  });
});

describe("records", () => {
  it("are read without the line that a crash cut off, and each id once", () => {
    const line = JSON.stringify(entries[0]);
    expect(readEntries(`${line}\n${line}\n${line.slice(0, 40)}\nnot json\n`)).toEqual([entries[0]]);
  });
});

describe("news", () => {
  const about: About = {
    ...{
      estate: "shop",
      service: "api",
      rollout: "api-1",
      canary: { slot: "green", release: "v2", image: "api:2" },
      decision: "d1",
      at: NOW,
    },
  };

  it.each([
    ["started", "RolloutStarted", "info", undefined],
    ["step", "RolloutStep", "info", undefined],
    ["promoted", "RolloutPromoted", "info", undefined],
    ["rolledBack", "RolloutRolledBack", "warning", "acknowledge d1"],
    ["paused", "RolloutPaused", "warning", "npm run rollout -- resume api"],
    ["stuck", "RolloutStuck", "critical", "npm run rollout -- rollback api"],
  ] as const)("of %s is %s, %s", (action, alertname, severity, todo) => {
    const { labels, annotations } = newsOf({ id: "api-1/4/told", action, text: "api: v2 does well" }, about);
    expect(labels).toEqual({
      ...{
        alertname,
        severity,
        news: "rollout",
        news_id: "api-1/4/told",
        estate: "shop",
        service: "api",
        rollout: "api-1",
        slot: "green",
        release: "v2",
      },
    });
    expect(annotations.summary).toBe("api: v2 does well");
    if (todo === undefined) expect(annotations.description).toBeUndefined();
    else expect(annotations.description).toContain(todo);
  });

  it("of a plan says who and when", () => {
    expect(plannedText("api", "v2", "ann", NOW)).toBe("api: v2 is rolled out at 1970-04-11 00:00:00 UTC, planned by ann");
  });

  it("ends by itself", () => {
    const { startsAt, endsAt } = newsOf({ id: "x", action: "step", text: "" }, about);
    expect(Date.parse(endsAt) - Date.parse(startsAt)).toBe(300_000);
  });
});
