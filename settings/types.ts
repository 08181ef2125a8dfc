import type { Output } from "@pulumi/pulumi";

import type { Breaker } from "../components/edge/routes.ts";
import { SLOTS, type Slot } from "../components/edge/share.ts";
import type { ImageSource } from "../components/host/image.ts";
import type { OutsideSpec } from "../components/kubernetes/workload/spec.ts";
import type { MaintenanceJob } from "../components/maintenance/job.ts";
import type { AlertingSettings } from "../components/monitoring/alerting/types.ts";
import type { PlannedThresholds } from "../components/monitoring/plan.ts";
import type { ClusterSettings } from "./cluster-types.ts";
import type { DokploySettings } from "./complete-dokploy.ts";
import type { GithubSettings } from "./github-types.ts";

export { type ClusterSettings, type DokploySettings, type GithubSettings, type ImageSource, SLOTS, type Slot };

/** A data store that a service can use. */
export const STORES = ["postgres", "redis"] as const;
export type Store = (typeof STORES)[number];

/** Where a service can run. */
export const TARGETS = ["docker", "kubernetes"] as const;
export type Target = (typeof TARGETS)[number];

/**
 * One estate, as its stack file describes it: complete (defaults filled in), checked (every rule of this room holds) and deep-frozen.
 *
 * @typeParam Secret what a secret's value is: an `Output` in the program; plain text only inside this room and in tests
 */
export interface Settings<Secret = Output<string>> {
  /** Starts the name of everything the estate makes in Docker. */
  readonly name: string;
  /** Whether volumes of data stores survive `destroy`. */
  readonly protectData: boolean;
  readonly host: HostSettings;
  /** More hosts, sorted by name; absent when there is one. */
  readonly hosts?: readonly NamedHost[];
  readonly edge: EdgeSettings;
  /** Absent when the estate has no Postgres. */
  readonly postgres?: PostgresSettings;
  /** Absent when the estate has no Redis. */
  readonly redis?: RedisSettings;
  /** Absent when nothing is measured. */
  readonly monitoring?: MonitoringSettings;
  /** Absent when no job keeps the estate. */
  readonly maintenance?: MaintenanceSettings;
  /** Absent when nobody watches a canary. */
  readonly rollout?: RolloutSettings;
  /** Absent when nothing is asked about what a release was found to be. */
  readonly evidence?: EvidenceSettings;
  /** Sorted by name. */
  readonly services: readonly ServiceSettings[];
  /** Absent when nothing runs in a cluster. */
  readonly cluster?: ClusterSettings;
  /** Absent when nothing is decided about a repository. */
  readonly github?: GithubSettings;
  /** Absent when no Dokploy runs anything. */
  readonly dokploy?: DokploySettings;
  /** `sluice:secrets` by name; `sluice:postgresPassword` and `sluice:redisPassword`, when set, as `postgres-password` and `redis-password`. */
  readonly secrets: Readonly<Record<string, Secret>>;
  /** Paths of images whose digest is 64 zeros: good for a preview, refused by `up` (`loadSettings` does that). */
  readonly standIns: readonly string[];
  /** Secrets that environments of the repository name and nobody has set: good for a preview, refused by `up`. */
  readonly unset: readonly { readonly path: string; readonly secret: string }[];
}

export interface HostSettings {
  /** Docker engine: `unix:///path` or `ssh://user@host[:port]`. */
  readonly docker: string;
  /** Public keys that the host may show when it is reached by ssh; absent where the person's own known_hosts decides. */
  readonly hostKeys?: readonly string[];
  /** Secret that holds the private key to sign in with; absent where agent and keys of the person do. */
  readonly keySecret?: string;
  /** The estate's own network on it, private IPv4 in CIDR form, /16 to /22. */
  readonly subnet: string;
  /** Absent where the stack has one host. */
  readonly link?: LinkSettings;
}

/** A host beside the one of `sluice:host`, which is called `main`. */
export interface NamedHost extends HostSettings {
  readonly name: string;
}

/** Where a stack's other hosts reach one. */
export interface LinkSettings {
  /** Absent: the one that `docker` has. */
  readonly address?: string;
  /** UDP. */
  readonly port: number;
}

/** What one container may take, and how long it gets to finish its work. */
export interface Limits {
  readonly memoryMb: number;
  readonly cpus: number;
  /** Seconds between the request to stop and the kill. */
  readonly drainSeconds: number;
}

export interface EdgeSettings extends Limits {
  /** Name of the host that it runs on; absent: main. */
  readonly host?: string;
  readonly source: ImageSource;
  /** Address of the host that the edge listens on. */
  readonly bind: string;
  readonly port: number;
  /** Whether `bind` may be reachable from other machines. */
  readonly public: boolean;
  /** Whether the header `X-Sluice-Slot` lets a tester choose the slot. */
  readonly headerOverride: boolean;
  readonly tls?: TlsSettings;
  readonly bodyLimitMb: number;
  readonly breaker: Breaker;
  readonly connectTimeoutSeconds: number;
  readonly responseTimeoutSeconds: number;
  readonly clientTimeoutSeconds: number;
  /** Addresses or CIDR ranges whose `X-Forwarded-*` headers are believed. */
  readonly trustedProxies: readonly string[];
}

/** PEM files, paths relative to the project (or absolute); whether they can be read is checked where they are read. */
export interface TlsSettings {
  readonly certificate: string;
  readonly key: string;
  readonly port: number;
}

export interface PostgresSettings extends Limits {
  readonly source: ImageSource;
  readonly version: 17;
  readonly database: string;
  readonly user: string;
  readonly maxConnections: number;
  /** Free space below which nothing is written any more, MiB; 0: written until the disk is full. */
  readonly diskReserveMb: number;
}

export interface RedisSettings extends Limits {
  readonly source: ImageSource;
  /** What the data may take; below `memoryMb`. */
  readonly maxMemoryMb: number;
  readonly appendOnly: boolean;
}

export interface ServiceSettings extends Limits {
  readonly name: string;
  readonly target: Target;
  /** Name of the host that it runs on; absent: main. */
  readonly host?: string;
  /** In a cluster: whom it talks to there, and outside of it. */
  readonly talksTo: readonly string[];
  readonly outside: readonly OutsideSpec[];
  /** Path at the edge; absent for a service that only other services reach. */
  readonly route?: string;
  /** Whether the edge takes `route` off the path before it passes the request on. */
  readonly stripRoute: boolean;
  readonly port: number;
  readonly health: string;
  readonly healthIntervalSeconds: number;
  readonly healthTimeoutSeconds: number;
  readonly healthRetries: number;
  /** How long a container may stay unhealthy before its program is ended, seconds; 0: for ever. */
  readonly restartAfterSeconds: number;
  /** How long a new container may take until its first good health check. */
  readonly readyTimeoutSeconds: number;
  readonly active: Slot;
  /** Percent of clients that the other slot gets, whole, 0 to 100. */
  readonly canaryWeight: number;
  /** Which block of 16 addresses of the subnet the slots live in. */
  readonly block: number;
  /** Path of the service's own metrics; absent: it has none. */
  readonly metrics?: string | undefined;
  /** Paths of user journeys, by name. */
  readonly workflows: Readonly<Record<string, readonly string[]>>;
  readonly slo: SloSettings;
  /** Requests per second below which something is wrong; absent: no floor. */
  readonly throughputFloor?: number | undefined;
  readonly rollout: ServiceRollout;
  /** A release that was taken back; absent: none. */
  readonly frozen?: FrozenSettings;
  readonly uses: readonly Store[];
  /** Names in `Settings.secrets`, mounted as files. */
  readonly secrets: readonly string[];
  readonly slots: Readonly<Partial<Record<Slot, SlotSettings>>>;
}

/** How one service is rolled out. */
export interface ServiceRollout {
  /** Rising percentages of clients. */
  readonly steps: readonly number[];
  /** A slower response is bad, seconds. */
  readonly slowSeconds: number;
  /** Paths that the guard asks the slots' containers. */
  readonly probes: readonly string[];
  /** Questions before the first client. */
  readonly smoke: readonly SmokeTest[];
  /** Seconds of a step's window; absent: the estate's. */
  readonly windowSeconds?: number | undefined;
}

export interface SmokeTest {
  readonly path: string;
  readonly expect: number;
  readonly contains?: string | undefined;
  readonly timeoutSeconds: number;
}

/** A slot that gets no clients until the decision is acknowledged. */
export interface FrozenSettings {
  readonly decision: string;
  readonly release: string;
  readonly slot: Slot;
}

/** Where the evidence about a release is, and what makes it believable. */
export interface EvidenceSettings {
  /** Relative to the project, or absolute. */
  readonly file: string;
  /** Ed25519, SPKI, PEM. */
  readonly publicKey: string;
  readonly maxAgeHours: number;
}

export interface RolloutSettings {
  readonly guard: ProgramSettings;
  /** The guard's error bounds, and the share of bad responses that is always allowed. */
  readonly alpha: number;
  readonly beta: number;
  readonly floor: number;
  readonly windowSeconds: number;
  /** Seconds that a promoted release is watched on. */
  readonly watchSeconds: number;
  /** Seconds of each window that are not judged. */
  readonly warmUpSeconds: number;
  readonly extensions: number;
  readonly giveUp: "rollback" | "pause";
  /** Limits of a window: shares from 0 to 1, seconds. */
  readonly errorLimit: number;
  readonly p99Seconds: number;
  readonly authFailureLimit: number;
  readonly minimumRequests: number;
  readonly hooks: { readonly before: readonly string[]; readonly after: readonly string[]; readonly onRollback: readonly string[] };
}

/** What a service promises, over 30 days. */
export interface SloSettings {
  /** Requests that must not fail, percent. */
  readonly availabilityPercent: number;
  /** What counts as fast. */
  readonly latencyMs: number;
  /** Requests that must be fast, percent. */
  readonly latencyPercent: number;
}

/** Limits that alerts are raised at. */
export type Thresholds = PlannedThresholds;

export interface MonitoringSettings {
  /** Name of the host that it runs on; absent: main. */
  readonly host?: string;
  /** Port of 127.0.0.1 for the status page, Prometheus and Alertmanager. */
  readonly port: number;
  readonly scrapeSeconds: number;
  readonly edgeScrapeSeconds: number;
  readonly retentionDays: number;
  readonly retentionMb: number;
  /** Whether containers are measured through the host's control groups. */
  readonly containerMetrics: boolean;
  /** A second place for all samples; `passwordSecret` is a name in `Settings.secrets`. */
  readonly remoteWrite?: { readonly url: string; readonly user?: string | undefined; readonly passwordSecret?: string | undefined };
  readonly prometheus: ProgramSettings;
  readonly alertmanager: ProgramSettings;
  readonly exporters: ProgramSettings;
  readonly thresholds: Thresholds;
  /** Counters that must never stand still. */
  readonly progressCounters: readonly string[];
  /** Backup jobs, and the hours that each one's last success may be old. */
  readonly backups: readonly { readonly job: string; readonly maxAgeHours: number }[];
  readonly alerting: AlertingSettings;
  /** Address that runbooks are read at, without a slash at the end. */
  readonly runbooks: string;
  readonly owner: string;
}

/** One program of monitoring. */
export interface ProgramSettings extends Limits {
  readonly source: ImageSource;
}

/** Where backups go, and what is in them. */
export interface BackupSettings {
  readonly endpoint: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly region?: string | undefined;
  /** Names in `Settings.secrets`. */
  readonly keyIdSecret: string;
  readonly keySecret: string;
  readonly passwordSecret: string;
  readonly postgres: boolean;
  /** Sorted by name. */
  readonly files: readonly BackupFiles[];
  readonly keep: { readonly daily: number; readonly weekly: number; readonly monthly: number };
  readonly readAllDays: number;
  readonly patienceSeconds: number;
}

/** A volume or a folder of the host, under the name that it has in a backup. */
export type BackupFiles = { readonly name: string } & ({ readonly volume: string } | { readonly path: string });

export interface CostSettings {
  readonly currency: string;
  readonly monthly: Readonly<Record<string, number>>;
  readonly storagePerGb: number;
  readonly budget?: number | undefined;
}

export interface BenchmarkSettings {
  /** Absent: the health path of each service with a route. */
  readonly paths?: readonly string[] | undefined;
  readonly requestsPerSecond: number;
  readonly seconds: number;
  readonly slowerPercent: number;
}

/** The jobs that keep an estate alive. */
export interface MaintenanceSettings extends ProgramSettings {
  /** What begins them: the host's systemd, or nobody. */
  readonly scheduler: "systemd" | "none";
  /** Name of the secret that holds the address of a channel's webhook; absent: only the alerting's channels are told. */
  readonly webhookSecret?: string | undefined;
  /** In the order of the catalog, the team's own behind. */
  readonly jobs: readonly JobSettings[];
  /** Absent: there is no issue tracker. */
  readonly tracker?: TrackerSettings;
  /** Absent: nothing is backed up. */
  readonly backup?: BackupSettings;
  readonly secretAge: { readonly maxDays: number; readonly rotated: Readonly<Record<string, string>> };
  /** Absent: nobody said what anything costs. */
  readonly costs?: CostSettings;
  readonly benchmark: BenchmarkSettings;
}

/** One job, as settings have it. */
export interface JobSettings extends MaintenanceJob, Limits {
  /** Where it runs. */
  readonly target: Target;
  /** Whether it is made at all. */
  readonly enabled: boolean;
  /** A program of the team's own, in place of a job of the image. */
  readonly command?: readonly string[] | undefined;
}

export interface TrackerSettings {
  /** `owner/name` of the repository on GitHub. */
  readonly repository: string;
  /** Address of the API. */
  readonly apiUrl: string;
  readonly tokenSecret: string;
  readonly staleDays: number;
  /** An issue with one of these labels must be answered within a day. */
  readonly urgentLabels: readonly string[];
}

export interface SlotSettings {
  readonly source: ImageSource;
  /** Absent when not given: then the program derives it from the image. */
  readonly release?: string;
  /** 1 to 8 containers. */
  readonly replicas: number;
  /** The service's env with the slot's own on top. */
  readonly env: Readonly<Record<string, string>>;
  /** Contents by name, in `/run/config/current/`. */
  readonly files: Readonly<Record<string, string>>;
}
