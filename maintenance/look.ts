import { z } from "zod";

/** What components/maintenance/scripts/sluice-look prints: text as the host's programs and files have it, and Docker's own JSON. */
const text = z.string().nullable().default(null);
const json = z.unknown().default(null);

/** `null`: the host has no such file or program, it gave no answer in time, or this user may not read it. */
export const HostLook = z.looseObject({
  version: z.literal(1),
  estate: z.string(),
  /** Seconds since 1970. */
  at: z.number(),
  /** /etc/os-release. */
  osRelease: text,
  /** `uname -r`; names in /lib/modules. */
  kernel: text,
  kernelsInstalled: text,
  /** There is such a file: the host waits for a restart. */
  rebootRequired: text,
  uptime: text,
  loadavg: text,
  meminfo: text,
  cpus: text,
  /** `df -P -k` and `df -P -i` of / and Docker's folder. */
  disks: text,
  inodes: text,
  /** Lines of `apt-get --simulate upgrade` without `Inst `: `bash [5.2.15-2] (5.2.15-3 Debian-Security:12/… [amd64])`. */
  upgrades: text,
  /** When the lists of packages last changed, seconds since 1970. */
  listsAge: text,
  /** `sshd -T`. */
  sshd: text,
  /** `ss -Hltun`. */
  sockets: text,
  passwd: text,
  /** `user none|locked|set` by line. */
  passwords: text,
  /** Failed logins by ssh in seven days, a number. */
  failedLogins: text,
  ufw: text,
  nft: text,
  /** `timedatectl show`. */
  time: text,
  failedUnits: text,
  /** `active` or another word by line: unattended-upgrades, logrotate.timer, apt-daily-upgrade.timer, ssh, docker. */
  activeUnits: text,
  journal: text,
  /** `du -sk /var/log`. */
  logs: text,
  /** /etc/docker/daemon.json. */
  dockerDaemon: text,
  /** `docker version` as JSON. */
  docker: json,
  /** `docker system df`, one JSON by line. */
  space: text,
  /** `docker container inspect` and `docker image inspect` of the estate. */
  containers: z.array(z.unknown()).nullable().default(null),
  images: z.array(z.unknown()).nullable().default(null),
  /** `<container id> <bytes>` by file of a container's log. */
  containerLogs: text,
  /** /usr/share/sluice/packages.txt of each running container, by its name. */
  packages: z.record(z.string(), z.string().nullable()).default({}),
});
export type HostLook = z.infer<typeof HostLook>;

const Begun = z.looseObject({ look: z.unknown().optional(), options: z.record(z.string(), z.string()).optional() });

/** The look that a run was begun with; nothing where the host was not looked at, or could not be. */
export function lookOf(host: unknown): HostLook | undefined {
  const begun = Begun.safeParse(host);
  const look = HostLook.safeParse(begun.success ? begun.data.look : undefined);
  return look.success ? look.data : undefined;
}

/** What a person wrote behind `npm run job -- run NAME`. */
export function optionsOf(host: unknown): Readonly<Record<string, string>> {
  const begun = Begun.safeParse(host);
  return begun.success ? (begun.data.options ?? {}) : {};
}

export interface Disk {
  readonly mount: string;
  readonly totalKb: number;
  readonly usedKb: number;
  readonly freeKb: number;
  /** Of 1. */
  readonly share: number;
}

/** Lines of `df -P -k`; the same disk once. */
export function disksOf(df: string | null): Disk[] {
  const rows = (df ?? "").split("\n").slice(1);
  const disks = rows.flatMap((line): [string, Disk][] => {
    const [device = "", total, used, free, , mount] = line.trim().split(/\s+/);
    if (mount === undefined || !Number.isFinite(Number(total))) return [];
    const [totalKb, usedKb, freeKb] = [Number(total), Number(used), Number(free)];
    // As df counts: what is kept for root is neither used nor free.
    return [[device, { mount, totalKb, usedKb, freeKb, share: usedKb + freeKb === 0 ? 0 : usedKb / (usedKb + freeKb) }]];
  });
  return [...new Map(disks).values()];
}
