import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { alerts } from "./alerts.ts";
import { business } from "./business.ts";
import type { DashboardSettings } from "./dashboard.ts";
import { health } from "./health.ts";
import { infrastructure } from "./infrastructure.ts";
import { stores } from "./stores.ts";
import { traffic } from "./traffic.ts";

export { DEMO_PANELS } from "./business.ts";
export type { AlertLimits, BusinessPanel, DashboardSettings } from "./dashboard.ts";
export { type DashboardQuery, panelsOf, queriesOf, withValues } from "./queries.ts";
export { UNITS, type Unit } from "./units.ts";

export interface NamedDashboard {
  /** Name of the file, without `.json`. */
  readonly name: string;
  readonly uid: string;
  readonly title: string;
  /** Grafana's format, as text: the same settings give the same bytes. */
  readonly json: string;
  readonly dashboard: Dashboard;
}

/** All dashboards of an estate, in the order in which one looks at them. */
export function dashboards(settings: DashboardSettings): NamedDashboard[] {
  const all = [
    health(settings),
    traffic(settings),
    infrastructure(settings),
    ...(settings.hasPostgres || settings.hasRedis ? [stores(settings)] : []),
    business(settings),
    alerts(settings),
  ];
  return all.map((dashboard) => {
    const { uid = "", title = "" } = dashboard;
    return { name: uid.replace(/^sluice-/, ""), uid, title, json: `${JSON.stringify(dashboard, undefined, 2)}\n`, dashboard };
  });
}
