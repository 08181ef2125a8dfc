/** Buckets of `sluice_edge_request_duration_seconds`, seconds: only at these can requests be counted as fast or slow. */
export const EDGE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10] as const;

/** What a service promises to its clients, over 30 days. */
export interface SloDeclaration {
  /** Share of requests that must not end in a 5xx, above 0 and below 1. @default 0.999 */
  readonly availability: number;
  /** Seconds within which a request counts as fast; one of `EDGE_BUCKETS`. @default 0.5 */
  readonly latencySeconds: number;
  /** Share of requests that must be fast, above 0 and below 1. @default 0.99 */
  readonly latencyObjective: number;
}

/** A service as far as rules know it. */
export interface RuledService {
  readonly name: string;
  /** Whether the edge has a route to it; without one there are no edge metrics, and no objectives. @default true */
  readonly routed: boolean;
  /** Whether its route is probed end to end; a health path outside the route cannot be. @default what `routed` says */
  readonly probed: boolean;
  /** Requests per second that it never falls below. @default no floor */
  readonly throughputFloor?: number;
  readonly slo?: SloDeclaration;
}

/** A backup that reports its successes, and how old the last one may be. */
export interface BackupJob {
  readonly job: string;
  readonly maxAgeSeconds: number;
}

/** Sigma floors: a baseline that hardly moves must not make a ripple look like a wave. */
export interface AnomalyFloors {
  /** Requests per second. @default 1 */
  readonly requestRate: number;
  /** Share of requests. @default 0.005 */
  readonly errorRatio: number;
  /** Seconds. @default 0.02 */
  readonly latencyMeanSeconds: number;
}

/** Everything that rules depend on. Ratios are shares from 0 to 1, times are seconds. */
export interface RuleSettings {
  readonly services: readonly RuledService[];
  readonly hasPostgres: boolean;
  readonly hasRedis: boolean;
  /** Whether canaries are watched. @default false */
  readonly hasGuard: boolean;
  /** Whether there are jobs of maintenance. @default false */
  readonly hasJobs: boolean;
  /** Where runbooks are read: an alert's `runbook_url` is `<runbookBase>/<name>.md`. @default "docs/runbooks" */
  readonly runbookBase: string;
  /** Team that answers alerts. @default "platform" */
  readonly owner: string;
  /** Time between two scrapes of everything but the edge. @default 15 */
  readonly scrapeSeconds: number;

  /** @default 0.05 */
  readonly errorCriticalRatio: number;
  /** @default 0.01 */
  readonly errorWarningRatio: number;
  /** How much larger one slot's share of errors may be than the other's. @default 0.05 */
  readonly canaryErrorMargin: number;
  /** Requests in 2 minutes that a slot must have had before it is judged against the other. @default 30 */
  readonly canaryMinimumRequests: number;

  /** @default 0.5 */
  readonly latencyP99Seconds: number;
  /** The time that 95 % of requests must stay below. @default 2 */
  readonly responseTimeSeconds: number;
  /** Requests per minute below which percentiles say nothing. @default 20 */
  readonly latencyMinimumRequests: number;

  /** Share of requests of the workflow `auth` that may end in a 5xx, 401 or 403. @default 0.05 */
  readonly authFailureRatio: number;
  /** Requests of the workflow in 5 minutes below which it is not judged. @default 20 */
  readonly authMinimumRequests: number;
  /** How far throughput may fall below its baseline, as a share of it. @default 0.15 */
  readonly throughputDropRatio: number;
  /** Requests per second a baseline must have: below it, chance alone moves throughput more. @default 5 */
  readonly throughputBaselineMinimum: number;
  /** @default 0.8 */
  readonly rateLimitRatio: number;

  /** Of a container's own limit. @default 0.85 */
  readonly memoryRatio: number;
  /** Of all the host's CPUs. @default 0.9 */
  readonly cpuRatio: number;
  /** Of a file system. @default 0.8 */
  readonly diskRatio: number;
  /** Of a file system: above it, somebody has to come at once. @default 0.95 */
  readonly diskFullRatio: number;
  /** Of what the heap may take. @default 0.9 */
  readonly heapRatio: number;
  /** Days before its end that a certificate is spoken of. @default 14 */
  readonly certificateDays: number;

  /** Names of counters that must never stand still for 30 s. @default none */
  readonly progressCounters: readonly string[];
  /** @default none */
  readonly backupJobs: readonly BackupJob[];
  /** @default 900 */
  readonly slowDeploySeconds: number;

  /** @default 3 */
  readonly anomalySigmas: number;
  /** Samples the baseline of one hour must have, of 240. @default 120 */
  readonly anomalyMinimumSamples: number;
  readonly anomalyFloors: AnomalyFloors;

  /** Requests per 5 minutes, on average over the longer window, below which a burn rate is not judged. @default 6 */
  readonly sloMinimumRequests: number;
}

export const DEFAULT_SLO: SloDeclaration = { availability: 0.999, latencySeconds: 0.5, latencyObjective: 0.99 };

/** What `defaultRuleSettings` takes: a service needs a name only, anything else only where it differs. */
export type RuleChoices = Partial<Omit<RuleSettings, "services">> & {
  readonly services: readonly (Pick<RuledService, "name"> & Partial<RuledService>)[];
};

/** Complete settings. Every service with a route gets an objective: its own, else `DEFAULT_SLO`. */
export function defaultRuleSettings({ services, ...choices }: RuleChoices): RuleSettings {
  return {
    hasPostgres: false,
    hasRedis: false,
    hasGuard: false,
    hasJobs: false,
    runbookBase: "docs/runbooks",
    owner: "platform",
    scrapeSeconds: 15,
    errorCriticalRatio: 0.05,
    errorWarningRatio: 0.01,
    canaryErrorMargin: 0.05,
    canaryMinimumRequests: 30,
    latencyP99Seconds: 0.5,
    responseTimeSeconds: 2,
    latencyMinimumRequests: 20,
    authFailureRatio: 0.05,
    authMinimumRequests: 20,
    throughputDropRatio: 0.15,
    throughputBaselineMinimum: 5,
    rateLimitRatio: 0.8,
    memoryRatio: 0.85,
    cpuRatio: 0.9,
    diskRatio: 0.8,
    diskFullRatio: 0.95,
    heapRatio: 0.9,
    certificateDays: 14,
    progressCounters: [],
    backupJobs: [],
    slowDeploySeconds: 900,
    anomalySigmas: 3,
    anomalyMinimumSamples: 120,
    anomalyFloors: { requestRate: 1, errorRatio: 0.005, latencyMeanSeconds: 0.02 },
    sloMinimumRequests: 6,
    ...choices,
    services: services.map(({ routed = true, probed = routed, ...service }) => ({
      ...(routed && { slo: DEFAULT_SLO }),
      ...service,
      routed,
      probed,
    })),
  };
}
