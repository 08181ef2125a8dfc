import type { AddressOf } from "../host/addresses.ts";
import type { Files } from "../host/txtar.ts";
import { renderAlertmanager } from "./alerting/alertmanager.ts";
import { escalationRules } from "./alerting/escalation.ts";
import type { AlertingSettings } from "./alerting/types.ts";
import { AREAS, defaultRuleSettings, groupsOf, type RuleSettings, renderGroups } from "./rules/index.ts";
import { EDGE_BUCKETS } from "./rules/settings.ts";
import { PORTS, type RouteTarget } from "./targets.ts";

/** A service, as far as monitoring plans for it. */
export interface PlannedService {
  readonly name: string;
  readonly route?: string | undefined;
  readonly stripRoute: boolean;
  readonly health: string;
  readonly slo: { readonly availabilityPercent: number; readonly latencyMs: number; readonly latencyPercent: number };
  readonly throughputFloor?: number | undefined;
}

export interface PlannedThresholds {
  readonly errorCriticalPercent: number;
  readonly errorWarningPercent: number;
  readonly latencyP99Ms: number;
  readonly memoryPercent: number;
  readonly cpuPercent: number;
  readonly diskPercent: number;
  readonly certificateDays: number;
  readonly slowDeployMinutes: number;
}

/** What monitoring is planned from: an estate's settings, as far as they matter here. */
export interface PlanArgs {
  readonly estate: string;
  /** Where the estate's own programs are. */
  readonly addressOf: AddressOf;
  /** Whether the edge answers by HTTPS, and plain HTTP only leads there. */
  readonly tls: boolean;
  readonly services: readonly PlannedService[];
  readonly hasPostgres: boolean;
  readonly hasRedis: boolean;
  /** Whether canaries are watched. @default false */
  readonly hasGuard?: boolean;
  /** Whether there are jobs of maintenance. @default false */
  readonly hasJobs?: boolean;
  readonly port: number;
  /** Seconds between two looks at everything but the edge. */
  readonly scrapeSeconds: number;
  readonly thresholds: PlannedThresholds;
  readonly runbooks: string;
  readonly owner: string;
  readonly alerting: AlertingSettings;
  readonly progressCounters: readonly string[];
  readonly backups: readonly { readonly job: string; readonly maxAgeHours: number }[];
}

/** What is probed, which rules hold, who is told. */
export interface Plan {
  readonly routes: readonly RouteTarget[];
  readonly rules: Files;
  readonly alerting: { readonly files: Files; readonly secrets: readonly string[] };
}

const share = (percent: number): number => Number((percent / 100).toFixed(8));

/** The bucket at or above a time: only at its buckets can a histogram tell fast from slow. */
const bucketAt = (seconds: number): number => EDGE_BUCKETS.find((bucket) => bucket >= seconds) ?? 10;

/** Thresholds as rules take them. */
export const ruleThresholds = (thresholds: PlannedThresholds) => ({
  errorCriticalRatio: share(thresholds.errorCriticalPercent),
  errorWarningRatio: share(thresholds.errorWarningPercent),
  latencyP99Seconds: thresholds.latencyP99Ms / 1000,
  memoryRatio: share(thresholds.memoryPercent),
  cpuRatio: share(thresholds.cpuPercent),
  diskRatio: share(thresholds.diskPercent),
  certificateDays: thresholds.certificateDays,
  slowDeploySeconds: thresholds.slowDeployMinutes * 60,
});

/** Settings of people (percent, milliseconds) as rules take them (shares, seconds). */
export function ruleSettings({ services, thresholds, backups, ...args }: PlanArgs): RuleSettings {
  const probed = probedRoutes({ ...args, services }).map(({ service }) => service);
  return defaultRuleSettings({
    ...{
      hasPostgres: args.hasPostgres,
      hasRedis: args.hasRedis,
      hasGuard: args.hasGuard ?? false,
      hasJobs: args.hasJobs ?? false,
      owner: args.owner,
      runbookBase: args.runbooks,
      scrapeSeconds: args.scrapeSeconds,
    },
    ...ruleThresholds(thresholds),
    progressCounters: args.progressCounters,
    backupJobs: backups.map(({ job, maxAgeHours }) => ({ job, maxAgeSeconds: maxAgeHours * 3600 })),
    services: services.map(({ name, route, slo, throughputFloor }) => ({
      name,
      routed: route !== undefined,
      probed: probed.includes(name),
      ...(throughputFloor === undefined ? {} : { throughputFloor }),
      ...(route === undefined
        ? {}
        : {
            slo: {
              availability: share(slo.availabilityPercent),
              latencySeconds: bucketAt(slo.latencyMs / 1000),
              latencyObjective: share(slo.latencyPercent),
            },
          }),
    })),
  });
}

/**
 * Where a service's health path is reached through the edge; nothing where the service sees its route and its health path is outside of it.
 */
export function probeUrl({ route, stripRoute, health }: PlannedService, edge: string): string | undefined {
  if (route === undefined) return undefined;
  if (route === "/") return `${edge}${health}`;
  if (stripRoute) return `${edge}${route}${health}`;
  return health === route || health.startsWith(`${route}/`) ? `${edge}${health}` : undefined;
}

/** Every route that can be asked end to end, and how. */
function probedRoutes({ addressOf, tls, services }: Pick<PlanArgs, "addressOf" | "tls" | "services">): RouteTarget[] {
  const address = addressOf("edge");
  const edge = tls ? `https://${address}:8443` : `http://${address}:8080`;
  return services.flatMap((service) => {
    const url = probeUrl(service, edge);
    return url === undefined ? [] : [{ service: service.name, url }];
  });
}

/** Rule files of an estate: its alerts by area, and the copies that tell the next in line. */
export function renderEstateRules(settings: RuleSettings, escalation: AlertingSettings["escalation"]): Files {
  const groups = AREAS.map((area) => [`rules/${area}.yml`, groupsOf(area, settings)] as const);
  const all = groups.flatMap(([, own]) => own);
  const alerts = all.map((group) => ({ ...group, rules: group.rules.flatMap((rule) => ("name" in rule ? [rule] : [])) }));
  const files = [...groups, ["rules/escalation.yml", escalationRules(alerts, escalation)] as const];
  return Object.fromEntries(
    files.filter(([, own]) => own.length > 0).map(([path, own]) => [path, renderGroups(own, settings.runbookBase)]),
  );
}

export function planMonitoring(args: PlanArgs): Plan {
  const { estate, port, alerting } = args;
  return {
    routes: probedRoutes(args),
    rules: renderEstateRules(ruleSettings(args), alerting.escalation),
    alerting: renderAlertmanager(alerting, { estate, externalUrl: `http://127.0.0.1:${port}/alertmanager` }),
  };
}

/** Where the edge finds what its status page shows. */
export const statusSources = (addressOf: AddressOf) => ({
  prometheus: `${addressOf("prometheus")}:${PORTS.prometheus}`,
  alertmanager: `${addressOf("alertmanager")}:${PORTS.alertmanager}`,
});
