import { createHash } from "node:crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostCommand } from "../host/command.ts";
import type { VolumeMount } from "../host/container.ts";
import type { Host } from "../host/host.ts";
import { CONFIG_PATH } from "../host/paths.ts";
import { toolRun } from "../host/tool.ts";
import { type Files, sealedTxtar } from "../host/txtar.ts";

export interface SlotFilesArgs {
  readonly host: Host;
  /** An image of the estate that has `put-files`, by id. */
  readonly toolImage: pulumi.Input<string>;
  /** Text files by relative path. */
  readonly files: Files;
}

/**
 * A slot's own configuration files, read-only in its containers.
 *
 * The volume is named by its content: another content is another volume, so a release's configuration moves with the release and
 * the other slot keeps its own.
 */
export class SlotFiles extends pulumi.ComponentResource {
  public readonly mount: VolumeMount;
  /** To be awaited by the containers that read the files. */
  public readonly written: pulumi.Resource;

  constructor(name: string, args: SlotFilesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:service:SlotFiles", name, {}, opts);
    const { host, toolImage, files } = args;

    const text = sealedTxtar(files);
    const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
    const volume = new docker.Volume(
      `${name}-volume`,
      { name: host.qualify(`${name}-${hash}`), labels: host.labels("files") },
      { parent: this, provider: host.engine },
    );
    const run = toolRun({ host, image: toolImage, words: ["put-files", CONFIG_PATH], volume, path: CONFIG_PATH });
    this.written = hostCommand(`${name}-write`, { host, run, stdin: text }, { parent: this });
    this.mount = { volume: volume.name, path: CONFIG_PATH };
    this.registerOutputs({});
  }
}
