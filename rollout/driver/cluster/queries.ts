import { SLOTS, type Slot } from "../../../components/edge/share.ts";
import { slotName } from "../../../components/kubernetes/traffic/split.ts";
import { oneOf, quoted } from "../../../components/monitoring/rules/promql.ts";
import type { RequestNames } from "../../../settings/cluster-types.ts";

/** The questions about one service, both slots in each. */
export interface Queries {
  /** Counters of requests by slot, pod and status. */
  readonly requests: string;
  /** Counters of durations by slot, pod and bound. */
  readonly latency: string;
  /** When each slot's counters were last looked at, seconds since 1970. */
  readonly newest: string;
  /** Requests of a stretch by slot and status, and its P95 by slot. */
  readonly past: (seconds: number) => { readonly requests: string; readonly p95: string };
}

/**
 * What Prometheus is asked. Counters are read as they are, pod by pod, and differences are taken here: `rate` and `increase` guess at the
 * ends of a stretch, and leave a counter's first value out, which is where a bad release's first errors are.
 */
export function queriesOf(names: RequestNames, namespace: string, service: string): Queries {
  const workloads = SLOTS.map((slot) => slotName(service, slot));
  const labels = [
    ...Object.entries(names.where).map(([label, value]) => `${label}=${quoted(value)}`),
    `${names.namespace}=${quoted(namespace)}`,
    oneOf(names.workload, workloads),
  ].join(", ");
  const pod = `${names.workload}, instance, pod`;
  const [requests, buckets] = [`${names.requests}{${labels}}`, `${names.latency}_bucket{${labels}}`];
  return {
    requests: `sum by (${pod}, ${names.status}) (${requests})`,
    latency: `sum by (${pod}, le) (${buckets})`,
    newest: `max by (${names.workload}) (timestamp(${requests}))`,
    past: (seconds) => ({
      requests: `sum by (${names.workload}, ${names.status}) (increase(${requests}[${seconds}s]))`,
      p95: `histogram_quantile(0.95, sum by (${names.workload}, le) (rate(${buckets}[${seconds}s])))`,
    }),
  };
}

/** The slot that a series is about. */
export function slotOf(labels: Readonly<Record<string, string>>, names: RequestNames, service: string): Slot | undefined {
  return SLOTS.find((slot) => labels[names.workload] === slotName(service, slot));
}
