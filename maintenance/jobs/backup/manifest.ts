import { z } from "zod";
import { DatabaseManifest } from "../../postgres/manifest.ts";

/** What stands beside every backup, and says what a restore of it must be. */
export const Manifest = z.object({
  format: z.literal(1),
  run: z.string(),
  /** ISO 8601, UTC. */
  at: z.string(),
  estate: z.string(),
  database: DatabaseManifest.optional(),
  files: z.array(z.string()),
});
export type Manifest = z.infer<typeof Manifest>;
