import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { awaitHealthy } from "../host/await-healthy.ts";
import { hostCommand } from "../host/command.ts";
import { createContainer } from "../host/container.ts";
import { STORE } from "../host/healing.ts";
import type { Host } from "../host/host.ts";
import { SecretFiles } from "../host/secret-files.ts";
import type { Running } from "../monitoring/container-info.ts";
import type { StoreAddress } from "../service/environment.ts";
import type { StoreSpec } from "./spec.ts";

export interface DatastoreArgs {
  readonly host: Host;
  readonly spec: StoreSpec;
  /** Image of the store, by id or digest. */
  readonly image: pulumi.Input<string>;
  readonly toolImage: pulumi.Input<string>;
  /** @default made at the first `up` and kept, encrypted, in the state */
  readonly password?: pulumi.Input<string> | undefined;
  /** Refuse to delete the data volume, whatever the program says. */
  readonly protectData: boolean;
  readonly memoryMb: number;
  readonly cpus: number;
  readonly drainSeconds: number;
}

/** What a data store says of itself to policies. */
export interface DatastoreFacts {
  readonly kind: StoreSpec["kind"];
  /** The data volume outlives the stack: the engine tells policies of `protect`, not of this. */
  readonly retained: boolean;
}

/** A first start lays out the data folder; a start after a crash replays the log. */
const READY_SECONDS = 120;

/** No `up` and no `destroy` deletes data. */
const RETAINED = true;

/**
 * A data store in one container, with its data in a volume that no `up` and no `destroy` ever deletes.
 *
 * Only services on the estate's network reach it: it has no port on the host. Changing its image, limits or password replaces
 * the container: the store is away for the seconds of a restart, and services answer unhealthy meanwhile.
 */
export class Datastore extends pulumi.ComponentResource {
  public readonly kind: StoreSpec["kind"];
  public readonly password: pulumi.Output<string>;
  public readonly address: StoreAddress;
  public readonly host: Host;
  /** To be awaited by services that use the store: it is healthy then. */
  public readonly ready: pulumi.Resource;
  /** Files with the store's password. */
  public readonly secrets: SecretFiles;
  public readonly running: readonly Running<pulumi.Output<string>>[];

  constructor(name: string, args: DatastoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:datastore:Datastore", name, {}, opts);
    const { host, image, toolImage, protectData, memoryMb, cpus, drainSeconds } = args;
    const { kind, port, dataPath, env, details } = args.spec;

    this.kind = kind;
    this.host = host;
    const passwordFile = `${kind}-password`;
    this.password = args.password === undefined ? generatePassword(`${name}-password`, host, this) : pulumi.secret(args.password);
    const secrets = new SecretFiles(`${name}-secrets`, { host, toolImage, secrets: { [passwordFile]: this.password } }, { parent: this });
    const data = new docker.Volume(
      `${name}-data`,
      { name: host.qualify(`${name}-data`), labels: host.labels("data") },
      { parent: this, provider: host.engine, protect: protectData, retainOnDelete: RETAINED },
    );
    this.secrets = secrets;
    const container = createContainer(
      name,
      {
        host,
        role: kind,
        image,
        address: host.ownAddress(kind),
        healthy: ["healthy"],
        healing: STORE,
        memoryMb,
        cpus,
        drainSeconds,
        env: { ...env, SLUICE_SECRETS_REVISION: secrets.revision },
        mounts: [secrets.mount, { volume: data.name, path: dataPath, readOnly: false }],
      },
      { parent: this },
    );

    this.ready = awaitHealthy(`${name}-ready`, { host, containers: [container], timeoutSeconds: READY_SECONDS }, { parent: this });
    this.address = { host: host.ownAddress(kind), port, passwordFile, details };
    this.running = [{ name, role: kind, id: container.id }];
    const facts: DatastoreFacts = { kind, retained: RETAINED };
    this.registerOutputs({ ...facts });
  }
}

/** 192 random bits in hex, made once and kept as an encrypted output. */
function generatePassword(name: string, host: Host, parent: pulumi.Resource): pulumi.Output<string> {
  const run = "head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \\n'";
  return pulumi.secret(hostCommand(name, { host, run, secret: true }, { parent, ignoreChanges: ["environment"] }).stdout);
}
