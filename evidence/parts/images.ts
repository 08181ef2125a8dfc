import type { ImageSource } from "../../components/host/image.ts";
import { buildRecord } from "../../images/record.ts";
import type { ClusterSettings, Settings } from "../../settings/types.ts";
import type { Evidence } from "../schema.ts";

/** What an environment's slots and programs run, in the words that the stack itself uses for them (`Images.reference`). */
export function imagesOf(settings: Settings<unknown>, record: typeof buildRecord = buildRecord): Evidence["images"] {
  const { edge, postgres, redis, monitoring, rollout, maintenance, services, cluster } = settings;
  const programs = { edge, postgres, redis, ...pick(monitoring), guard: rollout?.guard, jobs: maintenance };
  const named = [
    ...Object.entries(programs).flatMap(([used, program]) => (program ? [{ used, source: program.source }] : [])),
    ...services.flatMap(({ name, slots }) => Object.entries(slots).map(([slot, { source }]) => ({ used: `${name}.${slot}`, source }))),
  ];
  return [...named.map(({ used, source }) => ({ used, reference: reference(source, record) })), ...(cluster ? inCluster(cluster) : [])];
}

/** What runs in a cluster besides services. */
function inCluster({ workloads, jobs, snapshots, logs, discovery }: ClusterSettings): Evidence["images"] {
  const part = (used: string, reference: string | undefined) => (reference === undefined ? [] : [{ used, reference }]);
  return [
    ...[...workloads, ...jobs].map(({ name, image }) => ({ used: `cluster.${name}`, reference: image })),
    ...part("cluster.snapshots", snapshots?.image),
    ...part("cluster.logs", logs?.image),
    ...part("cluster.logs-lifecycle", logs?.toolImage),
    ...part("cluster.consul", discovery?.image),
  ];
}

function pick(monitoring: Settings["monitoring"]) {
  return { prometheus: monitoring?.prometheus, alertmanager: monitoring?.alertmanager, exporters: monitoring?.exporters };
}

const reference = (source: ImageSource, record: typeof buildRecord): string =>
  source.kind === "registry" ? source.reference : `build:${source.context}@${record(source.context).hash}`;
