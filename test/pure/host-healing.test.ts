import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HEALING_LIMIT, keepHealthy, quickStart, STORE } from "../../components/host/healing.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-healing-"));
  mkdirSync(join(folder, "shared"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The real script, in folders of its own, at a time of the test's choice; whom it would end is only said: here that would be everybody. */
function check(now: number, good: boolean | "says no", { healing = quickStart(30, 30), id = "c1" } = {}) {
  const [, , script = "", ...args] = keepHealthy("api-blue-1", healing, [
    ...(good === "says no" ? ["sh", "-c", "exit 22"] : [good ? "true" : "false"]),
  ]);
  const tame = script
    .replaceAll(/kill -(TERM|KILL) -1/g, "echo would-send-$1")
    .replaceAll("/tmp/.health", join(folder, "own"))
    .replaceAll("/run/health/$name", `${join(folder, "shared")}/$name`)
    .replace("$(date +%s)", `${now}`)
    .replace("read -r self < /proc/sys/kernel/hostname", `self=${id}`)
    .replace("sleep 1", "true");
  if (/kill -/.test(tame)) throw new Error("the script has a kill that the test does not know: it would end this machine's processes");
  const { status, stdout } = spawnSync("sh", ["-c", tame, ...args], { encoding: "utf8" });
  return { code: status, ended: stdout.includes("would-send-TERM") && stdout.includes("would-send-KILL"), text: stdout };
}
/** A start of the container: its own /tmp is new. */
const restart = () => rmSync(join(folder, "own"), { force: true });
const shared = () =>
  readFileSync(join(folder, "shared", `api-blue-1.${process.getuid?.()}`), "utf8")
    .trim()
    .split(" ");

describe("a health check that ends what goes on failing it", () => {
  it("says what the check says, and ends nothing that fails for a moment", () => {
    expect(check(1000, true)).toMatchObject({ code: 0, ended: false });
    expect(check(1002, false)).toMatchObject({ code: 1, ended: false });
    expect(check(1031, false)).toMatchObject({ code: 1, ended: false });
    expect(check(1032, true)).toMatchObject({ ended: true });
  });

  it("counts without a break only: one good check begins anew", () => {
    check(1000, true);
    check(1002, false);
    check(1030, true);
    expect(check(1033, false)).toMatchObject({ ended: false });
    expect(check(1062, false)).toMatchObject({ ended: false });
    expect(check(1063, false)).toMatchObject({ ended: true });
  });

  it("leaves a program that answers ten times as long: what it needs may be away, and it is not to blame", () => {
    check(1000, true);
    check(1002, "says no");
    expect(check(1301, "says no").ended).toBe(false);
    // No answer at all is another matter, from the moment it begins.
    expect(check(1290, false).ended).toBe(false);
    expect(check(1301, "says no").ended).toBe(false);
    expect(check(1302, "says no").ended).toBe(true);
    restart();
    check(1500, true);
    check(1502, "says no");
    check(1510, false);
    expect(check(1569, false).ended).toBe(false);
    expect(check(1570, false).ended).toBe(true);
  });

  it("lets a program take its time to start, and no more once it was well", () => {
    check(1000, false, { healing: quickStart(30, 60) });
    expect(check(1059, false, { healing: quickStart(30, 60) }).ended).toBe(false);
    expect(check(1060, false, { healing: quickStart(30, 60) }).ended).toBe(true);
  });

  it("never ends a data store that comes up, nor one that says that it is not ready; only one that was well and does not answer", () => {
    const store = { healing: STORE };
    check(1000, false, store);
    expect(check(9000, false, store).ended).toBe(false);
    expect(check(9001, "says no", store).ended).toBe(false);
    check(9002, true, store);
    check(9003, "says no", store);
    expect(check(20_000, "says no", store).ended).toBe(false);
    check(20_001, false, store);
    expect(check(20_120, false, store).ended).toBe(false);
    expect(check(20_121, false, store).ended).toBe(true);
    // It comes up again, and replays its log.
    restart();
    check(20_122, false, store);
    expect(check(99_000, false, store).ended).toBe(false);
  });

  it("takes twice as long each next time, five times, and then leaves the program as it is", () => {
    let now = 1000;
    const waits = [30, 60, 120, 240, 480];
    expect(waits).toHaveLength(HEALING_LIMIT);
    for (const wait of waits) {
      restart();
      check(now, true);
      check(now + 2, false);
      expect(check(now + 2 + wait - 1, false).ended, `before ${wait} s`).toBe(false);
      expect(check(now + 2 + wait, false).ended, `after ${wait} s`).toBe(true);
      now += wait + 3;
    }
    restart();
    check(now, true);
    check(now + 1, false);
    expect(check(now + 100_000, false)).toMatchObject({ code: 1, ended: false });
    expect(shared().slice(0, 2)).toEqual(["c1", "5"]);
  });

  it("forgets after ten good minutes, and what another container of this name did", () => {
    check(1000, true);
    check(1001, false);
    check(1031, false);
    expect(shared()[1]).toBe("1");
    restart();
    check(1630, true);
    expect(shared()[1]).toBe("1");
    check(1631, true);
    expect(shared()[1]).toBe("0");
    check(1632, false);
    check(1662, false);
    expect(shared()[1]).toBe("1");
    restart();
    check(1663, true, { id: "c2" });
    expect(shared().slice(0, 2)).toEqual(["c2", "0"]);
  });

  it("never ends a program that is well, whatever others write into the shared folder", () => {
    check(1000, true);
    writeFileSync(join(folder, "shared", `api-blue-1.${process.getuid?.()}`), "c1 0 0 5\n99 99 99\nrm -rf\n");
    expect(check(5000, true)).toMatchObject({ code: 0, ended: false });
    writeFileSync(join(folder, "shared", `api-blue-1.${process.getuid?.()}`), "c1 $(echo) -7 x\n");
    expect(check(9000, true)).toMatchObject({ code: 0, ended: false });
  });

  it("ends nothing that it cannot count, and nothing at all where it is switched off", () => {
    rmSync(join(folder, "shared"), { recursive: true });
    check(1000, true);
    check(1001, false);
    expect(check(2000, false)).toMatchObject({ code: 1, ended: false, text: expect.stringContaining("cannot be written") });
    mkdirSync(join(folder, "shared"));
    restart();
    check(3000, false, { healing: quickStart(0, 60) });
    expect(check(99_000, false, { healing: quickStart(0, 60) })).toMatchObject({ code: 1, ended: false });
    expect(existsSync(join(folder, "own"))).toBe(true);
  });
});
