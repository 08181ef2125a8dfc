import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa, execaSync } from "execa";
import type { Files } from "../../components/host/txtar.ts";

const SCRIPTS = join(import.meta.dirname, "../../components/maintenance/scripts");

/** Version of systemd's own judge on this machine; nothing where it is not to be had: `apt-get install systemd`. */
export const systemdVersion: number | undefined = (() => {
  const { stdout, exitCode } = execaSync("systemd-analyze", ["--version"], { reject: false });
  return exitCode === 0 ? Number(/^systemd (\d+)/.exec(stdout)?.[1]) : undefined;
})();

/** Why tests of units are skipped, where they are. */
export const NO_SYSTEMD = "systemd-analyze is not on this machine (apt-get install systemd)";

/** Have systemd's judge look at units. What they start is taken from this checkout. */
export async function judgeUnits(files: Files, judge: (folder: string, names: readonly string[]) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "units-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text.replaceAll("/usr/local/sbin", SCRIPTS));
    await judge(folder, Object.keys(files));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `verify` says against units; nothing when they are good. */
export async function verify(folder: string, names: readonly string[]): Promise<string> {
  const { all } = await execa("systemd-analyze", ["verify", "--man=no", ...names.map((name) => join(folder, name))], {
    ...{ all: true, reject: false, env: { SYSTEMD_UNIT_PATH: `${folder}:` } },
  });
  return all;
}

/** How exposed a service is, 0 to 10. */
export async function exposure(folder: string, name: string): Promise<number> {
  const { stdout } = await execa("systemd-analyze", ["security", "--offline=true", "--threshold=100", "--no-pager", join(folder, name)], {
    reject: false,
  });
  return Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
}

/** The next moments of a calendar expression. */
export async function elapses(calendar: string, from: Date, count: number): Promise<Date[]> {
  const base = `${from.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  const { stdout } = await execa("systemd-analyze", ["calendar", `--base-time=${base}`, `--iterations=${count}`, calendar], {
    env: { TZ: "UTC" },
  });
  return [...stdout.matchAll(/(?:Next elapse|Iter\. #\d+|Iteration #\d+): \w{3} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/g)].map(
    ([, day, time]) => new Date(`${day}T${time}Z`),
  );
}

/** A folder of units, for sluice-units. */
export function unitFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "systemd-"));
  mkdirSync(join(path, "system"));
  mkdirSync(join(path, "bin"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
