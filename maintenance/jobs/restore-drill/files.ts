import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Backup } from "../../restic/snapshots.ts";

/** Files below a folder, and their bytes; links are not followed. */
export async function countFiles(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const kinds = await Promise.all(entries.map(async (entry) => (await lstat(join(entry.parentPath, entry.name))).isDirectory()));
  return kinds.filter((isFolder) => !isFolder).length;
}

/** How many files the set holds besides its manifest; nothing where restic did not say. */
export function expectedFiles({ set }: Backup): number | undefined {
  const all = set.summary?.total_files_processed;
  return all === undefined ? undefined : all - 1;
}
