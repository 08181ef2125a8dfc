import { Datastore, Edge, Host, Images, postgres, Routing, redis, Service, type StoreSpec } from "../components/index.ts";
import { buildRecord } from "../images/record.ts";
import { type ImageSource, type Limits, readCertificates, type ServiceSettings, type Settings, type Store } from "../settings/index.ts";
import { maintain } from "./maintenance.ts";
import { edgeMonitoring, watch } from "./monitoring.ts";
import { guard } from "./rollout.ts";

/**
 * What runs on a Docker host.
 * @returns where the edge is reached
 */
export function declareHost(settings: Settings): Edge["url"] {
  const tls = readCertificates(settings.edge.tls);

  const host = new Host("host", { estate: settings.name, docker: settings.host.docker, subnet: settings.host.subnet });
  const images = new Images("images", { host, record: buildRecord, baseContext: "images/base" });
  const toolImage = images.get(settings.edge.source);

  const edge = new Edge("edge", {
    host,
    image: toolImage,
    bind: settings.edge.bind,
    public: settings.edge.public,
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
        monitoring: edgeMonitoring(settings),
      },
      tls,
    },
    { dependsOn: services.flatMap(({ ready }) => ready) },
  );

  const jobs = maintain({ settings, stores, edge }, { host, images });

  watch(settings, {
    ...{ jobs, host, images, edge, services, stores: Object.values(stores) },
    guard: guard(settings, { host, images, edge, services }),
  });
  return edge.url;

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
}

function limits({ memoryMb, cpus, drainSeconds }: Limits): Limits {
  return { memoryMb, cpus, drainSeconds };
}
