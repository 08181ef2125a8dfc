import { randomBytes } from "node:crypto";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressAt } from "../../components/host/addresses.ts";
import { type Json, Project } from "../support/project.ts";
import { query, until } from "../support/prometheus.ts";
import { S3Server } from "../support/s3/server.ts";

/** MB of rows; at least 1000 for the figures in docs/backups.md. */
const SIZE_MB = Number(process.env.SLUICE_BACKUP_MB ?? 24);
const ROW_BYTES = 1024;
/** Beyond every block of services in a /16. */
const S3_PLACE = 65_000;
const PATIENCE_SECONDS = 5;
const JOB = "backup-to-r2";
/** Seconds between two looks of Prometheus, and between two of its rules. */
const SCRAPE = 2;
const METRIC = "sluice_backup_last_success_timestamp_seconds";

interface Ran {
  readonly name: string;
  /** Seconds since 1970. */
  readonly began: number;
  readonly exitCode: number;
  readonly text: string;
  readonly seconds: number;
}

describe("backups", () => {
  let project: Project;
  let s3: S3Server;
  const image = () => project.docker.run(["container", "inspect", "--format", "{{.Image}}", `${project.estate}-job-${JOB}`]);

  beforeAll(async () => {
    project = await Project.make("backup");
    const address = addressAt(project.subnet, S3_PLACE);
    await project.configure((config) => {
      // Only what this is about: the database, and its jobs.
      for (const key of ["services", "redis", "rollout"]) delete config[`sluice:${key}`];
      config["sluice:monitoring"] = { port: project.monitoringPort, scrapeSeconds: SCRAPE };
      config["sluice:maintenance"] = {
        memoryMb: 1024,
        cpus: 2,
        jobs: JOBS,
        backup: { endpoint: `http://${address}:7070`, bucket: "backups", readAllDays: 1, patienceSeconds: PATIENCE_SECONDS },
      };
    });
    const secrets = { "backup-password": randomBytes(16).toString("hex"), "backup-key-id": "unknown", "backup-key": "unknown" };
    await project.pulumi("stack", "init", "dev");
    for (const [name, value] of Object.entries(secrets)) {
      const set = await project.setSecret(`sluice:secrets.${name}`, value);
      expect(set.exitCode, set.text).toBe(0);
    }
    const started = await project.script("start");
    expect(started.exitCode, started.text).toBe(0);
    s3 = await S3Server.start({
      ...{ docker: project.docker, network: await networkOf(project), address, name: `${project.estate}-s3` },
      ...{ image: await image(), capacityMb: SIZE_MB * 4 + 256 },
    });
    await secret("backup-key-id", s3.keyId);
    await secret("backup-key", s3.key);
    await psql(
      project,
      [
        "create table orders (id bigint generated always as identity primary key, at timestamptz not null default now(), note text)",
        `insert into orders (note) select ${randomText(ROW_BYTES)} from generate_series(1, ${Math.ceil((SIZE_MB * 1_000_000) / ROW_BYTES)})`,
        'create schema "Odd ""one"""',
        'create table "Odd ""one"""."lines" (id serial primary key, "order" bigint references orders, share float8, took interval, content bytea, tags jsonb)',
        `insert into "Odd ""one"""."lines" ("order", share, took, content, tags)
         select id, id / 3.0, id * interval '7 minutes', decode(md5(id::text), 'hex'), jsonb_build_object('n', id) from orders limit 5000`,
        "create view recent as select * from orders where at > now() - interval '1 day'",
      ].join(";\n"),
    );
  });

  afterAll(async () => {
    await s3?.stop();
    const removed = await project.remove();
    expect(removed.exitCode, removed.text).toBe(0);
    expect(await project.leftovers()).toEqual([]);
  });

  it("bring every row back after the loss of the volume", async () => {
    const first = await job(JOB);
    expect(first.exitCode, first.text).toBe(0);
    const [rows, before] = [await psql(project, "select count(*) from orders"), await content()];
    expect(await metric()).toBeGreaterThan(Date.now() / 1000 - 3600);

    await project.docker.run(["container", "rm", "--force", `${project.estate}-postgres`]);
    await project.docker.run(["volume", "rm", `${project.estate}-postgres-data`]);
    const again = await project.script("start");
    expect(again.exitCode, again.text).toBe(0);
    expect(await psql(project, "select to_regclass('public.orders') is null")).toBe("t");

    const shown = await job("restore");
    expect(shown.exitCode, shown.text).toBe(0);
    expect(shown.text).toContain("Nothing was changed. This would put the backup");
    const restored = await job("restore", { confirm: "app" });
    expect(restored.exitCode, restored.text).toBe(0);
    expect(await content()).toBe(before);
    const drill = await job("restore-drill");
    expect(drill.exitCode, drill.text).toBe(0);
    console.log(
      `${SIZE_MB} MB, ${rows} rows: backup ${first.seconds.toFixed(1)} s, restore ${restored.seconds.toFixed(1)} s, drill ${drill.seconds.toFixed(1)} s; sums equal: ${before}`,
    );
  });

  it("say so when the key is wrong, the bucket is full or the connection is cut; the metric stands still and the next run is good", async () => {
    const known = await metric();
    const faults: readonly (readonly [fault: string, make: () => Promise<void>, undo: () => Promise<void>, words: RegExp])[] = [
      ["a wrong key", () => s3.accept(s3.keyId, "another"), () => s3.accept(s3.keyId, s3.key), /refuses the secret key in 'backup-key'/],
      ["a key that nobody knows", () => s3.accept("ANOTHER", s3.key), () => s3.accept(s3.keyId, s3.key), /does not know the access key/],
      ["a full bucket", () => s3.fill(), () => s3.free(), /The bucket 'backups' is full/],
    ];
    for (const [fault, make, undo, words] of faults) {
      await psql(project, `insert into orders (note) select ${randomText(ROW_BYTES)} from generate_series(1, 3000)`);
      await make();
      const failed = await job(JOB);
      await undo();
      expect(failed.exitCode, `${fault}: ${failed.text}`).toBe(1);
      expect(failed.text, fault).toMatch(words);
      expect(await metric(), fault).toBe(known);
      console.log(`${fault}: noticed after ${failed.seconds.toFixed(1)} s, ${await alerted(failed)}`);
    }

    const rest = `${randomText(ROW_BYTES)} from generate_series(1, ${Math.ceil((SIZE_MB * 1_000_000) / ROW_BYTES)})`;
    await psql(project, `insert into orders (note) select ${rest}`);
    const cut = await job(JOB, {}, { line: "reading the database", act: () => s3.cut() });
    await s3.mend();
    expect(cut.exitCode, cut.text).toBe(1);
    expect(cut.text).toMatch(/The connection to .* is cut|has not answered|does not come about/);
    expect(await metric()).toBe(known);
    console.log(`a cut connection: noticed after ${cut.seconds.toFixed(1)} s, ${await alerted(cut)}`);

    await s3.mark();
    const good = await job(JOB);
    expect(good.exitCode, good.text).toBe(0);
    await until(
      "no backup has failed any more",
      60,
      () => query(project, firing(JOB)),
      (found) => found.length === 0,
    );
    expect(await metric()).toBeGreaterThan(known);
    const drill = await job("restore-drill");
    expect(drill.exitCode, drill.text).toBe(0);
  });

  it("notice a pack that has rotted: the backup, the drill and the restore, which leaves the database alone", async () => {
    const [known, before] = [await metric(), await content()];
    await s3.copy();
    const pack = await s3.rot(project.estate);
    const drill = await job("restore-drill");
    expect(drill.exitCode, drill.text).toBe(2);
    expect(drill.text).toContain("is NO GOOD");
    const drillTold = await alerted(drill);
    const backup = await job(JOB);
    expect(backup.exitCode, backup.text).toBe(1);
    expect(backup.text).toContain("Stored backups are damaged");
    const backupTold = await alerted(backup);
    expect(await metric()).toBe(known);
    const restore = await job("restore", { confirm: "app", before: "no" });
    expect(restore.exitCode, restore.text).toBe(1);
    expect(await content()).toBe(before);

    await s3.bringBack();
    const mended = await job("restore-drill");
    expect(mended.exitCode, mended.text).toBe(0);
    console.log(
      `pack ${pack.slice(0, 8)} rotted: drill ${drill.seconds.toFixed(1)} s, ${drillTold}; backup ${backup.seconds.toFixed(1)} s, ${backupTold}`,
    );
  });

  /** Every row of every table in its order, as the database says it: not the way that jobs compare. */
  function content(): Promise<string> {
    return psql(
      project,
      `select md5(string_agg(md5(o::text), '' order by id)) from orders o;
       select md5(string_agg(md5(l::text), '' order by id)) from "Odd ""one"""."lines" l;
       select count(*) from recent; select pg_get_viewdef('recent'); select last_value from orders_id_seq`,
    );
  }

  async function secret(name: string, value: string): Promise<void> {
    for (const of of [JOB, "restore", "restore-drill"])
      await project.docker.run(
        [
          ...["run", "--rm", "--interactive", "--network", "none", "--volume", `${project.estate}-job-${of}-secrets:/run/secrets`],
          await image(),
          "put-secret",
          `/run/secrets/${name}`,
        ],
        value,
      );
  }

  /** Wait until the alert fires that this very run has failed. */
  async function alerted({ name, began }: Ran): Promise<string> {
    const ended = performance.now();
    const ofThisRun = `sluice_job_last_run_timestamp_seconds >= ${began} and on (exported_job) sluice_job_running_since_timestamp_seconds == 0`;
    await until(
      `the alert for ${name}`,
      60,
      () => query(project, `${firing(name)} and on (exported_job) (${ofThisRun})`),
      (found) => found.length === 1,
    );
    return `alert ${((performance.now() - ended) / 1000).toFixed(1)} s after its end`;
  }

  async function metric(): Promise<number> {
    const file = `/jobs/.metrics/${JOB}.own.prom`;
    const args = ["run", "--rm", "--network", "none", "--volume", `${project.estate}-jobs:/jobs:ro`, await image(), "cat", file];
    return Number(new RegExp(`^${METRIC}\\{job="${JOB}"\\} (\\d+)$`, "m").exec(await project.docker.run(args))?.[1]);
  }

  /** Run a job as a person does. @param at what to do once it has said a line */
  async function job(name: string, options: Record<string, string> = {}, at?: { line: string; act: () => Promise<void> }): Promise<Ran> {
    const [started, began] = [performance.now(), Math.floor(Date.now() / 1000)];
    const words = Object.entries(options).map(([key, value]) => `${key}=${value}`);
    const running = execa(process.execPath, ["scripts/job.ts", "run", name, ...words], {
      ...{ cwd: project.root, env: { NO_COLOR: "1", FORCE_COLOR: undefined, CI: "true" }, stdin: "ignore", all: true, reject: false },
    });
    let done: Promise<void> | undefined;
    const said: string[] = [];
    for await (const line of running.iterable({ from: "all" })) {
      said.push(line);
      if (at && line.includes(at.line)) done ??= at.act();
    }
    const { exitCode = 1 } = await running;
    const text = said.join("\n");
    if (at) expect(done, text).toBeDefined();
    await done;
    return { name, began, exitCode, text, seconds: (performance.now() - started) / 1000 };
  }
});

const firing = (job: string): string => `ALERTS{alertname="MaintenanceJobFailed",alertstate="firing",exported_job="${job}"}`;

/** No job but those that this is about: each would be one more container. And a fault is seen at the first try. */
const JOBS: Json = {
  ...Object.fromEntries(
    [
      ...["rotate-logs", "health-report", "issue-tracker", "security-audit", "database-review", "check-updates", "performance-benchmark"],
      ...["capacity-forecast", "secret-age", "monthly-report", "cost-summary"],
    ].map((name) => [name, { enabled: false }]),
  ),
  ...{ "backup-to-r2": { retries: 0 }, "restore-drill": { retries: 0 } },
};

/** Text that nothing compresses, as SQL. */
const randomText = (bytes: number): string =>
  `(select string_agg(md5(random()::text || i || generate_series), '') from generate_series(1, ${bytes / 32}) i)`;

/** What a query gives, one line for each row. */
function psql(project: Project, sql: string): Promise<string> {
  return project.docker.run(
    [
      "exec",
      "--interactive",
      `${project.estate}-postgres`,
      "psql",
      "-h",
      "/tmp",
      "-U",
      "app",
      "-d",
      "app",
      "-qtAX",
      "-v",
      "ON_ERROR_STOP=1",
    ],
    sql,
  );
}

const networkOf = async (project: Project): Promise<string> =>
  Object.keys(
    JSON.parse(
      await project.docker.run(["container", "inspect", "--format", "{{json .NetworkSettings.Networks}}", `${project.estate}-postgres`]),
    ) as object,
  )[0] ?? "";
