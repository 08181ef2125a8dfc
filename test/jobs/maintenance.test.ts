import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changes, Project } from "../support/project.ts";
import { query, until } from "../support/prometheus.ts";

/** Prometheus looks at the machine's exporter this often, seconds; its rules go by the same. */
const SCRAPE = 2;

/** Folder that the reports of these runs are kept in, e.g. docs/samples. */
const { SLUICE_SAMPLES: SAMPLES } = process.env;

let project: Project;
beforeAll(async () => {
  project = await Project.make("jobs");
  await project.configure((config) => {
    config["sluice:services"] = {};
    delete config["sluice:postgres"];
    delete config["sluice:redis"];
    delete config["sluice:rollout"];
    config["sluice:monitoring"] = { port: project.monitoringPort, scrapeSeconds: SCRAPE };
    config["sluice:maintenance"] = {
      memoryMb: 256,
      jobs: {
        hangs: { command: ["sh", "-c", "echo begun; sleep 600 & wait"], limitMinutes: 0.1, does: "hangs" },
        fails: { command: ["sh", "-c", "echo no money; exit 3"], retries: 1, limitMinutes: 0.5 },
        secret: { command: ["sh", "-c", "id -u; touch /nowhere 2> /dev/null || echo read-only"] },
      },
    };
  });
  const started = await project.script("start");
  if (started.exitCode !== 0) throw new Error(started.text);
}, 600_000);
afterAll(async () => {
  const stopped = await project.remove();
  expect(await project.leftovers(), stopped.text).toEqual([]);
});

const job = (...args: string[]) => project.script("job", ...args);

describe("jobs of a running estate", () => {
  it("are there and not begun, wait for nobody's health, and an up changes nothing, before a run and after it", async () => {
    const { State } = await project.container("job-rotate-logs");
    expect(State.Status).toBe("created");
    const listed = await job("list");
    expect(listed.exitCode, listed.text).toBe(0);
    expect(listed.text).toMatch(/rotate-logs +every day at 03:30 UTC +only by hand: `scheduler` is none +never/);
    expect(listed.text).toMatch(/issue-tracker +`sluice:maintenance.tracker` names no issue tracker/);
    expect(changes((await project.up()).text)).toEqual({ unchanged: expect.any(Number) });
  });

  it("run to their end: rotate-logs and the reports, with the host looked at and Prometheus asked", async () => {
    for (const name of ["rotate-logs", "health-report", "monthly-report"]) {
      const ran = await job("run", name);
      expect([name, ran.exitCode === 0 || ran.exitCode === 2], ran.text).toEqual([name, true]);
      const { stdout } = await job("report", name);
      if (SAMPLES !== undefined) await writeFile(join(SAMPLES, `${name}.md`), stdout);
      expect(stdout).toContain(`# ${name} of ${project.estate}`);
      if (name === "rotate-logs") expect(stdout).toContain(`| ${project.estate}-edge | json-file |`);
      else expect(stdout).toContain(name === "health-report" ? "## Host" : "## Availability");
    }
    expect(changes((await project.up("--refresh")).text)).toEqual({ unchanged: expect.any(Number) });
  });

  it("run as nobody in particular, and write nothing but their volume", async () => {
    const { text, exitCode } = await job("run", "secret");
    expect([exitCode, text]).toEqual([0, expect.stringContaining("10001")]);
    expect(text).toContain("ok: read-only");
  });

  it("that hang are killed at their limit, with what they started; one that runs is refused, and left alone", async () => {
    const first = job("run", "hangs");
    await until(
      "the job has begun",
      20,
      () => project.container("job-hangs"),
      ({ State }) => State.Status === "running",
    );
    const second = await job("run", "hangs");
    expect([second.exitCode, second.text]).toEqual([75, expect.stringContaining("hangs runs already, since")]);
    const ended = await first;
    expect([ended.exitCode, ended.text]).toEqual([124, expect.stringContaining("had not ended after 6 s, and was killed")]);
    expect(ended.seconds).toBeLessThan(40);
    expect((await project.container("job-hangs")).State).toMatchObject({ Status: "exited", ExitCode: 124 });
    const history = await job("history", "hangs");
    expect(history.text).toMatch(/hangs +timed out/);
  });

  it("that fail are an alert, with the name of the job, and no longer when they have done their work", async () => {
    const ran = await job("run", "fails");
    expect([ran.exitCode, ran.text]).toEqual([1, expect.stringContaining("sh ended with code 3: no money")]);
    const began = Date.now();
    const firing = 'ALERTS{alertname="MaintenanceJobFailed",alertstate="firing",exported_job="fails"}';
    await until(
      "the alert fires",
      60,
      () => query(project, firing),
      (found) => found.length === 1,
    );
    console.log(`a failed job: alert after ${((Date.now() - began) / 1000).toFixed(1)} s`);
    expect((await query(project, 'sluice_job_last_exit_code{exported_job="fails"}'))[0]?.value).toBe(1);
    expect(await query(project, 'sluice_job_last_success_timestamp_seconds{exported_job="fails"}')).toEqual([]);
    // The message was told at once, as news, beside the alert.
    const alerts = await (await fetch(`http://127.0.0.1:${project.monitoringPort}/alertmanager/api/v2/alerts`)).json();
    expect((alerts as { labels: Record<string, string> }[]).map(({ labels }) => labels.alertname)).toContain("JobTrouble");
  });

  it("of a stack that has none, or of another name, are refused in words", async () => {
    const unknown = await job("run", "nothing");
    expect([unknown.exitCode, unknown.text]).toEqual([
      1,
      expect.stringMatching(/has no job 'nothing'\. It has .*fails, hangs, health-report/),
    ]);
  });

  it("leave nothing secret, and nothing of this machine, in what they are told", async () => {
    const { stdout } = await execa("docker", ["inspect", `${project.estate}-job-health-report`]);
    for (const path of [project.root, `${homedir()}/`]) expect(stdout).not.toContain(path);
  });
});
