import { type Host, type Images, Maintenance } from "../components/index.ts";
import type { KnownJob } from "../components/maintenance/catalog.ts";
import type { PlannedJob } from "../components/maintenance/maintenance.ts";
import { PORTS } from "../components/monitoring/targets.ts";
import { addressIn, type JobSettings, type Settings } from "../settings/index.ts";
import { backedUp } from "./maintenance/backup.ts";
import { type JobsWorld, PARTS } from "./maintenance/parts.ts";

/** The file that a job finds the webhook's address in. */
const WEBHOOK = "webhook";

/** The job that writes backups. */
const BACKUP: KnownJob = "backup-to-r2";

/** The jobs of an estate, where the settings want any: each that is switched on and that the estate has the parts for. */
export function maintain(world: JobsWorld, { host, images }: { readonly host: Host; readonly images: Images }): Maintenance | undefined {
  const { maintenance, monitoring, secrets, edge, name } = { ...world.settings };
  if (!maintenance) return undefined;
  const { webhookSecret } = maintenance;
  const webhook = webhookSecret === undefined ? undefined : secrets[webhookSecret];
  const alertmanager = monitoring && `http://${addressIn(world.settings, "alertmanager")}:${PORTS.alertmanager}`;
  const jobs = maintenance.jobs.flatMap((job) => planned(job, world, webhook));
  return new Maintenance("maintenance", {
    ...{ host, image: images.get(maintenance.source), toolImage: images.get(edge.source), scheduler: maintenance.scheduler },
    ...{ jobs, backsUp: jobs.some((job) => job.name === BACKUP && job.schedule) ? backedUp(world.settings) : [] },
    telling: { alertmanager, webhook: webhook && WEBHOOK },
  });

  function planned(job: JobSettings, estate: JobsWorld, address: Settings["secrets"][string] | undefined): PlannedJob[] {
    if (!job.enabled || job.target !== "docker") return [];
    const told = address === undefined ? {} : { [WEBHOOK]: address };
    if (job.command) return [{ ...job, facts: { estate: name }, secrets: told, mounts: [] }];
    const fit = PARTS[job.name as KnownJob];
    if (fit.lacks(estate.settings) !== undefined) return [];
    const { facts, secrets: own = {}, mounts = [] } = fit.part(estate);
    return [{ ...job, facts, secrets: { ...told, ...own }, mounts }];
  }
}
