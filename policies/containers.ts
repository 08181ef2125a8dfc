import { z } from "zod";
import { type Fact, isGiven, isKnown, knownOf, UNKNOWN } from "./facts.ts";
import { roleOf } from "./labels.ts";
import { resourceRule, type Types } from "./rule.ts";

const ON = "docker:index/container:Container";
type Container = Types[typeof ON];

/** A container that is to run until somebody ends it. */
const isLongRunning = ({ mustRun, restart }: Container): boolean => mustRun !== false && restart !== "no";

/** Nothing when the value is unknown: then nobody can say yet. */
const unless = (value: unknown, holds: boolean, words: string): string[] => (value === UNKNOWN || holds ? [] : [words]);

const spoken = (value: unknown): string => (value === undefined || value === null ? "not set" : JSON.stringify(value));

/** Where a mount comes from on the host; the two ways of writing one. */
function hostPaths({ volumes, mounts }: Container): { path: string; readOnly: boolean }[] {
  const found = [
    ...knownOf(volumes).map(({ hostPath, readOnly }) => ({ path: hostPath, readOnly: readOnly === true })),
    ...knownOf(mounts).flatMap(({ type, source, readOnly }) => (type === "bind" ? [{ path: source, readOnly: readOnly === true }] : [])),
  ];
  return found.flatMap(({ path, readOnly }) => (isGiven(path) && path !== "" ? [{ path, readOnly }] : []));
}

export const hasHealthCheck = resourceRule({
  name: "container-has-health-check",
  on: ON,
  description: "Every long-running container has a health check: without one, a program that hangs counts as well.",
  remediation: "Set `healthcheck.tests`, e.g. `health: /health` of a service.",
  check: (container) => {
    const { healthcheck } = container;
    if (!isLongRunning(container) || !isKnown(healthcheck)) return [];
    const tests = healthcheck?.tests;
    const [kind] = knownOf(tests);
    return unless(tests, kind !== undefined && kind !== "NONE", `its health check is ${spoken(kind)}`);
  },
});

export const hasMemoryLimit = resourceRule({
  name: "container-has-memory-limit",
  on: ON,
  description: "Every container has a memory limit: one that leaks takes down itself, and not its neighbours.",
  remediation: "Set `memoryMb`.",
  check: ({ memory }) => unless(memory, typeof memory === "number" && memory > 0, `its memory is ${spoken(memory)}`),
});

export const hasCpuLimit = resourceRule({
  name: "container-has-cpu-limit",
  on: ON,
  description: "Every container has a CPU limit: a busy one must not slow down the edge.",
  remediation: "Set `cpus`.",
  check: ({ cpus }) => unless(cpus, typeof cpus === "string" && Number(cpus) > 0, `its cpus are ${spoken(cpus)}`),
});

export const drains = resourceRule({
  name: "container-drains",
  on: ON,
  description:
    "Every container gets the time to finish its requests: without `destroyGraceSeconds` the provider kills it at once, and with less than its own stop timeout in the middle of its work.",
  remediation: "Set `drainSeconds`.",
  config: z.strictObject({ minimumSeconds: z.int().min(1).default(1) }),
  check: ({ destroyGraceSeconds: grace, stopTimeout }, _, { minimumSeconds }) => {
    if (!isKnown(grace) || !isKnown(stopTimeout)) return [];
    const needed = Math.max(minimumSeconds, stopTimeout ?? 0);
    return unless(grace, (grace ?? 0) >= needed, `destroyGraceSeconds is ${spoken(grace)}; it drains for ${needed} s`);
  },
});

export const restarts = resourceRule({
  name: "container-restarts",
  on: ON,
  description: "Every long-running container comes back after a crash and after a restart of the machine.",
  remediation: "Set `restart` to `unless-stopped`.",
  check: ({ mustRun, restart }) =>
    mustRun === false
      ? []
      : unless(
          restart,
          ["unless-stopped", "always", "on-failure"].includes(`${String(restart)}`),
          `its restart policy is ${spoken(restart)}`,
        ),
});

export const isNotPrivileged = resourceRule({
  name: "container-is-not-privileged",
  on: ON,
  description: "No container is privileged: a hole in its program would be a hole in the machine.",
  remediation: "Take `privileged` out.",
  check: ({ privileged }) => unless(privileged, privileged !== true, "it is privileged"),
});

export const sharesNoHostNamespace = resourceRule({
  name: "container-shares-no-host-namespace",
  on: ON,
  description:
    "No container shares the network, the processes, the memory or the users of the host: it would see and reach what is not its own.",
  remediation: "Take `networkMode: host`, `pidMode: host`, `ipcMode: host`, `usernsMode: host` out.",
  check: ({ networkMode, pidMode, ipcMode, usernsMode }) =>
    Object.entries({ networkMode, pidMode, ipcMode, usernsMode }).flatMap(([key, value]) => (value === "host" ? [`${key} is host`] : [])),
});

export const hasNoDockerSocket = resourceRule({
  name: "container-has-no-docker-socket",
  on: ON,
  description: "No container has the Docker socket: who has it is root on the machine.",
  remediation: "Take the mount out; let the machine's own program do the work.",
  check: (container) =>
    hostPaths(container).flatMap(({ path }) => (/(^|\/)(docker|containerd)\.sock$/.test(path) ? [`it mounts ${path}`] : [])),
});

export const mountsNoSystemFolder = resourceRule({
  name: "container-mounts-no-system-folder",
  on: ON,
  description:
    "No container mounts a folder that the machine itself lives in, and none mounts any folder of the host for writing (CIS Docker 5.5).",
  remediation: "Use a volume; or allow the folder to a role, read-only, in the levels file.",
  config: z.strictObject({
    /** Folders that a role may read, e.g. what an exporter measures. */
    allowed: z.record(z.string(), z.array(z.string())).default({ exporter: ["/proc", "/sys/fs/cgroup"] }),
  }),
  check: (container, _, { allowed }) => {
    const mine = allowed[roleOf(container) ?? ""] ?? [];
    const isSystem = (path: string): boolean => /^\/($|boot|dev|etc|lib|lib64|proc|run|sys|usr|var\/run|var\/lib\/docker)/.test(path);
    return hostPaths(container).flatMap(({ path, readOnly }) => {
      if (!readOnly) return [`it may write to ${path} of the host`];
      return isSystem(path) && !mine.includes(path) ? [`it mounts ${path} of the host`] : [];
    });
  },
});

export const dropsCapabilities = resourceRule({
  name: "container-drops-capabilities",
  on: ON,
  description: "Every container drops all capabilities and adds back none but those of a list.",
  remediation: "Set `capabilities.drops: [ALL]`; allow what a program really needs in the levels file.",
  config: z.strictObject({ allowed: z.array(z.string()).default([]) }),
  check: ({ capabilities }, _, { allowed }) => {
    if (!isKnown(capabilities)) return [];
    const plain = (name: string): string => name.toUpperCase().replace(/^CAP_/, "");
    const drops = capabilities?.drops;
    const added = knownOf(capabilities?.adds).filter((name) => !allowed.map(plain).includes(plain(name)));
    return [
      ...unless(drops, knownOf(drops).map(plain).includes("ALL"), "it does not drop ALL capabilities"),
      ...(added.length > 0 ? [`it adds ${added.join(", ")}`] : []),
    ];
  },
});

export const hasReadOnlyRoot = resourceRule({
  name: "container-has-read-only-root",
  on: ON,
  description:
    "Every container's root is read-only: an intruder leaves nothing behind, and what must last is in a volume. A writable one needs an exception with its reason.",
  remediation: "Set `readOnly: true`, with a tmpfs or a volume for what it writes.",
  check: ({ readOnly }) => unless(readOnly, readOnly === true, "its root is writable"),
});

export const gainsNoPrivileges = resourceRule({
  name: "container-gains-no-privileges",
  on: ON,
  description:
    "No program in a container gets more privileges than it began with, and none runs without the engine's seccomp and AppArmor profiles.",
  remediation: "Set `securityOpts: [no-new-privileges:true]`, and nothing `unconfined`.",
  check: ({ securityOpts }) => {
    const options = knownOf(securityOpts);
    const unconfined = options.filter((option) => option.endsWith("unconfined"));
    const holds = options.some((option) => /^no-new-privileges([:=]true)?$/.test(option));
    return [...unless(securityOpts, holds, "it may gain new privileges"), ...unconfined.map((option) => `it has ${option}`)];
  },
});

export const rotatesLogs = resourceRule({
  name: "container-rotates-logs",
  on: ON,
  description:
    "Every container names its log driver, and a driver that writes to the machine's disk has a bound: a full disk is an outage.",
  remediation: "Set `logDriver` and, for json-file and local, `max-size` and `max-file`.",
  check: ({ logDriver, logOpts }) => {
    if (!isKnown(logDriver) || !isKnown(logOpts)) return [];
    if (logDriver === undefined || logDriver === null || logDriver === "") return ["it names no log driver"];
    if (!["json-file", "local"].includes(logDriver)) return [];
    const missing = ["max-size", "max-file"].filter((key) => logOpts?.[key] === undefined);
    return missing.length === 0 ? [] : [`its ${logDriver} log has no ${missing.join(" and no ")}`];
  },
});

export const publishesNoPort = resourceRule({
  name: "container-publishes-no-port",
  on: ON,
  description:
    "No container but the edge has a port on the host: a slot with one cannot be replaced without an outage, and goes round the edge's weights.",
  remediation: "Take `ports` out; services reach each other by name on the estate's network.",
  check: (container) => {
    const ports = knownOf(container.ports).map(({ external, internal }) => spoken(isGiven(external) ? external : internal));
    const all: Fact<boolean> | undefined | null = container.publishAllPorts;
    if (roleOf(container) === "edge") return [];
    return [...(ports.length > 0 ? [`it publishes ${ports.join(", ")}`] : []), ...(all === true ? ["it publishes all ports"] : [])];
  },
});

export const staysOnItsNetwork = resourceRule({
  name: "container-stays-on-its-network",
  on: ON,
  description:
    "Every container is on a network of its own estate, never on Docker's default bridge, where everything reaches everything (CIS Docker 5.29).",
  remediation: "Set `networksAdvanced`.",
  check: ({ networksAdvanced, networkMode }) => {
    if (networkMode === "none") return [];
    const names = isGiven(networksAdvanced) ? networksAdvanced : [];
    return unless(networksAdvanced, names.length > 0, "it is on Docker's default bridge");
  },
});

export const limitsItself = resourceRule({
  name: "container-has-no-device",
  on: ON,
  description: "No container has a device of the host, nor more files open than the engine allows by default.",
  remediation: "Take `devices` out; lower `ulimits`.",
  config: z.strictObject({ openFiles: z.int().min(64).default(1_048_576) }),
  check: ({ devices, ulimits }, _, { openFiles }) => [
    ...knownOf(devices).flatMap(({ hostPath }) => (isGiven(hostPath) ? [`it has the device ${hostPath}`] : [])),
    ...knownOf(ulimits).flatMap(({ name, hard }) =>
      name === "nofile" && isGiven(hard) && (hard < 0 || hard > openFiles)
        ? [`its limit of open files is ${hard}; at most ${openFiles}`]
        : [],
    ),
  ],
});
