import { type AreaCases, fires, silent } from "./case.ts";

const disk = (what: string, mountpoint: string, fstype = "ext4") =>
  `node_filesystem_${what}_bytes{job="node", instance="node:9100", device="/dev/sda1", fstype="${fstype}", mountpoint="${mountpoint}"}`;
const cpu = (number: number, mode: string) => `node_cpu_seconds_total{job="node", instance="node:9100", cpu="${number}", mode="${mode}"}`;
const container = (used: number) => ({
  'sluice_container_info{job="containers", id="a", name="api-blue-1", role="service", service="api", slot="blue", release="v1"}': "1x60",
  'sluice_container_memory_working_set_bytes{job="containers", id="a"}': `${used}x60`,
  'sluice_container_memory_limit_bytes{job="containers", id="a"}': "1000x60",
});
const process = 'job="service", service="api", slot="blue", release="v1", instance="api-blue-1:3000"';
const node = (resident: number) => ({
  ...container(500),
  [`process_resident_memory_bytes{${process}}`]: `${resident}x60`,
  [`nodejs_heap_size_used_bytes{${process}}`]: "99x60",
});
const jvm = (old: number) => ({
  [`jvm_memory_used_bytes{${process}, area="heap", id="Old"}`]: `${old}x60`,
  [`jvm_memory_used_bytes{${process}, area="heap", id="Eden"}`]: "100x60",
  [`jvm_memory_used_bytes{${process}, area="nonheap", id="Metaspace"}`]: "900x60",
  [`jvm_memory_max_bytes{${process}, area="heap", id="Old"}`]: "1000x60",
  [`jvm_memory_max_bytes{${process}, area="heap", id="Eden"}`]: "-1x60",
});

const heap = (value: string) => ({
  level: "critical P1",
  labels: { service: "api", slot: "blue" },
  summary: "The heap of slot blue of api is almost full",
  description: `${value} of what it may take is in use; above 90 % for 5 minutes.`,
});
const full = {
  level: "warning P2",
  labels: { mountpoint: "/" },
  summary: "The file system / will be full within a day",
};

export const resources: AreaCases = {
  needs: ["containers"],
  cases: [
    {
      says: "a container above 85 % of its memory for 10 minutes",
      series: container(860),
      alerts: [
        silent("HighMemoryUsage", "9m45s"),
        fires("HighMemoryUsage", "10m", {
          level: "warning P2",
          labels: { name: "api-blue-1", role: "service", service: "api", slot: "blue" },
          summary: "Container api-blue-1 is short of memory",
          description: "It has taken 86% of its limit; above 85 % for 10 minutes. At 100 % the kernel kills it.",
        }),
      ],
    },
    { says: "a container at 85 % of its memory", series: container(850), alerts: [silent("HighMemoryUsage", "15m")] },
    {
      says: "CPUs that are busy for more than 90 % of 10 minutes",
      series: { [cpu(0, "idle")]: "0+0.75x60", [cpu(1, "idle")]: "0+1.5x60", [cpu(0, "user")]: "0+13x60" },
      alerts: [
        silent("HighCpu", "10m"),
        fires("HighCpu", "10m15s", {
          level: "warning P2",
          labels: { instance: "node:9100" },
          summary: "The host's CPUs are busy",
          description: "92.5% of all CPU time is in use; above 90 % for 10 minutes.",
        }),
      ],
    },
    {
      says: "CPUs that are busy for 90 %",
      series: { [cpu(0, "idle")]: "0+1.5x60", [cpu(1, "idle")]: "0+1.5x60" },
      queries: [
        {
          expr: '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) == 0.9',
          at: "15m",
          gives: { '{instance="node:9100"}': 0.9 },
        },
      ],
      alerts: [silent("HighCpu", "15m")],
    },
    {
      says: "a file system that is more than 80 % full for 5 minutes; one in memory does not count",
      series: {
        [disk("avail", "/")]: "19x60",
        [disk("size", "/")]: "100x60",
        [disk("avail", "/run", "tmpfs")]: "1x60",
        [disk("size", "/run", "tmpfs")]: "100x60",
      },
      alerts: [
        silent("DiskAlmostFull", "4m45s"),
        fires("DiskAlmostFull", "5m", {
          level: "warning P1",
          labels: { mountpoint: "/" },
          summary: "The file system / is almost full",
          description: "81% of / is taken; allowed are 80 %.",
        }),
      ],
    },
    {
      says: "a file system that is 80 % full",
      series: { [disk("avail", "/")]: "20x60", [disk("size", "/")]: "100x60" },
      alerts: [silent("DiskAlmostFull", "15m")],
    },
    {
      says: "a file system that is more than 95 % full for a minute",
      series: { [disk("avail", "/")]: "5x3 4x20", [disk("size", "/")]: "100x60" },
      alerts: [
        silent("DiskFull", "1m45s"),
        fires("DiskFull", "2m", {
          level: "critical P0",
          labels: { mountpoint: "/" },
          summary: "The file system / is full",
          description: "96% of / is taken; above 95 % for a minute. Metrics and writes end next.",
        }),
      ],
    },
    {
      says: "a file system that will be full in a day, seen for half an hour, from six hours of data on",
      every: "5m",
      // 1024 less every 5 minutes: 288 times that in a day.
      series: { [disk("avail", "/")]: `${300 * 1024}-1024x100` },
      alerts: [
        silent("DiskFullSoon", "6h25m"),
        fires("DiskFullSoon", "6h30m", {
          ...full,
          description: "As it has grown in the last 6 hours, it will have -66kiB left in 24 hours.",
        }),
      ],
    },
    {
      says: "a file system that will be almost full in a day",
      every: "5m",
      series: { [disk("avail", "/")]: `${400 * 1024}-1024x100` },
      alerts: [silent("DiskFullSoon", "7h")],
    },
    {
      says: "a file system that has nothing left already",
      every: "5m",
      series: { [disk("avail", "/")]: "0x100" },
      alerts: [
        fires("DiskFullSoon", "7h", { ...full, description: "As it has grown in the last 6 hours, it will have 0B left in 24 hours." }),
      ],
    },
    {
      says: "a Node program that takes more than 90 % of its container for 5 minutes",
      series: node(910),
      alerts: [silent("HeapAlmostFull", "4m45s"), fires("HeapAlmostFull", "5m", heap("91%"))],
    },
    { says: "a Node program that takes 90 %", series: node(900), alerts: [silent("HeapAlmostFull", "15m")] },
    {
      says: "a JVM that uses more than 90 % of its heap; a pool without a limit of its own adds to the use only",
      series: jvm(810),
      alerts: [silent("HeapAlmostFull", "4m45s"), fires("HeapAlmostFull", "5m", heap("91%"))],
    },
    { says: "a JVM that uses 90 % of its heap", series: jvm(800), alerts: [silent("HeapAlmostFull", "15m")] },
  ],
};
