import type * as pulumi from "@pulumi/pulumi";
import type { HostMount, VolumeMount } from "../../components/host/container.ts";
import type { Datastore, Edge } from "../../components/index.ts";
import type { KnownJob } from "../../components/maintenance/catalog.ts";
import { PORTS } from "../../components/monitoring/targets.ts";
import { addressIn, type Places, type Settings, type Store } from "../../settings/index.ts";
import { withBackups } from "./backup.ts";
import { REVIEWS } from "./reviews.ts";

/** What a job needs beside what every job has. */
export interface JobPart {
  /** What it must know, as its own schema in maintenance/jobs/ reads it; nothing secret. */
  readonly facts: unknown;
  /** By the name that the job asks for. @default none */
  readonly secrets?: Readonly<Record<string, pulumi.Input<string>>>;
  /** @default none */
  readonly mounts?: readonly (VolumeMount | HostMount)[];
}

/** The estate that jobs are made for. */
export interface JobsWorld {
  readonly settings: Settings;
  readonly stores: Partial<Record<Store, Datastore>>;
  readonly edge: Edge;
}

/** How one job fits into an estate. */
export interface JobFit {
  /** Why an estate with these settings cannot have it, in words that complete "left out: "; nothing when it can. */
  readonly lacks: (settings: Settings<unknown>) => string | undefined;
  readonly part: (world: JobsWorld) => JobPart;
  /** What it needs where it runs in a cluster. @default it needs the host, its engine or its stores */
  readonly anywhere?: (settings: Settings) => JobPart;
}

const trackerPart = ({ maintenance, secrets }: Settings): JobPart => {
  const { tokenSecret = "", ...facts } = maintenance?.tracker ?? {};
  return { facts, secrets: { token: secrets[tokenSecret] ?? "" } };
};

const always = (): undefined => undefined;

/** Where Prometheus answers inside of the estate's network; nothing where nothing is measured. */
export const prometheusUrl = (settings: Places): string | undefined =>
  settings.monitoring && `http://${addressIn(settings, "prometheus")}:${PORTS.prometheus}`;

/** How each job fits in. */
export const PARTS: Readonly<Record<KnownJob, JobFit>> = {
  "backup-to-r2": withBackups(true),
  "restore-drill": withBackups(false),
  restore: withBackups(false),
  ...REVIEWS,
  "rotate-logs": {
    lacks: always,
    part: () => ({ facts: {} }),
  },
  "health-report": {
    lacks: always,
    part: ({ settings }) => ({ facts: { prometheus: prometheusUrl(settings), services: settings.services.map(({ name }) => name) } }),
  },
  "monthly-report": {
    lacks: ({ monitoring }) => (monitoring ? undefined : "nothing is measured: there is no `sluice:monitoring`"),
    part: ({ settings }) => ({
      facts: {
        prometheus: prometheusUrl(settings),
        services: settings.services.map(({ name, slo }) => ({ name, availabilityPercent: slo.availabilityPercent })),
      },
    }),
  },
  "issue-tracker": {
    lacks: ({ maintenance }) => (maintenance?.tracker ? undefined : "`sluice:maintenance.tracker` names no issue tracker"),
    part: ({ settings }) => trackerPart(settings),
    anywhere: trackerPart,
  },
};
