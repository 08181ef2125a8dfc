import type { Dashboard, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";

/** One query of a dashboard, and where it stands. */
export interface DashboardQuery {
  /** Uid of the dashboard. */
  readonly dashboard: string;
  /** Title of the panel; of an annotation, `annotation: ` and its name. */
  readonly panel: string;
  readonly legend: string;
  /** As Grafana has it, with its variables. */
  readonly grafana: string;
  /** The same with values for the variables, as Prometheus takes it. */
  readonly promql: string;
}

/** Values that choose everything. Longer names first: `$__range_s` is no `$__range`. */
const VALUES: readonly (readonly [variable: string, value: string])[] = [
  ["$__rate_interval", "1m"],
  ["$__interval", "15s"],
  ["$__range_s", "3600"],
  ["$__range", "1h"],
  ["$service", ".*"],
  ["$slot", ".*"],
];

/** Put values in place of Grafana's variables: the whole estate, over a minute (rates) or an hour (ranges). */
export const withValues = (query: string): string =>
  VALUES.reduce((text, [variable, value]) => text.replaceAll(variable, value).replaceAll(`$\{${variable.slice(1)}}`, value), query);

/** The panels that show something: headings of rows do not. */
export const panelsOf = (dashboard: Dashboard): Panel[] => (dashboard.panels ?? []).filter((panel): panel is Panel => !isRow(panel));

const isRow = (panel: Panel | RowPanel): panel is RowPanel => panel.type === "row";

/** The SDK knows queries of all data sources by one type; ours all have PromQL. */
const promqlOf = (target: object): { readonly expr: string; readonly legend: string } | undefined =>
  "expr" in target && typeof target.expr === "string"
    ? { expr: target.expr, legend: "legendFormat" in target ? String(target.legendFormat) : "" }
    : undefined;

/** Every query of a dashboard, annotations included. */
export function queriesOf(dashboard: Dashboard): DashboardQuery[] {
  const query = (panel: string, legend: string, text: string): DashboardQuery => ({
    dashboard: dashboard.uid ?? "",
    panel,
    legend,
    grafana: text,
    promql: withValues(text),
  });
  const shown = panelsOf(dashboard).flatMap((panel) =>
    (panel.targets ?? []).flatMap((target) => {
      const known = promqlOf(target);
      return known ? [query(panel.title ?? "", known.legend, known.expr)] : [];
    }),
  );
  const marks = (dashboard.annotations.list ?? []).flatMap(({ name, expr }) =>
    expr === undefined ? [] : [query(`annotation: ${name}`, name, expr)],
  );
  return [...shown, ...marks];
}
