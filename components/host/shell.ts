import type { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type HostCommandArgs, hostCommand } from "./command.ts";
import { onHostShell } from "./ssh.ts";

/** `run` and `undo` are shell text for the host itself. What is to reach them goes through `stdin`: ssh carries no variables. */
export type HostShellArgs = Omit<HostCommandArgs, "environment">;

/**
 * A command on the host itself, as the account that signs in there, that runs when it is new and whenever what it reads has changed. On an
 * engine of this machine it runs here.
 *
 * It goes over the connection that Docker uses, with the same pinned keys: the `ssh` on the engine's PATH is Sluice's (toolchain/ssh/).
 */
export function hostShell(name: string, args: HostShellArgs, opts: pulumi.CustomResourceOptions): local.Command {
  const { host, run, undo, stdin, secret } = args;
  const there = (script: pulumi.Input<string>) => pulumi.output(script).apply((text) => onHostShell(host.docker, text));
  return hostCommand(
    name,
    {
      host,
      run: there(run),
      ...(undo === undefined ? {} : { undo: there(undo) }),
      ...(stdin === undefined ? {} : { stdin }),
      ...(secret === undefined ? {} : { secret }),
    },
    opts,
  );
}
