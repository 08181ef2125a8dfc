import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "./host.ts";
import { LABEL } from "./labels.ts";

/** User and group that the estate's programs run as. */
export const SLUICE_UID = 10001;

export interface ToolRun {
  readonly host: Host;
  /** An image of the estate that has the tool, by id. */
  readonly image: pulumi.Input<string>;
  /** The tool and its arguments, as shell words. */
  readonly words: readonly [tool: string, ...args: string[]];
  /** What the tool writes into. */
  readonly volume: docker.Volume;
  readonly path: string;
}

/**
 * Shell text that runs a tool of the base image for a moment, to fill a volume: without network, capabilities or root. A new volume
 * has the owner of the image's folder at that path.
 */
export function toolRun({ host, image, words: [tool, ...args], volume, path }: ToolRun): pulumi.Output<string> {
  const confined = `--rm -i --network none --user ${SLUICE_UID}:${SLUICE_UID} --cap-drop ALL --security-opt no-new-privileges:true --read-only`;
  return pulumi.interpolate`docker run ${confined} --label ${LABEL.estate}=${host.estate} --entrypoint ${tool} -v ${volume.name}:${path} ${image} ${args.join(" ")}`;
}
