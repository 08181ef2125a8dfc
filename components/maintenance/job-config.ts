import type { JobConfig } from "../../maintenance/runner/config.ts";
import type { MaintenanceJob } from "./job.ts";

/** Where jobs tell what came of them. */
export interface Telling {
  /** Address of the estate's Alertmanager. @default there is none */
  readonly alertmanager?: string | undefined;
  /** Name of the secret with a webhook's address. @default there is none */
  readonly webhook?: string | undefined;
}

/** Seconds before the first further try. */
const PAUSE_SECONDS = 30;

/** What the runner in the job's container is told. */
export const jobConfig = (
  estate: string,
  job: MaintenanceJob & { readonly facts: unknown; readonly command?: readonly string[] | undefined },
  { alertmanager, webhook }: Telling,
  onlyOn?: JobConfig["onlyOn"],
): JobConfig => ({
  ...{ estate, name: job.name, does: job.does, limitSeconds: job.limitSeconds, retries: job.retries, tells: job.tells },
  // A run of minutes has no time to wait for half of one.
  pauseSeconds: Math.min(PAUSE_SECONDS, Math.max(1, Math.round(job.limitSeconds / 20))),
  ...(job.command && { command: [...job.command] }),
  ...(alertmanager !== undefined && { alertmanager }),
  ...(webhook !== undefined && { webhook }),
  ...(onlyOn && { onlyOn }),
  facts: job.facts ?? {},
});
