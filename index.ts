import "./settings/lean-sdk.ts";
import {
  Datastore,
  Edge,
  Host,
  Images,
  Monitoring,
  planMonitoring,
  postgres,
  Routing,
  redis,
  Service,
  type StoreSpec,
  statusSources,
} from "./components/index.ts";
import { buildRecord } from "./images/record.ts";
import {
  type ImageSource,
  type Limits,
  loadSettings,
  type MonitoringSettings,
  readCertificates,
  type ServiceSettings,
  type Store,
} from "./settings/index.ts";

const settings = loadSettings();
const tls = readCertificates(settings.edge.tls);

const host = new Host("host", { estate: settings.name, docker: settings.host.docker, subnet: settings.host.subnet });
const images = new Images("images", { host, record: buildRecord, baseContext: "images/base" });
const toolImage = images.get(settings.edge.source);

const edge = new Edge("edge", {
  host,
  image: toolImage,
  bind: settings.edge.bind,
  port: settings.edge.port,
  tlsPort: settings.edge.tls?.port,
  statusPort: settings.monitoring?.port,
  ...limits(settings.edge),
});

const stores: Partial<Record<Store, Datastore>> = {
  ...(settings.postgres && { postgres: datastore(postgres(settings.postgres), settings.postgres) }),
  ...(settings.redis && { redis: datastore(redis(settings.redis), settings.redis) }),
};
const services = settings.services.map(service);

new Routing(
  "routing",
  {
    host,
    edgeContainer: edge.container,
    routes: services.flatMap(({ route }) => route ?? []),
    behaviour: {
      ...settings.edge,
      tlsPort: settings.edge.tls?.port,
      workers: Math.max(1, Math.ceil(settings.edge.cpus)),
      monitoring: settings.monitoring && { workflows: settings.services.flatMap(workflows), sources: statusSources(settings.host.subnet) },
    },
    tls,
  },
  { dependsOn: services.flatMap(({ ready }) => ready) },
);

if (settings.monitoring) monitoring(settings.monitoring);

export const url = edge.url;
export const weights = Object.fromEntries(settings.services.map(({ name, active, canaryWeight }) => [name, { active, canaryWeight }]));

function limits({ memoryMb, cpus, drainSeconds }: Limits): Limits {
  return { memoryMb, cpus, drainSeconds };
}

function datastore(spec: StoreSpec, own: Limits & { readonly source: ImageSource }): Datastore {
  return new Datastore(spec.kind, {
    host,
    spec,
    image: images.get(own.source),
    toolImage,
    password: settings.secrets[`${spec.kind}-password`],
    protectData: settings.protectData,
    ...limits(own),
  });
}

function service(own: ServiceSettings): Service {
  const uses = own.uses.flatMap((name) => stores[name] ?? []);
  const secrets = Object.fromEntries(own.secrets.flatMap((name) => (settings.secrets[name] ? [[name, settings.secrets[name]]] : [])));
  return new Service(own.name, { ...own, host, images, toolImage, edgeContainer: edge.container, uses, secrets });
}

function workflows({ name, workflows: named }: ServiceSettings) {
  return Object.entries(named).map(([workflow, paths]) => ({ service: name, workflow, paths }));
}

function monitoring(own: MonitoringSettings): Monitoring {
  const { name: estate, host: place, services: wanted, secrets } = settings;
  const has = { hasPostgres: stores.postgres !== undefined, hasRedis: stores.redis !== undefined };
  const plan = planMonitoring({ ...own, ...has, estate, subnet: place.subnet, tls: settings.edge.tls !== undefined, services: wanted });
  const program = (one: Limits & { readonly source: ImageSource }) => ({ image: images.get(one.source), ...limits(one) });
  const all = Object.values(stores);
  return new Monitoring("monitoring", {
    ...own,
    ...plan,
    ...{ host, toolImage, edge, secrets, stores: all },
    slots: services.flatMap(({ targets }) => targets),
    running: [...edge.running, ...all.flatMap(({ running }) => running), ...services.flatMap(({ running }) => running)],
    prometheus: program(own.prometheus),
    alertmanager: program(own.alertmanager),
    exporters: program(own.exporters),
  });
}
