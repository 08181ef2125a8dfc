import { Datastore, Edge, postgres, Routing, redis, Service, type StoreSpec } from "../components/index.ts";
import { type ImageSource, type Limits, readCertificates, type ServiceSettings, type Settings, type Store } from "../settings/index.ts";
import { maintain } from "./maintenance.ts";
import { edgeMonitoring, watch } from "./monitoring.ts";
import { Places } from "./places.ts";
import { guard } from "./rollout.ts";

/**
 * What runs on a Docker host.
 * @returns where the edge is reached
 */
export function declareHost(settings: Settings): Edge["url"] {
  const tls = readCertificates(settings.edge.tls);

  const places = new Places(settings);
  const { host, images } = places.at();
  const toolImage = images.get(settings.edge.source);
  const atTheEdge = places.at(settings.edge.host);

  const edge = new Edge("edge", {
    host: atTheEdge.host,
    image: atTheEdge.images.get(settings.edge.source),
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
      host: atTheEdge.host,
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
    ...{ jobs, places, edge, services, stores: Object.values(stores) },
    guard: guard(settings, { ...atTheEdge, edge, services }),
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
    const there = places.at(own.host);
    return new Service(own.name, {
      ...{ ...own, ...there, uses, secrets },
      toolImage: there.images.get(settings.edge.source),
      ...{ edgeContainer: edge.container, edgeHost: edge.host },
    });
  }
}

function limits({ memoryMb, cpus, drainSeconds }: Limits): Limits {
  return { memoryMb, cpus, drainSeconds };
}
