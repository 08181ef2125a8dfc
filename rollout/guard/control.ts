import { mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { canaryWeight, greenShare, otherSlot, SLOTS, type Slot } from "../../components/edge/share.ts";
import { Frozen } from "./answers.ts";
import type { Seen } from "./watch.ts";

/** The prepared shares, as they are called inside the edge. */
const SHARES = "/usr/share/sluice/shares";

/** One service's part of the edge's control volume; images/edge/bin has the scripts that other programs use on it. */
export interface ServiceControl extends Seen {
  readonly green: number;
  readonly frozen: Frozen | null;
}

/** @returns null where the edge does not know the service (yet) @throws when the volume cannot be read */
export function readControl(root: string, service: string): ServiceControl | null {
  const folder = join(root, service);
  const share = linkOf(join(folder, "share"));
  if (share === null) return null;
  const green = Number(basename(share));
  const active = basename(dirname(share)) === "green" ? "green" : "blue";
  const release = (slot: Slot) => {
    const link = linkOf(join(folder, slot));
    return link === null ? null : basename(link);
  };
  const releases = { blue: release("blue"), green: release("green") };
  return { active, green, weight: canaryWeight(active, green), releases, frozen: readFrozen(folder) };
}

/** Give every client of a slot to the other one: one atomic rename. */
export function giveBack(root: string, service: string, slot: Slot): void {
  const home = otherSlot(slot);
  const folder = join(root, service);
  const next = join(folder, `.guard.${process.pid}`);
  rmSync(next, { force: true });
  symlinkSync(join(SHARES, home, `${greenShare(home, 0)}`), next);
  renameSync(next, join(folder, "share"));
}

/** Keep it so, until the decision is acknowledged. A freeze that is there stays. */
export function freeze(root: string, service: string, order: Frozen): void {
  const folder = join(root, service);
  if (readFrozen(folder) !== null) return;
  const next = join(folder, `.guard.${process.pid}`);
  writeFileSync(next, `${JSON.stringify(order)}\n`, { mode: 0o644 });
  renameSync(next, join(folder, "frozen"));
}

/**
 * What the edge does with a service's clients, for Prometheus: what `write-metrics` of the edge's image writes, to the letter
 * (test/pure/guard-control.test.ts). Who changes the control volume writes it.
 */
export function writeMetrics(root: string, service: string): void {
  const control = readControl(root, service);
  if (control === null) return;
  const { active, green, releases } = control;
  const frozen = unlessAbsent(() => readFileSync(join(root, service, "frozen"))) === null ? 0 : 1;
  const gauge = (name: string, help: string, samples: readonly string[]) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...samples.map((sample) => `${name}{service="${service}"${sample}`),
  ];
  const lines = [
    ...gauge("sluice_share_percent", "Share of the clients that the slot gets.", [
      `,slot="blue"} ${100 - green}`,
      `,slot="green"} ${green}`,
    ]),
    ...gauge(
      "sluice_active_slot",
      "Whether the slot has the stable release.",
      SLOTS.map((slot) => `,slot="${slot}"} ${slot === active ? 1 : 0}`),
    ),
    ...gauge("sluice_frozen", "Whether a rollback has frozen the service.", [`} ${frozen}`]),
    ...gauge(
      "sluice_slot_release",
      "Which release the slot serves.",
      SLOTS.flatMap((slot) => (releases[slot] === null ? [] : [`,slot="${slot}",release="${releases[slot]}"} 1`])),
    ),
    "",
  ];
  const folder = join(root, ".metrics");
  mkdirSync(folder, { recursive: true });
  const next = join(folder, `.${service}.guard.${process.pid}`);
  writeFileSync(next, lines.join("\n"), { mode: 0o644 });
  renameSync(next, join(folder, `${service}.prom`));
}

/** A file that says nothing understandable holds nobody back here; the edge's own scripts refuse to raise a weight as long as it is there. */
function readFrozen(folder: string): Frozen | null {
  const text = unlessAbsent(() => readFileSync(join(folder, "frozen"), "utf8"));
  if (text === null) return null;
  try {
    return Frozen.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

const linkOf = (path: string): string | null => unlessAbsent(() => readlinkSync(path));

function unlessAbsent<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
