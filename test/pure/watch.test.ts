import { describe, expect, it } from "vitest";
import type { EstateStatus } from "../../estate/status.ts";
import { HISTORY, type MonitoringAddresses, type Readings, readMonitoring } from "../../estate/watch/monitoring.ts";
import { renderLines, renderView, sparkline } from "../../estate/watch/render.ts";
import { frameOf } from "../../estate/watch/screen.ts";
import { needsAttention, type View, viewOf } from "../../estate/watch/view.ts";
import type { Alert, Measure } from "../../images/edge/status/status-model.js";

const AT = new Date("2026-03-01T12:00:00.000Z");
const NOW = AT.getTime() / 1000;
const container = { id: "c", startedAt: "" };
const slot = (name: string, release: string, health = "healthy", copies = 1) => ({
  name,
  release,
  image: "sha256:1",
  health,
  containers: Array.from({ length: copies }, () => container),
});
const status: EstateStatus = {
  edge: { url: "http://127.0.0.1:8080", health: "healthy" },
  stores: [{ name: "postgres", health: "healthy", containers: [container] }],
  monitoring: { prometheus: null, alertmanager: null, grafana: null },
  statusPage: null,
  monitoringHealth: null,
  guard: null,
  services: [
    {
      name: "api",
      route: "/api",
      active: "blue",
      canaryWeight: 10,
      frozen: false,
      decision: null,
      slots: [slot("blue", "v1", "healthy", 2), slot("green", "v2", "starting")],
    },
    { name: "worker", route: null, active: null, canaryWeight: null, frozen: false, decision: null, slots: [slot("blue", "v7")] },
  ],
};
const off: Readings = { live: [], history: [], alerts: [], deployment: null, gaps: ["Monitoring is off: shares and health only."] };
const labels = (name: string, measure: Measure) => ({ service: "api", slot: name, measure });
const live = (name: string, values: Partial<Record<Measure, number>>) =>
  (Object.entries(values) as [Measure, number][]).map(([measure, value]) => ({ labels: labels(name, measure), at: NOW, value }));
const alert = (more: Partial<Alert> = {}): Alert => ({
  name: "ErrorRateCanary",
  state: "firing",
  severity: "warning",
  priority: "P1",
  where: "api green v2",
  summary: "The canary fails 14 % of requests",
  since: NOW - 72,
  runbook: null,
  ...more,
});
const on: Readings = {
  live: [
    ...live("blue", { rate: 360.4, errors: 0.0004, p50: 0.0121, p95: 0.045, p99: 0.12 }),
    ...live("green", { rate: 40.25, errors: 0.14, p50: 0.032 }),
  ],
  history: [
    { labels: labels("blue", "rate"), points: [{ at: NOW - 30, value: 100 }, { at: NOW - 15, value: 200 }, { at: NOW, value: 400 }] }, // biome-ignore format: a series is one line
    { labels: labels("green", "rate"), points: [{ at: NOW, value: 40 }] },
  ],
  alerts: [],
  deployment: { at: NOW - 600, ok: true, seconds: 68 },
  gaps: [],
};
const at = (readings: Readings, of = status): View => viewOf("shop", AT, of, readings, HISTORY);
const text = (view: View, width = 200) => renderView(view, { width, colors: false });

describe("the view", () => {
  it("shows a canary by slot, with the last minutes and the last deployment", () => {
    expect(text(at(on))).toBe(
      `
shop  edge http://127.0.0.1:8080 healthy  postgres healthy  12:00:00 UTC

service  slot   role      clients  release  health       req/s  errors      p50    p95     p99  req/s, last 5 min
api      blue   active       90 %  v1       healthy (2)    360  0.04 %  12.1 ms  45 ms  120 ms                   ▃▅█
         green  canary       10 %  v2       starting      40.3    14 %    32 ms      –       –                     █
worker   blue   no route        –  v7       healthy          –       –        –      –       –

no alert fires
last deployment: succeeded 10 min ago, took 1 min 8 s`.trim(),
    );
  });

  it("lists alerts with where, since when and why", () => {
    const view = at({
      ...on,
      alerts: [alert(), alert({ state: "pending", name: "HighLatencyP99", where: "", since: NOW - 5, summary: "" })],
    });
    expect(text(view).split("\n").slice(-4)).toEqual([
      "alerts",
      "  firing warning P1  ErrorRateCanary api green v2, for 1 min 12 s: The canary fails 14 % of requests",
      "  pending warning P1  HighLatencyP99, for 5 s",
      "last deployment: succeeded 10 min ago, took 1 min 8 s",
    ]);
  });

  it("shows a rollback: nobody on the other slot, and frozen", () => {
    const [api] = status.services;
    if (!api) throw new Error("no service");
    const view = at(on, { ...status, services: [{ ...api, canaryWeight: 0, frozen: true }] });
    expect(text(view)).toContain("frozen by a rollback: api");
    expect(view.slots.map(({ role, share }) => `${role} ${share}`)).toEqual(["active 100", "standby 0"]);
  });

  it("shows shares and health without monitoring, and does not claim that no alert fires", () => {
    expect(text(at(off))).toBe(
      `
shop  edge http://127.0.0.1:8080 healthy  postgres healthy  12:00:00 UTC
! Monitoring is off: shares and health only.

service  slot   role      clients  release  health       req/s  errors  p50  p95  p99  req/s, last 5 min
api      blue   active       90 %  v1       healthy (2)      –       –    –    –    –
         green  canary       10 %  v2       starting         –       –    –    –    –
worker   blue   no route        –  v7       healthy          –       –    –    –    –

alerts: not known`.trim(),
    );
  });

  it("says how to start an estate that is not there", () => {
    const none = at(off, { ...status, edge: { url: null, health: "missing" }, stores: [], services: [] });
    expect(text(none)).toBe("'shop' is not running. Start it: npm start");
  });

  it.each([
    [{ at: NOW - 30, ok: null, seconds: null }, "last deployment: runs for 30 s"],
    [{ at: NOW - 30, ok: false, seconds: 4 }, "last deployment: FAILED 30 s ago, took 4 s"],
  ])("tells a deployment's end %j", (deployment, words) => {
    expect(
      text(at({ ...on, deployment }))
        .split("\n")
        .at(-1),
    ).toBe(words);
  });

  it.each([
    [120, ["service", "slot", "role", "clients", "release", "health", "req/s", "errors", "p50", "p95", "p99", "req/s,"]],
    [90, ["service", "slot", "role", "clients", "release", "health", "req/s", "errors", "p95", "p99"]],
    [72, ["service", "slot", "role", "clients", "health", "req/s", "errors", "p99"]],
    [40, ["service", "slot", "clients", "health", "req/s", "errors"]],
  ])("leaves out what a terminal of %i columns has no room for, trend first and share never", (width, heads) => {
    const head = text(at(on), width).split("\n")[2] ?? "";
    expect(head.replace(" last 5 min", "").trim().split(/\s+/)).toEqual(heads);
    if (width > 40) expect(Math.max(...text(at(on), width).split("\n").slice(2, 6).map((line) => line.length))).toBeLessThanOrEqual(width); // biome-ignore format: one line reads better
  });

  it("has colours only when asked for", () => {
    expect(text(at(on))).not.toContain("\x1b");
    expect(renderView(at(on), { width: 200, colors: true })).toContain("\x1b[31m14 %\x1b[39m");
  });

  it("cannot be drawn on by a release or an alert", () => {
    const [api] = status.services;
    if (!api) throw new Error("no service");
    const evil = { ...status, services: [{ ...api, slots: [slot("blue", "v1\x1b[2J\nx")] }] };
    const view = at({ ...on, alerts: [alert({ summary: "a\r\n\x1b[31mb\x07" })] }, evil);
    for (const output of [text(view), renderLines(view)]) expect(output).not.toMatch(/[^\P{Cc}\n]/u);
    expect(text(view)).toContain("v1 [2J x");
    expect(text(view)).toContain(": a [31mb ");
  });
});

describe("lines for a log", () => {
  it("say all of a slot on one line", () => {
    expect(renderLines(at({ ...on, alerts: [alert()], gaps: ["Alertmanager does not answer at x."] })).split("\n")).toEqual([
      "2026-03-01T12:00:00 api blue active clients=90% release=v1 health=healthy rate=360.4/s errors=0.04% p50=12.1ms p95=45.0ms p99=120.0ms",
      "2026-03-01T12:00:00 api green canary clients=10% release=v2 health=starting rate=40.3/s errors=14.00% p50=32.0ms p95=- p99=-",
      "2026-03-01T12:00:00 worker blue no-route clients=- release=v7 health=healthy rate=- errors=- p50=- p95=- p99=-",
      "2026-03-01T12:00:00 alert firing warning P1  ErrorRateCanary api green v2, for 1 min 12 s: The canary fails 14 % of requests",
      "2026-03-01T12:00:00 ! Alertmanager does not answer at x.",
    ]);
  });
});

describe("a sparkline", () => {
  it.each([
    [[0, 0], "▁▁"],
    [[1, 2, 4, 8], "▂▃▅█"],
    [[null, 5, null, 5], " █ █"],
    [[], ""],
  ])("of %j is %j", (values, bars) => {
    expect(sparkline(values)).toBe(bars);
  });
});

describe("whether a person is needed", () => {
  const edge = (url: string | null, health: string) => ({ ...status, edge: { url, health } });
  it.each([
    ["all is well", [], status, false],
    ["a critical alert fires", [alert({ severity: "critical" })], status, true],
    ["a critical alert is only pending", [alert({ severity: "critical", state: "pending" })], status, false],
    ["a critical alert is silenced", [alert({ severity: "critical", state: "silenced" })], status, false],
    ["a warning fires", [alert()], status, false],
    ["the edge is missing", [], edge(null, "missing"), true],
    ["the edge has no address", [], edge(null, "healthy"), true],
    ["the edge has exited", [], edge("http://127.0.0.1:8080", "exited"), true],
    ["the edge is unhealthy", [], edge("http://127.0.0.1:8080", "unhealthy"), true],
    ["the edge starts", [], edge("http://127.0.0.1:8080", "starting"), false],
  ] as const)("when %s", (_, alerts, of, needed) => {
    expect(needsAttention(at({ ...on, alerts }, of))).toBe(needed);
  });
});

describe("a picture on the screen", () => {
  it("is drawn over the old one, cleared behind each line, and never cleared first: it does not blink", () => {
    expect(frameOf("one\ntwo", 10)).toBe("\x1b[?2026h\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J\x1b[?2026l");
  });

  it("says what a low window hides, and fills it exactly", () => {
    expect(frameOf("1\n2\n3", 3)).not.toContain("more lines");
    expect(frameOf("1\n2\n3\n4", 3)).toContain("1\x1b[K\r\n2\x1b[K\r\n… 2 more lines: make the window higher\x1b[K\x1b[J");
  });
});

describe("asking monitoring", () => {
  const addresses = { prometheus: "http://p/prometheus/", alertmanager: "http://a" };
  const json = (body: unknown, code = 200) => new Response(JSON.stringify(body), { status: code });
  const vector = (...result: object[]) => json({ status: "success", data: { resultType: "vector", result } });
  const fired = { labels: { alertname: "X", severity: "critical", estate: "shop" }, annotations: {}, startsAt: AT.toISOString(), status: { silencedBy: [], inhibitedBy: [] } }; // biome-ignore format: one line reads better
  const rate = { service: "api", slot: "blue", measure: "rate" };

  /** Answers by path; `asked` keeps what was asked for. */
  function server(answers: Partial<Record<"query" | "query_range" | "alerts" | "manager", () => Response>> = {}) {
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      const { pathname, searchParams } = new URL(url);
      if (pathname === "/api/v2/alerts") return (answers.manager ?? (() => json([])))();
      if (pathname.endsWith("/alerts")) return (answers.alerts ?? (() => json({ status: "success", data: { alerts: [] } })))();
      if (pathname.endsWith("/query_range")) {
        return (
          answers.query_range ??
          (() => json({ status: "success", data: { resultType: "matrix", result: [{ metric: rate, values: [[NOW, "3"]] }] } }))
        )();
      }
      const isFacts = searchParams.get("query")?.startsWith("{__name__");
      return (
        answers.query ??
        (() => vector(isFacts ? { metric: { __name__: "up", job: "edge" }, value: [NOW, "1"] } : { metric: rate, value: [NOW, "4"] }))
      )();
    };
    return { asked, read: (to: MonitoringAddresses = addresses) => readMonitoring("shop", to, fetch) };
  }

  it("brings numbers, history and alerts, by the paths of both APIs", async () => {
    const { asked, read } = server({ manager: () => json([fired]) });
    expect(await read()).toEqual({
      live: [{ labels: rate, at: NOW, value: 4 }],
      history: [{ labels: rate, points: [{ at: NOW, value: 3 }] }],
      alerts: [expect.objectContaining({ name: "X", state: "firing", severity: "critical", since: NOW })],
      deployment: null,
      gaps: [],
    });
    expect([...new Set(asked.map((url) => url.split("?")[0]))].sort()).toEqual([
      "http://a/api/v2/alerts",
      "http://p/prometheus/api/v1/alerts",
      "http://p/prometheus/api/v1/query",
      "http://p/prometheus/api/v1/query_range",
    ]);
    const range = new URL(asked.find((url) => url.includes("query_range")) ?? "").searchParams;
    expect([range.get("start"), range.get("end"), range.get("step")]).toEqual([String(NOW - 300), String(NOW), "15"]);
  });

  it("asks nobody when monitoring is off", async () => {
    const { asked, read } = server();
    expect((await read({ prometheus: null, alertmanager: null })).gaps).toEqual(["Monitoring is off: shares and health only."]);
    expect(asked).toEqual([]);
  });

  it.each([
    ["does not answer", () => Promise.reject(new Error("x")) as never, "Prometheus does not answer at http://p/prometheus/."],
    ["is behind an edge that has lost it", () => json({}, 502), "Prometheus at http://p/prometheus/ answers with status 502."],
    ["is something else", () => new Response("<html>"), "What answers at http://p/prometheus/ is not Prometheus."],
    [
      "answers another shape",
      () => json({ status: "success", data: { resultType: "vector", result: [{ metric: {}, value: ["a", 1] }] } }),
      "What answers at http://p/prometheus/ is not Prometheus.",
    ],
  ])("keeps Alertmanager's alerts when Prometheus %s, and says so", async (_, query, words) => {
    const { read } = server({ query, manager: () => json([fired]) });
    const readings = await read();
    expect(readings.gaps).toEqual([words]);
    expect(readings.alerts).toHaveLength(1);
    expect(readings.live).toEqual([]);
  });

  it("keeps numbers when Alertmanager is gone, and says so", async () => {
    const readings = await server({ manager: () => json({ message: "x" }, 500) }).read();
    expect(readings.gaps).toEqual(["Alertmanager at http://a answers with status 500."]);
    expect(readings.live).toHaveLength(1);
  });

  it("refuses the numbers of another estate", async () => {
    const theirs = { ...fired, labels: { ...fired.labels, estate: "other" } };
    const readings = await server({ manager: () => json([theirs]) }).read();
    expect(readings).toMatchObject({ live: [], history: [], alerts: [] });
    expect(readings.gaps).toEqual(["Monitoring at http://p/prometheus/ is that of 'other', not of 'shop': its numbers are left out."]);
  });

  it("says when the edge is not being counted", async () => {
    const query = () => vector({ metric: { __name__: "up", job: "edge" }, value: [NOW, "0"] });
    expect((await server({ query }).read()).gaps[0]).toMatch(/^The edge's requests are not being counted/);
  });
});
