import * as docker from "@pulumi/docker";
import type * as inputs from "@pulumi/docker/types/input.js";
import * as pulumi from "@pulumi/pulumi";
import { type Healing, keepHealthy, quickStart } from "./healing.ts";
import type { Host } from "./host.ts";
import type { Role, SlotIdentity } from "./labels.ts";

/** A Docker volume as a container sees it. */
export interface VolumeMount {
  readonly volume: pulumi.Input<string>;
  readonly path: string;
  /** @default true: a container may not write into it */
  readonly readOnly?: boolean;
}

/** A folder of the host as a container sees it: always read-only. */
export interface HostMount {
  readonly hostPath: string;
  readonly path: string;
}

export interface ContainerArgs {
  readonly host: Host;
  readonly role: Role;
  /** Set on containers of a service's slot. */
  readonly slot?: SlotIdentity;
  /** Image by id or digest, never by a tag that may move. */
  readonly image: pulumi.Input<string>;
  /** Static address on the estate's network. */
  readonly address: string;
  /** Command that says whether the container can do its work, e.g. `["healthy"]`. */
  readonly healthy: readonly string[];
  /** @default 5 */
  readonly healthIntervalSeconds?: number;
  /** @default 2 */
  readonly healthTimeoutSeconds?: number;
  /** @default 3 */
  readonly healthRetries?: number;
  /** When a container that stays unhealthy is ended, so that Docker starts it anew. @default after two minutes */
  readonly healing?: Healing;
  /** Hard limit, MiB. Swap is not given on top. */
  readonly memoryMb: number;
  /** Hard limit in cores, e.g. 0.5. */
  readonly cpus: number;
  /** Time between the stop signal and the kill, seconds. */
  readonly drainSeconds: number;
  /** @default none */
  readonly env?: Readonly<Record<string, pulumi.Input<string>>>;
  /** @default none */
  readonly mounts?: readonly (VolumeMount | HostMount)[];
  /** `uid:gid` to run as. @default the image's own */
  readonly user?: string | undefined;
  /** Program and arguments, or arguments alone where the image has an entrypoint. @default the image's own */
  readonly command?: readonly string[];
  /** Host ports. Only the edge has any. @default none */
  readonly ports?: readonly { readonly bind: string; readonly external: number; readonly internal: number }[];
}

/** A small private space for what a program must write while it runs; the rest of its file system is read-only. */
const TMPFS = { "/tmp": "rw,noexec,nosuid,nodev,size=64m,mode=1777" };

/** Logs are kept on the host, but never more than this: a full disk is an outage too. */
const LOG_OPTIONS = { "max-size": "10m", "max-file": "3" };

/**
 * A container with Sluice's safe defaults: no capability, no new privileges, read-only root, hard memory and CPU limits, rotated
 * logs, a stop signal before the kill, and only the mounts, ports and variables that were asked for.
 *
 * The provider replaces a container for almost every change, and deletes the old one first: what must not be interrupted needs
 * a second container to serve meanwhile (a service's other slot).
 */
export function createContainer(name: string, args: ContainerArgs, opts: pulumi.CustomResourceOptions): docker.Container {
  const {
    host,
    role,
    slot,
    image,
    address,
    healthy,
    memoryMb,
    cpus,
    drainSeconds,
    env = {},
    mounts = [],
    ports = [],
    command,
    user,
  } = args;
  const { healthIntervalSeconds = 5, healthTimeoutSeconds = 2, healthRetries = 3, healing = quickStart(120, 120) } = args;
  return new docker.Container(
    name,
    {
      name: host.qualify(name),
      image,
      labels: host.labels(role, slot),
      // Many images bring an init of their own; below Docker's, it says so at each start unless it is told that it is meant.
      envs: envList({ TINI_SUBREAPER: "1", ...env }),
      networksAdvanced: [{ name: host.network, ipv4Address: address }],
      ports: ports.map(({ bind, external, internal }) => ({ ip: bind, external, internal, protocol: "tcp" })),
      volumes: volumesOf(mounts),
      ...(command === undefined ? {} : { command: [...command] }),
      ...(user === undefined ? {} : { user }),
      healthcheck: {
        tests: ["CMD", ...keepHealthy(healing, healthy)],
        interval: `${healthIntervalSeconds}s`,
        timeout: `${healthTimeoutSeconds}s`,
        startPeriod: "0s",
        retries: healthRetries,
      },
      // The program is a child of Docker's own init: a hanging one can be ended from inside, which the kernel refuses for a first process.
      init: true,
      // Between two starts Docker waits twice as long each time, up to a minute.
      restart: "unless-stopped",
      mustRun: true,
      wait: false,
      ...confined({ memoryMb, cpus, drainSeconds }),
    },
    // The provider knows no update for tmpfs and would say that it made one.
    pulumi.mergeOptions(opts, { provider: host.engine, deleteBeforeReplace: true, replaceOnChanges: ["tmpfs"] }),
  );
}

/** What every container may take and do: its limits, no capability, no new privileges, a read-only root, logs that end. */
export const confined = ({ memoryMb, cpus, drainSeconds }: Pick<ContainerArgs, "memoryMb" | "cpus" | "drainSeconds">) => ({
  destroyGraceSeconds: drainSeconds,
  stopTimeout: drainSeconds,
  memory: memoryMb,
  memorySwap: memoryMb,
  cpus: spellCpus(cpus),
  capabilities: { drops: ["ALL"] },
  securityOpts: ["no-new-privileges:true"],
  privileged: false,
  readOnly: true,
  tmpfs: TMPFS,
  logDriver: "json-file",
  logOpts: LOG_OPTIONS,
});

/** Mounts as the provider takes them. */
export const volumesOf = (mounts: readonly (VolumeMount | HostMount)[]): inputs.ContainerVolume[] =>
  mounts.map((mount) =>
    "volume" in mount
      ? { volumeName: mount.volume, containerPath: mount.path, readOnly: mount.readOnly ?? true }
      : { hostPath: mount.hostPath, containerPath: mount.path, readOnly: true },
  );

/**
 * Cores as the provider spells them when it reads a container back (`1.0`, `0.25`, `10.`): any other spelling would be a difference,
 * and so a new container, at every `up`. Its rule: nine decimals; one when nine digits are zeros, else without the zeros at the end.
 */
export function spellCpus(cpus: number): string {
  const digits = cpus.toFixed(9);
  return digits.split("0").length - 1 === 9 ? cpus.toFixed(1) : digits.replace(/0+$/, "");
}

export const envList = (env: Readonly<Record<string, pulumi.Input<string>>>): pulumi.Input<string>[] =>
  Object.entries(env)
    .sort(([a], [b]) => a.localeCompare(b, "en"))
    .map(([key, value]) => pulumi.interpolate`${key}=${value}`);
