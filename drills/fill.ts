/** A volume, as a container that has it mounted sees its file system, and how far it may be filled. */
export interface Disk {
  readonly sizeMb: number;
  /** What others than root may still take. */
  readonly freeMb: number;
  /** Whether it is the disk of the machine's Docker, and not a file system of the volume's own. */
  readonly shared: boolean;
}

export interface FillLimits {
  /** Size of the file that is never exceeded, MiB. */
  readonly mostMb: number;
  /** What stays free, MiB. @default 0 on a file system of the volume's own; on a shared disk a tenth of it, and at least `SAFE_MB` */
  readonly leaveMb?: number | undefined;
}

/** On a disk that others live on too, so much is always left, MiB. */
export const SAFE_MB = 2048;

export interface Fill {
  /** Size of the file, MiB. */
  readonly mb: number;
  /** What is free with it, MiB. */
  readonly leftMb: number;
  /** What is taken with it, share of the file system from 0 to 1. */
  readonly taken: number;
}

/** How large a file fills a volume and keeps to the limits; 0: nothing may be taken. */
export function planFill({ sizeMb, freeMb, shared }: Disk, { mostMb, leaveMb }: FillLimits): Fill {
  const leave = leaveMb ?? (shared ? Math.max(SAFE_MB, Math.ceil(sizeMb / 10)) : 0);
  const mb = Math.max(0, Math.min(mostMb, Math.floor(freeMb - leave)));
  const leftMb = freeMb - mb;
  return { mb, leftMb, taken: sizeMb > 0 ? 1 - leftMb / sizeMb : 0 };
}

export interface Thresholds {
  /** Free space below which Postgres writes no more, MiB; 0: it does not care. */
  readonly reserveMb: number;
  /** Shares of a shared disk above which alerts fire. */
  readonly diskRatio: number;
  readonly diskFullRatio: number;
}

/** Which alerts a filled volume should raise; none where the limits keep it from being full enough. */
export function alertsOfFill(
  { leftMb, taken }: Fill,
  { shared, ofPostgres }: { readonly shared: boolean; readonly ofPostgres: boolean },
  { reserveMb, diskRatio, diskFullRatio }: Thresholds,
): string[] {
  return [
    ...(ofPostgres && leftMb < reserveMb ? ["DatabaseReadOnly"] : []),
    // What measures the disk sees the shared one only.
    ...(shared && taken > diskFullRatio ? ["DiskFull"] : []),
    ...(shared && taken > diskRatio ? ["DiskAlmostFull"] : []),
  ];
}
