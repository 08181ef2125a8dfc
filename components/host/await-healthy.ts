import { readFileSync } from "node:fs";
import type { local } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostCommand } from "./command.ts";
import type { Host } from "./host.ts";

export interface AwaitHealthyArgs {
  readonly host: Host;
  readonly containers: readonly docker.Container[];
  /** Longest wait for all of them, seconds. */
  readonly timeoutSeconds: number;
  /** Shell text to run first. @default nothing */
  readonly first?: pulumi.Input<string>;
  /** What `first` reads. @default nothing */
  readonly stdin?: pulumi.Input<string>;
}

const SCRIPT = readFileSync(new URL("scripts/await-healthy.sh", import.meta.url), "utf8");

/**
 * Wait until containers are healthy, whenever one of them is new.
 *
 * The provider's own wait ends in "failed to be in healthy state"; this one fails the update with the container's exit code, its
 * last health check and its last log lines.
 */
export function awaitHealthy(name: string, args: AwaitHealthyArgs, opts: pulumi.CustomResourceOptions): local.Command {
  const { host, containers, timeoutSeconds, first, stdin } = args;
  return hostCommand(
    name,
    {
      host,
      run: first === undefined ? SCRIPT : pulumi.interpolate`${first}\n${SCRIPT}`,
      ...(stdin === undefined ? {} : { stdin }),
      environment: {
        CONTAINERS: pulumi.all(containers.map((container) => container.id)).apply((ids) => ids.join(" ")),
        TIMEOUT: `${timeoutSeconds}`,
      },
    },
    opts,
  );
}
