import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Datastore } from "../datastore/datastore.ts";
import type { Edge } from "../edge/edge.ts";
import type { AddressOf } from "../host/addresses.ts";
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
  /** Machine that Prometheus, Alertmanager and the probes are on. */
  readonly host: Host;
  /** Every machine of the estate. @default `host`: there is one */
  readonly hosts?: readonly Host[] | undefined;
  /** Where the estate's own programs are. */
  readonly addressOf: AddressOf;
  readonly toolImage: pulumi.Input<string>;
  readonly edge: Edge;
  readonly stores: readonly Datastore[];
  /** Containers of services. */
  readonly slots: readonly SlotTarget[];
  readonly routes: readonly RouteTarget[];
  /** Every container of the estate but monitoring's own, and the machine that it is on. */
  readonly running: readonly { readonly host: Host; readonly running: readonly Running<pulumi.Output<string>>[] }[];
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
  /** The exporters' image on a machine. @default `exporters.image`: there is one machine */
  readonly imageOn?: ((host: Host) => pulumi.Input<string>) | undefined;
}

/** One program that turns something into metrics. */
interface Measured {
  readonly name: string;
  readonly role: Exporter | "probes";
  readonly host: Host;
  readonly spec: ExporterSpec;
  readonly store?: Datastore;
  readonly after: readonly pulumi.Resource[];
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
    const { host, edge, slots, routes, retentionDays, retentionMb, rules } = args;

    const measured = this.measured(args).map((one) => ({ ...one, container: this.exporter(one, args) }));
    const machines = [...new Set([host, ...measured.map((one) => one.host)])];
    for (const machine of machines) {
      const own = measured.filter((one) => one.host === machine).map(({ container }) => container);
      const guards = args.guard && edge.host === machine ? [args.guard.container] : [];
      const containers = [...own, ...guards];
      if (containers.length === 0) continue;
      awaitHealthy(machine.named("exporters-ready"), { host: machine, timeoutSeconds: READY_SECONDS, containers }, { parent: this });
    }

    const url = (program: string) => [`--web.external-url=http://127.0.0.1:${args.port}/${program}/`, "--web.route-prefix=/"];
    const prometheus = new MonitoringServer(
      {
        ...{ host, kind: "prometheus", ...args.prometheus },
        flags: [...url("prometheus"), `--storage.tsdb.retention.time=${retentionDays}d`, `--storage.tsdb.retention.size=${retentionMb}MB`],
        files: renderPrometheus({
          estate: host.estate,
          addressOf: args.addressOf,
          ...{ rules, scrapeSeconds: args.scrapeSeconds, edgeScrapeSeconds: args.edgeScrapeSeconds, remoteWrite: remoteWrite(args) },
          targets: {
            slots,
            routes,
            guard: args.guard !== undefined,
            exporters: [...new Set(measured.flatMap(({ role }) => (role === "probes" ? [] : [role])))],
            machines: machines.flatMap((one) =>
              one.place === undefined ? [] : [{ name: one.place, address: one.ownAddress("node-metrics") }],
            ),
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

    for (const machine of machines) {
      const on = (place: Host, running: readonly Running<pulumi.Output<string>>[]) => (place === machine ? running : []);
      const exporters = measured.flatMap((one) => on(one.host, [{ name: one.name, role: "exporter", id: one.container.id }]));
      const node = measured.find((one) => one.host === machine && one.role === "node-metrics");
      const known = [
        ...args.running.flatMap((part) => on(part.host, part.running)),
        ...on(edge.host, args.guard ? [args.guard.running] : []),
        ...on(host, [prometheus.running, alertmanager.running]),
        ...exporters,
      ];
      if (node) this.tellWhoIsWho(machine, node.container, known);
    }
    this.registerOutputs({});
  }

  /** Every program that turns something into metrics, on the machine of what it measures. */
  private measured({ host, hosts = [host], edge, stores, containerMetrics, jobs }: MonitoringArgs): Measured[] {
    const text = (machine: Host) =>
      new docker.Volume(
        machine.named("node-text"),
        { name: machine.qualify("node-text"), labels: machine.labels("files") },
        { parent: this, provider: machine.engine },
      );
    const node = (machine: Host): Measured => ({
      ...{ name: machine.named("node-metrics"), role: "node-metrics", host: machine },
      spec: nodeMetrics(
        text(machine).name,
        machine === edge.host ? edge.controlVolume : undefined,
        containerMetrics,
        machine.place === undefined ? jobs?.volume : undefined,
      ),
      after: machine.place === undefined && jobs ? [jobs.ready] : [],
    });
    const storeMetrics = (store: Datastore): Measured => {
      const own = store.kind === "postgres" ? postgresMetrics : redisMetrics;
      const role = `${store.kind}-metrics` as const;
      return { name: role, role, host: store.host, spec: own(store.address, store.secrets.mount), store, after: [store.ready] };
    };
    return [
      // The edge makes the files that its counter reads.
      { name: "edge-metrics", role: "edge-metrics", host: edge.host, spec: edgeMetrics(edge.metricsVolume), after: [edge.ready] },
      ...hosts.map(node),
      ...stores.map(storeMetrics),
      { name: "probes", role: "probes", host, spec: probes, after: [] },
    ];
  }

  private exporter({ name, role, host, spec, store, after }: Measured, args: MonitoringArgs): docker.Container {
    const { exporters, imageOn } = args;
    const { command, healthy, env = {}, mounts = [], user } = spec;
    return createContainer(
      name,
      {
        ...{ host, role: "exporter", ...exporters, command, mounts, user },
        image: imageOn?.(host) ?? exporters.image,
        address: host.ownAddress(role),
        healthy: ["curl", "-fsS", "-o", "/dev/null", "--max-time", "2", `http://127.0.0.1:${PORTS[role]}${healthy}`],
        healthIntervalSeconds: 15,
        env: { GOMAXPROCS: "1", ...env, ...(store ? { SLUICE_SECRETS_REVISION: store.secrets.revision } : {}) },
      },
      { parent: this, dependsOn: [...after] },
    );
  }

  private secretFiles(kind: string, { host, toolImage, secrets }: MonitoringArgs, names: readonly string[]): SecretFiles | undefined {
    if (names.length === 0) return undefined;
    const own = Object.fromEntries(names.flatMap((secret) => (secrets[secret] === undefined ? [] : [[secret, secrets[secret]]])));
    return new SecretFiles(`${kind}-secrets`, { host, toolImage, secrets: own }, { parent: this });
  }

  /** Give the exporter of a machine the names behind the container ids that it sees. */
  private tellWhoIsWho(host: Host, node: docker.Container, running: readonly Running<pulumi.Output<string>>[]): void {
    const known = pulumi.all(running.map(({ id, ...rest }) => id.apply((known): Running<string> => ({ ...rest, id: known }))));
    hostCommand(
      host.named("container-names"),
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
