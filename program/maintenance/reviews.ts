import type { KnownJob } from "../../components/maintenance/catalog.ts";
import { addressIn, type ImageSource, type Settings } from "../../settings/index.ts";
import { postgresFacts, postgresSecret } from "./backup.ts";
import { type JobFit, prometheusUrl } from "./parts.ts";

/** Ports of the edge inside of the estate's network. */
const EDGE_PORT = 8080;
const EDGE_TLS_PORT = 8443;

const onDocker = ({ services }: Pick<Settings<unknown>, "services">) => services.filter(({ target }) => target === "docker");

/** What the edge passes on to services that costs them least: their health, where it is below their route; else the route itself. */
function healthPaths(settings: Settings<unknown>): string[] {
  return onDocker(settings).flatMap(({ route, stripRoute, health }) => {
    if (route === undefined) return [];
    const base = route === "/" ? "" : route;
    return [stripRoute ? `${base}${health}` : health.startsWith(`${base}/`) ? health : route];
  });
}

/** Images of registries, as the stack file names them. */
function references({ edge, postgres, redis, services, monitoring, rollout, maintenance }: Settings<unknown>): string[] {
  const sources: (ImageSource | undefined)[] = [
    ...[edge.source, postgres?.source, redis?.source, rollout?.guard.source, maintenance?.source],
    ...[monitoring?.prometheus.source, monitoring?.alertmanager.source, monitoring?.exporters.source],
    ...onDocker({ services }).flatMap(({ slots }) => Object.values(slots).map(({ source }) => source)),
  ];
  return [...new Set(sources.flatMap((source) => (source?.kind === "registry" ? [source.reference] : [])))].sort();
}

const needsPostgres = ({ postgres }: Settings<unknown>): string | undefined => (postgres ? undefined : "the estate has no Postgres");
const needsMonitoring = ({ monitoring }: Settings<unknown>): string | undefined =>
  monitoring ? undefined : "nothing is measured without `sluice:monitoring`";
const always = (): undefined => undefined;

/** Jobs that look at the estate and change nothing. */
export const REVIEWS = {
  "database-review": {
    lacks: needsPostgres,
    part: (world) => ({ facts: { postgres: postgresFacts(world.settings) }, secrets: postgresSecret(world) ?? {} }),
  },
  "capacity-forecast": {
    lacks: needsMonitoring,
    part: ({ settings }) => ({ facts: { prometheus: prometheusUrl(settings) } }),
  },
  "secret-age": {
    lacks: ({ secrets }) => (Object.keys(secrets).length > 0 ? undefined : "the estate has no secrets"),
    part: ({ settings: { secrets, maintenance } }) => ({
      facts: {
        maxDays: maintenance?.secretAge.maxDays,
        secrets: Object.keys(secrets)
          .sort()
          .map((name) => ({ name, rotated: maintenance?.secretAge.rotated[name] })),
      },
    }),
  },
  "cost-summary": {
    lacks: ({ maintenance }) => (maintenance?.costs ? undefined : "`sluice:maintenance.costs` says nothing of what is paid"),
    part: ({ settings }) => ({ facts: { ...settings.maintenance?.costs, prometheus: prometheusUrl(settings) } }),
  },
  "performance-benchmark": {
    lacks: (settings) =>
      (settings.maintenance?.benchmark.paths ?? healthPaths(settings)).length > 0
        ? undefined
        : "no service has a route, and `sluice:maintenance.benchmark.paths` names none",
    part: (world) => {
      const { settings } = world;
      const { paths = healthPaths(settings), ...rest } = settings.maintenance?.benchmark ?? {
        requestsPerSecond: 0,
        seconds: 0,
        slowerPercent: 0,
      };
      const postgres = postgresFacts(settings);
      return {
        facts: { ...rest, paths, origin: `http://${addressIn(settings, "edge")}:${EDGE_PORT}`, ...(postgres && { postgres }) },
        secrets: postgresSecret(world) ?? {},
      };
    },
  },
  "security-audit": {
    lacks: always,
    part: ({ settings }) => {
      const { edge } = settings;
      // The machine that it looks at is main: the edge's ports are open where the edge is.
      const ports = edge.host === undefined ? [edge.port, ...(edge.tls ? [edge.tls.port] : [])] : [];
      return {
        facts: { ports: ports.map(String), tls: edge.tls ? [{ host: addressIn(settings, "edge"), port: EDGE_TLS_PORT }] : [] },
      };
    },
  },
  "check-updates": {
    lacks: always,
    part: ({ settings }) => ({ facts: { images: references(settings) } }),
  },
} as const satisfies Readonly<Partial<Record<KnownJob, JobFit>>>;
