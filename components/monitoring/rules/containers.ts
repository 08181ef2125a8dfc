import type { RecordingRule, RuleGroup } from "./types.ts";

/** Containers are measured by id and spoken of by name. */
const named = (level: string): string =>
  `sum by (name, role, service, slot) (${level} * on (id) group_left (name, role, service, slot) sluice_container_info)`;

const rate = (name: string, counter: string): RecordingRule => ({
  record: `container:${name}:rate1m`,
  expr: named(`rate(${counter}[1m])`),
});

/** What containers take, by name. A container without a limit has neither limit nor ratio. */
export function containers(): RuleGroup[] {
  return [
    {
      name: "containers",
      rules: [
        { record: "container:started_seconds", expr: named("sluice_container_started_seconds") },
        { record: "container:memory_working_set_bytes", expr: named("sluice_container_memory_working_set_bytes") },
        { record: "container:memory_limit_bytes", expr: `${named("sluice_container_memory_limit_bytes")} > 0` },
        { record: "container:memory_used:ratio", expr: "container:memory_working_set_bytes / container:memory_limit_bytes" },
        rate("cpu_seconds", "sluice_container_cpu_seconds_total"),
        rate("network_receive_bytes", "sluice_container_network_receive_bytes_total"),
        rate("network_transmit_bytes", "sluice_container_network_transmit_bytes_total"),
      ],
    },
  ];
}
