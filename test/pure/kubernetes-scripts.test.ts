import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lifecycleJob } from "../../components/kubernetes/logging/shipper.ts";
import { snapshotJob } from "../../components/kubernetes/storage/snapshots.ts";
import { plannedCluster } from "../support/planned.ts";

const run = promisify(execFile);
const { cluster } = plannedCluster();

describe("the scripts of jobs", () => {
  let work: string;
  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), "scripts-"));
  });
  afterEach(() => rm(work, { recursive: true, force: true }));

  /** Runs a job's own command with a program of ours in the place of what it calls. */
  async function job(command: readonly string[] | undefined, env: Readonly<Record<string, string>>, program: string, fake: string) {
    await writeFile(join(work, program), `#!/bin/sh\n${fake}`, { mode: 0o755 });
    const [shell = "sh", ...args] = command ?? [];
    // The read-only root's /tmp is this folder's.
    const words = args.map((word) => word.replaceAll("/tmp/", `${work}/`));
    return run(shell, words, { env: { ...env, PATH: `${work}:${process.env.PATH}`, WORK: work } });
  }

  it("a snapshot of each claim, and the oldest beyond the number to keep go", async () => {
    if (!cluster.snapshots) throw new Error("there are no snapshots");
    const { command, env } = snapshotJob({ ...cluster.snapshots, keep: 2 }, "network", cluster.workloads);
    const fake = [
      'echo "$@" >> "$WORK/asked"',
      'case "$1 $2" in',
      '"get persistentvolumeclaims") printf "persistentvolumeclaim/data-validators-0\\npersistentvolumeclaim/data-validators-1\\n" ;;',
      '"get volumesnapshots") printf "volumesnapshot/a\\nvolumesnapshot/b\\nvolumesnapshot/c\\n" ;;',
      '"create --filename") cat >> "$WORK/made" ;;',
      "esac",
    ].join("\n");
    await job(command, env, "kubectl", fake);
    const made = (await readFile(join(work, "made"), "utf8")).split(/\n(?=\{"apiVersion)/).map((text) => JSON.parse(text));
    expect(
      made.map(({ metadata, spec }) => [metadata.generateName, spec.source.persistentVolumeClaimName, spec.volumeSnapshotClassName]),
    ).toEqual([
      ["data-validators-0-", "data-validators-0", "network-snapshots"],
      ["data-validators-1-", "data-validators-1", "network-snapshots"],
    ]);
    expect(made[0].metadata.labels).toMatchObject({ "app.kubernetes.io/part-of": "network", "sluice.dev/claim": "data-validators-0" });
    const deleted = (await readFile(join(work, "asked"), "utf8")).split("\n").filter((line) => line.startsWith("delete"));
    expect(deleted).toEqual(["delete --wait=false volumesnapshot/a", "delete --wait=false volumesnapshot/a"]);
  });

  const CURL =
    'for word in "$@"; do last=$word; done\necho "$last" >> "$WORK/asked"\ncp "$WORK/login" "$WORK/login.seen"\nprintf %s "$STATUS"';

  it("tells the store every policy and template, and takes one that is there for told", async () => {
    if (!cluster.logs) throw new Error("there are no logs");
    const { command, env } = lifecycleJob(cluster.logs);
    for (const STATUS of ["200", "409"]) await job(command, { ...env, STATUS }, "curl", CURL);
    expect((await readFile(join(work, "asked"), "utf8")).split("\n").slice(0, 2)).toEqual([
      "https://logs.example.com:9200/_ilm/policy/network-logs",
      "https://logs.example.com:9200/_index_template/network-logs",
    ]);
    expect(await readFile(join(work, "login.seen"), "utf8")).toBe("");
  });

  it("fails, with its words, when the store says no", async () => {
    if (!cluster.logs) throw new Error("there are no logs");
    const { command, env } = lifecycleJob(cluster.logs);
    await writeFile(join(work, "answer"), "no such user");
    await expect(job(command, { ...env, STATUS: "401" }, "curl", CURL)).rejects.toThrow("_ilm/policy/network-logs: 401 no such user");
  });

  it("hands a password over in a file, quoted, and on no command line", async () => {
    if (!cluster.logs) throw new Error("there are no logs");
    const { command, env } = lifecycleJob({ ...cluster.logs, login: { user: "sluice", passwordSecret: "logs-password" } });
    await writeFile(join(work, "password"), 'pl"ant\\ed');
    await job(command, { ...env, PASSWORD_FILE: join(work, "password"), STATUS: "200" }, "curl", CURL);
    expect(await readFile(join(work, "login.seen"), "utf8")).toBe('user = "sluice:pl\\"ant\\\\ed"\n');
    expect(await readFile(join(work, "asked"), "utf8")).not.toContain("ant");
  });
});
