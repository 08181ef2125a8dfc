import type { Files } from "../host/txtar.ts";
import { isScheduled, type MaintenanceJob, type ScheduledJob, SPREAD_SECONDS } from "./job.ts";
import { inWords, onCalendar, type Schedule } from "./schedule.ts";

/** Where the programs of this folder are on a host. */
export const PROGRAMS = "/usr/local/sbin";

/** Seconds that the runner has to end a run whose time is up, and to say so, before systemd ends what is left. */
export const GRACE_SECONDS = 60;

/** A unit's name without its ending. */
export const unitName = (estate: string, job: string): string => `sluice-${estate}-${job}`;

/**
 * What no program of a unit may do. It talks to Docker's socket: it needs no network, no capability and no file to write.
 * `systemd-analyze security` judges it: 3.0 is the most that a unit may have.
 *
 * @param looks whether it looks at the host: then it asks the kernel for the firewall's rules and for open ports, which a network of its own hides
 */
const hardening = (looks: boolean): string[] => [
  ...["NoNewPrivileges=yes", `CapabilityBoundingSet=${looks ? "CAP_NET_ADMIN" : ""}`, "AmbientCapabilities="],
  ...["PrivateDevices=yes", ...(looks ? [] : ["PrivateNetwork=yes"]), "PrivateTmp=yes", "IPAddressDeny=any", "DevicePolicy=closed"],
  ...["ProtectSystem=strict", "ProtectHome=read-only", "ProtectClock=yes", "ProtectControlGroups=yes", "ProtectHostname=yes"],
  ...["ProtectKernelLogs=yes", "ProtectKernelModules=yes", "ProtectKernelTunables=yes"],
  ...["LockPersonality=yes", "MemoryDenyWriteExecute=yes", "RemoveIPC=yes", "UMask=0077", "KeyringMode=private"],
  ...[
    `RestrictAddressFamilies=AF_UNIX${looks ? " AF_NETLINK" : ""}`,
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
  ],
  ...["SystemCallArchitectures=native", "SystemCallFilter=@system-service", "SystemCallFilter=~@privileged @resources"],
  "SystemCallErrorNumber=EPERM",
];

/** A unit as text: sections of lines, in the order given. By the first line sluice-units knows whose it is. */
const unit = (estate: string, sections: Readonly<Record<string, readonly string[]>>): string =>
  `# Sluice estate: ${estate}\n# Rendered by Sluice; the next up replaces it.\n${Object.entries(sections)
    .map(([name, lines]) => `\n[${name}]\n${lines.join("\n")}\n`)
    .join("")}`;

/** `%` begins a specifier of systemd. */
const plain = (text: string): string => text.replaceAll("%", "%%").replaceAll(/\s+/g, " ");

/** What a timer starts: the job's container, and nothing of its own. */
export const serviceUnit = (estate: string, job: MaintenanceJob): string =>
  unit(estate, {
    Unit: [
      `Description=Sluice ${estate}: ${plain(job.does)}`,
      "After=docker.service time-sync.target",
      `OnFailure=${unitName(estate, "failed")}@${job.name}.service`,
    ],
    Service: [
      "Type=oneshot",
      `ExecStart=${PROGRAMS}/sluice-job ${estate} ${job.name}`,
      `TimeoutStartSec=${job.limitSeconds + GRACE_SECONDS}`,
      "TimeoutStopSec=30",
      // It runs already, begun by hand: nothing has failed.
      "SuccessExitStatus=75",
      ...hardening(job.looks),
    ],
  });

/** Told when a run did not end well: it notes what the job itself could not. */
export const failedUnit = (estate: string): string =>
  unit(estate, {
    Unit: [`Description=Sluice ${estate}: notes that the run of %i failed`, "After=docker.service"],
    Service: ["Type=oneshot", `ExecStart=${PROGRAMS}/sluice-job --failed ${estate} %i`, "TimeoutStartSec=60", ...hardening(false)],
  });

export const timerUnit = (estate: string, { name, schedule }: ScheduledJob): string =>
  unit(estate, {
    Unit: [`Description=Sluice ${estate}: ${name} ${inWords(schedule)}`],
    Timer: [
      `OnCalendar=${onCalendar(schedule)}`,
      // A run that was missed while the host was off is made up for when it is back.
      "Persistent=yes",
      `RandomizedDelaySec=${spread(schedule)}`,
      // The same delay every time: the distance between two runs stays what the schedule says.
      "FixedRandomDelay=yes",
      "AccuracySec=1s",
    ],
    Install: ["WantedBy=timers.target"],
  });

/** What is due every few minutes is not put off by two. */
const spread = (schedule: Schedule): number => (schedule.every === "minutes" ? 0 : SPREAD_SECONDS);

/** Every unit of an estate by its file name; none when it has no job with a schedule. */
export function renderUnits(estate: string, all: readonly MaintenanceJob[]): Files {
  const jobs = all.filter(isScheduled);
  if (jobs.length === 0) return {};
  return {
    [`${unitName(estate, "failed")}@.service`]: failedUnit(estate),
    ...Object.fromEntries(
      jobs.flatMap((job) => [
        [`${unitName(estate, job.name)}.service`, serviceUnit(estate, job)],
        [`${unitName(estate, job.name)}.timer`, timerUnit(estate, job)],
      ]),
    ),
  };
}
