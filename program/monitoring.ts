import {
  type Datastore,
  type Edge,
  type Guard,
  type Host,
  type Images,
  type Maintenance,
  Monitoring,
  planMonitoring,
  type Service,
  statusSources,
} from "../components/index.ts";
import type { ProgramSettings, Settings } from "../settings/index.ts";

/** The parts of an estate that are watched. */
export interface Watched {
  readonly host: Host;
  readonly images: Images;
  readonly edge: Edge;
  readonly stores: readonly Datastore[];
  readonly services: readonly Service[];
  /** Absent where nobody watches canaries. */
  readonly guard: Guard | undefined;
  /** Absent where no job keeps the estate. */
  readonly jobs: Maintenance | undefined;
}

/** What the edge must know to be watched; nothing when the estate is not. */
export function edgeMonitoring({ monitoring, services, host }: Settings) {
  const workflows = services.flatMap(({ name: service, workflows: named }) =>
    Object.entries(named).map(([workflow, paths]) => ({ service, workflow, paths })),
  );
  return monitoring && { workflows, sources: statusSources(host.subnet) };
}

/** Watch an estate, where its settings say so: every store and service that it has, without another word about them. */
export function watch(settings: Settings, { host, images, edge, stores, services, guard, jobs }: Watched): Monitoring | undefined {
  const { monitoring: own, secrets } = settings;
  if (!own) return undefined;
  const plan = planMonitoring({
    ...own,
    estate: settings.name,
    subnet: settings.host.subnet,
    tls: settings.edge.tls !== undefined,
    services: settings.services,
    hasPostgres: settings.postgres !== undefined,
    hasRedis: settings.redis !== undefined,
    hasGuard: guard !== undefined,
    hasJobs: jobs !== undefined,
  });
  const program = ({ source, memoryMb, cpus, drainSeconds }: ProgramSettings) => ({
    image: images.get(source),
    ...{ memoryMb, cpus, drainSeconds },
  });
  return new Monitoring("monitoring", {
    ...own,
    ...plan,
    ...{ host, edge, stores, secrets, guard, jobs, toolImage: images.get(settings.edge.source) },
    slots: services.flatMap(({ targets }) => targets),
    running: [edge, ...stores, ...services].flatMap(({ running }) => running),
    prometheus: program(own.prometheus),
    alertmanager: program(own.alertmanager),
    exporters: program(own.exporters),
  });
}
