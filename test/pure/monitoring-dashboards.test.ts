import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { parser } from "@prometheus-io/lezer-promql";
import { describe, expect, it } from "vitest";
import { place } from "../../components/monitoring/dashboards/dashboard.ts";
import {
  type DashboardSettings,
  dashboards,
  panelsOf,
  queriesOf,
  UNITS,
  withValues,
} from "../../components/monitoring/dashboards/index.ts";
import { usualLimits } from "../../components/monitoring/dashboards/limits.ts";
import { graph, type Panel } from "../../components/monitoring/dashboards/panels.ts";
import { defaultRuleSettings, isAlert, ruleGroups } from "../../components/monitoring/rules/index.ts";

const settings: DashboardSettings = {
  estate: "shop",
  services: [
    { name: "api", routed: true, workflows: ["auth"] },
    { name: "worker", routed: false },
  ],
  hasPostgres: true,
  hasRedis: true,
  businessPanels: [{ name: "Payments", query: 'sum(rate(payments_total{slot=~"$slot"}[$__rate_interval]))', unit: "currencyEUR" }],
  limits: usualLimits(),
  runbookBase: "https://example.com/runbooks",
};
/** As Grafana will read them, and not as the SDK holds them. */
const read = (own: DashboardSettings) => dashboards(own).map((one) => ({ ...one, dashboard: JSON.parse(one.json) as Dashboard }));
const all = read(settings);
const each = all.map(({ name, dashboard }) => [name, dashboard] as const);
const panelsNamed = (wanted: string, own: DashboardSettings) =>
  read(own).flatMap(({ name, dashboard }) => (name === wanted ? panelsOf(dashboard) : []));
const queries = all.flatMap(({ dashboard }) => queriesOf(dashboard));

/** Where PromQL's own grammar cannot follow. */
function faults(promql: string): string[] {
  const found: string[] = [];
  parser.parse(promql).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) found.push(`at ${from}: '${promql.slice(Math.max(0, from - 20), to + 20)}'`);
    },
  });
  return found;
}

/** Names of the series that a query reads. */
function series(promql: string): string[] {
  const found: string[] = [];
  parser.parse(promql).iterate({
    enter: ({ name, node }) => {
      const metric = name === "VectorSelector" ? node.getChild("Identifier") : null;
      if (metric) found.push(promql.slice(metric.from, metric.to));
    },
  });
  return found;
}

const variablesOf = ({ templating }: Dashboard): string[] => (templating.list ?? []).map(({ name }) => name);
const variablesIn = (text: string): string[] =>
  [...text.matchAll(/\$\{?([a-z_]+)/g)].map(([, name = ""]) => name).filter((name) => !name.startsWith("__"));
const withoutChoices = ({ templating, ...rest }: Dashboard) => ({
  ...rest,
  variables: (templating.list ?? []).map(({ name, query }) => (name === "service" ? name : { name, query })),
});

describe("the dashboards of an estate", () => {
  it("are six, each with a uid and a title of its own", () => {
    expect(all.map(({ uid, title }) => [uid, title])).toEqual([
      ["sluice-health", "System health"],
      ["sluice-traffic", "Traffic and canary"],
      ["sluice-infrastructure", "Infrastructure"],
      ["sluice-stores", "Data stores"],
      ["sluice-business", "Business and transactions"],
      ["sluice-alerts", "Alerts and SLOs"],
    ]);
  });

  it("are the same bytes for the same settings", () => {
    expect(dashboards(structuredClone(settings)).map(({ json }) => json)).toEqual(all.map(({ json }) => json));
  });

  it("differ with a service only in the choices of the variable for services", () => {
    const more = read({ ...settings, services: [...settings.services, { name: "mail", routed: false }] });
    expect(more.map(({ dashboard }) => withoutChoices(dashboard))).toEqual(all.map(({ dashboard }) => withoutChoices(dashboard)));
    const changed = more.filter(({ json }, index) => json !== all[index]?.json).map(({ name }) => name);
    expect(changed).toEqual(["health", "infrastructure", "business", "alerts"]);
    for (const { json } of more.filter(({ name }) => changed.includes(name))) expect(json).toContain('"query": "api,worker,mail"');
  });

  it("offer on the dashboard of traffic only services that the edge has a route to", () => {
    const traffic = all.find(({ name }) => name === "traffic");
    expect(traffic?.dashboard.templating.list?.find(({ name }) => name === "service")?.query).toBe("api");
  });

  it.each([
    ["Postgres", /postgres|pg_/i, { hasPostgres: false }],
    ["Redis", /redis/i, { hasRedis: false }],
  ] as const)("mention %s only where there is one", (_, words, change) => {
    expect(all.some(({ json }) => words.test(json))).toBe(true);
    expect(dashboards({ ...settings, ...change }).filter(({ json }) => words.test(json))).toEqual([]);
  });

  it("leave out the dashboard of data stores where there is none", () => {
    const names = dashboards({ ...settings, hasPostgres: false, hasRedis: false }).map(({ name }) => name);
    expect(names).toEqual(["health", "traffic", "infrastructure", "business", "alerts"]);
  });

  it("show a team's own panels after all others, and move none of those", () => {
    const find = (own: DashboardSettings["businessPanels"]) => panelsNamed("business", { ...settings, businessPanels: own });
    const [without, withOne, demo] = [find([]), find(settings.businessPanels), find(undefined)];
    expect(withOne.slice(0, -1)).toEqual(without);
    expect(withOne.at(-1)).toMatchObject({ title: "Payments", fieldConfig: { defaults: { unit: "currencyEUR" } } });
    expect(demo.slice(without.length).map(({ title }) => title)).toContain("Orders created");
  });

  it("lead from each alert to its runbook", () => {
    const table = panelsNamed("alerts", settings).find(({ type }) => type === "table");
    expect(table?.fieldConfig?.defaults.links?.map(({ url }) => url)).toEqual([
      `https://example.com/runbooks/\${__data.fields.alertname}.md`,
    ]);
  });
});

describe.each(each)("the dashboard %s", (_, dashboard) => {
  const panels = dashboard.panels ?? [];
  const shown = panelsOf(dashboard);

  it("puts no panel over another, beside the grid, or under a heading of another row", () => {
    const areas = panels.map(({ title = "", gridPos }) => ({ title, x: -1, y: -1, w: 0, h: 0, ...gridPos }));
    for (const { title, x, y, w, h } of areas) expect([title, x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 24]).toEqual([title, true]);
    const overlaps = areas.flatMap((a, index) =>
      areas
        .slice(index + 1)
        .filter((b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h)
        .map((b) => `${a.title} / ${b.title}`),
    );
    expect(overlaps).toEqual([]);
    const tops = areas.map(({ y }) => y);
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
  });

  it("gives each panel an id and a title of its own", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(panels.every(({ id }) => Number.isInteger(id))).toBe(true);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  });

  it("says of each panel its unit, what it asks, and what a bad picture looks like", () => {
    expect(shown.length).toBeGreaterThan(5);
    for (const { title, description = "", fieldConfig, targets = [], datasource } of shown) {
      expect([title, UNITS.some((unit) => unit === fieldConfig?.defaults.unit)]).toEqual([title, true]);
      expect([title, targets.length > 0]).toEqual([title, true]);
      expect([title, description.length > 40 && description.endsWith(".")]).toEqual([title, true]);
      expect(datasource).toEqual({ type: "prometheus", uid: "$datasource" });
    }
    const said = shown.map(({ description }) => description);
    expect(new Set(said).size).toBe(said.length);
  });

  it("uses only variables that it has, and has none that it does not use", () => {
    const used = new Set(queriesOf(dashboard).flatMap(({ grafana }) => variablesIn(grafana)));
    expect([...used, "datasource"].toSorted()).toEqual(variablesOf(dashboard).toSorted());
    expect([...new Set(variablesIn(JSON.stringify(dashboard.panels)))].filter((name) => !variablesOf(dashboard).includes(name))).toEqual(
      [],
    );
  });

  it("lets one choose several services or slots, or all", () => {
    for (const { multi, includeAll, allValue, current } of (dashboard.templating.list ?? []).filter(({ type }) => type === "custom"))
      expect({ multi, includeAll, allValue, current: current?.value }).toEqual({
        multi: true,
        includeAll: true,
        allValue: ".*",
        current: "$__all",
      });
  });

  it("refreshes every 10 s, marks deployments and decisions, and leads to the others of its estate and to the runbooks", () => {
    expect(dashboard).toMatchObject({ refresh: "10s", tags: ["sluice", "shop"] });
    expect(dashboard.links).toMatchObject([
      { type: "dashboards", tags: ["sluice", "shop"], includeVars: true, keepTime: true },
      { type: "link", url: "https://example.com/runbooks" },
    ]);
    const marks = dashboard.annotations.list ?? [];
    expect(marks.map(({ name }) => name)).toEqual(["Deployment started", "Deployment finished", "Deployment failed", "Decision"]);
    expect(marks.every(({ useValueForTime, expr }) => useValueForTime === true && expr?.endsWith(" * 1000"))).toBe(true);
  });

  it("orders the values at which a panel changes its colour", () => {
    for (const { title, fieldConfig } of shown) {
      const [first, ...steps] = (fieldConfig?.defaults.thresholds?.steps ?? [{ value: null }]).map(({ value }) => value);
      expect([title, first]).toEqual([title, null]);
      expect([title, steps]).toEqual([title, steps.toSorted((a, b) => Number(a) - Number(b))]);
    }
  });
});

describe("the queries", () => {
  it.each(queries.map(({ dashboard, panel, legend, promql }) => [`${dashboard}: ${panel} ${legend}`, promql]))(
    "of %s are PromQL",
    (_, promql) => {
      expect(faults(promql)).toEqual([]);
      expect(promql).not.toContain("$");
      expect(series(promql).length).toBeGreaterThan(0);
    },
  );

  it("are all found: as many as panels have targets and dashboards have marks", () => {
    const targets = all.flatMap(({ dashboard }) => panelsOf(dashboard).flatMap(({ targets = [] }) => targets)).length;
    const marks = all.flatMap(({ dashboard }) => dashboard.annotations.list ?? []).length;
    expect(queries.length).toBe(targets + marks);
    expect(targets).toBeGreaterThan(90);
  });

  it("keep every label that their legend names", () => {
    for (const { panel, legend, promql } of queries) {
      const kept = [...promql.matchAll(/by \(([^)]*)\)/g)].flatMap(([, labels = ""]) => labels.split(", "));
      const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
      if (kept.length > 0) expect([panel, named.filter((label) => !kept.includes(label))]).toEqual([panel, []]);
    }
  });

  it("read no recorded series that the rules do not record", () => {
    const rules = ruleGroups(defaultRuleSettings({ services: [{ name: "api" }], hasPostgres: true, hasRedis: true })).flatMap(
      (group) => group.rules,
    );
    const recorded = new Set(rules.flatMap((rule) => (isAlert(rule) ? [] : [rule.record])));
    const read = new Set(queries.flatMap(({ promql }) => series(promql)).filter((name) => name.includes(":")));
    expect([...read].filter((name) => !recorded.has(name))).toEqual([]);
    expect(read.size).toBeGreaterThan(15);
  });

  it("would be found out if they were wrong", () => {
    expect(faults("sum by (service) (rate(up[1m])")).not.toEqual([]);
    expect(faults('rate(up{service=~"$service"}[$__rate_interval])')).not.toEqual([]);
  });

  it("get values for Grafana's variables, the longer name first", () => {
    expect(withValues(`rate(a{b=~"$service", c=~"\${slot}"}[$__rate_interval]) / $__range_s + b[$__range:$__interval]`)).toBe(
      'rate(a{b=~".*", c=~".*"}[1m]) / 3600 + b[1h:15s]',
    );
  });
});

describe("limits", () => {
  it("are those that raise alerts", () => {
    const strict = { ...usualLimits(), errorWarningRatio: 0.002, latencyP99Seconds: 0.1, diskRatio: 0.6 };
    const panels = read({ ...settings, limits: strict }).flatMap(({ dashboard }) => panelsOf(dashboard));
    const stepsOf = (wanted: string) => panels.find(({ title }) => title === wanted)?.fieldConfig?.defaults.thresholds?.steps.slice(1);
    expect(stepsOf("Errors (5xx) by slot")).toEqual([
      { value: 0.002, color: "yellow" },
      { value: 0.05, color: "red" },
    ]);
    expect(stepsOf("Latency by slot, p99")).toEqual([
      { value: 0.1, color: "yellow" },
      { value: 2, color: "red" },
    ]);
    expect(stepsOf("Disks in use")).toEqual([
      { value: 0.6, color: "yellow" },
      { value: 0.8, color: "red" },
    ]);
  });

  it("turn round where a low value is the bad one", () => {
    const { fieldConfig } = panelsNamed("alerts", settings).find(({ title }) => title === "Error budget left, of 30 days") ?? {};
    expect(fieldConfig?.defaults.thresholds?.steps).toEqual([
      { value: null, color: "red" },
      { value: 0.1, color: "yellow" },
      { value: 0.5, color: "green" },
    ]);
  });
});

describe("the layout", () => {
  const sized = (width: number, height: number): Panel => graph({ title: "", unit: "none", queries: {}, description: "", width, height });

  it("fills a line, goes on below its tallest panel, and says where the next row begins", () => {
    const { placed, bottom } = place([sized(10, 8), sized(10, 4), sized(10, 2), sized(14, 3), sized(24, 5)], 7);
    expect(placed.map(({ gridPos }) => [gridPos.x, gridPos.y])).toEqual([
      [0, 7],
      [10, 7],
      [0, 15],
      [10, 15],
      [0, 18],
    ]);
    expect(bottom).toBe(23);
  });
});
