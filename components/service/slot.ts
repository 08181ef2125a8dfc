import * as pulumi from "@pulumi/pulumi";
import type { Slot as SlotName } from "../edge/share.ts";
import { awaitHealthy } from "../host/await-healthy.ts";
import { createContainer, type VolumeMount } from "../host/container.ts";
import { quickStart } from "../host/healing.ts";
import type { Host } from "../host/host.ts";
import type { SecretFiles } from "../host/secret-files.ts";
import { shellWord } from "../host/ssh.ts";
import type { Running } from "../monitoring/container-info.ts";
import { type StoreAddress, slotEnvironment } from "./environment.ts";
import { SlotFiles } from "./slot-files.ts";

/** What both slots of a service have in common. */
export interface SlotDefaults {
  readonly host: Host;
  readonly service: string;
  /** Port that the service's program listens on, inside its containers. */
  readonly port: number;
  /** HTTP path that answers 2xx when the service can do its work. */
  readonly health: string;
  readonly healthIntervalSeconds: number;
  readonly healthTimeoutSeconds: number;
  readonly healthRetries: number;
  /** Time that a container may stay unhealthy before it is ended and starts anew, seconds; 0: for ever. */
  readonly restartAfterSeconds: number;
  /** Longest wait for a new container to become healthy, seconds. */
  readonly readyTimeoutSeconds: number;
  readonly drainSeconds: number;
  readonly memoryMb: number;
  readonly cpus: number;
  /** Block of addresses that the service's containers live in. */
  readonly block: number;
  readonly stores: Readonly<Record<string, StoreAddress>>;
  /** Data stores, healthy before the service starts. */
  readonly after: readonly pulumi.Resource[];
  /** The service's secrets; absent: it has none. */
  readonly secrets?: SecretFiles | undefined;
  readonly toolImage: pulumi.Input<string>;
  /** Id of the running edge container, which is told the slot's release. */
  readonly edgeContainer: pulumi.Input<string>;
  /** Host that the edge is on. @default the service's own */
  readonly edgeHost?: Host | undefined;
}

/** What a slot says of itself to policies. */
export interface SlotFacts {
  readonly service: string;
  readonly slot: SlotName;
  readonly release: string;
  readonly reference: string;
  readonly replicas: number;
}

export interface SlotArgs {
  readonly defaults: SlotDefaults;
  readonly slot: SlotName;
  /** Image by id or digest. */
  readonly image: pulumi.Input<string>;
  /** The image as the settings name it: `registry/name@sha256:…`, or `build:<folder>@<hash of its content>`. */
  readonly reference: string;
  /** Name of what the slot runs, as in metrics and the access log. */
  readonly release: string;
  /** Containers of the slot, 1 to 8. */
  readonly replicas: number;
  readonly env: Readonly<Record<string, string>>;
  /** Configuration files of this release by relative path. @default none */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * One slot of a service: its containers in one release, with that release's own environment and files.
 *
 * It is there when every container is healthy; a container that is not fails the update with its last log lines. The other
 * slot is never touched.
 */
export class Slot extends pulumi.ComponentResource {
  public readonly slot: SlotName;
  public readonly replicas: number;
  /** Ids of the containers, known to be healthy. */
  public readonly containers: pulumi.Output<string[]>;
  /** To be awaited by what sends traffic here. */
  public readonly ready: pulumi.Resource;
  public readonly running: readonly Running<pulumi.Output<string>>[];
  /** Address of each container on the estate's network. */
  public readonly addresses: readonly string[];
  public readonly release: string;

  constructor(name: string, args: SlotArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:service:Slot", name, {}, opts);
    const { defaults, slot, image, reference, release, replicas, env, files = {} } = args;
    const { host, service, secrets } = defaults;
    this.slot = slot;
    this.replicas = replicas;
    this.release = release;
    this.addresses = Array.from({ length: replicas }, (_, index) => host.slotAddress(defaults.block, slot, index + 1));

    const hasFiles = Object.keys(files).length > 0;
    const config = hasFiles ? new SlotFiles(`${name}-config`, { host, toolImage: defaults.toolImage, files }, { parent: this }) : undefined;
    const identity = { service, slot, release };
    const variables = slotEnvironment({ ...defaults, identity, hasFiles, env });
    const mounts: VolumeMount[] = [config, secrets].flatMap((files) => (files ? [files.mount] : []));
    const containers = this.addresses.map((address, index) =>
      createContainer(
        `${name}-${index + 1}`,
        {
          ...containerDefaults(defaults),
          role: "service",
          slot: identity,
          image,
          address,
          env: secrets ? { ...variables, SLUICE_SECRETS_REVISION: secrets.revision } : variables,
          mounts,
        },
        { parent: this, dependsOn: [...defaults.after, ...(config ? [config.written] : [])] },
      ),
    );
    this.ready = awaitHealthy(
      `${name}-ready`,
      {
        host,
        containers,
        timeoutSeconds: defaults.readyTimeoutSeconds,
        // The edge learns the release first: what the containers answer from now on is that release's doing.
        first: pulumi.interpolate`${atTheEdge(defaults)}docker exec -i ${defaults.edgeContainer} set-release ${service} ${slot} > /dev/null || exit 1`,
        stdin: release,
      },
      { parent: this },
    );

    this.running = containers.map(({ id }, index) => ({ name: `${name}-${index + 1}`, role: "service", slot: identity, id }));
    this.containers = pulumi.all(containers.map((container) => container.id));
    const facts: SlotFacts = { service, slot, release, reference, replicas };
    this.registerOutputs({ containers: this.containers, ...facts });
  }
}

/** What makes `docker` talk to the edge's engine, where that is another one. */
const atTheEdge = ({ host, edgeHost = host }: SlotDefaults): string =>
  edgeHost.docker === host.docker ? "" : `DOCKER_HOST=${shellWord(edgeHost.docker)} `;

/** The part of a container's arguments that does not differ between slots, field by field. */
function containerDefaults(defaults: SlotDefaults) {
  const { host, port, health, memoryMb, cpus, drainSeconds, healthIntervalSeconds, healthTimeoutSeconds, healthRetries } = defaults;
  const { restartAfterSeconds, readyTimeoutSeconds } = defaults;
  return {
    host,
    healthy: ["curl", "-fsS", "-o", "/dev/null", "--max-time", `${healthTimeoutSeconds}`, `http://127.0.0.1:${port}${health}`],
    healthIntervalSeconds,
    healthTimeoutSeconds,
    healthRetries,
    healing: quickStart(restartAfterSeconds, readyTimeoutSeconds),
    memoryMb,
    cpus,
    drainSeconds,
  };
}
