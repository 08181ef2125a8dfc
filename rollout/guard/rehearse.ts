import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GuardConfig } from "./config.ts";
import { Disk } from "./disk.ts";
import { Guard } from "./guard.ts";

const SERVICE = "rehearsal";
const TICK_MS = 250;
const TIMES = 3;

/**
 * Takes a made-up canary back a few times, in a folder of its own, before the guard begins. Nothing comes of it but speed: what Node runs for
 * the first time takes a hundred times as long (measured on a quarter of a core: 50 to 100 ms to the flip, then 1 ms), and the first time would
 * be the one that counts.
 *
 * @returns whether every canary was taken back
 */
export function rehearse(): boolean {
  return Array.from({ length: TIMES }, once).every((takenBack) => takenBack);
}

function once(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "rehearsal-"));
  try {
    const [control, log] = [join(folder, "control"), join(folder, "log")];
    mkdirSync(join(control, SERVICE), { recursive: true });
    mkdirSync(log);
    symlinkSync("shares/blue/10", join(control, SERVICE, "share"));
    const file = join(log, "requests-00000001.json");
    writeFileSync(file, "");
    let takenBack = false;
    const guard = new Guard(CONFIG, { control, log, disk: new Disk(join(folder, "state")) }, () => {
      takenBack = true;
    });
    for (let now = Date.now(), tick = 0; tick < 20 && !takenBack; tick++) {
      guard.tick(now + tick * TICK_MS, tick * TICK_MS);
      const line = (slot: string, status: number) =>
        `${JSON.stringify({ service: SERVICE, slot, status, seconds: 0, workflow: "", at: (now + tick * TICK_MS) / 1000, chosen: slot, upstream: `${status}` })}\n`;
      appendFileSync(file, line("green", 500).repeat(3) + line("blue", 200).repeat(30));
    }
    return takenBack;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const CONFIG: GuardConfig = {
  ...{ estate: SERVICE, alertmanager: "", alpha: 1e-4, beta: 0.01, floor: 0.005 },
  services: [{ name: SERVICE, slowSeconds: 1, probes: [], slots: { blue: ["-"], green: ["-"] } }],
};
