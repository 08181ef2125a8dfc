import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Files, sealedTxtar } from "../../components/host/txtar.ts";
import { CATALOG } from "../../components/maintenance/catalog.ts";
import { deadlineSeconds, isScheduled, type MaintenanceJob } from "../../components/maintenance/job.ts";
import { renderUnits } from "../../components/maintenance/units.ts";
import { HostLook, lookOf } from "../../maintenance/look.ts";
import { exposure, judgeUnits, NO_SYSTEMD, systemdVersion, unitFolder, verify } from "../support/systemd.ts";

const SCRIPTS = join(import.meta.dirname, "../../components/maintenance/scripts");
const ALL: readonly MaintenanceJob[] = CATALOG;
const units = renderUnits("shop", ALL);
const [rotate] = ALL.filter(({ name }) => name === "rotate-logs");
if (!rotate) throw new Error("the catalog has no rotate-logs");

/** The most that a unit may be exposed: the issue's number. */
const MOST_EXPOSED = 3;

describe("units", () => {
  it("are a timer and a service for each job that runs by itself, and one that notes failures", () => {
    expect(Object.keys(units).filter((name) => name.endsWith(".timer"))).toHaveLength(ALL.filter(isScheduled).length);
    expect(Object.keys(units)).toHaveLength(2 * ALL.filter(isScheduled).length + 1);
    expect(Object.keys(units).join(" ")).not.toContain("restore.");
    expect(
      renderUnits(
        "shop",
        ALL.filter((job) => !isScheduled(job)),
      ),
    ).toEqual({});
  });

  it("start the job's container, catch up on what was missed, end in time, and tell of a failure", () => {
    const service = units["sluice-shop-backup-to-r2.service"] ?? "";
    expect(service).toContain("\nExecStart=/usr/local/sbin/sluice-job shop backup-to-r2\n");
    expect(service).toContain("\nTimeoutStartSec=7260\n");
    expect(service).toContain("\nOnFailure=sluice-shop-failed@backup-to-r2.service\n");
    const timer = units["sluice-shop-backup-to-r2.timer"] ?? "";
    expect(timer.split("\n").filter((line) => line.includes("="))).toEqual([
      "Description=Sluice shop: backup-to-r2 every day at 03:00 UTC",
      ...["OnCalendar=*-*-* 03:00:00 UTC", "Persistent=yes", "RandomizedDelaySec=120", "FixedRandomDelay=yes", "AccuracySec=1s"],
      "WantedBy=timers.target",
    ]);
  });

  it("hold no secret and no specifier that a person's words would make", () => {
    const odd = renderUnits("shop", [{ ...rotate, does: "100 % of %n\nand more" }])["sluice-shop-rotate-logs.service"];
    expect(odd).toContain("Description=Sluice shop: 100 %% of %%n and more\n");
  });

  it("a success may be as old as the runs that may be missed, and the time of one", () => {
    expect(deadlineSeconds({ ...rotate, schedule: { every: "day", at: "03:30" }, alertAfterMissed: 2, limitSeconds: 600 })).toBe(
      2 * 86_400 + 600 + 120,
    );
  });

  describe.skipIf(systemdVersion === undefined)(
    `before systemd's own judge${systemdVersion === undefined ? ` (skipped: ${NO_SYSTEMD})` : ""}`,
    () => {
      it("are good, all of them", () => judgeUnits(units, async (folder, names) => expect(await verify(folder, names)).toBe("")));

      it("are refused when a word in them is wrong", async () => {
        const spoilt = {
          ...units,
          "sluice-shop-rotate-logs.timer": (units["sluice-shop-rotate-logs.timer"] ?? "").replace("03:30:00 UTC", "25:30:00 UTC"),
        };
        await judgeUnits(spoilt, async (folder, names) => expect(await verify(folder, names)).toContain("sluice-shop-rotate-logs.timer"));
      });

      it(`are exposed by ${MOST_EXPOSED} at most, each of them`, () =>
        judgeUnits(units, async (folder, names) => {
          for (const name of names.filter((one) => one.endsWith(".service"))) {
            const level = await exposure(folder, name);
            expect([name, level, level <= MOST_EXPOSED]).toEqual([name, level, true]);
          }
        }));

      it("would be found exposed without their hardening", async () => {
        const bare = { "sluice-shop-rotate-logs.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n" };
        await judgeUnits(bare, async (folder, [name = ""]) => expect(await exposure(folder, name)).toBeGreaterThan(MOST_EXPOSED));
      });
    },
  );
});

describe.skipIf(systemdVersion === undefined)(`sluice-units${systemdVersion === undefined ? ` (skipped: ${NO_SYSTEMD})` : ""}`, () => {
  let place: ReturnType<typeof unitFolder>;
  beforeEach(() => {
    place = unitFolder();
    // systemd itself is played: what it is asked is written down. What a unit starts must be there for the judge.
    writeFileSync(
      join(place.path, "bin/systemctl"),
      `#!/bin/sh\necho "$@" >> ${place.path}/asked\n[ ! -e ${place.path}/refuse ] || ! grep -q "$1" ${place.path}/refuse\n`,
    );
    writeFileSync(join(place.path, "bin/systemd-analyze"), `#!/bin/sh\n[ ! -e ${place.path}/bad ] || { echo "judge: no"; exit 1; }\n`);
    for (const name of readdirSync(join(place.path, "bin"))) chmodSync(join(place.path, "bin", name), 0o755);
  });
  afterEach(() => place.remove());

  const put = (estate: string, text: string) =>
    execa("sh", [join(SCRIPTS, "sluice-units"), estate], {
      ...{ input: text, reject: false },
      env: {
        SLUICE_UNITS_FOLDER: join(place.path, "system"),
        SLUICE_UNITS_LOCK: join(place.path, "lock"),
        PATH: `${place.path}/bin:${process.env.PATH}`,
      },
    });
  const putFiles = (estate: string, files: Files) => put(estate, sealedTxtar(files));
  const there = () => readdirSync(join(place.path, "system")).sort();
  const asked = () => (existsSync(join(place.path, "asked")) ? readFileSync(join(place.path, "asked"), "utf8").trim().split("\n") : []);
  const one = renderUnits("shop", [rotate]);

  it("puts them in place, enables the timers, and does nothing the second time", async () => {
    const { stdout, exitCode } = await putFiles("shop", one);
    expect([exitCode, there()]).toEqual([0, Object.keys(one).sort()]);
    expect(stdout.split("\n")).toEqual(there().map((name) => `changed ${name}`));
    expect(asked()).toEqual([
      "daemon-reload",
      "--quiet enable --now sluice-shop-rotate-logs.timer",
      "restart sluice-shop-rotate-logs.timer",
    ]);
    expect((await putFiles("shop", one)).stdout).toBe("");
    expect(asked().slice(3)).toEqual(["--quiet enable --now sluice-shop-rotate-logs.timer"]);
  });

  it("takes away what is no longer named, and leaves another estate's alone, whose name begins alike", async () => {
    await putFiles("shop", renderUnits("shop", ALL));
    await putFiles("shop-eu", renderUnits("shop-eu", [rotate]));
    const { stdout } = await putFiles("shop", one);
    expect(stdout).toContain("removed sluice-shop-backup-to-r2.timer");
    expect(there()).toEqual([...Object.keys(one), ...Object.keys(renderUnits("shop-eu", [rotate]))].sort());
    expect((await put("shop", sealedTxtar({}))).exitCode).toBe(0);
    expect(there()).toEqual(Object.keys(renderUnits("shop-eu", [rotate])).sort());
  });

  it.each<[string, string, Files, string]>([
    [
      "another estate's name",
      "shop",
      { "sluice-other-x.timer": "# Sluice estate: shop\n" },
      "a unit of this estate is named sluice-shop-<job>",
    ],
    ["a way out of the folder", "shop", { "sluice-shop-../../x.timer": "# Sluice estate: shop\n" }, "a unit of this estate is named"],
    ["another kind of unit", "shop", { "sluice-shop-x.socket": "# Sluice estate: shop\n" }, "a unit of this estate is named"],
    ["nobody's unit", "shop", { "sluice-shop-x.timer": "[Timer]\n" }, "its first line does not say whose it is"],
    [
      "another program",
      "shop",
      { "sluice-shop-x.service": "# Sluice estate: shop\n[Service]\nExecStart=/bin/sh -c id\n" },
      "it starts something else",
    ],
    [
      "another program before it",
      "shop",
      { "sluice-shop-x.service": "# Sluice estate: shop\n[Service]\n  ExecStartPre=/bin/sh\n" },
      "it starts something else",
    ],
    [
      "another estate's job",
      "shop",
      { "sluice-shop-x.service": "# Sluice estate: shop\n[Service]\nExecStart=/usr/local/sbin/sluice-job other x\n" },
      "it starts something else",
    ],
    [
      "a line that goes on",
      "shop",
      { "sluice-shop-x.service": "# Sluice estate: shop\n[Service]\nDescription=\\\nExecStart=/bin/sh\n" },
      "goes on in the next",
    ],
    [
      "another world",
      "shop",
      { "sluice-shop-x.service": "# Sluice estate: shop\n[Service]\nEnvironment=PATH=/tmp\n" },
      "it changes what sluice-job sees",
    ],
    ["an estate that is none", "Shop; id", {}, "an estate begins with a lower-case letter"],
  ])("refuses %s, and changes nothing", async (_, estate, files, words) => {
    await putFiles("shop", one);
    const before = there();
    const { exitCode, stderr } = await putFiles(estate, files);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(words);
    expect(there()).toEqual(before);
  });

  it("refuses a text that was cut short, and one that the judge refuses", async () => {
    const text = sealedTxtar(one);
    expect((await put("shop", text.slice(0, -10))).stderr).toContain("its sha256 does not match");
    writeFileSync(join(place.path, "bad"), "");
    expect((await put("shop", text)).stderr).toContain(
      "judge: no\nsluice-units: systemd-analyze verify refuses the units; nothing was changed",
    );
    expect(there()).toEqual([]);
  });

  it("brings the old ones back when systemd does not take the new ones", async () => {
    await putFiles("shop", one);
    const before = there().map((name) => readFileSync(join(place.path, "system", name), "utf8"));
    writeFileSync(join(place.path, "refuse"), "restart");
    const moved = renderUnits("shop", [{ ...rotate, schedule: { every: "day", at: "05:00" } }]);
    const { exitCode, stderr } = await putFiles("shop", moved);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("the old units are back")]);
    expect(there().map((name) => readFileSync(join(place.path, "system", name), "utf8"))).toEqual(before);
  });
});

describe("sluice-look", () => {
  it("is one line of JSON that jobs can read, also with no program but a shell's", async () => {
    const { stdout, exitCode } = await execa("sh", [join(SCRIPTS, "sluice-look"), "shop"], { reject: false });
    expect([exitCode, stdout.split("\n")]).toEqual([0, [stdout]]);
    const read = HostLook.parse(JSON.parse(stdout));
    expect(read.meminfo).toContain("MemTotal");
    expect(lookOf({ look: JSON.parse(stdout) })?.estate).toBe("shop");
    // Whether there is a password, and never what it is.
    expect(stdout).not.toMatch(/\$(?:6|y|1|5)\$/);
  });

  it.each(["", "Shop", "a;id", "$(id)"])("refuses '%s' for an estate", async (estate) => {
    expect((await execa("sh", [join(SCRIPTS, "sluice-look"), estate], { reject: false })).exitCode).toBe(64);
  });
});

describe("sluice-job", () => {
  let place: ReturnType<typeof unitFolder>;
  beforeEach(() => {
    place = unitFolder();
    mkdirSync(join(place.path, "says"));
    // Docker is played: `inspect` says what the test wrote, `start` gives back what it read.
    const docker = `#!/bin/sh\ncase "$*" in\n*inspect*) [ -e ${place.path}/says/state ] && cat ${place.path}/says/state || { echo "No such container"; exit 1; } ;;\n*start*) head -n 1; exit 7 ;;\n*exec*) cat > ${place.path}/says/metric ;;\nesac\n`;
    writeFileSync(join(place.path, "bin/docker"), docker);
    chmodSync(join(place.path, "bin/docker"), 0o755);
  });
  afterEach(() => place.remove());
  const job = (...args: string[]) =>
    execa("sh", [join(SCRIPTS, "sluice-job"), ...args], { reject: false, env: { PATH: `${place.path}/bin:${process.env.PATH}` } });
  const state = (text: string) => writeFileSync(join(place.path, "says/state"), text);

  it("begins a job with one line, and ends with its exit code", async () => {
    state("false false\n");
    expect(await job("shop", "rotate-logs")).toMatchObject({ stdout: '{"look":null}', exitCode: 7 });
  });

  it("leaves one that runs to itself", async () => {
    state("true false\n");
    expect(await job("shop", "rotate-logs")).toMatchObject({ exitCode: 75, stderr: expect.stringContaining("is running already") });
  });

  it("says so where there is no such job", async () => {
    expect(await job("shop", "rotate-logs")).toMatchObject({ exitCode: 69, stderr: expect.stringContaining("No such container") });
  });

  it("notes a failure where the numbers are", async () => {
    expect(await job("--failed", "shop", "rotate-logs")).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(place.path, "says/metric"), "utf8")).toMatch(
      /^sluice_job_unit_failed_timestamp_seconds\{job="rotate-logs"\} \d{10}$/m,
    );
  });

  it.each([["shop"], ["shop", "a b"], ["shop", "-x"], ["Shop", "x"], ["shop", "x;id"]])("refuses %s %s", async (...args) => {
    expect((await job(...args)).exitCode).toBe(64);
  });
});

describe("declare-jobs", () => {
  const DECLARE = join(import.meta.dirname, "../../images/jobs/bin/declare-jobs");
  let place: ReturnType<typeof unitFolder>;
  beforeEach(() => {
    place = unitFolder();
  });
  afterEach(() => place.remove());
  const declare = (lines: string) => execa("sh", [DECLARE, place.path], { input: lines });
  const numbers = () => readFileSync(join(place.path, ".metrics/jobs-declared.prom"), "utf8");
  const since = (job: string) => new RegExp(`^sluice_job_declared_timestamp_seconds\\{job="${job}"\\} (\\d+)$`, "m").exec(numbers())?.[1];

  it("tells since when there is a job, how old its success may be, and forgets what a job measured that is gone", async () => {
    await declare("backup 86400 90000 600\nrestore - - 600\n");
    const first = since("backup");
    expect(numbers()).toContain('sluice_job_deadline_seconds{job="backup"} 90000\n');
    expect(numbers()).not.toContain('sluice_job_deadline_seconds{job="restore"}');
    expect(numbers()).toContain('sluice_job_limit_seconds{job="restore"} 600\n');
    for (const name of ["backup.prom", "backup.own.prom", "restore.prom", "restore.own.prom"])
      writeFileSync(join(place.path, ".metrics", name), "");
    // As if it had been long ago: it is not declared anew.
    writeFileSync(join(place.path, ".metrics/.declared"), `backup ${Number(first) - 1000} 86400 90000 600\n`);
    await declare("backup 86400 180000 600\n");
    expect([Number(since("backup")), since("restore")]).toEqual([Number(first) - 1000, undefined]);
    expect(readdirSync(join(place.path, ".metrics")).sort()).toEqual([".declared", "backup.own.prom", "backup.prom", "jobs-declared.prom"]);
  });
});
