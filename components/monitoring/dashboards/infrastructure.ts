import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { type DashboardSettings, dashboard } from "./dashboard.ts";
import { fullLimits } from "./limits.ts";
import { graph, type Panel } from "./panels.ts";
import { SERVICE, SLOT } from "./promql.ts";

/** File systems that hold data: not those in memory, and not a container's own view of one. */
const DISKS = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660"';

/** Is something full or too small, on the host or in a container? */
export function infrastructure(settings: DashboardSettings): Dashboard {
  return dashboard(
    {
      name: "infrastructure",
      title: "Infrastructure",
      description: "Is something full or too small? CPU, memory, disk and network of the host, of each container, of each service.",
      variables: ["service", "slot"],
      services: settings.services.map(({ name }) => name),
      rows: [
        { title: "Host", panels: host(settings) },
        { title: "Containers", panels: containers(settings) },
        { title: "Services, both slots together", panels: services() },
        { title: "Inside the services' processes", panels: processes(settings) },
      ],
    },
    settings,
  );
}

const host = ({ limits }: DashboardSettings): Panel[] => [
  graph({
    title: "CPU in use",
    unit: "percentunit",
    queries: {
      "in use": '1 - avg(rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))',
      "waiting for disks": 'avg(rate(node_cpu_seconds_total{mode="iowait"}[$__rate_interval]))',
      "taken by other machines": 'avg(rate(node_cpu_seconds_total{mode="steal"}[$__rate_interval]))',
    },
    limits: fullLimits(limits.cpuRatio),
    max: 1,
    description: "Near 100 % with latency up: the host is too small. Much taken by other machines: the provider's neighbours, not you.",
  }),
  graph({
    title: "Load per core",
    unit: "none",
    queries: { "1 min": 'sum(node_load1) / count(node_cpu_seconds_total{mode="idle"})' },
    limits: { warning: 1, critical: 2 },
    description: "Above 1: work waits for a core, or for a disk. High with CPU low: the disk.",
  }),
  graph({
    title: "Memory in use",
    unit: "percentunit",
    queries: { "in use": "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes" },
    limits: fullLimits(limits.memoryRatio),
    max: 1,
    description: "Near 100 %: the kernel will kill something. A line that only ever climbs is a leak: look at the containers below.",
  }),
  graph({
    title: "Disks in use",
    unit: "percentunit",
    queries: { "{{mountpoint}}": `1 - node_filesystem_avail_bytes{${DISKS}} / node_filesystem_size_bytes{${DISKS}}` },
    limits: fullLimits(limits.diskRatio),
    max: 1,
    description:
      "/metrics is the disk that Docker's volumes are on. A database stops writing when it is full. A steep line: logs, backups or images that are never removed.",
  }),
  graph({
    title: "Free in 24 h, if it goes on like this",
    unit: "bytes",
    queries: { "{{mountpoint}}": `clamp_min(predict_linear(node_filesystem_avail_bytes{${DISKS}}[1h], 86400), 0)` },
    limits: { critical: 1, lowIsBad: true },
    description: "The last hour as a straight line. At 0: full within a day. One big file makes it jump and come back.",
  }),
  graph({
    title: "Disk reads and writes",
    unit: "Bps",
    queries: {
      "{{device}} read": "rate(node_disk_read_bytes_total[$__rate_interval])",
      "{{device}} written": "rate(node_disk_written_bytes_total[$__rate_interval])",
    },
    description: "A flat top is a disk at its limit. Reads where there were none: the database no longer fits in memory.",
  }),
];

const NAMED = "{{name}}";

const containers = ({ limits }: DashboardSettings): Panel[] => [
  graph({
    title: "CPU by container",
    unit: "none",
    queries: { [NAMED]: `container:cpu_seconds:rate1m{${SLOT}}` },
    description: "Cores. A flat top at its limit: throttled, and slow. One container of a slot far above its twins: uneven work.",
  }),
  graph({
    title: "Memory by container",
    unit: "bytes",
    queries: { [NAMED]: `container:memory_working_set_bytes{${SLOT}}` },
    description: "What the kernel cannot take back. Stairs upward that end in a drop: killed for memory and started again.",
  }),
  graph({
    title: "Memory of its limit",
    unit: "percentunit",
    queries: { [NAMED]: `container:memory_used:ratio{${SLOT}}` },
    limits: fullLimits(limits.memoryRatio),
    max: 1,
    description: "Yellow for 10 min: somebody is told. At 100 % the kernel kills it. Raise memoryMb, or find the leak.",
  }),
  graph({
    title: "Received by container",
    unit: "Bps",
    queries: { [NAMED]: `container:network_receive_bytes:rate1m{${SLOT}}` },
    description: "A store that receives much more than usual: a job, or a loop that writes. The edge: clients, or an attack.",
  }),
  graph({
    title: "Sent by container",
    unit: "Bps",
    queries: { [NAMED]: `container:network_transmit_bytes:rate1m{${SLOT}}` },
    description: "A store that sends much more than usual: a query without a limit. The edge: large downloads.",
  }),
];

const services = (): Panel[] => [
  graph({
    title: "CPU by service",
    unit: "none",
    queries: { "{{service}}": `sum by (service) (container:cpu_seconds:rate1m{service!="", ${SLOT}})` },
    description: "Cores, all containers of the service. Up without more requests: the newest release costs more.",
  }),
  graph({
    title: "Memory by service",
    unit: "bytes",
    queries: { "{{service}}": `sum by (service) (container:memory_working_set_bytes{service!="", ${SLOT}})` },
    description: "All containers of the service. Twice as much as usual is normal while both slots run.",
  }),
  graph({
    title: "Network by service",
    unit: "Bps",
    queries: {
      "{{service}} received": `sum by (service) (container:network_receive_bytes:rate1m{service!="", ${SLOT}})`,
      "{{service}} sent": `sum by (service) (container:network_transmit_bytes:rate1m{service!="", ${SLOT}})`,
    },
    description: "Much received and little sent: large uploads, or answers of a store that are thrown away.",
  }),
];

const BY_SLOT = "{{service}} {{slot}}";

const processes = ({ limits }: DashboardSettings): Panel[] => [
  graph({
    title: "Process memory of the container's limit",
    unit: "percentunit",
    queries: {
      [BY_SLOT]: `max by (service, slot) (process_resident_memory_bytes{job="service", ${SLOT}}) / on (service, slot) max by (service, slot) (container:memory_limit_bytes{service!="", ${SLOT}})`,
    },
    limits: fullLimits(limits.heapRatio),
    max: 1,
    description:
      "The fullest process of the slot. Yellow for 5 min: somebody is woken, for garbage collection takes over and then the kernel kills.",
  }),
  graph({
    title: "Event loop lag, p99",
    unit: "s",
    queries: { [BY_SLOT]: `max by (service, slot) (nodejs_eventloop_lag_p99_seconds{${SLOT}})` },
    limits: { warning: 0.1, critical: 0.5 },
    description: "How late a process gets to its next piece of work. Above 100 ms: something computes for long in one go.",
  }),
  graph({
    title: "Heap in use",
    unit: "bytes",
    queries: { [BY_SLOT]: `max by (service, slot) (nodejs_heap_size_used_bytes{${SLOT}})` },
    description: "A saw is healthy: it fills and is cleared. The low points of the saw climb: a leak.",
  }),
  graph({
    title: "Resident memory",
    unit: "bytes",
    queries: { "{{service}} {{slot}} {{instance}}": `process_resident_memory_bytes{job="service", ${SLOT}}` },
    description: "By process. It climbs and the heap does not: buffers or a native library.",
  }),
  graph({
    title: "Starts in the last hour",
    unit: "short",
    queries: { [BY_SLOT]: `sum by (service, slot) (changes(process_start_time_seconds{job="service", ${SLOT}}[1h]))` },
    limits: { warning: 1, critical: 3 },
    description: "Starts that no deployment's mark explains are crashes: docker logs says why.",
  }),
  graph({
    title: "Oldest process",
    unit: "s",
    queries: { "{{service}}": `max by (service) (time() - process_start_time_seconds{job="service", ${SERVICE}})` },
    description: "Falls to 0 at each start. A saw with short teeth: it starts, dies and starts again.",
  }),
];
