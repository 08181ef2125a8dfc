import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostCommand } from "./command.ts";
import type { VolumeMount } from "./container.ts";
import type { Host } from "./host.ts";
import { SECRETS_PATH } from "./paths.ts";
import { toolRun } from "./tool.ts";

export interface SecretFilesArgs {
  readonly host: Host;
  /** An image of the estate that has `put-secret`, by id. */
  readonly toolImage: pulumi.Input<string>;
  /** Secret values by file name. */
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
}

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
      const run = toolRun({ host, image: toolImage, words: ["put-secret", `${SECRETS_PATH}/${file}`], volume, path: SECRETS_PATH });
      const write = hostCommand(`${name}-${file}`, { host, run, stdin: value, secret: true }, { parent: this });
      // The tool's output is a random id of the write, not a secret; what it reads is one.
      return pulumi.unsecret(write.stdout);
    });

    this.revision = pulumi.all(writes).apply((revisions) => revisions.join("."));
    this.mount = { volume: volume.name, path: SECRETS_PATH };
    this.registerOutputs({ revision: this.revision });
  }
}
