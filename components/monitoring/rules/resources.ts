import { percent } from "./promql.ts";
import type { RuleSettings } from "./settings.ts";
import type { RuleGroup } from "./types.ts";

/** File systems in memory, and layers that show their host's disk a second time. */
const DISK = '{fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660"}';

/** Which machine, where there are several: only then it has a name. */
const ON_HOST = "{{ with $labels.host }} on {{ . }}{{ end }}";

/**
 * Resident memory of Node programs as a share of what their container may take. V8's own "heap total" grows with its use, so
 * used / total is near 1 in a healthy program and says nothing; the container's limit is what ends it.
 */
const NODE_HEAP = [
  "max by (service, slot) (process_resident_memory_bytes and on (job, instance) nodejs_heap_size_used_bytes)",
  '/ on (service, slot) max by (service, slot) (container:memory_limit_bytes{service!=""})',
].join("\n");

/** Heap of JVM programs as a share of -Xmx; a pool without a limit of its own says -1. */
const JVM_HEAP = [
  'max by (service, slot) (sum by (service, slot, instance) (jvm_memory_used_bytes{area="heap"})',
  '/ sum by (service, slot, instance) (jvm_memory_max_bytes{area="heap"} != -1))',
].join("\n");

/** What an estate runs on. */
export function resources({ owner, memoryRatio, cpuRatio, diskRatio, diskFullRatio, heapRatio }: RuleSettings): RuleGroup[] {
  const own = { area: "resources", owner } as const;
  return [
    {
      name: "resources",
      rules: [
        {
          ...own,
          name: "HighMemoryUsage",
          expr: `container:memory_used:ratio > ${memoryRatio}`,
          for: 600,
          severity: "warning",
          priority: "P2",
          summary: "Container {{ $labels.name }} is short of memory",
          description: `It has taken {{ $value | humanizePercentage }} of its limit; above ${percent(memoryRatio)} for 10 minutes. At 100 % the kernel kills it.`,
        },
        {
          ...own,
          name: "HighCpu",
          expr: `1 - avg by (instance, host) (rate(node_cpu_seconds_total{mode="idle"}[5m])) > ${cpuRatio}`,
          for: 600,
          severity: "warning",
          priority: "P2",
          summary: `The host's CPUs are busy${ON_HOST}`,
          description: `{{ $value | humanizePercentage }} of all CPU time is in use; above ${percent(cpuRatio)} for 10 minutes.`,
        },
        {
          ...own,
          name: "DiskAlmostFull",
          expr: `max by (mountpoint, host) (1 - node_filesystem_avail_bytes${DISK} / node_filesystem_size_bytes${DISK}) > ${diskRatio}`,
          for: 300,
          severity: "warning",
          priority: "P1",
          summary: `The file system {{ $labels.mountpoint }}${ON_HOST} is almost full`,
          description: `{{ $value | humanizePercentage }} of {{ $labels.mountpoint }} is taken; allowed are ${percent(diskRatio)}.`,
        },
        {
          ...own,
          name: "DiskFull",
          expr: `max by (mountpoint, host) (1 - node_filesystem_avail_bytes${DISK} / node_filesystem_size_bytes${DISK}) > ${diskFullRatio}`,
          for: 60,
          severity: "critical",
          priority: "P0",
          summary: `The file system {{ $labels.mountpoint }}${ON_HOST} is full`,
          description: `{{ $value | humanizePercentage }} of {{ $labels.mountpoint }} is taken; above ${percent(diskFullRatio)} for a minute. Metrics and writes end next.`,
        },
        {
          ...own,
          name: "DiskFullSoon",
          // Six hours of data must be there: a line through the first minutes after an installation leads anywhere.
          expr: `min by (mountpoint, host) (predict_linear(node_filesystem_avail_bytes${DISK}[6h], 86400) and node_filesystem_avail_bytes${DISK} offset 6h) <= 0`,
          for: 1800,
          severity: "warning",
          priority: "P2",
          summary: `The file system {{ $labels.mountpoint }}${ON_HOST} will be full within a day`,
          description: "As it has grown in the last 6 hours, it will have {{ $value | humanize1024 }}B left in 24 hours.",
        },
        {
          ...own,
          name: "HeapAlmostFull",
          expr: `(${JVM_HEAP}\nor\n${NODE_HEAP}) > ${heapRatio}`,
          for: 300,
          severity: "critical",
          priority: "P1",
          summary: "The heap of slot {{ $labels.slot }} of {{ $labels.service }} is almost full",
          description: `{{ $value | humanizePercentage }} of what it may take is in use; above ${percent(heapRatio)} for 5 minutes.`,
        },
      ],
    },
  ];
}
