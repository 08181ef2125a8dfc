import * as grafana from "@grafana/grafana-foundation-sdk/dashboard";
import type { RuleSettings } from "../rules/settings.ts";
import { DATASOURCE, type Panel } from "./panels.ts";
import type { Unit } from "./units.ts";

/** What the dashboards of an estate depend on, and nothing else. */
export interface DashboardSettings {
  /** Name of the estate. */
  readonly estate: string;
  readonly services: readonly {
    readonly name: string;
    /** Whether the edge has a route to it. */
    readonly routed: boolean;
    /** Names of the user journeys that the edge counts. @default none */
    readonly workflows?: readonly string[];
  }[];
  readonly hasPostgres: boolean;
  readonly hasRedis: boolean;
  /** A team's own panels on the dashboard of transactions. @default - what the demo counts */
  readonly businessPanels?: readonly BusinessPanel[] | undefined;
  /** From where on a panel is yellow or red: the same values that raise alerts. */
  readonly limits: AlertLimits;
  /** Where the runbooks are: `<runbookBase>/<AlertName>.md`. */
  readonly runbookBase: string;
}

/** Limits of alerts that panels show as well; ratios are 0-1, times are seconds. */
export type AlertLimits = Pick<
  RuleSettings,
  | "errorWarningRatio"
  | "errorCriticalRatio"
  | "latencyP99Seconds"
  | "responseTimeSeconds"
  | "memoryRatio"
  | "cpuRatio"
  | "diskRatio"
  | "heapRatio"
  | "certificateDays"
  | "slowDeploySeconds"
  | "rateLimitRatio"
>;

/** A panel that a team adds in its settings. */
export interface BusinessPanel {
  readonly name: string;
  /** PromQL; may use `$service`, `$slot` and `$__rate_interval`. */
  readonly query: string;
  readonly unit: Unit;
  /** Names of series. @default the query's own labels */
  readonly legend?: string;
  /** What a bad picture looks like. @default a sentence that says whose panel it is */
  readonly description?: string;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface DashboardSpec {
  /** Part of the uid, and name of the file: lower case, with dashes. */
  readonly name: string;
  readonly title: string;
  /** The question that it answers. */
  readonly description: string;
  /** Which variables its queries use. */
  readonly variables: readonly ("service" | "slot")[];
  /** The choices of the variable `service`. */
  readonly services: readonly string[];
  readonly rows: readonly Row[];
  /** @default now-1h */
  readonly from?: string;
}

const COLUMNS = 24;

/** Put panels side by side, and below each other where a line is full. @returns the panels in place, and the first free grid row */
export function place(panels: readonly Panel[], top: number): { readonly placed: readonly Panel[]; readonly bottom: number } {
  const placed: Panel[] = [];
  let [x, y, tallest] = [0, top, 0];
  for (const panel of panels) {
    const { w, h } = panel.gridPos;
    if (x + w > COLUMNS) [x, y, tallest] = [0, y + tallest, 0];
    placed.push({ ...panel, gridPos: { x, y, w, h } });
    x += w;
    tallest = Math.max(tallest, h);
  }
  return { placed, bottom: y + tallest };
}

/** All choices of a variable, or several. `All` is everything there is, what settings do not know included. */
function choice(name: string, label: string, values: readonly string[]): grafana.CustomVariableBuilder {
  return new grafana.CustomVariableBuilder(name)
    .label(label)
    .values(values.join(","))
    .options([{ selected: true, text: "All", value: "$__all" }, ...values.map((value) => ({ selected: false, text: value, value }))])
    .current({ selected: true, text: "All", value: "$__all" })
    .includeAll(true)
    .allValue(".*")
    .multi(true);
}

/** A mark on every graph at the time that a metric's value is: Grafana counts in milliseconds. */
function mark(name: string, metric: string, color: string, text: string, tags: string): grafana.AnnotationQueryBuilder {
  return new grafana.AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor(color)
    .expr(`${metric} * 1000`)
    .useValueForTime(true)
    .titleFormat(name)
    .textFormat(text)
    .tagKeys(tags);
}

function annotations(byService: boolean): grafana.AnnotationQueryBuilder[] {
  const selector = byService ? '{service=~"$service"}' : "";
  return [
    mark("Deployment started", "sluice_deployment_started_timestamp_seconds", "blue", "a deployment began", ""),
    mark(
      "Deployment finished",
      "(sluice_deployment_finished_timestamp_seconds and sluice_deployment_succeeded == 1)",
      "green",
      "it went well",
      "",
    ),
    mark(
      "Deployment failed",
      "(sluice_deployment_finished_timestamp_seconds and sluice_deployment_succeeded == 0)",
      "red",
      "it failed",
      "",
    ),
    mark("Decision", `sluice_decision_timestamp_seconds${selector}`, "orange", "{{service}}: {{action}}", "service,action"),
  ];
}

function links(estate: string, runbookBase: string): grafana.DashboardLinkBuilder[] {
  return [
    new grafana.DashboardLinkBuilder("Dashboards")
      .type(grafana.DashboardLinkType.Dashboards)
      .tags(["sluice", estate])
      .asDropdown(true)
      .includeVars(true)
      .keepTime(true),
    new grafana.DashboardLinkBuilder("Runbooks")
      .type(grafana.DashboardLinkType.Link)
      .url(runbookBase)
      .icon("doc")
      .tooltip("What to do, for each alert")
      .targetBlank(true),
  ];
}

/** A whole dashboard: rows below each other, ids in reading order, and what all dashboards share. */
export function dashboard(spec: DashboardSpec, { estate, runbookBase }: DashboardSettings): grafana.Dashboard {
  const builder = new grafana.DashboardBuilder(spec.title)
    .uid(`sluice-${spec.name}`)
    .description(spec.description)
    .tags(["sluice", estate])
    .timezone("browser")
    .tooltip(grafana.DashboardCursorSync.Crosshair)
    .time({ from: spec.from ?? "now-1h", to: "now" })
    .refresh("10s")
    .editable()
    .links(links(estate, runbookBase))
    .annotations(annotations(spec.variables.includes("service")))
    .withVariable(new grafana.DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"));
  if (spec.variables.includes("service")) builder.withVariable(choice("service", "Service", spec.services));
  if (spec.variables.includes("slot")) builder.withVariable(choice("slot", "Slot", ["blue", "green"]));

  let [top, id] = [0, 0];
  for (const row of spec.rows.filter(({ panels }) => panels.length > 0)) {
    const heading = new grafana.RowBuilder(row.title).id(++id).gridPos({ x: 0, y: top, w: COLUMNS, h: 1 });
    const { placed, bottom } = place(row.panels, top + 1);
    builder.withRow(heading);
    for (const panel of placed) {
      const numbered = { ...panel, id: ++id };
      builder.withPanel({ build: () => numbered });
    }
    top = bottom;
  }
  return builder.build();
}
