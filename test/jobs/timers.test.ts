import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sealedTxtar } from "../../components/host/txtar.ts";
import type { MaintenanceJob } from "../../components/maintenance/job.ts";
import { renderUnits } from "../../components/maintenance/units.ts";
import { Vps } from "../support/vps/vps.ts";

const SCRIPTS = join(import.meta.dirname, "../../components/maintenance/scripts");
const job = (name: string, more: Partial<MaintenanceJob> = {}): MaintenanceJob => ({
  ...{
    name,
    does: "does it",
    schedule: { every: "minutes", minutes: 1 },
    limitSeconds: 60,
    retries: 0,
    alertAfterMissed: 1,
    tells: "problems",
    looks: false,
  },
  ...more,
});

/**
 * Docker, as far as sluice-job asks it: the test is about systemd, and this machine's engine is shown to begin jobs in maintenance.test.ts. Each
 * run is a line in /var/lib/played/begun.
 */
const DOCKER = `#!/bin/sh
case "$*" in
  *inspect*) echo "false false" ;;
  *start*) read -r line; echo "$(date +%s) $* $line" >> /var/lib/played/begun; [ ! -e /var/lib/played/fail ] ;;
  *exec*) cat >> /var/lib/played/noted ;;
esac
`;

let vps: Vps;
beforeAll(async () => {
  vps = await Vps.start("timers");
  for (const name of ["sluice-units", "sluice-job", "sluice-look"])
    await vps.run(`cat > /usr/local/sbin/${name} && chmod 0755 /usr/local/sbin/${name}`, await readFile(join(SCRIPTS, name), "utf8"));
  await vps.run("mkdir /var/lib/played && cat > /usr/local/bin/docker && chmod 0755 /usr/local/bin/docker", DOCKER);
}, 600_000);
afterAll(() => vps.remove());

const put = (...jobs: MaintenanceJob[]) => vps.run("sluice-units shop", sealedTxtar(renderUnits("shop", jobs)));
const begun = async (name: string) =>
  (await vps.run("cat /var/lib/played/begun 2> /dev/null || true")).split("\n").filter((line) => line.includes(`shop-job-${name} `));

describe("systemd of a host", () => {
  it("takes the units of every job, as they are rendered, and begins one when it is due", async () => {
    // What the unit may not do must not keep it from writing its line: on a real host, Docker's engine does that. Nobody waits two minutes here.
    const loose = Object.fromEntries(
      Object.entries(
        renderUnits("shop", [
          job("quick"),
          job("daily", { schedule: { every: "day", at: "03:00", timeZone: "Europe/Berlin" }, looks: true }),
        ]),
      ).map(([name, text]) => [
        name,
        text
          .replace("ProtectSystem=strict", "ProtectSystem=strict\nReadWritePaths=/var/lib/played")
          .replace("RandomizedDelaySec=120", "RandomizedDelaySec=1"),
      ]),
    );
    const first = await vps.run("sluice-units shop", sealedTxtar(loose));
    expect(first).toContain("changed sluice-shop-quick.timer");
    expect(await vps.run("sluice-units shop", sealedTxtar(loose))).toBe("");
    expect(await vps.run("systemctl list-timers --all --no-pager 'sluice-*'")).toMatch(/sluice-shop-daily\.timer/);
    await vps.until("grep -q shop-job-quick /var/lib/played/begun", 75);
    expect((await begun("quick"))[0]).toContain('container start --attach --interactive shop-job-quick {"look":null}');
    expect(await vps.run("systemctl show --property=Result sluice-shop-quick.service")).toContain("Result=success");
  });

  it("catches up on a run that was missed", async () => {
    await vps.run("systemctl stop sluice-shop-daily.timer && rm -f /var/lib/played/begun");
    // As if the host had been off since the day before yesterday.
    await vps.run("touch -d '2 days ago' /var/lib/systemd/timers/stamp-sluice-shop-daily.timer && systemctl start sluice-shop-daily.timer");
    await vps.until("grep -q shop-job-daily /var/lib/played/begun", 60);
  });

  it("notes a run that failed", async () => {
    await vps.run("touch /var/lib/played/fail");
    await vps.run("systemctl start sluice-shop-quick.service || true");
    await vps.until("grep -q 'sluice_job_unit_failed_timestamp_seconds{job=\"quick\"}' /var/lib/played/noted", 20);
    await vps.run("rm /var/lib/played/fail");
  });

  it("refuses what its own judge refuses, and runs on with what it had", async () => {
    const broken = renderUnits("shop", [job("quick")]);
    const spoilt = { ...broken, "sluice-shop-quick.timer": (broken["sluice-shop-quick.timer"] ?? "").replace("*:00/1", "*:00/99") };
    await expect(vps.run("sluice-units shop", sealedTxtar(spoilt))).rejects.toThrow(/nothing was changed/);
    expect(await vps.run("systemctl is-active sluice-shop-daily.timer")).toBe("active");
  });

  it("begins nothing any more when the jobs are gone", async () => {
    const gone = await put();
    expect(gone).toContain("removed sluice-shop-quick.timer");
    expect(await vps.run("ls /etc/systemd/system/sluice-* 2> /dev/null || true")).toBe("");
    expect(await vps.run("systemctl list-timers --all --no-pager --no-legend 'sluice-*'")).toBe("");
  });
});
