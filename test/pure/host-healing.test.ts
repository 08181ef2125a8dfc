import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepHealthy, quickStart, STORE } from "../../components/host/healing.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-healing-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The real script, in folders of its own, at a time of the test's choice; whom it would end is only said: here that would be everybody. */
function check(now: number, good: boolean | "says no", { healing = quickStart(30, 30) } = {}) {
  const [, , script = "", ...args] = keepHealthy(healing, [...(good === "says no" ? ["sh", "-c", "exit 22"] : [good ? "true" : "false"])]);
  const tame = script
    .replaceAll(/kill -(TERM|KILL) -1/g, "echo would-send-$1")
    .replaceAll("/tmp/.health", join(folder, "own"))
    .replace("$(date +%s)", `${now}`)
    .replace("sleep 1", "true");
  if (/kill -/.test(tame)) throw new Error("the script has a kill that the test does not know: it would end this machine's processes");
  const { status, stdout } = spawnSync("sh", ["-c", tame, ...args], { encoding: "utf8" });
  return { code: status, ended: stdout.includes("would-send-TERM") && stdout.includes("would-send-KILL"), text: stdout };
}
/** A start of the container: its own /tmp is new. */
const restart = () => rmSync(join(folder, "own"), { force: true });
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
    expect(check(1539, false).ended).toBe(false);
    expect(check(1540, false).ended).toBe(true);
  });

  it("lets a program take its time to start, ten times as long as once it was well", () => {
    check(1000, false);
    expect(check(1299, false).ended).toBe(false);
    expect(check(1300, false).ended).toBe(true);
    restart();
    const slow = { healing: quickStart(30, 900) };
    check(2000, false, slow);
    expect(check(2899, false, slow).ended).toBe(false);
    expect(check(2900, false, slow).ended).toBe(true);
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

  it("never ends a program that is well, whatever that wrote into the note", () => {
    for (const note of ["1 0 0 5\n99 99 99\nrm -rf\n", "$(echo) -7 x\n", ""]) {
      writeFileSync(join(folder, "own"), note);
      expect(check(5000, true)).toMatchObject({ code: 0, ended: false });
    }
  });

  it("ends nothing at all where it is switched off", () => {
    const never = { healing: quickStart(0, 60) };
    check(3000, true, never);
    check(3001, false, never);
    expect(check(99_000, false, never)).toMatchObject({ code: 1, ended: false });
    expect(check(99_001, "says no", never)).toMatchObject({ code: 1, ended: false });
  });
});
