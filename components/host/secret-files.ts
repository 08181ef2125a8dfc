import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostCommand } from "./command.ts";
import type { VolumeMount } from "./container.ts";
import type { Host } from "./host.ts";

export interface SecretFilesArgs {
  readonly host: Host;
  /** An image of the estate that has `put-secret`, by id. */
  readonly toolImage: pulumi.Input<string>;
  /** Secret values by file name. */
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
}

/** User and group that the estate's programs run as. */
export const SLUICE_UID = 10001;

/** Where a container finds its secrets. */
export const SECRETS_PATH = "/run/secrets";

/**
 * Secrets as files for one container: owner-only, in a volume of their own, mounted read-only.
 *
 * They are never in the environment, where `docker inspect` shows them, nor on a command line. A changed secret changes
 * `revision`, which its readers carry in their environment, so they start anew with it.
 */
export class SecretFiles extends pulumi.ComponentResource {
  /** Changes with every write; says nothing about the values. */
  public readonly revision: pulumi.Output<string>;
  public readonly mount: VolumeMount;

  constructor(name: string, args: SecretFilesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:host:SecretFiles", name, {}, opts);
    const { host, toolImage, secrets } = args;

    const volume = new docker.Volume(
      `${name}-volume`,
      { name: host.qualify(name), labels: host.labels("secret") },
      { parent: this, provider: host.engine },
    );
    const writes = Object.entries(secrets).map(([file, value]) => {
      const tool = `docker run --rm -i --network none --user 0 --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER`;
      const label = `--label dev.sluice.estate=${host.estate} --entrypoint put-secret`;
      // The value is checked for being unchanged by the engine; the tool only ever writes it.
      const run = pulumi.interpolate`${tool} ${label} -v ${volume.name}:${SECRETS_PATH} ${toolImage} ${SECRETS_PATH}/${file} ${SLUICE_UID}`;
      return secretWrite(`${name}-${file}`, host, run, value, this);
    });

    this.revision = pulumi.all(writes).apply((revisions) => revisions.join("."));
    this.mount = { volume: volume.name, path: SECRETS_PATH };
    this.registerOutputs({ revision: this.revision });
  }
}

/** The tool's output is a random id of the write, not a secret; what it reads is one. */
function secretWrite(name: string, host: Host, run: pulumi.Input<string>, value: pulumi.Input<string>, parent: pulumi.Resource) {
  const write = hostCommand(name, { host, run, stdin: value, secret: true }, { parent });
  return pulumi.unsecret(write.stdout);
}
