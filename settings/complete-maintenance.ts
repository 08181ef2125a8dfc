import { CATALOG, knownJob } from "../components/maintenance/catalog.ts";
import type { Schedule } from "../components/maintenance/schedule.ts";
import type { WrittenBackup } from "./backup.ts";
import type { WrittenJob, WrittenMaintenance } from "./maintenance.ts";
import type { BackupSettings, JobSettings, MaintenanceSettings } from "./types.ts";

/** Jobs as they are unless settings say otherwise. Only for what the rules have let through: what they require is there. */
export function completeMaintenance(
  written: WrittenMaintenance,
  onThisMachine: boolean,
  estate: string,
): Omit<MaintenanceSettings, "source"> {
  const { scheduler = onThisMachine ? "none" : "systemd", webhookSecret, jobs, tracker, memoryMb, cpus, drainSeconds } = written;
  const names = [
    ...CATALOG.map(({ name }) => name as string),
    ...Object.keys(jobs)
      .filter((name) => !knownJob(name))
      .sort(),
  ];
  return {
    ...{ scheduler, memoryMb, cpus, drainSeconds },
    ...(webhookSecret !== undefined && { webhookSecret }),
    jobs: names.map((name) => completeJob(name, jobs[name], written)),
    ...(tracker?.repository !== undefined &&
      tracker.tokenSecret !== undefined && { tracker: { ...tracker, repository: tracker.repository, tokenSecret: tracker.tokenSecret } }),
    ...(written.backup && { backup: completeBackup(written.backup, estate) }),
    ...{ secretAge: written.secretAge, benchmark: written.benchmark },
    ...(written.costs && { costs: written.costs }),
  };
}

function completeBackup(written: WrittenBackup, estate: string): BackupSettings {
  const { endpoint = "", bucket = "", prefix = estate, files, ...rest } = written;
  const places = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...{ endpoint, bucket, prefix, ...rest },
    files: places.map(([name, { volume, path = "" }]) => (volume === undefined ? { name, path } : { name, volume })),
  };
}

/** What a job of a team's own is, unless they say otherwise. */
const OWN = { limitSeconds: 3600, retries: 0, alertAfterMissed: 1, tells: "problems", looks: false } as const;

function completeJob(name: string, written: WrittenJob | undefined, all: WrittenMaintenance): JobSettings {
  const known = knownJob(name) ?? { name, does: `runs ${written?.command?.[0] ?? name}`, ...OWN };
  const { limitMinutes, memoryMb = all.memoryMb, cpus = all.cpus } = written ?? {};
  const schedule = scheduleOf(known.schedule, written, all.timeZone);
  return {
    ...known,
    ...{ enabled: written?.enabled ?? true, target: written?.target ?? "docker", memoryMb, cpus, drainSeconds: all.drainSeconds },
    ...(schedule && { schedule }),
    ...(limitMinutes !== undefined && { limitSeconds: Math.round(limitMinutes * 60) }),
    ...Object.fromEntries(
      (["retries", "alertAfterMissed", "tells", "does", "command"] as const).flatMap((key) =>
        written?.[key] === undefined ? [] : [[key, written[key]]],
      ),
    ),
  };
}

/** A schedule of its own where `every` is written, else the known one, moved by what is written. */
export function scheduleOf(known: Schedule | undefined, written: WrittenJob | undefined, zone: string): Schedule | undefined {
  const timeZone = written?.timeZone ?? zone;
  const { every = known?.every, minutes, hours, at, on, day } = written ?? {};
  const kept = written?.every === undefined ? known : undefined;
  switch (every) {
    case "minutes":
      return { every, minutes: minutes ?? (kept?.every === "minutes" ? kept.minutes : 1) };
    case "hours":
      return { every, hours: hours ?? (kept?.every === "hours" ? kept.hours : 1) };
    case "day":
      return { every, at: at ?? atOf(kept), timeZone };
    case "week":
      return { every, on: on ?? (kept?.every === "week" ? kept.on : "Sunday"), at: at ?? atOf(kept), timeZone };
    case "month":
      return {
        every,
        on: day ?? (on === undefined ? (kept?.every === "month" ? kept.on : 1) : { first: on }),
        at: at ?? atOf(kept),
        timeZone,
      };
    default:
      return undefined;
  }
}

const atOf = (schedule: Schedule | undefined): string => (schedule && "at" in schedule ? schedule.at : "00:00");
