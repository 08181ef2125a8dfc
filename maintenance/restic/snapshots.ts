import { z } from "zod";

/** On every snapshot of ours: what is in it, and which run made it. */
export const KINDS = ["database", "set"] as const;
export type Kind = (typeof KINDS)[number];
const RUN = "run-";

/** Why it was made: by the plan, or because a restore was about to take its place. Retention keeps the two apart. */
export const OCCASIONS = ["sluice", "sluice-before"] as const;
export type Occasion = (typeof OCCASIONS)[number];
export const tagsOf = (occasion: Occasion, kind: Kind, run: string): string => `${occasion},${kind},${RUN}${run}`;

/** What restic says of one snapshot. */
export const Snapshot = z.object({
  id: z.string(),
  time: z.string(),
  tags: z.array(z.string()).nullish(),
  paths: z.array(z.string()).nullish(),
  summary: z.object({ total_bytes_processed: z.number(), total_files_processed: z.number(), data_added_packed: z.number() }).nullish(),
});
export type Snapshot = z.infer<typeof Snapshot>;

/** One run's work: a backup is a whole one when its `set` is there, which is written last and says what the rest must be. */
export interface Backup {
  readonly run: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly set: Snapshot;
  readonly database?: Snapshot;
}

const has = (snapshot: Snapshot, tag: string): boolean => snapshot.tags?.includes(tag) ?? false;
const runOf = ({ tags }: Snapshot): string | undefined => tags?.find((tag) => tag.startsWith(RUN))?.slice(RUN.length);

/** Whole backups, the newest first. Snapshots of others in the same repository are left alone. */
export function backups(snapshots: readonly Snapshot[], occasion: Occasion = "sluice"): Backup[] {
  const found = snapshots.flatMap((set): Backup[] => {
    const run = runOf(set);
    if (run === undefined || !has(set, "set") || !has(set, occasion)) return [];
    const database = snapshots.find((other) => has(other, "database") && runOf(other) === run);
    return [{ run, at: Date.parse(set.time), set, ...(database && { database }) }];
  });
  return found.sort((a, b) => b.at - a.at);
}

/** What runs left that died before their backup was whole: nothing can be restored by it, and it would take a good one's place in the retention. */
export function leftovers(snapshots: readonly Snapshot[], run: string): string[] {
  const whole = new Set(snapshots.filter((snapshot) => has(snapshot, "set")).map(runOf));
  return snapshots.flatMap((snapshot) => {
    const of = runOf(snapshot);
    return of !== undefined && of !== run && has(snapshot, "database") && !whole.has(of) ? [snapshot.id] : [];
  });
}

/** @returns the backup that `wanted` names: `newest`, a run, the beginning of a snapshot's id, or a day (the newest of it) */
export function choose(all: readonly Backup[], wanted: string): Backup | undefined {
  if (wanted === "newest") return all[0];
  return all.find(
    ({ run, at, set, database }) =>
      run === wanted ||
      (wanted.length >= 6 && (set.id.startsWith(wanted) || (database?.id.startsWith(wanted) ?? false))) ||
      new Date(at).toISOString().startsWith(wanted),
  );
}

/** Which part of all packs is read today: all of them are, once in `days` days. */
export function partToRead(now: Date, days: number): string {
  const day = Math.floor(now.getTime() / 86_400_000);
  return `${(day % days) + 1}/${days}`;
}
