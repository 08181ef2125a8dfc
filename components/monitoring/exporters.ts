import type { HostMount, VolumeMount } from "../host/container.ts";
import type { StoreAddress } from "../service/environment.ts";
import { PORTS } from "./targets.ts";

/** One program that turns something into metrics: what its container needs besides image and limits. */
export interface ExporterSpec {
  readonly command: readonly string[];
  /** Path that answers when the program is at work. */
  readonly healthy: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly mounts?: readonly (VolumeMount | HostMount)[];
  /** `uid:gid`. @default the image's own, which is that of every other container */
  readonly user?: string;
}

/** Where the jobs of maintenance put their numbers, in their own containers and here. */
const JOBS = "/jobs";

/** Where the exporter of the machine keeps what commands and pipelines tell it; its own user's, in the image. */
const TEXT = "/text";
const FOLDER = "/usr/share/sluice/exporters";

/** Counts what the edge logged. @param log volume of the edge's log for metrics */
export const edgeMetrics = (log: VolumeMount["volume"]): ExporterSpec => ({
  command: [
    "mtail",
    ...["--progs", `${FOLDER}/edge.mtail`, "--logs", "/metrics/requests-*.json", "--port", `${PORTS["edge-metrics"]}`],
    // The last flag keeps the program's own name out of every series.
    ...["--address", "0.0.0.0", "--logtostderr", "--emit_prog_label=false"],
  ],
  healthy: "/",
  mounts: [{ volume: log, path: "/metrics" }],
});

/**
 * Machine, containers, shares, and what commands report.
 *
 * It runs as a user that nothing else runs as: through the host's /proc, whoever has the same user as a process sees that process's
 * files and environment, secrets included. As somebody else it sees what everybody may: which control group, how many bytes.
 *
 * @param control volume of the edge's shares; absent on a host without the edge
 * @param containers whether the host's control groups may be read
 * @param jobs volume of the jobs of maintenance; @default there are none
 */
export const nodeMetrics = (
  text: VolumeMount["volume"],
  control: VolumeMount["volume"] | undefined,
  containers: boolean,
  jobs?: VolumeMount["volume"],
): ExporterSpec => ({
  command: [
    "node-metrics",
    `--web.listen-address=:${PORTS["node-metrics"]}`,
    "--collector.disable-defaults",
    ...["cpu", "diskstats", "filesystem", "loadavg", "meminfo", "pressure", "stat", "textfile", "time", "uname", "vmstat"].map(
      (name) => `--collector.${name}`,
    ),
    ...[TEXT, ...(control === undefined ? [] : ["/control/.metrics"]), ...(jobs === undefined ? [] : [`${JOBS}/.metrics`])].map(
      (folder) => `--collector.textfile.directory=${folder}`,
    ),
    // The disk that Docker's volumes are on, seen through one of them: the host's own folders stay out of the container.
    `--collector.filesystem.mount-points-include=^${TEXT}$`,
  ],
  healthy: "/",
  user: "10002:10002",
  mounts: [
    { volume: text, path: TEXT, readOnly: false },
    ...(control === undefined ? [] : [{ volume: control, path: "/control" }]),
    ...(jobs === undefined ? [] : [{ volume: jobs, path: JOBS }]),
    ...(containers
      ? [
          { hostPath: "/sys/fs/cgroup", path: "/host/cgroup" },
          { hostPath: "/proc", path: "/host/proc" },
        ]
      : []),
  ],
});

export const postgresMetrics = ({ host, port, passwordFile, details }: StoreAddress, secrets: VolumeMount): ExporterSpec => ({
  command: ["prometheus-postgres-exporter", `--web.listen-address=:${PORTS["postgres-metrics"]}`],
  healthy: "/",
  env: {
    DATA_SOURCE_URI: `${host}:${port}/${details.DATABASE ?? "postgres"}?sslmode=disable`,
    DATA_SOURCE_USER: details.USER ?? "postgres",
    DATA_SOURCE_PASS_FILE: `${secrets.path}/${passwordFile}`,
  },
  mounts: [secrets],
});

export const redisMetrics = ({ host, port, passwordFile }: StoreAddress, secrets: VolumeMount): ExporterSpec => ({
  command: ["redis-metrics", "-web.listen-address", `:${PORTS["redis-metrics"]}`],
  healthy: "/health",
  env: { REDIS_ADDR: `redis://${host}:${port}`, REDIS_PASSWORD_FILE: `${secrets.path}/${passwordFile}` },
  mounts: [secrets],
});

/** Asks routes and slots how they are, from outside them. */
export const probes: ExporterSpec = {
  command: ["prometheus-blackbox-exporter", `--config.file=${FOLDER}/blackbox.yml`, `--web.listen-address=:${PORTS.probes}`],
  healthy: "/-/healthy",
};
