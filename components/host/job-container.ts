import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { confined, envList, type HostMount, type VolumeMount, volumesOf } from "./container.ts";
import type { Host } from "./host.ts";
import { LABEL } from "./labels.ts";

export interface JobContainerArgs {
  readonly host: Host;
  /** The job's name; the container's is `<estate>-job-<name>`. */
  readonly job: string;
  /** Whether whoever begins it looks at the host first. */
  readonly looks: boolean;
  /** Image by id or digest. */
  readonly image: pulumi.Input<string>;
  readonly address: string;
  /** Hard limit, MiB. */
  readonly memoryMb: number;
  /** Hard limit in cores. */
  readonly cpus: number;
  /** Time between the stop signal and the kill, seconds. */
  readonly drainSeconds: number;
  readonly env: Readonly<Record<string, pulumi.Input<string>>>;
  readonly mounts: readonly (VolumeMount | HostMount)[];
}

/**
 * A container that is made and not begun: a job's definition, with every limit, mount and secret that a run has. Whoever may begin it can change
 * none of them, and it cannot run twice at once. Otherwise it is confined as every container is (container.ts).
 */
export function createJobContainer(name: string, args: JobContainerArgs, opts: pulumi.CustomResourceOptions): docker.Container {
  const { host, job, looks, image, address, memoryMb, cpus, drainSeconds, env, mounts } = args;
  return new docker.Container(
    name,
    {
      name: host.qualify(name),
      image,
      labels: [...host.labels("job"), { label: LABEL.job, value: job }, { label: LABEL.looks, value: String(looks) }],
      envs: envList(env),
      networksAdvanced: [{ name: host.network, ipv4Address: address }],
      volumes: volumesOf(mounts),
      start: false,
      mustRun: false,
      restart: "no",
      // A run is begun with one line on its input.
      stdinOpen: true,
      ...confined({ memoryMb, cpus, drainSeconds }),
    },
    pulumi.mergeOptions(opts, { provider: host.engine, deleteBeforeReplace: true, replaceOnChanges: ["tmpfs"] }),
  );
}
