import { z } from "zod";
import { DatabaseFacts } from "../../postgres/connection.ts";
import { StoreFacts } from "../../restic/facts.ts";

/** What the backup is told by the program that made its container. */
export const BackupFacts = z.object({
  estate: z.string(),
  store: StoreFacts,
  /** Absent: the estate has no Postgres. */
  postgres: DatabaseFacts.optional(),
  /** Folders below {@link FILES}, each a volume or a folder of the host. */
  files: z.array(z.string()),
  /** How many days, weeks and months have a backup. */
  keep: z.object({ daily: z.number(), weekly: z.number(), monthly: z.number() }),
  /** Once in so many days, everything that is stored is read again. */
  readAllDays: z.number(),
});
export type BackupFacts = z.infer<typeof BackupFacts>;

/** Where the container sees what is to be backed up besides the database. */
export const FILES = "/files";
/** Name of the database's dump in its snapshot. */
export const DUMP = "/postgres.dump";
/** Name of the file in each set that says what the backup must be. */
export const MANIFEST = "manifest.json";
