import { derivedBlock, parseSubnet, type Subnet } from "./addresses.ts";
import { completeAlerting } from "./alerting.ts";
import { clusterImages, completeCluster, completeOutside } from "./complete-cluster.ts";
import { completeDokploy, dokployImages } from "./complete-dokploy.ts";
import { completeGithub, unsetSecrets } from "./complete-github.ts";
import { completeMaintenance } from "./complete-maintenance.ts";
import { isStandIn } from "./image-reference.ts";
import { dockerOf, keyOf, MAIN, nameOf } from "./place.ts";
import { type Path, type Problem, pathText } from "./problems.ts";
import { misplacedSecrets } from "./rules/secrets.ts";
import { type Facts, findings } from "./rules.ts";
import { schema, type Written, type WrittenHost, type WrittenService, type WrittenSlot } from "./schema.ts";
import { type ShapeProblem, shapeProblems, without } from "./shape.ts";
import {
  type HostSettings,
  type ImageSource,
  type LinkSettings,
  type MonitoringSettings,
  type NamedHost,
  type ServiceSettings,
  type Settings,
  SLOTS,
  type SlotSettings,
} from "./types.ts";

/**
 * What a stack file says, checked and completed; or everything that is wrong with it.
 *
 * @param raw the settings by name without `sluice:`, decoded; it is not changed
 * @returns deep-frozen settings, or at least one problem, ordered by path
 */
export function parseSettings(raw: Record<string, unknown>, facts: Facts): { ok: Settings<string> } | { problems: Problem[] } {
  const judged = schema.safeParse(raw);
  const shape = judged.success ? [] : shapeProblems(raw, judged.error.issues);
  const written = judged.success ? judged.data : remainder(raw, shape);
  const misplaced = misplacedSecrets(facts);
  const hidden = misplaced.map(({ at }) => at);
  // A rule is not judged by a default that stands in for a value that was refused.
  const unfit = [...shape.map(({ at }) => at), ...hidden];
  const broken = findings(written, facts).filter(({ at, reads = [] }) => ![at, ...reads].some((path) => isBelowAny(path, unfit)));
  const problems = [
    ...shape.filter(({ at }) => !isBelowAny(at, hidden)).map(({ problem }) => problem),
    ...[...misplaced, ...broken].map(({ at, received, allowed, fix }) => ({ path: pathText(at), received, allowed, fix })),
  ];
  if (problems.length > 0) return { problems: problems.sort(byPath) };
  return { ok: deepFreeze(complete(written, facts)) };
}

const byPath = (a: Problem, b: Problem): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

/** What is left of `raw` when every wrong value is taken out, so that the rules can judge the rest. A list may be too short without one: then it goes too. */
function remainder(raw: Record<string, unknown>, shape: readonly ShapeProblem[]): Written {
  const rest = without(
    raw,
    shape.map(({ at }) => at),
  );
  const judged = schema.safeParse(rest);
  if (judged.success) return judged.data;
  const left = shapeProblems(rest, judged.error.issues);
  if (left.some(({ at }) => at.length === 0)) throw judged.error;
  return remainder(rest, left);
}

const isBelowAny = (path: Path, roots: readonly Path[]): boolean =>
  roots.some((root) => root.length <= path.length && root.every((key, index) => key === path[index]));

function complete(written: Written, { stack, dockerHost }: Facts): Settings<string> {
  const {
    name,
    protectData,
    host,
    hosts,
    edge,
    postgres,
    redis,
    monitoring,
    maintenance,
    rollout,
    evidence,
    services,
    cluster,
    github,
    dokploy,
    secrets,
    postgresPassword,
    redisPassword,
  } = written;
  const others = completeHosts(hosts);
  return {
    name: nameOf(name, stack),
    protectData,
    host: { ...completeHost(host, dockerOf(host.docker, dockerHost)), ...(others.length > 0 && { link: linkOf(host) }) },
    ...(others.length > 0 && { hosts: others }),
    edge: completeEdge(edge),
    ...(postgres && { postgres: completeStore("postgres", postgres) }),
    ...(redis && { redis: completeStore("redis", redis) }),
    ...(monitoring && { monitoring: completeMonitoring(monitoring) }),
    ...(maintenance && {
      maintenance: {
        ...completeMaintenance(maintenance, dockerOf(host.docker, dockerHost).startsWith("unix:"), nameOf(name, stack)),
        source: source(maintenance, "images/jobs"),
      },
    }),
    ...(rollout && { rollout: { ...rollout, guard: completeStore("guard", rollout.guard) } }),
    ...(evidence?.publicKey !== undefined && { evidence: { ...evidence, publicKey: evidence.publicKey } }),
    services: Object.keys(services)
      .sort()
      .map((key) => completeService(key, services[key] as WrittenService, (place) => networkOf(place, host.subnet, others))),
    ...(cluster && { cluster: completeCluster(cluster, nameOf(name, stack)) }),
    ...(github && { github: completeGithub(github) }),
    ...(dokploy && { dokploy: completeDokploy(dokploy) }),
    secrets: {
      ...secrets,
      ...(postgresPassword !== undefined && { "postgres-password": postgresPassword }),
      ...(redisPassword !== undefined && { "redis-password": redisPassword }),
    },
    standIns: standIns(written),
    unset: github ? unsetSecrets(github, Object.keys(secrets)).map(({ at, secret }) => ({ path: pathText(at), secret })) : [],
  };
}

function completeHost({ hostKeys, keySecret, subnet }: Written["host"], docker: string): HostSettings {
  return {
    ...{ docker, subnet },
    ...(hostKeys && { hostKeys: hostKeys.map(keyOf) }),
    ...(keySecret !== undefined && { keySecret }),
  };
}

/** The hosts beside main, by name. Who signs in to them is who signs in to main. */
function completeHosts(hosts: Written["hosts"]): NamedHost[] {
  return Object.keys(hosts)
    .sort()
    .flatMap((name) => {
      const { docker, subnet = "", ...rest } = hosts[name] as WrittenHost;
      return docker === undefined ? [] : [{ name, ...completeHost({ ...rest, subnet }, docker), link: linkOf(rest) }];
    });
}

const linkOf = ({ linkAddress, linkPort }: Pick<WrittenHost, "linkAddress" | "linkPort">): LinkSettings => ({
  ...(linkAddress !== undefined && { address: linkAddress }),
  port: linkPort,
});

/** The network that a service's addresses are of. @param place name of its host; @default main */
function networkOf(place: string | undefined, main: string, others: readonly NamedHost[]): Subnet {
  const network = others.find(({ name }) => name === place)?.subnet ?? main;
  const parsed = parseSubnet(network);
  if ("fix" in parsed) throw new Error(`a subnet passed the rules that cannot be parsed: ${network}`);
  return parsed.subnet;
}

/** Said aloud or not, main is main. */
const placeOf = (host: string | undefined) => (host === undefined || host === MAIN ? {} : { host });

function completeEdge({ image, build, tls, host, ...edge }: Written["edge"]): Settings["edge"] {
  const files = tls?.certificate !== undefined &&
    tls.key !== undefined && { tls: { certificate: tls.certificate, key: tls.key, port: tls.port } };
  return { source: source({ image, build }, "images/edge"), ...placeOf(host), ...edge, ...files };
}

function completeStore<T extends object>(
  role: string,
  { image, build, ...store }: T & { image?: string | undefined; build?: string | undefined },
) {
  return { source: source({ image, build }, `images/${role}`), ...store };
}

function completeMonitoring(written: NonNullable<Written["monitoring"]>): MonitoringSettings {
  const { host, prometheus, alertmanager, exporters, remoteWrite, runbooks, backups, alerting, ...rest } = written;
  return {
    ...placeOf(host),
    ...rest,
    backups: Object.entries(backups).map(([job, maxAgeHours]) => ({ job, maxAgeHours })),
    alerting: completeAlerting(alerting),
    runbooks: runbooks.replace(/\/+$/, ""),
    ...(remoteWrite?.url !== undefined && { remoteWrite: { ...remoteWrite, url: remoteWrite.url } }),
    prometheus: completeStore("prometheus", prometheus),
    alertmanager: completeStore("alertmanager", alertmanager),
    exporters: completeStore("exporters", exporters),
  };
}

function completeService(name: string, written: WrittenService, network: (host: string | undefined) => Subnet): ServiceSettings {
  const { host, route, port = 0, replicas, env, blue, green, rollout, frozen, outside, ...service } = written;
  const { block = derivedBlock(name, network(host)) } = written;
  const declared = { blue, green };
  const slots = SLOTS.flatMap((slot) => {
    const it = declared[slot];
    return it ? [[slot, completeSlot(it, replicas, env)] as const] : [];
  });
  // In a cluster, each node asks its own pods for their health; nobody else is let in to ask.
  const asked: NonNullable<typeof rollout.smoke> = service.target === "docker" ? [{ expect: 200, timeoutSeconds: 5 }] : [];
  const { probes = [service.health], smoke = asked, ...patience } = rollout;
  return {
    ...{
      name,
      ...(route !== undefined && { route }),
      ...placeOf(host),
      ...service,
      port,
      block,
      outside: completeOutside(outside),
      slots: Object.fromEntries(slots),
    },
    rollout: { ...patience, probes, smoke: smoke.map((test) => ({ ...test, path: test.path ?? service.health })) },
    ...(frozen?.decision !== undefined &&
      frozen.release !== undefined &&
      frozen.slot !== undefined && { frozen: { decision: frozen.decision, release: frozen.release, slot: frozen.slot } }),
  };
}

function completeSlot(slot: WrittenSlot, replicas: number, env: WrittenService["env"]): SlotSettings {
  const texts = Object.entries({ ...env, ...slot.env }).map(([key, value]) => [key, String(value)]);
  return {
    source: source(slot, ""),
    ...(slot.release !== undefined && { release: slot.release }),
    replicas: slot.replicas ?? replicas,
    env: Object.fromEntries(texts),
    files: slot.files,
  };
}

function source({ image, build }: { image?: string | undefined; build?: string | undefined }, role: string): ImageSource {
  return image !== undefined ? { kind: "registry", reference: image } : { kind: "build", context: build ?? role };
}

function standIns({ edge, postgres, redis, monitoring, maintenance, rollout, services, cluster, dokploy }: Written): string[] {
  const images: [Path, string | undefined][] = [
    [["edge", "image"], edge.image],
    [["postgres", "image"], postgres?.image],
    [["redis", "image"], redis?.image],
    ...(["prometheus", "alertmanager", "exporters"] as const).map((program): [Path, string | undefined] => [
      ["monitoring", program, "image"],
      monitoring?.[program].image,
    ]),
    [["maintenance", "image"], maintenance?.image],
    [["rollout", "guard", "image"], rollout?.guard.image],
    ...Object.entries(services).flatMap(([name, service]) =>
      SLOTS.map((slot): [Path, string | undefined] => [["services", name, slot, "image"], service[slot]?.image]),
    ),
    ...(cluster ? clusterImages(cluster) : []),
    ...(dokploy ? dokployImages(dokploy) : []),
  ];
  return images.flatMap(([path, image]) => (image !== undefined && isStandIn(image) ? [pathText(path)] : []));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
