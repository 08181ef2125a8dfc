import { Problem } from "../../../toolchain/problem.ts";
import type { Repository } from "../../restic/repository.ts";
import { type Backup, backups, choose } from "../../restic/snapshots.ts";
import { MANIFEST } from "./facts.ts";
import { Manifest } from "./manifest.ts";

/** A whole backup, and what it says of itself. */
export interface Found {
  readonly backup: Backup;
  readonly manifest: Manifest;
}

/**
 * Find a backup and read its manifest.
 * @param wanted `newest`, a backup's name, a day (`2026-11-22`), or the beginning of a snapshot's id
 * @throws Problem when there is none, or it does not say what it must be
 */
export async function find(repository: Repository, estate: string, wanted: string): Promise<Found> {
  const snapshots = await repository.snapshots(estate);
  const planned = backups(snapshots);
  const backup = choose(planned, wanted) ?? choose(backups(snapshots, "sluice-before"), wanted);
  if (backup === undefined) throw new Problem(missingWords(planned, estate, wanted));
  return { backup, manifest: await manifestOf(repository, backup) };
}

async function manifestOf(repository: Repository, { run, set }: Backup): Promise<Manifest> {
  const path = set.paths?.find((stored) => stored.endsWith(`/${MANIFEST}`));
  if (path === undefined) throw new Problem(`The backup ${run} has no ${MANIFEST}: somebody else has made it.`);
  const read = Manifest.safeParse(JSON.parse(await repository.read(set.id, path)));
  if (read.success) return read.data;
  throw new Problem(`The ${MANIFEST} of the backup ${run} is not one that this version of Sluice can read. Take the version that made it.`);
}

export function missingWords(planned: readonly Backup[], estate: string, wanted: string): string {
  if (planned.length === 0) return `There is no whole backup of '${estate}' yet. Make one: npm run job -- run backup-to-r2`;
  const names = planned.slice(0, 10).map(({ run }) => run);
  return `There is no backup '${wanted}' of '${estate}'. There are ${planned.length}, the newest are: ${names.join(", ")}. A day finds its last one, e.g. from=${new Date(planned[0]?.at ?? 0).toISOString().slice(0, 10)}.`;
}
