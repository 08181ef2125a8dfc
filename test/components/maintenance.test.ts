import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import type { PlannedJob } from "../../components/maintenance/maintenance.ts";
import { census, only, type Registered, record } from "../support/record.ts";

const CONTAINER = "docker:index/container:Container";
const COMMAND = "command:local:Command";

const limits = { memoryMb: 512, cpus: 0.5, drainSeconds: 30 };
const job = (name: string, more: Partial<PlannedJob> = {}): PlannedJob => ({
  ...{
    name,
    does: "does it",
    schedule: { every: "day", at: "03:00" },
    limitSeconds: 600,
    retries: 1,
    alertAfterMissed: 1,
    tells: "problems",
    looks: false,
  },
  ...limits,
  ...{ facts: { a: 1 }, secrets: {}, mounts: [] },
  ...more,
});

/** An estate's jobs; the host's own resources are left out. */
async function jobs(
  planned: readonly PlannedJob[],
  scheduler: "systemd" | "none",
  docker = "ssh://deploy@vps.example.com",
): Promise<Registered[]> {
  const { Host, Maintenance } = await import("../../components/index.ts");
  const make = () => new Host("host", { estate: "shop", docker, subnet: "10.9.0.0/16" });
  const known = new Set(census(await record(() => void make())));
  const seen = await record(() => {
    const telling = { alertmanager: "http://10.9.0.6:9093", webhook: "webhook" };
    new Maintenance("maintenance", { host: make(), image: "sha256:jobs", toolImage: "sha256:edge", jobs: planned, scheduler, telling });
  });
  return seen.filter(({ type, name }) => !known.has(`${type} ${name}`));
}

describe("the jobs of maintenance", () => {
  it("are one volume, a container for each, their declaration and their units", async () => {
    const seen = await jobs([job("rotate-logs"), job("backup-to-r2", { secrets: { key: pulumi.secret("planted-77") } })], "systemd");
    expect(census(seen)).toEqual([
      `${COMMAND} job-backup-to-r2-secrets-key`,
      ...[`${COMMAND} jobs-declared`, `${COMMAND} jobs-units`],
      ...[`${CONTAINER} job-backup-to-r2`, `${CONTAINER} job-rotate-logs`],
      ...["docker:index/volume:Volume job-backup-to-r2-secrets-volume", "docker:index/volume:Volume jobs"],
      ...["sluice:host:SecretFiles job-backup-to-r2-secrets", "sluice:maintenance:Maintenance maintenance"],
    ]);
    // A secret is in nothing but what is known to be one.
    expect(JSON.stringify(seen).split("planted-77")).toHaveLength(2);
    expect(only(seen, COMMAND, "job-backup-to-r2-secrets-key").inputs.stdin).toEqual({ secret: "planted-77" });
  });

  it("are containers that are made and not begun, confined as every other", async () => {
    const { inputs } = only(await jobs([job("rotate-logs", { looks: true })], "none"), CONTAINER, "job-rotate-logs");
    const { envs, labels, ...rest } = inputs;
    expect(rest).toEqual({
      ...{ name: "shop-job-rotate-logs", image: "sha256:jobs", start: false, mustRun: false, restart: "no", stdinOpen: true },
      networksAdvanced: [{ name: "shop", ipv4Address: "10.9.0.17" }],
      volumes: [{ volumeName: "shop-jobs", containerPath: "/jobs", readOnly: false }],
      ...{ destroyGraceSeconds: 30, stopTimeout: 30, memory: 512, memorySwap: 512, cpus: "0.5" },
      ...{ capabilities: { drops: ["ALL"] }, securityOpts: ["no-new-privileges:true"], privileged: false, readOnly: true },
      tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=64m,mode=1777" },
      ...{ logDriver: "json-file", logOpts: { "max-size": "10m", "max-file": "3" } },
    });
    expect(labels).toEqual([
      { label: "dev.sluice.estate", value: "shop" },
      { label: "dev.sluice.role", value: "job" },
      { label: "dev.sluice.job", value: "rotate-logs" },
      { label: "dev.sluice.job.looks", value: "true" },
    ]);
    const [env = ""] = envs as string[];
    expect(JSON.parse(env.replace("SLUICE_JOB=", ""))).toEqual({
      ...{ estate: "shop", name: "rotate-logs", does: "does it", limitSeconds: 600, retries: 1, tells: "problems", pauseSeconds: 30 },
      ...{ alertmanager: "http://10.9.0.6:9093", webhook: "webhook", facts: { a: 1 } },
    });
  });

  it("have an address of their own each, the team's own behind those that Sluice knows", async () => {
    const seen = await jobs([job("backup-to-r2"), job("books", { command: ["/bin/books"] }), job("annual", { command: ["true"] })], "none");
    const address = (name: string) =>
      (only(seen, CONTAINER, `job-${name}`).inputs.networksAdvanced as { ipv4Address: string }[])[0]?.ipv4Address;
    expect([address("backup-to-r2"), address("books"), address("annual")]).toEqual(["10.9.0.16", "10.9.0.32", "10.9.0.33"]);
  });

  it("are begun by the host's systemd, on the host, and by nobody where nobody should", async () => {
    const { inputs } = only(await jobs([job("rotate-logs")], "systemd"), COMMAND, "jobs-units");
    expect(inputs.create).toContain("ssh -T -l deploy -p 22 -- vps.example.com");
    expect(inputs.create).toContain("sudo -n /usr/local/sbin/sluice-units shop");
    expect(inputs.delete).toContain("sluice-units shop");
    expect(inputs.stdin).toMatch(/^sha256: [0-9a-f]{64}\n-- sluice-shop-failed@\.service --\n/);
    expect(inputs.stdin).toContain("OnCalendar=*-*-* 03:00:00 UTC");
    expect(census(await jobs([job("rotate-logs")], "none")).join()).not.toContain("jobs-units");
  });

  it("are declared with the time that their absence is an alert after, where something begins them", async () => {
    const stdin = async (scheduler: "systemd" | "none", one: PlannedJob) =>
      only(await jobs([one], scheduler), COMMAND, "jobs-declared").inputs.stdin;
    expect(await stdin("systemd", job("rotate-logs"))).toBe("rotate-logs 86400 87120 600\n");
    expect(await stdin("none", job("rotate-logs"))).toBe("rotate-logs - - 600\n");
    expect(await stdin("systemd", job("restore", { schedule: undefined }))).toBe("restore - - 600\n");
  });
});

/** Everything that the program registers for a stack on a host. */
async function declared(raw: object): Promise<Registered[]> {
  const { parseSettings } = await import("../../settings/parse.ts");
  const { declareHost } = await import("../../program/host.ts");
  const parsed = parseSettings({ name: "shop", ...raw }, { stack: "dev" });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const secrets = Object.fromEntries(Object.entries(parsed.ok.secrets).map(([name, value]) => [name, pulumi.secret(value)]));
  return record(() => void declareHost({ ...parsed.ok, secrets } as Parameters<typeof declareHost>[0]));
}

describe("an estate's jobs, as its settings have them", () => {
  const secrets = { "tracker-token": "planted-91", hook: "planted-92" };
  const jobsOf = (seen: readonly Registered[]) =>
    seen.filter(({ type, name }) => type === CONTAINER && name.startsWith("job-")).map(({ name }) => name);

  it("are those that it has the parts for, and that nobody has switched off", async () => {
    const some = await declared({ maintenance: { jobs: { "rotate-logs": { enabled: false } } } });
    expect(jobsOf(some)).toContain("job-health-report");
    expect(jobsOf(some)).not.toContain("job-rotate-logs");
    expect(jobsOf(some)).not.toContain("job-issue-tracker");
    const tracked = await declared({ maintenance: { tracker: { repository: "example/shop", tokenSecret: "tracker-token" } }, secrets });
    expect(jobsOf(tracked)).toContain("job-issue-tracker");
    expect(only(tracked, COMMAND, "job-issue-tracker-secrets-token").inputs.stdin).toEqual({ secret: "planted-91" });
    expect(JSON.stringify(tracked).split("planted-91")).toHaveLength(2);
    expect(jobsOf(await declared({}))).toEqual([]);
  });

  it("tell the estate's alerting and the webhook, and their numbers are read by the machine's exporter", async () => {
    const seen = await declared({ monitoring: {}, maintenance: { webhookSecret: "hook" }, secrets });
    const [env = ""] = only(seen, CONTAINER, "job-health-report").inputs.envs as string[];
    expect(JSON.parse(env.replace("SLUICE_JOB=", ""))).toMatchObject({
      webhook: "webhook",
      facts: { prometheus: expect.stringMatching(/:9090$/) },
    });
    expect(env).toContain(":9093");
    expect(only(seen, COMMAND, "job-health-report-secrets-webhook").inputs.stdin).toEqual({ secret: "planted-92" });
    const { volumes, command } = only(seen, CONTAINER, "node-metrics").inputs;
    expect(volumes).toContainEqual({ volumeName: "shop-jobs", containerPath: "/jobs", readOnly: true });
    expect(command).toContain("--collector.textfile.directory=/jobs/.metrics");
  });
});
