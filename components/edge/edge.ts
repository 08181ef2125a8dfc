import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { awaitHealthy } from "../host/await-healthy.ts";
import { createContainer } from "../host/container.ts";
import { quickStart } from "../host/healing.ts";
import type { Host } from "../host/host.ts";
import type { Running } from "../monitoring/container-info.ts";
import { STATUS_PORT } from "./status-server.ts";

export interface EdgeArgs {
  readonly host: Host;
  /** Image of the edge, by id or digest. */
  readonly image: pulumi.Input<string>;
  /** Host address that the edge listens on, e.g. `127.0.0.1`. */
  readonly bind: string;
  /** Somebody has said aloud that other machines may reach the edge. */
  readonly public: boolean;
  /** Host port for HTTP. */
  readonly port: number;
  /** Host port for HTTPS. @default none: plain HTTP only */
  readonly tlsPort?: number | undefined;
  /** Host port of the status page, always on the loopback address. @default none: no status page */
  readonly statusPort?: number | undefined;
  readonly memoryMb: number;
  readonly cpus: number;
  /** Time to finish requests when the edge itself is replaced, seconds. */
  readonly drainSeconds: number;
}

/** What the edge says of itself to policies. */
export interface EdgeFacts {
  readonly public: boolean;
  readonly tls: boolean;
}

const READY_SECONDS = 30;

/**
 * The nginx in front of every service: the only container with a port on the host.
 *
 * Weights and releases live in its control volume, its configuration in its config volume; both outlive the container, so a new
 * edge starts with the last good state. What metrics are counted from is in a third one. Replacing the edge itself (another image, port or limit) closes its port for a moment.
 */
export class Edge extends pulumi.ComponentResource {
  /**
   * Id of the edge's container, known when the edge answers. What was told to one container is told to the next one too: whoever names
   * it in a command runs again when it is another.
   */
  public readonly container: pulumi.Output<string>;
  public readonly url: string;
  public readonly host: Host;
  /** To be awaited by what needs the edge's volumes filled. */
  public readonly ready: pulumi.Resource;
  public readonly running: readonly Running<pulumi.Output<string>>[];
  /** Volume with the log that metrics are counted from. */
  public readonly metricsVolume: pulumi.Output<string>;
  /** Volume with shares and releases, for reading. */
  public readonly controlVolume: pulumi.Output<string>;

  constructor(name: string, args: EdgeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:edge:Edge", name, {}, opts);
    const { host, image, bind, port, tlsPort, statusPort, memoryMb, cpus, drainSeconds } = args;
    this.host = host;

    const volume = (role: "control" | "files", suffix: string) =>
      new docker.Volume(
        `${name}-${suffix}`,
        { name: host.qualify(`${name}-${suffix}`), labels: host.labels(role) },
        { parent: this, provider: host.engine },
      );
    const control = volume("control", "control");
    const config = volume("files", "config");
    const metrics = volume("files", "metrics");
    const listen = (internal: number, external: number, address = bind) => ({ bind: address, internal, external });
    const container = createContainer(
      name,
      {
        host,
        role: "edge",
        image,
        address: host.ownAddress("edge"),
        healthy: ["curl", "-fsS", "-o", "/dev/null", "--max-time", "2", "http://127.0.0.1:8081/healthz"],
        healing: quickStart(60, READY_SECONDS),
        memoryMb,
        cpus,
        drainSeconds,
        ports: [
          listen(8080, port),
          ...(tlsPort === undefined ? [] : [listen(8443, tlsPort)]),
          ...(statusPort === undefined ? [] : [listen(STATUS_PORT, statusPort, "127.0.0.1")]),
        ],
        mounts: [
          { volume: control.name, path: "/control", readOnly: false },
          { volume: config.name, path: "/config", readOnly: false },
          { volume: metrics.name, path: "/metrics", readOnly: false },
        ],
      },
      { parent: this },
    );

    const ready = awaitHealthy(`${name}-ready`, { host, containers: [container], timeoutSeconds: READY_SECONDS }, { parent: this });
    this.ready = ready;
    this.container = pulumi.all([container.id, ready.id]).apply(([id]) => id);
    this.running = [{ name, role: "edge", id: container.id }];
    this.metricsVolume = metrics.name;
    this.controlVolume = control.name;
    this.url = tlsPort === undefined ? `http://${bind}:${port}` : `https://${bind}:${tlsPort}`;
    const facts: EdgeFacts = { public: args.public, tls: tlsPort !== undefined };
    this.registerOutputs({ container: this.container, url: this.url, ...facts });
  }
}
