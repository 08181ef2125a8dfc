import { z } from "zod";
import type { Docker } from "../estate/docker.ts";

/**
 * What puts back one thing that a drill changes: plain data, written down before the change is made, so that a later run can do it when
 * this one was killed. Each may be done again, and when nothing was changed.
 */
export const Step = z.discriminatedUnion("does", [
  z.object({ does: z.literal("start"), container: z.string() }),
  z.object({ does: z.literal("continue"), container: z.string() }),
  z.object({ does: z.literal("connect"), container: z.string(), network: z.string(), address: z.string() }),
  z.object({ does: z.literal("empty"), filler: z.string(), volume: z.string(), image: z.string() }),
  z.object({ does: z.literal("certificate"), edge: z.string(), set: z.string() }),
]);
export type Step = z.infer<typeof Step>;

/** Name of the file that fills a volume. */
export const FILL_FILE = ".sluice-drill";

/** Where the edge keeps the drill's certificate, beside the sets that `put-files` makes. */
export const DRILL_SET = "releases/drill";

export function stepWords(step: Step): string {
  switch (step.does) {
    case "start":
      return `start ${step.container}`;
    case "continue":
      return `let ${step.container} go on`;
    case "connect":
      return `connect ${step.container} to ${step.network} at ${step.address}`;
    case "empty":
      return `remove the file from ${step.volume}`;
    case "certificate":
      return `serve the certificate in ${step.set} again`;
  }
}

/** @throws ExecaError with Docker's words when it cannot be put back */
export async function putBack(docker: Docker, step: Step): Promise<void> {
  switch (step.does) {
    case "start":
      await docker.run(["start", step.container]);
      return;
    case "continue":
      // What was ended meanwhile needs nobody's word.
      await docker.try(["exec", step.container, "sh", "-c", "kill -CONT -1"]);
      return;
    case "connect": {
      const there = await docker.run([
        ...["container", "inspect", "--format", `{{with index .NetworkSettings.Networks "${step.network}"}}{{.NetworkID}}{{end}}`],
        step.container,
      ]);
      if (there.trim() === "") await docker.run(["network", "connect", "--ip", step.address, step.network, step.container]);
      return;
    }
    case "empty":
      await docker.try(["stop", "--time", "10", step.filler]);
      await docker.try(["container", "rm", "--force", step.filler]);
      // The filler takes its file away when it ends; one that was killed could not.
      await docker.run([
        ...["run", "--rm", "--network", "none", "--user", "10001:10001", "--cap-drop", "ALL", "--read-only"],
        ...["--volume", `${step.volume}:/fill`, "--entrypoint", "rm", step.image, "-f", `/fill/${FILL_FILE}`],
      ]);
      return;
    case "certificate":
      await docker.run(["exec", step.edge, "sh", "-c", serve(step.set)]);
  }
}

/** Shell text that makes a set of files the edge's certificate, and takes the drill's away when it is not that one. */
export const serve = (set: string): string =>
  [
    "set -eu",
    `if [ "$(readlink /config/tls/current)" != '${set}' ]; then ln -sfn '${set}' /config/tls/.drill; mv -T /config/tls/.drill /config/tls/current; reload-edge; fi`,
    ...(set === DRILL_SET ? [] : [`rm -rf /config/tls/${DRILL_SET}`]),
  ].join("\n");
