import * as common from "@grafana/grafana-foundation-sdk/common";
import * as grafana from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as statetimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import * as tables from "@grafana/grafana-foundation-sdk/table";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import type { Unit } from "./units.ts";

/** From which value on a panel turns yellow and red; `lowIsBad` turns it round: the values are the lowest that are still good. */
export interface Limits {
  readonly warning?: number;
  readonly critical: number;
  readonly lowIsBad?: boolean;
}

/** One panel, as a row of a table: what it is called, what it shows, and what a bad picture looks like. */
export interface PanelSpec {
  readonly title: string;
  readonly unit: Unit;
  /** PromQL by legend. A legend names labels as `{{label}}`. */
  readonly queries: Readonly<Record<string, string>>;
  /** What a bad picture looks like, and what it most often means. */
  readonly description: string;
  readonly limits?: Limits;
  /** Columns of the 24 that the grid has. */
  readonly width?: number;
  /** Grid rows, 30 pixels each. */
  readonly height?: number;
}

interface GraphSpec extends PanelSpec {
  /** Areas on top of each other, for parts of a whole. */
  readonly stack?: boolean;
  readonly min?: number;
  readonly max?: number;
}

interface MappedSpec extends PanelSpec {
  /** What values mean, in words. */
  readonly words?: Readonly<Record<string, Word>>;
}

export interface Word {
  readonly text: string;
  readonly color: "green" | "yellow" | "red" | "blue" | "text";
}

export const UP_DOWN: Readonly<Record<string, Word>> = { 0: { text: "down", color: "red" }, 1: { text: "up", color: "green" } };

/** The variable that holds the Prometheus to ask: a dashboard fits every Grafana. */
export const DATASOURCE: common.DataSourceRef = { type: "prometheus", uid: "$datasource" };

/** A panel whose place on the grid is not known yet: width and height only. */
export type Panel = grafana.Panel & { readonly gridPos: grafana.GridPos };

const REF_IDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

function targets(queries: PanelSpec["queries"], shape: (query: DataqueryBuilder) => DataqueryBuilder): DataqueryBuilder[] {
  return Object.entries(queries).map(([legend, expr], index) =>
    shape(new DataqueryBuilder().datasource(DATASOURCE).refId(REF_IDS.charAt(index)).expr(expr).legendFormat(legend)),
  );
}

function thresholds(limits: Limits | undefined): grafana.ThresholdsConfigBuilder {
  const { warning, critical, lowIsBad } = limits ?? {};
  const step = (value: number | null | undefined, color: string) => (value === undefined ? [] : [{ value, color }]);
  const steps = lowIsBad
    ? [...step(null, "red"), ...step(warning === undefined ? undefined : critical, "yellow"), ...step(warning ?? critical, "green")]
    : [...step(null, "green"), ...step(warning, "yellow"), ...step(critical, "red")];
  return new grafana.ThresholdsConfigBuilder()
    .mode(grafana.ThresholdsMode.Absolute)
    .steps(limits ? steps : [{ value: null, color: "text" }]);
}

const mappings = (words: MappedSpec["words"]): grafana.ValueMapping[] =>
  words ? [{ type: grafana.MappingType.ValueToText, options: { ...words } }] : [];

const size = (spec: PanelSpec, width: number, height: number): grafana.GridPos => ({
  x: 0,
  y: 0,
  w: spec.width ?? width,
  h: spec.height ?? height,
});

const sized = (panel: grafana.Panel, gridPos: grafana.GridPos): Panel => ({ ...panel, gridPos });

/** A slot has its own colour wherever its name is in the legend; several services of a slot get shades of it. */
const slotColour = (slot: "blue" | "green") => ({ id: "color", value: { mode: grafana.FieldColorModeId.Shades, fixedColor: slot } });

/** Lines over time. */
export function graph(spec: GraphSpec): Panel {
  const panel = new timeseries.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .unit(spec.unit)
    .datasource(DATASOURCE)
    .min(spec.min ?? 0)
    .lineWidth(1)
    .fillOpacity(spec.stack ? 40 : 8)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending))
    .thresholds(thresholds(spec.limits))
    .colorScheme(new grafana.FieldColorBuilder().mode(grafana.FieldColorModeId.PaletteClassic))
    .overrideByRegexp("/\\bblue\\b/", [slotColour("blue")])
    .overrideByRegexp("/\\bgreen\\b/", [slotColour("green")])
    .targets(targets(spec.queries, (query) => query.range()));
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.stack) panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group("A"));
  if (spec.limits) panel.thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
  return sized(panel.build(), size(spec, 8, 8));
}

/** Numbers as they are now: an instant query, so that what has ended is not shown as if it went on. */
export function number(spec: MappedSpec): Panel {
  const panel = new stat.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .unit(spec.unit)
    .datasource(DATASOURCE)
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(spec.limits || spec.words ? common.BigValueColorMode.Background : common.BigValueColorMode.Value)
    .textMode(common.BigValueTextMode.Auto)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false))
    .thresholds(thresholds(spec.limits))
    .mappings(mappings(spec.words))
    .colorScheme(new grafana.FieldColorBuilder().mode(grafana.FieldColorModeId.Thresholds))
    .targets(targets(spec.queries, (query) => query.instant()));
  return sized(panel.build(), size(spec, 4, 4));
}

/** Which state each series was in, as bars over time. */
export function states(spec: MappedSpec & { readonly words: Readonly<Record<string, Word>> }): Panel {
  const panel = new statetimeline.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .unit(spec.unit)
    .datasource(DATASOURCE)
    .showValue(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .calcs([]),
    )
    .mappings(mappings(spec.words))
    .targets(targets(spec.queries, (query) => query.range()));
  return sized(panel.build(), size(spec, 12, 8));
}

/** The labels of what is there now, a row each. */
export function table(
  spec: PanelSpec & { readonly columns: readonly string[]; readonly link?: { readonly title: string; readonly url: string } },
): Panel {
  const order = Object.fromEntries(spec.columns.map((column, index) => [column, index]));
  const panel = new tables.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .unit(spec.unit)
    .datasource(DATASOURCE)
    .showHeader(true)
    .targets(targets(spec.queries, (query) => query.instant().format(PromQueryFormat.Table)))
    .withTransformation({ id: "filterFieldsByName", options: { include: { names: spec.columns } } })
    .withTransformation({ id: "organize", options: { indexByName: order } });
  const { link } = spec;
  if (link) panel.dataLinks([new grafana.DashboardLinkBuilder(link.title).url(link.url).targetBlank(true)]);
  return sized(panel.build(), size(spec, 24, 8));
}
