import type { OwnRole } from "../components/host/addresses.ts";
import {
  type Datastore,
  type Edge,
  type Guard,
  type Maintenance,
  Monitoring,
  planMonitoring,
  type Service,
  statusSources,
} from "../components/index.ts";
import { addressIn, type ProgramSettings, type Settings } from "../settings/index.ts";
import type { Places } from "./places.ts";

/** The parts of an estate that are watched. */
export interface Watched {
  readonly places: Places;
  readonly edge: Edge;
  readonly stores: readonly Datastore[];
  readonly services: readonly Service[];
  /** Absent where nobody watches canaries. */
  readonly guard: Guard | undefined;
  /** Absent where no job keeps the estate. */
  readonly jobs: Maintenance | undefined;
}

/** What the edge must know to be watched; nothing when the estate is not. */
export function edgeMonitoring(settings: Settings) {
  const { monitoring, services } = settings;
  const workflows = services.flatMap(({ name: service, workflows: named }) =>
    Object.entries(named).map(([workflow, paths]) => ({ service, workflow, paths })),
  );
  return monitoring && { workflows, sources: statusSources((role) => addressIn(settings, role)) };
}

/** Watch an estate, where its settings say so: every store and service that it has, without another word about them. */
export function watch(settings: Settings, { places, edge, stores, services, guard, jobs }: Watched): Monitoring | undefined {
  const { monitoring: own, secrets } = settings;
  if (!own) return undefined;
  const { host, images } = places.at(own.host);
  const addressOf = (role: OwnRole) => addressIn(settings, role);
  const plan = planMonitoring({
    ...own,
    estate: settings.name,
    addressOf,
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
    ...{ host, hosts: places.hosts, addressOf, edge, stores, secrets, guard, jobs, toolImage: images.get(settings.edge.source) },
    slots: services.flatMap(({ targets }) => targets),
    running: [edge, ...stores, ...services].map((part) => ({ host: part.host, running: part.running })),
    prometheus: program(own.prometheus),
    alertmanager: program(own.alertmanager),
    exporters: program(own.exporters),
    imageOn: (machine) => places.image(machine, own.exporters.source),
  });
}
