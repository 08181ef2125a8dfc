import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { GuardConfig } from "../../rollout/guard/config.ts";
import type { Edge } from "../edge/edge.ts";
import { createContainer } from "../host/container.ts";
import type { Host } from "../host/host.ts";
import type { Running } from "../monitoring/container-info.ts";
import { PORTS } from "../monitoring/targets.ts";

export interface GuardArgs {
  readonly host: Host;
  /** Image by id or digest. */
  readonly image: pulumi.Input<string>;
  readonly edge: Edge;
  /** What it watches, and how strictly. A change of it replaces the container; what it has seen so far is kept. */
  readonly config: GuardConfig;
  readonly memoryMb: number;
  readonly cpus: number;
  readonly drainSeconds: number;
}

/**
 * The guard of an estate: it reads the edge's log as it is written and takes a canary back, in milliseconds, when its responses are worse than
 * chance explains. It has no Docker socket and no secrets, and writes nothing but the edge's control volume and its own state; when it dies,
 * its lease runs out and no rollout goes on.
 */
export class Guard extends pulumi.ComponentResource {
  /** Monitoring waits for it together with its own. */
  public readonly container: docker.Container;
  public readonly running: Running<pulumi.Output<string>>;

  constructor(name: string, args: GuardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:guard:Guard", name, {}, opts);
    const { host, image, edge, config, memoryMb, cpus, drainSeconds } = args;

    const state = new docker.Volume(
      `${name}-state`,
      { name: host.qualify(`${name}-state`), labels: host.labels("files") },
      { parent: this, provider: host.engine },
    );
    const container = createContainer(
      name,
      {
        ...{ host, role: "guard", image, memoryMb, cpus, drainSeconds },
        address: host.ownAddress("guard"),
        healthy: ["curl", "-fsS", "-o", "/dev/null", "--max-time", "2", `http://127.0.0.1:${PORTS.guard}/healthz`],
        healthIntervalSeconds: 10,
        env: { SLUICE_GUARD: JSON.stringify(config) },
        mounts: [
          { volume: edge.controlVolume, path: "/control", readOnly: false },
          { volume: edge.metricsVolume, path: "/metrics" },
          { volume: state.name, path: "/state", readOnly: false },
        ],
      },
      // The edge makes the files that it reads.
      { parent: this, dependsOn: [edge.ready] },
    );

    this.container = container;
    this.running = { name, role: "guard", id: container.id };
    this.registerOutputs({});
  }
}
