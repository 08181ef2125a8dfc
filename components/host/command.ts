import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "./host.ts";

export interface HostCommandArgs {
  readonly host: Host;
  /** Shell text; it runs on the machine of the `pulumi` command with `DOCKER_HOST` set, so `docker` talks to the estate's engine. */
  readonly run: pulumi.Input<string>;
  /** Shell text for the end of the resource. @default nothing */
  readonly undo?: pulumi.Input<string>;
  /** What the command reads. Data goes here: it never shows in a process list, and changing it runs the command again in place. */
  readonly stdin?: pulumi.Input<string>;
  /** More variables; changing one runs the command again in place. @default none */
  readonly environment?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Keep what the command reads and prints out of logs, and encrypted in the state. @default false */
  readonly secret?: boolean;
}

/** A command on the host's Docker engine that runs when it is new and whenever what it reads has changed. */
export function hostCommand(name: string, args: HostCommandArgs, opts: pulumi.CustomResourceOptions): local.Command {
  const { host, run, undo, stdin, environment = {}, secret = false } = args;
  return new local.Command(
    name,
    {
      create: run,
      update: run,
      ...(undo ? { delete: undo } : {}),
      ...(stdin === undefined ? {} : { stdin: secret ? pulumi.secret(stdin) : stdin }),
      environment: { DOCKER_HOST: host.docker, ...environment },
      // Earlier output in the environment would only make secrets travel further.
      addPreviousOutputInEnv: false,
      ...(secret ? { logging: "none" as const } : {}),
    },
    secret ? pulumi.mergeOptions(opts, { additionalSecretOutputs: ["stdout", "stderr"] }) : opts,
  );
}
