import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Datastore } from "../datastore/datastore.ts";
import type { Edge } from "../edge/edge.ts";
import { awaitHealthy } from "../host/await-healthy.ts";
import { hostCommand } from "../host/command.ts";
import { createContainer } from "../host/container.ts";
import type { Host } from "../host/host.ts";
import { SECRETS_PATH } from "../host/paths.ts";
import { SecretFiles } from "../host/secret-files.ts";
import type { Files } from "../host/txtar.ts";
import type { Maintenance } from "../maintenance/maintenance.ts";
import { containerInfo, type Running } from "./container-info.ts";
import { type ExporterSpec, edgeMetrics, nodeMetrics, postgresMetrics, probes, redisMetrics } from "./exporters.ts";
import { type RemoteWrite, renderPrometheus } from "./prometheus-conf.ts";
import { type Limits, MonitoringServer } from "./server.ts";
import { type Exporter, PORTS, type RouteTarget, type SlotTarget } from "./targets.ts";

/** One program's image, by id or digest, and what it may take. */
export interface Program extends Limits {
  readonly image: pulumi.Input<string>;
}

export interface MonitoringArgs {
  readonly host: Host;
  readonly toolImage: pulumi.Input<string>;
  readonly edge: Edge;
  readonly stores: readonly Datastore[];
  /** Containers of services. */
  readonly slots: readonly SlotTarget[];
  readonly routes: readonly RouteTarget[];
  /** Every container of the estate but monitoring's own. */
  readonly running: readonly Running<pulumi.Output<string>>[];
  /** What watches canaries. @default nothing */
  readonly guard?: { readonly running: Running<pulumi.Output<string>>; readonly container: docker.Container } | undefined;
  /** Jobs of maintenance; the machine's exporter reads their numbers. @default none */
  readonly jobs?: Pick<Maintenance, "volume" | "ready"> | undefined;
  /** Port of 127.0.0.1 that people reach it at, through the edge. */
  readonly port: number;
  /** Seconds. */
  readonly scrapeSeconds: number;
  /** Seconds. */
  readonly edgeScrapeSeconds: number;
  readonly retentionDays: number;
  readonly retentionMb: number;
  /** Whether the host's control groups may be read. */
  readonly containerMetrics: boolean;
  readonly remoteWrite?:
    | { readonly url: string; readonly user?: string | undefined; readonly passwordSecret?: string | undefined }
    | undefined;
  /** Rule files by relative path. */
  readonly rules: Files;
  /** Alertmanager's configuration, and the secrets that it names as files. */
  readonly alerting: { readonly files: Files; readonly secrets: readonly string[] };
  /** Values of secrets, by name. */
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  readonly prometheus: Program;
  readonly alertmanager: Program;
  readonly exporters: Program;
}

const READY_SECONDS = 60;

/**
 * Metrics by slot and release, alerts, and what people look at: Prometheus, Alertmanager and one small program for each thing that is
 * turned into metrics. All of it is inside the estate's network; people reach it through the edge, on the loopback address.
 *
 * Its targets come from the components: a new service is measured without another line.
 */
export class Monitoring extends pulumi.ComponentResource {
  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:monitoring:Monitoring", name, {}, opts);
    const { host, edge, stores, slots, routes, containerMetrics, retentionDays, retentionMb, rules } = args;

    const text = new docker.Volume(
      "node-text",
      { name: host.qualify("node-text"), labels: host.labels("files") },
      { parent: this, provider: host.engine },
    );
    const exporters: [Exporter | "probes", ExporterSpec, Datastore?][] = [
      ["edge-metrics", edgeMetrics(edge.metricsVolume)],
      ["node-metrics", nodeMetrics(text.name, edge.controlVolume, containerMetrics, args.jobs?.volume)],
      ...stores.map((store): [Exporter, ExporterSpec, Datastore] =>
        store.kind === "postgres"
          ? ["postgres-metrics", postgresMetrics(store.address, store.secrets.mount), store]
          : ["redis-metrics", redisMetrics(store.address, store.secrets.mount), store],
      ),
      ["probes", probes],
    ];
    const containers = exporters.map(([role, spec, store]) => [role, this.exporter(role, spec, args, store)] as const);
    awaitHealthy(
      "exporters-ready",
      {
        ...{ host, timeoutSeconds: READY_SECONDS },
        containers: [...containers.map(([, container]) => container), ...(args.guard ? [args.guard.container] : [])],
      },
      { parent: this },
    );

    const url = (program: string) => [`--web.external-url=http://127.0.0.1:${args.port}/${program}/`, "--web.route-prefix=/"];
    const prometheus = new MonitoringServer(
      {
        ...{ host, kind: "prometheus", ...args.prometheus },
        flags: [...url("prometheus"), `--storage.tsdb.retention.time=${retentionDays}d`, `--storage.tsdb.retention.size=${retentionMb}MB`],
        files: renderPrometheus({
          estate: host.estate,
          subnet: host.subnet,
          ...{ rules, scrapeSeconds: args.scrapeSeconds, edgeScrapeSeconds: args.edgeScrapeSeconds, remoteWrite: remoteWrite(args) },
          targets: {
            slots,
            routes,
            guard: args.guard !== undefined,
            exporters: exporters.flatMap(([role]) => (role === "probes" ? [] : [role])),
          },
        }),
        secrets: this.secretFiles("prometheus", args, args.remoteWrite?.passwordSecret ? [args.remoteWrite.passwordSecret] : []),
      },
      { parent: this },
    );
    const alertmanager = new MonitoringServer(
      {
        ...{ host, kind: "alertmanager", ...args.alertmanager, files: args.alerting.files, flags: url("alertmanager") },
        secrets: this.secretFiles("alertmanager", args, args.alerting.secrets),
      },
      { parent: this },
    );

    this.tellWhoIsWho(host, containers, [
      ...args.running,
      ...(args.guard ? [args.guard.running] : []),
      prometheus.running,
      alertmanager.running,
    ]);
    this.registerOutputs({});
  }

  private exporter(role: Exporter | "probes", spec: ExporterSpec, args: MonitoringArgs, store: Datastore | undefined): docker.Container {
    const { host, exporters, edge } = args;
    const { command, healthy, env = {}, mounts = [], user } = spec;
    return createContainer(
      role,
      {
        ...{ host, role: "exporter", ...exporters, command, mounts, user },
        address: host.ownAddress(role),
        healthy: ["curl", "-fsS", "-o", "/dev/null", "--max-time", "2", `http://127.0.0.1:${PORTS[role]}${healthy}`],
        healthIntervalSeconds: 15,
        env: { GOMAXPROCS: "1", ...env, ...(store ? { SLUICE_SECRETS_REVISION: store.secrets.revision } : {}) },
      },
      // The edge makes the files that its counter reads.
      {
        parent: this,
        dependsOn: [
          ...(store ? [store.ready] : []),
          ...(role === "edge-metrics" ? [edge.ready] : []),
          ...(role === "node-metrics" && args.jobs ? [args.jobs.ready] : []),
        ],
      },
    );
  }

  private secretFiles(kind: string, { host, toolImage, secrets }: MonitoringArgs, names: readonly string[]): SecretFiles | undefined {
    if (names.length === 0) return undefined;
    const own = Object.fromEntries(names.flatMap((secret) => (secrets[secret] === undefined ? [] : [[secret, secrets[secret]]])));
    return new SecretFiles(`${kind}-secrets`, { host, toolImage, secrets: own }, { parent: this });
  }

  /** Give the exporter of the machine the names behind the container ids that it sees. */
  private tellWhoIsWho(
    host: Host,
    containers: readonly (readonly [string, docker.Container])[],
    running: readonly Running<pulumi.Output<string>>[],
  ): void {
    const all = [...running, ...containers.map(([name, { id }]): Running<pulumi.Output<string>> => ({ name, role: "exporter", id }))];
    const node = containers.find(([name]) => name === "node-metrics")?.[1];
    if (!node) return;
    const known = pulumi.all(all.map(({ id, ...rest }) => id.apply((known): Running<string> => ({ ...rest, id: known }))));
    hostCommand(
      "container-names",
      { host, run: pulumi.interpolate`docker exec -i ${node.id} put-metrics estate`, stdin: known.apply(containerInfo) },
      { parent: this },
    );
  }
}

function remoteWrite({ remoteWrite: wanted }: MonitoringArgs): RemoteWrite | undefined {
  if (!wanted) return undefined;
  const { url, user, passwordSecret } = wanted;
  return { url, user, ...(passwordSecret === undefined ? {} : { passwordFile: `${SECRETS_PATH}/${passwordSecret}` }) };
}
