import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { only, type Registered, record } from "../support/record.ts";

const CONTAINER = "docker:index/container:Container";
const COMMAND = "command:local:Command";
const SECRETS = { "backup-key-id": "planted-a1", "backup-key": "planted-b2", "backup-password": "planted-c3" };

/** Everything that the program registers for an estate with backups. */
async function declared(): Promise<Registered[]> {
  const { parseSettings } = await import("../../settings/parse.ts");
  const { declareHost } = await import("../../program/host.ts");
  const backup = {
    ...{ endpoint: "https://s3.example.com", bucket: "shop-backups" },
    files: { uploads: { volume: "shop-uploads" }, letters: { path: "/srv/letters" } },
  };
  const parsed = parseSettings({ name: "shop", postgres: {}, maintenance: { backup }, secrets: SECRETS }, { stack: "dev" });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const secrets = Object.fromEntries(Object.entries(parsed.ok.secrets).map(([name, value]) => [name, pulumi.secret(value)]));
  return record(() => void declareHost({ ...parsed.ok, secrets } as Parameters<typeof declareHost>[0]));
}

describe("the jobs of backups", () => {
  it("see the files read-only, and write nowhere but to the jobs' volume", async () => {
    const seen = await declared();
    const volumes = only(seen, CONTAINER, "job-backup-to-r2").inputs.volumes as { containerPath: string; readOnly: boolean }[];
    expect(volumes.map(({ containerPath, readOnly }) => [containerPath, readOnly]).sort()).toEqual([
      ["/files/letters", true],
      ["/files/uploads", true],
      ["/jobs", false],
      ["/run/secrets", true],
    ]);
    for (const name of ["job-restore", "job-restore-drill"]) {
      const mounted = only(seen, CONTAINER, name).inputs.volumes as { containerPath: string }[];
      expect(mounted.map(({ containerPath }) => containerPath).sort()).toEqual(["/jobs", "/run/secrets"]);
    }
  });

  it("get their keys as files, each a secret to the engine, and in no other input", async () => {
    const seen = await declared();
    const jobs = ["job-backup-to-r2", "job-restore", "job-restore-drill"];
    for (const job of jobs)
      for (const [name, value] of Object.entries(SECRETS))
        expect(only(seen, COMMAND, `${job}-secrets-${name}`).inputs.stdin).toEqual({ secret: value });
    // Once for each job that has it.
    for (const value of Object.values(SECRETS)) expect(JSON.stringify(seen).split(value)).toHaveLength(jobs.length + 1);
  });
});
