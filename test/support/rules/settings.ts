import { defaultRuleSettings, type RuleSettings } from "../../../components/monitoring/rules/index.ts";

/** Everything turned on; the cases in this folder are about these settings. */
export const everything: RuleSettings = defaultRuleSettings({
  services: [
    { name: "api", throughputFloor: 100 },
    // Its budgets are powers of two, so that burn rates can be met exactly.
    { name: "web", throughputFloor: 8, slo: { availability: 1 - 1 / 64, latencySeconds: 1, latencyObjective: 1 - 1 / 64 } },
    { name: "worker", routed: false },
  ],
  hasPostgres: true,
  hasRedis: true,
  hasGuard: true,
  hasJobs: true,
  progressCounters: ["blocks", "orders"],
  backupJobs: [
    { job: "nightly", maxAgeSeconds: 90_000 },
    { job: "weekly", maxAgeSeconds: 691_200 },
  ],
});

/** What the dev stack has. */
export const dev: RuleSettings = defaultRuleSettings({
  services: [{ name: "api" }, { name: "web" }],
  hasPostgres: true,
  hasRedis: true,
  hasGuard: true,
});

/** An edge without a service behind it. */
export const edgeOnly: RuleSettings = defaultRuleSettings({ services: [] });
