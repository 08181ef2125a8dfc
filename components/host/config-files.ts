import * as pulumi from "@pulumi/pulumi";
import { hostCommand } from "./command.ts";
import type { Host } from "./host.ts";
import { type Files, sealedTxtar } from "./txtar.ts";

export interface ConfigFilesArgs {
  readonly host: Host;
  /** Name of the running container that owns the files. */
  readonly container: pulumi.Input<string>;
  /** Folder inside it that holds the sets of files; the live one is its `current`. */
  readonly folder: string;
  /** Text files by relative path. */
  readonly files: pulumi.Input<Files>;
  /** The owner's own checker, run on the new files (in `$NEXT`) before they become current, e.g. `nginx -t`. @default none */
  readonly check?: string;
  /** Makes the owner read them. @default none */
  readonly reload?: string;
  /** The files hold a secret: keep them out of previews and logs. @default false */
  readonly secret?: boolean;
}

/**
 * Text files inside a running container, changed as a whole or not at all.
 *
 * They are unpacked beside the live ones, judged by the owner's checker, swapped by one rename and then read by the owner. On a
 * checker's no the update fails with the checker's words and the old files keep serving; the next good update heals.
 */
export class ConfigFiles extends pulumi.ComponentResource {
  /** Hash of the set that is now current. */
  public readonly generation: pulumi.Output<string>;

  constructor(name: string, args: ConfigFilesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:host:ConfigFiles", name, {}, opts);
    const { host, container, folder, files, check, reload, secret = false } = args;

    // By place: without a check, the reload is still the third word.
    const put = [folder, check ?? "", reload ?? ""].map((word) => `'${word}'`);
    const applied = hostCommand(
      name,
      {
        host,
        run: pulumi.interpolate`docker exec -i ${container} put-files ${put.join(" ")}`,
        stdin: pulumi.output(files).apply(sealedTxtar),
        secret,
      },
      { parent: this },
    );

    this.generation = applied.stdout;
    this.registerOutputs({ generation: this.generation });
  }
}
