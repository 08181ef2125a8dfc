import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { awaitHealthy } from "../host/await-healthy.ts";
import { ConfigFiles } from "../host/config-files.ts";
import { createContainer } from "../host/container.ts";
import type { Host } from "../host/host.ts";
import type { SecretFiles } from "../host/secret-files.ts";
import type { Files } from "../host/txtar.ts";
import type { Running } from "./container-info.ts";
import { PORTS } from "./targets.ts";

/** What one container of monitoring may take. */
export interface Limits {
  readonly memoryMb: number;
  readonly cpus: number;
  readonly drainSeconds: number;
}

export interface ServerArgs extends Limits {
  readonly host: Host;
  readonly kind: "prometheus" | "alertmanager";
  /** Image by id or digest. */
  readonly image: pulumi.Input<string>;
  /** Flags of the program. */
  readonly flags: readonly string[];
  /** Configuration by relative path. */
  readonly files: pulumi.Input<Files>;
  /** Passwords and addresses that the configuration names as files. @default none */
  readonly secrets?: SecretFiles | undefined;
}

const READY_SECONDS = 90;

/** The tool that judges the configuration of each program, on the folder `$NEXT`. */
const CHECK = {
  prometheus: "promtool check config $NEXT/prometheus.yml",
  alertmanager: "amtool check-config $NEXT/alertmanager.yml",
} as const;

/**
 * Prometheus or Alertmanager: a container, its data, and its configuration, which changes while it runs.
 *
 * A changed rule, target or receiver is checked beside the live files, swapped and read again: the container is not touched, no
 * scrape is missed. What the checker refuses fails the update with its words, and the old files stay in force.
 */
export class MonitoringServer extends pulumi.ComponentResource {
  public readonly running: Running<pulumi.Output<string>>;

  constructor(args: ServerArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, kind, image, flags, files, secrets, memoryMb, cpus, drainSeconds } = args;
    super("sluice:monitoring:MonitoringServer", kind, {}, opts);

    const volume = (suffix: string, role: "files" | "data") =>
      new docker.Volume(
        `${kind}-${suffix}`,
        { name: host.qualify(`${kind}-${suffix}`), labels: host.labels(role) },
        { parent: this, provider: host.engine, ...(role === "data" ? { retainOnDelete: true } : {}) },
      );
    const config = volume("config", "files");
    const data = volume("data", "data");
    const container = createContainer(
      kind,
      {
        ...{ host, role: kind, image, memoryMb, cpus, drainSeconds, command: flags },
        address: host.ownAddress(kind),
        healthy: ["curl", "-fsS", "-o", "/dev/null", "--max-time", "2", `http://127.0.0.1:${PORTS[kind]}/-/ready`],
        healthIntervalSeconds: 15,
        env: { GOMAXPROCS: `${Math.max(1, Math.round(cpus))}`, ...(secrets ? { SLUICE_SECRETS_REVISION: secrets.revision } : {}) },
        mounts: [
          { volume: config.name, path: "/config", readOnly: false },
          { volume: data.name, path: `/var/lib/${kind}`, readOnly: false },
          ...(secrets ? [secrets.mount] : []),
        ],
      },
      { parent: this },
    );
    new ConfigFiles(
      `${kind}-files`,
      {
        ...{ host, container: container.id, files },
        folder: `/config/${kind}`,
        check: CHECK[kind],
        reload: `reload-server ${PROGRAM[kind]} http://127.0.0.1:${PORTS[kind]}/metrics`,
      },
      { parent: this },
    );
    awaitHealthy(`${kind}-ready`, { host, containers: [container], timeoutSeconds: READY_SECONDS }, { parent: this });

    this.running = { name: kind, role: kind, id: container.id };
    this.registerOutputs({});
  }
}

/** Name of each program's process. */
const PROGRAM = { prometheus: "prometheus", alertmanager: "prometheus-alertmanager" } as const;
