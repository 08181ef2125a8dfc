import { LABEL, selectorOf } from "../labels.ts";
import { mainPort } from "../workload/ports.ts";
import type { WorkloadSpec } from "../workload/spec.ts";

interface Relabeling {
  readonly sourceLabels: readonly string[];
  readonly targetLabel: string;
}

/** What Sluice writes of monitoring.coreos.com/v1 ServiceMonitor. */
export interface ServiceMonitorSpec {
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly endpoints: readonly {
    readonly port: string;
    readonly path: string;
    readonly interval: string;
    readonly relabelings: readonly Relabeling[];
  }[];
}

/** A pod's label as Prometheus' discovery hands it over. */
const fromPod = (label: string, targetLabel: string): Relabeling => ({
  sourceLabels: [`__meta_kubernetes_pod_label_${label.replaceAll(/[^A-Za-z0-9]/g, "_")}`],
  targetLabel,
});

/** Where a workload's numbers are read, with the same three labels that everything on a host carries; nothing where it has none. */
export function serviceMonitor(spec: WorkloadSpec, scrapeSeconds: number): ServiceMonitorSpec | undefined {
  const port = mainPort(spec.ports);
  if (spec.metrics === undefined || port === undefined) return undefined;
  return {
    selector: { matchLabels: selectorOf(spec) },
    endpoints: [
      {
        ...{ port, path: spec.metrics, interval: `${scrapeSeconds}s` },
        relabelings: [fromPod(LABEL.name, "service"), fromPod(LABEL.slot, "slot"), fromPod(LABEL.version, "release")],
      },
    ],
  };
}
