import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const WATCH = resolve(import.meta.dirname, "../../images/postgres/bin/disk-watch");
const READ_ONLY = "default_transaction_read_only = on\n";

let folder: string;
let volume: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-disk-"));
  volume = join(folder, "data");
  mkdirSync(volume);
  mkdirSync(join(folder, "bin"));
  // A disk of the test's choice: free blocks of a MiB.
  writeFileSync(join(folder, "bin", "stat"), '#!/bin/sh\necho "$FREE 1048576"\n');
  chmodSync(join(folder, "bin", "stat"), 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** One look at the disk: the first one of a start, or one of those that follow. */
function look(free: number, start = false): string {
  const env = { PATH: `${join(folder, "bin")}:${process.env.PATH}`, FREE: `${free}`, SLUICE_DISK_CONF: join(folder, "disk.conf") };
  const text = readFileSync(WATCH, "utf8");
  // A look that is none of a start goes on for ever: it is ended before its second.
  const script = start ? text : text.replace("sleep 2", "exit 0");
  expect(script).toMatch(start ? /sleep 2/ : /exit 0\ndone/);
  return spawnSync("sh", ["-c", script, "disk-watch", volume, "8", ...(start ? ["once"] : [])], { env, encoding: "utf8" }).stderr;
}
const conf = () => readFileSync(join(folder, "disk.conf"), "utf8");
const reserve = () => join(volume, ".reserve");

describe("Postgres and its disk", () => {
  it("keeps a reserve where there is room, and writes", () => {
    look(100, true);
    expect(statSync(reserve()).size).toBe(8 * 2 ** 20);
    expect(conf()).toBe("");
    expect(look(100)).toBe("");
  });

  it("writes no more below the reserve, and again only when there is twice as much", () => {
    look(100, true);
    expect(look(7)).toContain("7 MB are left on the disk: read-only until there are 16 MB");
    expect(conf()).toBe(READ_ONLY);
    expect([look(8), look(15), conf()]).toEqual(["", "", READ_ONLY]);
    expect(look(16)).toContain("writing is allowed");
    expect(conf()).toBe("");
    expect(existsSync(reserve())).toBe(true);
  });

  it("gives the reserve up to start on a full disk, starts read-only, and makes it anew", () => {
    look(100, true);
    expect(look(0, true)).toContain("giving up the reserve of 8 MB");
    expect(existsSync(reserve())).toBe(false);
    expect(conf()).toBe(READ_ONLY);
    look(8);
    expect([existsSync(reserve()), conf()]).toEqual([false, READ_ONLY]);
    look(50);
    expect([existsSync(reserve()), conf()]).toEqual([true, ""]);
  });

  it("starts read-only on a full disk without a reserve", () => {
    look(3, true);
    expect(conf()).toBe(READ_ONLY);
  });

  it("tells the server that runs, and no other process", () => {
    const server = spawnSync("sh", [
      "-c",
      `trap 'echo told > ${folder}/told' HUP; mkdir -p ${volume}/17; echo $$ > ${volume}/17/postmaster.pid; FREE=3 SLUICE_DISK_CONF=${folder}/disk.conf PATH=${folder}/bin:$PATH ${WATCH} ${volume} 8 once; true`,
    ]);
    expect(server.status).toBe(0);
    expect(existsSync(join(folder, "told"))).toBe(true);
  });
});
