import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type AlertRule,
  AREAS,
  defaultRuleSettings,
  isAlert,
  type RuleSettings,
  ruleGroups,
} from "../../components/monitoring/rules/index.ts";
import { CASES } from "../support/rules/index.ts";
import { dev, edgeOnly, everything } from "../support/rules/settings.ts";

const RUNBOOKS = join(import.meta.dirname, "..", "..", "docs", "runbooks");
const rulesOf = (settings: RuleSettings) => ruleGroups(settings).flatMap(({ rules }) => rules);
const alertsOf = (settings: RuleSettings): AlertRule[] => rulesOf(settings).filter(isAlert);
const namesOf = (settings: RuleSettings): string[] => [...new Set(alertsOf(settings).map(({ name }) => name))].sort();
const change = (changed: Partial<RuleSettings>): RuleSettings => ({ ...everything, ...changed });

describe("every alert", () => {
  it.each(alertsOf(everything).map((alert) => [alert.name, alert] as const))(
    "%s says what is wrong, how bad it is and who answers",
    (_, alert) => {
      expect(alert.owner).toBe("platform");
      expect(alert.summary.length).toBeGreaterThan(10);
      expect(alert.summary).not.toContain("$value");
      expect(alert.description).toContain("$value");
      expect(alert.for).toBeGreaterThanOrEqual(0);
      expect({ critical: ["P0", "P1"], warning: ["P1", "P2", "P3"], info: ["P3"] }[alert.severity]).toContain(alert.priority);
    },
  );

  it("has a runbook, and there is no runbook without an alert", () => {
    const written = readdirSync(RUNBOOKS).filter((file) => file !== "README.md");
    expect(written.sort()).toEqual(namesOf(everything).map((name) => `${name}.md`));
  });

  it("stands in the list of runbooks under its severity", () => {
    const list = readFileSync(join(RUNBOOKS, "README.md"), "utf8");
    for (const { name, severity, priority } of alertsOf(everything)) {
      const part = new RegExp(`## ${severity}\n[^#]*`, "i").exec(list)?.[0] ?? "";
      expect(part, `${name} under ${severity}`).toMatch(new RegExp(String.raw`\[${name}\]\(${name}\.md\) \|[^|]*\b${priority}\b`));
    }
  });

  it("can be told from all others by name and labels", () => {
    const identities = alertsOf(everything).map(({ name, severity, labels }) => JSON.stringify([name, severity, labels]));
    expect(new Set(identities).size).toBe(identities.length);
  });

  it("has a case in which it fires and one in which it does not; only the dead man's switch always fires", () => {
    const checks = AREAS.flatMap((area) => CASES[area].cases.flatMap(({ alerts = [] }) => alerts));
    for (const name of namesOf(everything)) {
      const own = checks.filter(({ alert }) => alert === name);
      expect(
        own.some(({ firing }) => firing.length > 0),
        `${name} fires`,
      ).toBe(true);
      expect(
        own.some(({ firing }) => firing.length === 0),
        `${name} is silent`,
      ).toBe(name !== "Watchdog");
    }
  });
});

describe("thresholds", () => {
  it.each<[keyof RuleSettings, Partial<RuleSettings>, string, string]>([
    ["errorCriticalRatio", { errorCriticalRatio: 0.07 }, "HighErrorRate", "> 0.07"],
    ["errorWarningRatio", { errorWarningRatio: 0.02 }, "HighErrorRate", "> 0.02"],
    ["canaryErrorMargin", { canaryErrorMargin: 0.1 }, "ErrorRateCanary", "> 0.1 and"],
    ["canaryMinimumRequests", { canaryMinimumRequests: 77 }, "ErrorRateCanary", ">= 77"],
    ["latencyP99Seconds", { latencyP99Seconds: 0.1 }, "HighLatencyP99", "> 0.1 and"],
    ["responseTimeSeconds", { responseTimeSeconds: 3 }, "ResponseTimeSlow", "> 3 and"],
    ["latencyMinimumRequests", { latencyMinimumRequests: 78 }, "ResponseTimeSlow", ">= 78"],
    ["authFailureRatio", { authFailureRatio: 0.2 }, "AuthWorkflowFailures", "> 0.2"],
    ["authMinimumRequests", { authMinimumRequests: 79 }, "AuthWorkflowFailures", ">= 79"],
    ["throughputDropRatio", { throughputDropRatio: 0.3 }, "ThroughputBelowBaseline", "0.7 *"],
    ["throughputBaselineMinimum", { throughputBaselineMinimum: 80 }, "ThroughputBelowBaseline", ">= 80"],
    ["rateLimitRatio", { rateLimitRatio: 0.6 }, "RateLimitNearlyUsed", "> 0.6"],
    ["memoryRatio", { memoryRatio: 0.7 }, "HighMemoryUsage", "> 0.7"],
    ["cpuRatio", { cpuRatio: 0.6 }, "HighCpu", "> 0.6"],
    ["diskRatio", { diskRatio: 0.65 }, "DiskAlmostFull", "> 0.65"],
    ["diskFullRatio", { diskFullRatio: 0.97 }, "DiskFull", "> 0.97"],
    ["heapRatio", { heapRatio: 0.95 }, "HeapAlmostFull", "> 0.95"],
    ["certificateDays", { certificateDays: 10 }, "CertificateExpiry", "< 864000"],
    ["slowDeploySeconds", { slowDeploySeconds: 1800 }, "SlowDeploy", "> 1800"],
    ["anomalySigmas", { anomalySigmas: 4 }, "MetricAnomaly", "> 4"],
    ["anomalyMinimumSamples", { anomalyMinimumSamples: 60 }, "MetricAnomaly", ">= 60"],
    ["sloMinimumRequests", { sloMinimumRequests: 81 }, "LatencyBudgetBurn", ">= 81"],
    ["scrapeSeconds", { scrapeSeconds: 30 }, "ProgressStuck", "offset 1m"],
    ["backupJobs", { backupJobs: [{ job: "hourly", maxAgeSeconds: 5400 }] }, "BackupMissing", '{job="hourly"}) > 5400'],
    ["progressCounters", { progressCounters: ["a.b"] }, "ProgressStuck", String.raw`counter=~"a\\.b"`],
  ])("come from the settings: %s", (_, changed, name, fragment) => {
    const has = (settings: RuleSettings) => alertsOf(settings).some((alert) => alert.name === name && alert.expr.includes(fragment));
    expect(has(everything)).toBe(false);
    expect(has(change(changed))).toBe(true);
  });

  it("have the defaults that the documentation gives", () => {
    const text = alertsOf(dev).map(({ name, severity, expr, for: wait }) => `${name} ${severity} ${wait}: ${expr}`);
    for (const start of [
      "HighErrorRate critical 300: service:errors:ratio1m > 0.05",
      "HighErrorRate warning 300: service:errors:ratio1m > 0.01",
      "HighLatencyP99 critical 300: slot:latency_p99_seconds:rate1m > 0.5",
      "HighMemoryUsage warning 600: container:memory_used:ratio > 0.85",
    ])
      expect(
        text.some((line) => line.startsWith(start)),
        start,
      ).toBe(true);
  });

  it("of sigma have a floor of their own for each metric", () => {
    const rules = JSON.stringify(rulesOf(change({ anomalyFloors: { requestRate: 11, errorRatio: 0.12, latencyMeanSeconds: 0.13 } })));
    for (const [metric, floor] of [
      ["request_rate", 11],
      ["error_ratio", 0.12],
      ["latency_mean_seconds", 0.13],
    ])
      expect(rules).toMatch(new RegExp(`stddev_over_time\\([^)]*${metric}[^)]*\\), ${floor}\\)`));
  });

  it("of burn rates are those of the SRE workbook, with their windows", () => {
    const burns = alertsOf(dev).filter(({ name }) => name === "AvailabilityBudgetBurn");
    const said = burns.map(({ expr, severity }) =>
      [...expr.matchAll(/burn:rate(\w+)\{[^}]*\} > ([\d.]+)/g)]
        .flatMap(([, window, rate]) => [window, rate])
        .concat(severity)
        .join(" "),
    );
    expect(said).toEqual(["1h 14.4 5m 14.4 critical", "6h 6 30m 6 critical", "1d 3 2h 3 warning", "3d 1 6h 1 warning"]);
  });
});

describe("an estate gets the rules it needs", () => {
  const JOBS = ["MaintenanceJobFailed", "MaintenanceJobMissed", "MaintenanceJobStuck", "MaintenanceJobsUnknown"];
  const without = (settings: RuleSettings) => namesOf(everything).filter((name) => !namesOf(settings).includes(name));

  it("no alerts of stores that it does not have", () => {
    expect(without(change({ hasPostgres: false }))).toEqual(["DatabaseDown", "DatabaseReadOnly"]);
    expect(without(change({ hasRedis: false }))).toEqual(["RedisDown"]);
    expect(JSON.stringify(rulesOf(change({ hasPostgres: false })))).not.toMatch(/pg_up|job=\\"postgres\\"/);
    expect(JSON.stringify(rulesOf(change({ hasRedis: false })))).not.toMatch(/redis_up|job=\\"redis\\"/);
  });

  it("no alerts of what nobody has declared", () => {
    expect(without(change({ backupJobs: [] }))).toEqual(["BackupMissing"]);
    expect(without(change({ progressCounters: [] }))).toEqual(["ProgressStuck"]);
    expect(without(change({ hasGuard: false }))).toEqual(["GuardNotWatching", "ServiceFrozen"]);
    expect(without(change({ hasJobs: false }))).toEqual(JOBS);
    expect(without(dev)).toEqual(["BackupMissing", ...JOBS, "ProgressStuck", "ThroughputDrop"]);
    expect(without(edgeOnly)).toEqual([
      ...["AvailabilityBudgetBurn", "BackupMissing", "DatabaseDown", "DatabaseReadOnly", "GuardNotWatching", "LatencyBudgetBurn"],
      ...[...JOBS, "ProgressStuck", "RedisDown", "ServiceFrozen", "ThroughputDrop"],
    ]);
  });

  it("a service more: its objectives, a zero to count from, its floor, and that its metrics must be there", () => {
    const shop = {
      name: "shop",
      routed: true,
      probed: true,
      throughputFloor: 3,
      slo: { availability: 0.99, latencySeconds: 2, latencyObjective: 0.9 },
    };
    const text = (settings: RuleSettings) => rulesOf(settings).map((rule) => JSON.stringify(rule));
    const before = text(everything);
    const added = text(change({ services: [...everything.services, shop] })).filter((rule) => !before.includes(rule));
    expect(added).toHaveLength(6);
    expect(added.every((rule) => rule.includes("shop"))).toBe(true);
    for (const part of [
      'vector(0.99)","labels":{"service":"shop","slo":"availability"}',
      'vector(0.9)","labels":{"service":"shop","slo":"latency"}',
      String.raw`service=~\"shop\", le=~\"2(\\\\.0)?\"`,
      String.raw`label_replace(vector(0), \"service\", \"shop\"`,
      String.raw`service:requests:rate1m{service=\"shop\"} < 3`,
      String.raw`absent(probe_success{job=\"route\", service=\"shop\"})`,
      String.raw`absent(probe_success{job=\"slot\", service=\"shop\"})`,
      String.raw`absent(sluice_share_percent{job=\"node\", service=\"shop\"})`,
    ])
      expect(
        added.some((rule) => rule.includes(part)),
        part,
      ).toBe(true);
  });

  it("a service without a route: nothing of the edge is expected of it", () => {
    const { services } = defaultRuleSettings({ services: [{ name: "worker", routed: false }] });
    expect(services).toEqual([{ name: "worker", routed: false, probed: false }]);
    const missing = alertsOf(change({ services })).find(({ name }) => name === "MetricsMissing")?.expr;
    expect(missing).toContain('probe_success{job="slot", service="worker"}');
    expect(missing).not.toMatch(/job="route"|sluice_share_percent/);
  });

  it("a service whose route cannot be probed: no probe is expected", () => {
    const { services } = defaultRuleSettings({ services: [{ name: "api", probed: false }] });
    const missing = alertsOf(change({ services })).find(({ name }) => name === "MetricsMissing")?.expr;
    expect(missing).not.toContain('job="route"');
    expect(missing).toContain("sluice_share_percent");
  });

  it("an objective that cannot be measured is refused, with what is allowed", () => {
    const settings = (slo: object) =>
      defaultRuleSettings({
        services: [{ name: "api", slo: { availability: 0.999, latencySeconds: 0.5, latencyObjective: 0.99, ...slo } }],
      });
    expect(() => ruleGroups(settings({ latencySeconds: 0.3 }))).toThrow(
      "objective of 'api': latencySeconds is 0.3; allowed: 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10",
    );
    expect(() => ruleGroups(settings({ availability: 1 }))).toThrow("objective of 'api': availability is 1; allowed: above 0 and below 1");
    expect(() => ruleGroups(settings({ latencyObjective: 0 }))).toThrow("objective of 'api': latencyObjective is 0");
  });
});
