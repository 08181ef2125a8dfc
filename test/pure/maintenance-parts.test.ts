import { describe, expect, it } from "vitest";
import { KNOWN_JOBS } from "../../components/maintenance/catalog.ts";
import { BackupFacts } from "../../maintenance/jobs/backup/facts.ts";
import { JOBS } from "../../maintenance/jobs/index.ts";
import { backupFacts } from "../../program/maintenance/backup.ts";
import { type JobsWorld, PARTS } from "../../program/maintenance/parts.ts";
import { parseSettings } from "../../settings/parse.ts";
import type { Settings } from "../../settings/types.ts";
import { goodSettings, type Raw } from "../support/settings.ts";

function settings(maintenance: Raw, change: (raw: Raw) => void = () => undefined): Settings<string> {
  const raw = goodSettings();
  Object.assign(raw.secrets, { "backup-key-id": "planted-1", "backup-key": "planted-2", "backup-password": "planted-3" });
  raw.maintenance = maintenance;
  change(raw);
  const result = parseSettings(raw, { stack: "dev" });
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  return result.ok;
}
const files = { uploads: { volume: "shop-uploads" }, letters: { path: "/srv/letters" } };
const backup = { endpoint: "https://s3.example.com", bucket: "shop-backups", files };
/** As far as parts look at it. */
const world = (of: Settings<string>) => ({ settings: of, stores: { postgres: { password: "planted-4" } } }) as unknown as JobsWorld;

describe("what a job is told", () => {
  it("has a part and a job in the image for every name of the catalog but the monthly report", () => {
    const missing = KNOWN_JOBS.filter((name) => PARTS[name] === undefined || !JOBS.some((job) => job.name === name));
    expect(missing.filter((name) => name !== "monthly-report")).toEqual([]);
    expect(JOBS.map(({ name }) => name).filter((name) => !KNOWN_JOBS.some((known) => known === name))).toEqual([]);
  });

  it("of backups is what its own schema reads, completed and without a secret", () => {
    const of = settings({ backup });
    const { maintenance } = of;
    if (!maintenance?.backup) throw new Error("no backups");
    const facts = backupFacts(of, maintenance.backup);
    expect(BackupFacts.parse(facts)).toEqual({
      estate: "shop",
      store: {
        ...{ endpoint: "https://s3.example.com", bucket: "shop-backups", prefix: "shop", patienceSeconds: 300 },
        ...{ keyIdSecret: "backup-key-id", keySecret: "backup-key", passwordSecret: "backup-password" },
      },
      postgres: { host: "10.20.0.3", port: 5432, user: "app", database: "app", passwordSecret: "postgres-password" },
      files: ["letters", "uploads"],
      keep: { daily: 7, weekly: 4, monthly: 12 },
      readAllDays: 7,
    });
    expect(JSON.stringify(facts)).not.toContain("planted");
  });

  it("of backups comes with read-only mounts and the secrets by name; a restore sees no files", () => {
    const part = PARTS["backup-to-r2"]?.part(world(settings({ backup })));
    expect(part?.mounts).toEqual([
      { hostPath: "/srv/letters", path: "/files/letters" },
      { volume: "shop-uploads", path: "/files/uploads" },
    ]);
    expect(part?.secrets).toEqual({
      "backup-key-id": "planted-1",
      "backup-key": "planted-2",
      "backup-password": "planted-3",
      "postgres-password": "planted-4",
    });
    expect(PARTS.restore?.part(world(settings({ backup }))).mounts).toBeUndefined();
    const without = PARTS["backup-to-r2"]?.part(world(settings({ backup: { ...backup, postgres: false } })));
    expect(without?.facts).not.toHaveProperty("postgres");
    expect(without?.secrets).not.toHaveProperty("postgres-password");
  });

  it.each([
    ["backup-to-r2", {}, /names no store/],
    ["cost-summary", {}, /says nothing of what is paid/],
    ["cost-summary", { costs: { monthly: { VPS: 20 } } }, undefined],
    ["restore-drill", { backup }, undefined],
  ] as const)("is left out where the estate has not what %s needs", (name, maintenance, lacks) => {
    const said = PARTS[name]?.lacks(settings(maintenance));
    if (lacks) expect(said).toMatch(lacks);
    else expect(said).toBeUndefined();
  });

  it("of reviews goes by the settings", () => {
    const of = settings({ secretAge: { maxDays: 60, rotated: { "payment-key": "2026-11-01" } } });
    expect(PARTS["secret-age"]?.part(world(of)).facts).toMatchObject({
      maxDays: 60,
      secrets: expect.arrayContaining([{ name: "payment-key", rotated: "2026-11-01" }]),
    });
    expect(PARTS["performance-benchmark"]?.part(world(of)).facts).toMatchObject({
      origin: "http://10.20.0.2:8080",
      paths: ["/api/health", "/health"],
      requestsPerSecond: 100,
      seconds: 60,
    });
    expect(PARTS["security-audit"]?.part(world(of)).facts).toEqual({ ports: ["80", "8443"], tls: [{ host: "10.20.0.2", port: 8443 }] });
    expect(PARTS["check-updates"]?.part(world(of)).facts).toEqual({ images: ["ghcr.io/example/web:1", "redis:8"] });
    const noPostgres = settings({}, (raw) => {
      delete raw.postgres;
      raw.services.api.uses = ["redis"];
    });
    expect(PARTS["database-review"]?.lacks(noPostgres)).toBe("the estate has no Postgres");
  });
});
