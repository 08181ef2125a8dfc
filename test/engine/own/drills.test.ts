import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { DrillLoad } from "../../../drills/load.ts";
import { lossesOf, type Result } from "../../../drills/result.ts";
import { makeCertificate } from "../../support/certificate.ts";
import { drawPort } from "../../support/port.ts";
import { type Json, Project } from "../../support/project.ts";
import { until } from "../../support/prometheus.ts";

/** Postgres' own disk here, MB: small enough to be filled to the brim. */
const DISK_MB = 512;
/** Clients of the breaker's test, requests a second: few enough that the edge's log keeps them all. */
const RATE = 100;
const ALL = ["crash", "hang", "slot", "postgres", "network", "disk"];

describe("drills on a running estate", () => {
  let project: Project;
  const service = (config: Record<string, Json>, name: string) =>
    (config["sluice:services"] as Record<string, Record<string, Json>>)[name] ?? {};

  beforeAll(async () => {
    project = await Project.make("drills");
    await project.configure((config) => {
      Object.assign(config["sluice:monitoring"] as object, { scrapeSeconds: 2, edgeScrapeSeconds: 1 });
      Object.assign(service(config, "api"), { restartAfterSeconds: 12 });
      Object.assign(service(config, "web"), { blue: { build: "images/web", release: "v1", replicas: 2 } });
      delete config["sluice:rollout"];
    });
    // What a person waits for minutes to be sure of, this room waits for seconds.
    for (const file of ["availability.ts", "data.ts"]) {
      const path = join(project.root, "components/monitoring/rules", file);
      await writeFile(path, (await readFile(path, "utf8")).replaceAll(/\bfor: [1-9]\d*,/g, "for: 4,"));
    }
    const options = ["type=tmpfs", "device=tmpfs", `o=size=${DISK_MB}m,uid=10001,gid=10001,mode=0700`].flatMap((one) => ["--opt", one]);
    const labels = [`dev.sluice.estate=${project.estate}`, "dev.sluice.role=data"].flatMap((one) => ["--label", one]);
    await project.docker.run(["volume", "create", ...labels, ...options, `${project.estate}-postgres-data`]);
    const started = await project.script("start");
    expect(started.exitCode, started.text).toBe(0);
    // A file system in memory lives as long as somebody has it mounted.
    const { Image } = await project.container("postgres");
    const holder = ["--volume", `${project.estate}-postgres-data:/held:ro`, "--entrypoint", "sleep", Image, "3600"];
    await project.docker.run([
      "run",
      "--detach",
      "--name",
      `${project.estate}-holder`,
      "--network",
      "none",
      "--label",
      labels[1] ?? "",
      ...holder,
    ]);
  });
  afterAll(async () => {
    await project.docker.try(["container", "rm", "--force", `${project.estate}-holder`]);
    const stopped = await project.remove();
    expect(stopped.exitCode, stopped.text).toBe(0);
    expect(await project.leftovers()).toEqual([]);
  });

  const psql = (sql: string) =>
    project.docker.run(
      ["exec", "-i", `${project.estate}-postgres`, "psql", "-h", "/tmp", "-U", "app", "-d", "app", "-qtAX", "-v", "ON_ERROR_STOP=1"],
      sql,
    );

  /** Rows, one by one, as long as something else happens; those that the server has confirmed. */
  async function writing<T>(work: () => Promise<T>): Promise<{ value: T; confirmed: number[]; refused: number }> {
    let going = true;
    let refused = 0;
    const confirmed: number[] = [];
    const writer = (async () => {
      for (let row = 1; going; row++) {
        await psql(`insert into drill_rows values (${row})`).then(
          () => confirmed.push(row),
          () => (refused += 1),
        );
      }
    })();
    const value = await work().finally(() => {
      going = false;
    });
    await writer;
    return { value, confirmed, refused };
  }

  it("raise the alert, end as they began, and lose no row that was confirmed: crash, hang, slot, Postgres, network, full disk", async () => {
    await psql("create table drill_rows (id int primary key)");
    const {
      value: run,
      confirmed,
      refused,
    } = await writing(() => project.script("chaos", ...ALL, "--json", "--leave-mb", "0", "--url", `${project.url}/api/version`));
    console.log(run.text);
    expect(run.exitCode, run.text).toBe(0);
    const results = JSON.parse(run.stdout) as Result[];
    expect(results.map(({ scenario, alert }) => [scenario, alert?.name ?? "-"])).toEqual([
      ["crash", "-"],
      ["hang", "-"],
      ["slot", "SlotDown"],
      ["postgres", "DatabaseDown"],
      ["network", "SlotDown"],
      ["disk", "DatabaseReadOnly"],
    ]);
    for (const { scenario, alert, recovery, differences } of results) {
      expect(differences, scenario).toEqual([]);
      expect(recovery, scenario).toBeLessThan(60);
      if (alert) expect(alert.after, scenario).toBeGreaterThan(0);
    }
    const lost = Object.fromEntries(results.map(({ scenario, load }) => [scenario, load.lost]));
    // A slot that is away is answered for by the other one; what hung in a program that hangs is gone.
    expect(lost.crash).toBeLessThanOrEqual(2);
    expect(lost.slot).toBeLessThanOrEqual(2);
    // What needs no database is served without one.
    expect(lost.postgres).toBe(0);
    expect(lost.disk).toBe(0);

    const kept = new Set((await psql("select id from drill_rows")).split("\n").map(Number));
    console.log(`rows: ${confirmed.length} confirmed, ${refused} refused, ${kept.size} there`);
    expect(confirmed.filter((row) => !kept.has(row))).toEqual([]);
    // Stopped and read-only, it took none.
    expect(refused).toBeGreaterThan(3);
    // It was off the network, and is as the program wants it.
    const target = ["--target", "urn:pulumi:dev::sluice::**::api-blue-1"];
    const drift = await project.pulumi("preview", "--stack", "dev", "--refresh", "--expect-no-changes", ...target);
    expect(drift.exitCode, drift.text).toBe(0);
  });

  it("end at once on Ctrl-C, and put everything back; what a killed one has left, the next command does", async () => {
    const slot = () => project.container("api-blue-1");
    const begin = (name: string) =>
      spawn(process.execPath, ["scripts/chaos.ts", name], { cwd: project.root, env: { ...process.env, NO_COLOR: "1" }, stdio: "ignore" });

    const stopped = begin("slot");
    await until("the slot is down", 30, slot, ({ State }) => State.Status === "exited");
    stopped.kill("SIGINT");
    expect(await once(stopped, "exit")).toEqual([130, null]);
    await until("the slot is back", 30, slot, ({ State }) => State.Health?.Status === "healthy");

    const killed = begin("network");
    const addresses = async () => Object.keys((await slot()).NetworkSettings.Networks ?? {});
    await until("the container is cut off", 30, addresses, (networks) => networks.length === 0);
    killed.kill("SIGKILL");
    await once(killed, "exit");
    const restored = await project.script("chaos", "restore");
    expect(restored.exitCode, restored.text).toBe(0);
    const { NetworkSettings } = await slot();
    const [address] = (
      await project.docker.run([
        "exec",
        `${project.estate}-edge`,
        "sh",
        "-c",
        "sed -n 's/^ *server \\([0-9.]*\\):.*/\\1/p' /config/nginx/current/nginx.conf",
      ])
    ).split("\n");
    expect(NetworkSettings.Networks?.[project.estate]?.IPAMConfig?.IPv4Address).toBe(address);
    expect((await project.script("chaos", "restore")).text).toContain("There is nothing to put back.");
  });

  it("are refused on a stack that is not dev, unless its name is typed", async () => {
    await copyFile(join(project.root, "Pulumi.dev.yaml"), join(project.root, "Pulumi.staging.yaml"));
    const refused = await project.script("chaos", "slot", "--stack", "staging");
    expect(refused.exitCode).toBe(1);
    expect(refused.text).toContain("--stack staging --yes-break staging");
    const planned = await project.script("chaos", "slot", "--stack", "staging", "--dry-run");
    expect(planned.text).toContain(`would kill ${project.estate}-api-blue-1`);
    expect((await project.container("api-blue-1")).State.Status).toBe("running");
  });

  it("show that the edge leaves out a container that fails, loses nothing by it, and takes it back slowly", async () => {
    const name = `${project.estate}-web-blue-2`;
    const upstreams = async (since: number) =>
      (await project.docker.run(["logs", "--since", `${Math.floor(since / 1000)}`, `${project.estate}-edge`]))
        .split("\n")
        .flatMap((line) => {
          const found = /"at":([\d.]+).*"service":"web".*"upstream":"([^"]+)"/.exec(line) ?? [];
          return found[1] === undefined ? [] : [{ at: Number(found[1]) * 1000, tries: found[2]?.split(", ") ?? [] }];
        });
    const { NetworkSettings } = await project.container("web-blue-2");
    const address = `${NetworkSettings.Networks?.[project.estate]?.IPAMConfig?.IPv4Address}:3000`;
    const began = Date.now();
    const load = new DrillLoad(`${project.url}/version`, RATE);
    onTestFinished(() => load.stop().then(() => undefined));
    await sleep(2000);
    await project.docker.run(["kill", name]);
    const down = Date.now();
    await sleep(6000);
    await project.docker.run(["start", name]);
    await until(
      "it is back",
      30,
      () => project.container("web-blue-2"),
      ({ State }) => State.Health?.Status === "healthy",
    );
    // Its share is looked at by requests, not by time: a busy machine makes fewer of them. A try that fails after its return lets the slow start begin
    // anew: the share is looked at after the last one, and there must be hardly any.
    const look = async () => {
      const log = (await upstreams(began)).sort((a, b) => a.at - b.at);
      const failed = log.findLastIndex(({ tries }) => tries.length > 1 && tries[0] === address);
      const own = ({ at, tries }: (typeof log)[number]) => at > down + 5000 && tries.length === 1 && tries[0] === address;
      return { log, firstBack: log.findIndex((line, index) => index > failed && own(line)) };
    };
    let seen = await look();
    for (const end = Date.now() + 90_000; seen.firstBack < 0 || seen.log.length < seen.firstBack + 400; seen = await look()) {
      if (Date.now() > end)
        throw new Error(`of ${seen.log.length} requests, the container that came back had none from ${seen.firstBack} on`);
      await sleep(1000);
    }
    const { log, firstBack } = seen;
    const { requests, lost } = lossesOf(await load.stop());
    const dead = log.filter(({ at, tries }) => at > down && at < down + 6000 && tries.length > 1);
    const returned = log.findIndex(({ at, tries }) => at > down + 5000 && tries.length === 1 && tries[0] === address);
    const relapses = log.slice(returned).filter(({ tries }) => tries.length > 1 && tries[0] === address).length;
    const share = (from: number, count: number) =>
      log.slice(firstBack + from, firstBack + from + count).filter(({ tries }) => tries[0] === address).length / count;
    console.log(
      `breaker: ${requests} GETs, ${lost} lost; ${dead.length} asked the dead container first in 6 s; its share of the first 40 requests after its return ${share(0, 40).toFixed(2)}, of 250 to 350: ${share(250, 100).toFixed(2)}; failed tries after it: ${relapses}`,
    );
    expect(lost).toBe(0);
    expect(firstBack).toBeGreaterThan(0);
    expect(relapses).toBeLessThanOrEqual(1);
    // Half of what comes within the first second, until the first try has failed; then one every two seconds.
    expect(dead.length).toBeLessThanOrEqual(RATE * 0.5 * 1.5 + 4);
    expect(share(0, 40)).toBeLessThan(0.35);
    expect(share(250, 100)).toBeGreaterThan(0.4);
  });

  it("and a migration is tried on a copy, judged, and only then run: refused, it changes nothing; accepted, it loses nothing else", async () => {
    await psql("create table parts (id int primary key, note text); insert into parts select n, 'n' || n from generate_series(1, 500) n");
    await writeFile(
      join(project.root, "tool.mjs"),
      [
        'import pg from "pg";',
        "const client = new pg.Client({ connectionString: process.env.DATABASE_URL });",
        "await client.connect();",
        'console.log("used", process.env.DATABASE_URL);',
        'for (const sql of ["begin", ...process.argv.slice(2), "commit"]) await client.query(sql);',
        "await client.end();",
      ].join("\n"),
    );
    const run = (options: readonly string[], ...sql: string[]) =>
      project.script("migrate", ...options, "--", process.execPath, "tool.mjs", ...sql);
    const columns = () =>
      psql(
        "select string_agg(attname, ',' order by attnum) from pg_attribute where attrelid = 'parts'::regclass and attnum > 0 and not attisdropped",
      );
    const change = ["alter table parts add column size int", "alter table parts drop column note"];

    const refused = await run([], ...change);
    expect(refused.exitCode, refused.text).toBe(1);
    expect(refused.text).toContain("DANGER drop-data: alter table parts drop column note");
    expect(refused.text).toContain("--accept drop-data");
    expect(await columns()).toBe("id,note");

    const failing = await run([], "alter table parts add column size int", "select 1 / 0");
    expect(failing.exitCode, failing.text).toBe(1);
    expect(failing.text).toContain("fails on the copy");
    expect(failing.text, "what it prints is shown without the password").toMatch(/used postgres:\/\/sluice_migrate_[0-9a-f]{8}:…@127/);

    const done = await run(["--accept", "drop-data"], ...change);
    expect(done.exitCode, done.text).toBe(0);
    expect(done.text).toContain("done: the schema is the one that was tried on the copy");
    console.log(done.text);
    expect(await columns()).toBe("id,size");
    expect(await psql("select count(*) from parts")).toBe("500");
    // The role of the run is gone, and its password with it; the backup is whole and nobody else's.
    expect(await psql("select count(*) from pg_roles where rolname like 'sluice_migrate%'")).toBe("0");
    const folder = join(project.root, ".sluice", "backups");
    const [backup = ""] = (await readdir(folder)).sort().slice(-1);
    expect((await stat(join(folder, backup))).mode & 0o777).toBe(0o600);
    expect(await project.docker.run(["ps", "--all", "--quiet", "--filter", "name=sluice-ev-postgres"])).toBe("");
  });

  it("let a certificate end, which is told, and put the real one back", async () => {
    await makeCertificate(join(project.root, "tls"), "site");
    const port = await drawPort();
    await project.configure((config) => {
      Object.assign(config["sluice:edge"] as object, { tls: { certificate: "tls/site.pem", key: "tls/site.key", port } });
      // Its own two days are more than that.
      Object.assign(config["sluice:monitoring"] as object, { thresholds: { certificateDays: 1 } });
    });
    const up = await project.up();
    expect(up.exitCode, up.text).toBe(0);
    const set = () =>
      project.docker.run(["exec", `${project.estate}-edge`, "sh", "-c", "readlink /config/tls/current; ls /config/tls/releases"]);
    const before = await set();
    const run = await project.script("chaos", "certificate", "--json");
    console.log(run.text);
    expect(run.exitCode, run.text).toBe(0);
    const [result] = JSON.parse(run.stdout) as Result[];
    expect(result).toMatchObject({ alert: { name: "CertificateExpiry" }, differences: [] });
    expect(result?.load.why).toHaveProperty("the certificate has ended");
    expect(await set()).toBe(before);
  });
});
