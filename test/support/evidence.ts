import type { Evidence } from "../../evidence/schema.ts";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** Evidence that passes every gate; a fresh copy each time. */
export function goodEvidence(): Evidence {
  const tests = { passed: 41, failed: 0, skipped: 0 };
  return {
    version: 1,
    commit: COMMIT,
    changedFiles: [],
    createdAt: "2026-11-21T12:00:00.000Z",
    stack: "dev",
    images: [{ used: "api.blue", reference: "build:images/api@0123456789ab" }],
    builds: [
      { name: "api", ok: true, image: `sha256:${"a".repeat(64)}` },
      { name: "web", ok: true, image: `sha256:${"b".repeat(64)}` },
    ],
    unit: { tests, coverage: { percent: 94.5, covered: 189, total: 200, tool: "vitest 5.1.1" } },
    endToEnd: { tests, coverage: { percent: 88, covered: 176, total: 200, tool: "c8 12.0.0" } },
    lint: { errors: 0, warnings: 0, tool: "biome 2.5.15" },
    types: { errors: 0, tool: "tsc 6.0.3" },
    schema: { pending: [], drift: [], tool: "node-pg-migrate 9.0.0" },
    blockers: { open: [], source: "blockers.json" },
    secrets: { findings: [], files: 320, tool: "secretlint 13.0.6" },
    audit: { found: { critical: 0, high: 0, moderate: 0, low: 0 }, tool: "npm audit" },
    scan: { status: "not done", why: "neither grype nor trivy is on PATH" },
    performance: { status: "not done", why: "no --bench FILE" },
  };
}
