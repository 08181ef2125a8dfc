/**
 * Section 5 (container runtime) of the CIS Docker Benchmark 1.6.0, check by check, on what `docker inspect` says of running containers. The
 * benchmark is not ours. Its questions are in our words here; where a check asks another one, or leaves something out, `note` says so.
 */

/** The part of `docker inspect` that the checks read. */
export interface Inspected {
  readonly Name: string;
  readonly Config: { readonly Healthcheck?: { readonly Test?: readonly string[] } | null; readonly Image: string };
  readonly HostConfig: {
    readonly Binds: readonly string[] | null;
    readonly CapAdd: readonly string[] | null;
    readonly CapDrop: readonly string[] | null;
    readonly Devices: readonly object[] | null;
    readonly IpcMode: string;
    readonly Memory: number;
    readonly NanoCpus: number;
    readonly NetworkMode: string;
    readonly PidMode: string;
    readonly PidsLimit: number | null;
    readonly Privileged: boolean;
    readonly ReadonlyRootfs: boolean;
    readonly RestartPolicy: { readonly Name: string; readonly MaximumRetryCount: number };
    readonly SecurityOpt: readonly string[] | null;
    readonly Ulimits: readonly object[] | null;
    readonly UsernsMode: string;
    readonly UTSMode: string;
    readonly CgroupParent: string;
  };
  readonly Mounts: readonly { readonly Source: string; readonly Propagation: string; readonly RW: boolean; readonly Type: string }[];
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, object>>;
    readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>>;
  };
  /** Programs that run in it. */
  readonly programs: readonly string[];
}

/** The machine that they run on. */
export interface Machine {
  /** As `docker info` lists them, e.g. `name=apparmor`. */
  readonly securityOptions: readonly string[];
  readonly swarm: boolean;
}

interface Check {
  readonly id: string;
  readonly title: string;
  /** Whether one container passes. */
  readonly holds?: (container: Inspected) => boolean;
  /** Where a pass is less than the benchmark's own, and why. */
  readonly note?: string;
  /** Why nothing is asked; on this machine, or at all. */
  readonly skip?: (machine: Machine) => string | undefined;
}

const SENSITIVE = ["/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr"];
const never = (why: string) => (): string => why;
const none = (list: readonly unknown[] | null): boolean => (list ?? []).length === 0;
const published = ({ NetworkSettings }: Inspected) =>
  Object.entries(NetworkSettings.Ports).flatMap(([port, bindings]) =>
    (bindings ?? []).map((one) => ({ port: Number.parseInt(port, 10), ...one })),
  );

const isExporterOfTheMachine = ({ Name }: Inspected): boolean => /-(node|containers)-metrics$/.test(Name);

export const CHECKS: readonly Check[] = [
  {
    id: "5.1",
    title: "swarm mode is off",
    skip: ({ swarm }) => (swarm ? undefined : "the engine is in no swarm: it holds"),
    holds: () => false,
  },
  {
    ...{ id: "5.2", title: "an AppArmor profile is on" },
    skip: ({ securityOptions }) =>
      securityOptions.some((one) => one.includes("apparmor")) ? undefined : "the machine's kernel has no AppArmor",
    holds: ({ HostConfig }) =>
      !(HostConfig.SecurityOpt ?? []).some((option) => option.startsWith("apparmor") && option.endsWith("unconfined")),
  },
  {
    ...{ id: "5.3", title: "SELinux options are set" },
    skip: ({ securityOptions }) =>
      securityOptions.some((one) => one.includes("selinux")) ? undefined : "the machine's kernel has no SELinux",
    holds: ({ HostConfig }) => (HostConfig.SecurityOpt ?? []).some((option) => option.startsWith("label")),
  },
  {
    ...{ id: "5.4", title: "capabilities are restricted" },
    holds: ({ HostConfig }) => none(HostConfig.CapAdd) && (HostConfig.CapDrop ?? []).includes("ALL"),
  },
  { id: "5.5", title: "no container is privileged", holds: ({ HostConfig }) => !HostConfig.Privileged },
  {
    ...{ id: "5.6", title: "no sensitive folder of the host is mounted" },
    note: "but by node-metrics, which the benchmark's own check would name: it measures the machine, and reads /proc and /sys/fs/cgroup, read-only",
    // The exporter of the machine's own figures reads them where the kernel shows them.
    holds: (container) =>
      container.Mounts.every(({ Type, Source, RW }) =>
        isExporterOfTheMachine(container)
          ? !RW || Type !== "bind"
          : Type !== "bind" || !SENSITIVE.some((path) => Source === path || (path !== "/" && Source.startsWith(`${path}/`))),
      ),
  },
  { id: "5.7", title: "no container runs sshd", holds: ({ programs }) => !programs.some((program) => program.includes("sshd")) },
  {
    id: "5.8",
    title: "no privileged port of the host is mapped",
    holds: (container) => published(container).every(({ HostPort }) => Number(HostPort) >= 1024),
  },
  {
    id: "5.9",
    title: "only needed ports are open",
    holds: (container) => published(container).length === 0 || container.Name.endsWith("-edge"),
  },
  { id: "5.10", title: "the host's network is not shared", holds: ({ HostConfig }) => HostConfig.NetworkMode !== "host" },
  { id: "5.11", title: "memory is limited", holds: ({ HostConfig }) => HostConfig.Memory > 0 },
  {
    id: "5.12",
    title: "CPU is limited",
    note: "the benchmark asks for CPU shares; there is a hard limit instead",
    holds: ({ HostConfig }) => HostConfig.NanoCpus > 0,
  },
  { id: "5.13", title: "the root is read-only", holds: ({ HostConfig }) => HostConfig.ReadonlyRootfs },
  {
    ...{ id: "5.14", title: "ports are bound to one interface" },
    holds: (container) => published(container).every(({ HostIp }) => HostIp !== "" && HostIp !== "0.0.0.0" && HostIp !== "::"),
  },
  {
    ...{ id: "5.15", title: "restarts are bounded (on-failure:5)" },
    skip: never(
      "on purpose unless-stopped: after five crashes in a night, and after a restart of the machine, a small team wants its service back; a canary that crashes in a loop is taken back by the guard",
    ),
  },
  { id: "5.16", title: "the host's processes are not shared", holds: ({ HostConfig }) => HostConfig.PidMode !== "host" },
  { id: "5.17", title: "the host's memory is not shared", holds: ({ HostConfig }) => HostConfig.IpcMode !== "host" },
  { id: "5.18", title: "no device of the host is there", holds: ({ HostConfig }) => none(HostConfig.Devices) },
  { id: "5.19", title: "ulimits are raised only where needed", holds: ({ HostConfig }) => none(HostConfig.Ulimits) },
  {
    id: "5.20",
    title: "no mount is propagated to others",
    holds: ({ Mounts }) => Mounts.every(({ Propagation }) => !Propagation.includes("shared")),
  },
  { id: "5.21", title: "the host's name is not shared", holds: ({ HostConfig }) => HostConfig.UTSMode !== "host" },
  {
    ...{ id: "5.22", title: "seccomp is on" },
    holds: ({ HostConfig }) => !(HostConfig.SecurityOpt ?? []).some((option) => /seccomp[:=]unconfined/.test(option)),
  },
  {
    id: "5.23",
    title: "docker exec is not used with --privileged",
    skip: never("about what people type; the project's own code has no such call"),
  },
  {
    id: "5.24",
    title: "docker exec is not used with --user=root",
    skip: never("about what people type; the project's own code has no such call"),
  },
  { id: "5.25", title: "the default control group is used", holds: ({ HostConfig }) => HostConfig.CgroupParent === "" },
  {
    ...{ id: "5.26", title: "no new privileges can be gained" },
    holds: ({ HostConfig }) => (HostConfig.SecurityOpt ?? []).some((option) => /^no-new-privileges([:=]true)?$/.test(option)),
  },
  {
    ...{ id: "5.27", title: "health is checked" },
    holds: ({ Config }) => (Config.Healthcheck?.Test ?? []).length > 0 && Config.Healthcheck?.Test?.[0] !== "NONE",
  },
  {
    ...{ id: "5.28", title: "commands use the latest version of their image" },
    skip: never("the opposite is wanted: every container names its image by id or digest"),
  },
  { id: "5.29", title: "processes are limited", holds: ({ HostConfig }) => (HostConfig.PidsLimit ?? 0) > 0 },
  { id: "5.30", title: "Docker's default bridge is not used", holds: ({ NetworkSettings }) => !("bridge" in NetworkSettings.Networks) },
  { id: "5.31", title: "the host's users are not shared", holds: ({ HostConfig }) => HostConfig.UsernsMode !== "host" },
  {
    ...{ id: "5.32", title: "the Docker socket is in no container" },
    holds: ({ Mounts, HostConfig }) =>
      ![...Mounts.map(({ Source }) => Source), ...(HostConfig.Binds ?? [])].some((source) => source.includes("docker.sock")),
  },
];

export interface Result {
  readonly id: string;
  readonly title: string;
  readonly result: "pass" | "fail" | "not applicable";
  /** Why nothing was asked, or which containers fail. */
  readonly reason: string;
}

export function runChecks(containers: readonly Inspected[], machine: Machine): Result[] {
  return CHECKS.map(({ id, title, holds, skip, note = "" }) => {
    const why = skip?.(machine);
    if (why !== undefined || holds === undefined) return { id, title, result: "not applicable", reason: why ?? "" };
    const failing = containers.filter((container) => !holds(container)).map(({ Name }) => Name);
    return { id, title, result: failing.length === 0 ? "pass" : "fail", reason: failing.length === 0 ? note : failing.join(", ") };
  });
}
