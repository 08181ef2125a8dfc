import { z } from "zod";

/** Where backups are kept, and under which names the secrets for it come. */
export const StoreFacts = z.object({
  /** `https://…`, without the bucket. */
  endpoint: z.string(),
  bucket: z.string(),
  prefix: z.string(),
  /** As the store calls it. @default the store is asked */
  region: z.string().optional(),
  keyIdSecret: z.string(),
  keySecret: z.string(),
  passwordSecret: z.string(),
  /** Seconds that requests may go wrong without one that succeeds, until a run gives up. restic alone would ask for 15 minutes. */
  patienceSeconds: z.number(),
});
export type StoreFacts = z.infer<typeof StoreFacts>;

/** As restic names a repository in such a store. */
export const repositoryAddress = ({ endpoint, bucket, prefix }: StoreFacts): string =>
  `s3:${endpoint.replace(/\/+$/, "")}/${bucket}/${prefix}`;
