import type { AreaCases } from "./case.ts";

const info = (id: string, name: string, role: string, service = "", slot = "", release = "") =>
  `sluice_container_info{job="containers", id="${id}", name="${name}", role="${role}", service="${service}", slot="${slot}", release="${release}"}`;
const labels = (metric: string) => `${metric}{name="api-blue-1", role="service", service="api", slot="blue"}`;
const memory = (id: string) => `sluice_container_memory_working_set_bytes{job="containers", id="${id}"}`;
const limit = (id: string) => `sluice_container_memory_limit_bytes{job="containers", id="${id}"}`;

export const containers: AreaCases = {
  cases: [
    {
      says: "figures by id become figures by name",
      series: {
        [info("a", "api-blue-1", "service", "api", "blue", "v1")]: "1x10",
        [memory("a")]: "512x10",
        [limit("a")]: "1024x10",
        'sluice_container_cpu_seconds_total{job="containers", id="a"}': "0+7.5x10",
        'sluice_container_network_receive_bytes_total{job="containers", id="a"}': "0+150x10",
        'sluice_container_network_transmit_bytes_total{job="containers", id="a"}': "0+300x10",
      },
      queries: [
        ["container:memory_working_set_bytes", 512],
        ["container:memory_limit_bytes", 1024],
        ["container:memory_used:ratio", 0.5],
        ["container:cpu_seconds:rate1m", 0.5],
        ["container:network_receive_bytes:rate1m", 10],
        ["container:network_transmit_bytes:rate1m", 20],
      ].map(([metric, value]) => ({ expr: `${metric}`, at: "2m", gives: { [labels(`${metric}`)]: Number(value) } })),
    },
    {
      says: "a container without a limit has neither limit nor ratio, and one that nobody knows by name is left out",
      series: {
        [info("b", "redis", "redis")]: "1x10",
        [memory("b")]: "512x10",
        [limit("b")]: "0x10",
        [memory("c")]: "512x10",
        [limit("c")]: "1024x10",
      },
      queries: [
        { expr: "container:memory_limit_bytes", at: "2m", gives: {} },
        { expr: "container:memory_used:ratio", at: "2m", gives: {} },
        {
          expr: "container:memory_working_set_bytes",
          at: "2m",
          gives: { 'container:memory_working_set_bytes{name="redis", role="redis"}': 512 },
        },
      ],
    },
  ],
};
