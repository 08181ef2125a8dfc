import type * as pulumi from "@pulumi/pulumi";
import type { JobSpec } from "../../components/kubernetes/spec.ts";
import type { KnownJob } from "../../components/maintenance/catalog.ts";
import { type ClusterJob, clusterJob } from "../../components/maintenance/cron-job.ts";
import { isScheduled } from "../../components/maintenance/job.ts";
import type { Settings } from "../../settings/index.ts";
import { PARTS } from "./parts.ts";

/** One job in the cluster, and the secrets that it asks for. */
export interface PlacedJob {
  readonly spec: JobSpec;
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
}

const WEBHOOK = "webhook";

/** The jobs that the settings put into the cluster. What they require (an image, no look at a host) the rules have asked for. */
export function clusterJobs(settings: Settings): PlacedJob[] {
  const { maintenance, secrets, name } = settings;
  if (maintenance?.source.kind !== "registry") return [];
  const image = maintenance.source.reference;
  const address = maintenance.webhookSecret === undefined ? undefined : secrets[maintenance.webhookSecret];
  const told = address === undefined ? {} : { [WEBHOOK]: address };
  return maintenance.jobs.flatMap((job): PlacedJob[] => {
    if (!job.enabled || job.target !== "kubernetes" || !isScheduled(job)) return [];
    const part = job.command ? { facts: { estate: name } } : PARTS[job.name as KnownJob]?.anywhere?.(settings);
    if (!part) return [];
    const own = { ...told, ...part.secrets };
    const planned: ClusterJob = { ...job, facts: part.facts, secrets: Object.keys(own) };
    return [{ spec: clusterJob(name, planned, image, { webhook: address && WEBHOOK }), secrets: own }];
  });
}
