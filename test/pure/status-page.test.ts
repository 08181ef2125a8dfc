import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { WATCHDOG_ALERT } from "../../components/monitoring/alerting/types.ts";
import {
  atOf,
  describeLine,
  type Frame,
  formatAge,
  formatRate,
  formatRatio,
  formatSeconds,
  nearest,
  pathOf,
  topOf,
  xOf,
  yOf,
} from "../../images/edge/status/chart-model.js";
import {
  type Alert,
  alertsOf,
  blindSpots,
  FACTS,
  picture,
  type Sample,
  type ServiceView,
  samples,
  TRAFFIC,
  tracks,
  verdict,
} from "../../images/edge/status/status-model.js";

const folder = fileURLToPath(new URL("../../images/edge/status/", import.meta.url));
const fact = (name: string, labels: Record<string, string>, value: number): Sample => ({
  labels: { __name__: name, ...labels },
  at: 1000,
  value,
});
const share = (service: string, slot: string, percent: number) => fact("sluice_share_percent", { service, slot }, percent);
const active = (service: string, slot: string) => fact("sluice_active_slot", { service, slot }, 1);
const probe = (service: string, slot: string, release: string, value = 1, instance = "a") =>
  fact("probe_success", { job: "slot", service, slot, release, instance }, value);
const canary = [
  share("api", "blue", 90),
  share("api", "green", 10),
  active("api", "blue"),
  probe("api", "blue", "v1"),
  probe("api", "green", "v2", 1, "a"),
  probe("api", "green", "v2", 0, "b"),
];
const see = (facts: readonly Sample[]) => picture({ facts, live: [], history: [] });

describe("an answer of Prometheus", () => {
  it("becomes numbers, without those that are none", () => {
    const result = [
      { metric: { slot: "blue" }, value: [1000.5, "0.25"] },
      { metric: { slot: "green" }, value: [1000.5, "NaN"] },
    ];
    expect(samples({ status: "success", data: { resultType: "vector", result } })).toEqual([
      { labels: { slot: "blue" }, at: 1000.5, value: 0.25 },
    ]);
  });

  it("becomes series with gaps where there is no number", () => {
    const result = [{ metric: { slot: "blue" }, values: [[10, "1"], [20, "NaN"], [30, "+Inf"], [40, "4"]] }]; // biome-ignore format: one line reads better
    expect(tracks({ status: "success", data: { result } })).toEqual([
      { labels: { slot: "blue" }, points: [{ at: 10, value: 1 }, { at: 40, value: 4 }] }, // biome-ignore format: one line reads better
    ]);
  });

  it.each([
    [{ status: "error", error: "query timed out" }, "query timed out"],
    [{ status: "error", error: "out of time", data: { result: [] } }, "out of time"],
    [null, "its answer is no query result"],
    [{ status: "success", data: {} }, "its answer is no query result"],
  ])("that is none is an error, not an empty picture: %j", (answer, words) => {
    expect(() => samples(answer)).toThrow(words);
    expect(() => tracks(answer)).toThrow(words);
  });
});

describe("the picture", () => {
  it("shows role, share, releases and health of each slot", () => {
    expect(see(canary).services[0]?.slots.map(({ tracks: _, ...slot }) => slot)).toEqual([
      { slot: "blue", role: "active", share: 90, releases: ["v1"], answering: 1, copies: 1 },
      { slot: "green", role: "canary", share: 10, releases: ["v2"], answering: 1, copies: 2 },
    ]);
  });

  it("calls the other slot standby when nobody is sent there, and the active one active even at 0 %", () => {
    const roles = (blue: number) =>
      see([
        share("api", "blue", blue),
        share("api", "green", 100 - blue),
        active("api", "blue"),
        probe("api", "blue", "v1"),
        probe("api", "green", "v2"),
      ]).services[0]?.slots.map(({ role }) => role);
    expect(roles(100)).toEqual(["active", "standby"]);
    expect(roles(0)).toEqual(["active", "canary"]);
  });

  it("counts a slot's own probes alone as its copies", () => {
    const other = fact("probe_success", { job: "elsewhere", service: "api", slot: "green" }, 0);
    expect(see([...canary, other]).services[0]?.slots[1]).toMatchObject({ answering: 1, copies: 2 });
  });

  it("has a service that is not routed, and leaves out a slot that is not there", () => {
    expect(see([probe("worker", "green", "v7")]).services).toMatchObject([
      { name: "worker", answers: null, slots: [{ slot: "green", role: "no route", share: null }] },
    ]);
    const one = see([share("api", "blue", 100), share("api", "green", 0), active("api", "blue"), probe("api", "blue", "v1")]);
    expect(one.services[0]?.slots.map(({ slot }) => slot)).toEqual(["blue"]);
  });

  it("says which service is frozen, and which one's route does not answer", () => {
    const route = (service: string, value: number) => fact("probe_success", { job: "route", service }, value);
    const { services } = see([
      share("api", "blue", 100),
      share("web", "blue", 100),
      fact("sluice_frozen", { service: "api" }, 1),
      fact("sluice_frozen", { service: "web" }, 0),
      route("api", 1),
      route("web", 0),
    ]);
    expect(services.map(({ name, frozen, answers }) => [name, frozen, answers])).toEqual([
      ["api", true, true],
      ["web", false, false],
    ]);
  });

  it("draws history up to the newest value, once", () => {
    const labels = { service: "api", slot: "green", measure: "p99" };
    const points = (at: number) =>
      picture({ facts: canary, live: [{ labels, at, value: 2 }], history: [{ labels, points: [{ at: 990, value: 1 }] }] }).services[0]
        ?.slots[1]?.tracks.p99;
    expect(points(992)).toEqual([
      { at: 990, value: 1 },
      { at: 992, value: 2 },
    ]);
    expect(points(990)).toEqual([{ at: 990, value: 1 }]);
  });

  it("names the targets that do not answer", () => {
    const { targets } = see([fact("up", { job: "edge" }, 1), fact("up", { job: "service", service: "api", slot: "blue" }, 0)]);
    expect(targets).toEqual({ total: 2, down: ["service api blue"] });
    expect(blindSpots(targets)).toEqual([]);
    expect(blindSpots({ total: 2, down: ["edge", "node"] })).toHaveLength(2);
  });

  it.each([
    ["runs while it has not ended", [1000], [900], { at: 1000, ok: null, seconds: null }],
    ["took the time between start and end", [1000], [1041], { at: 1041, ok: true, seconds: 41 }],
    ["is unknown where none was reported", [], [], null],
  ] as const)("knows the last deployment, which %s", (_, started, finished, expected) => {
    const of = (what: string, times: readonly number[]) =>
      times.map((time) => fact(`sluice_deployment_${what}_timestamp_seconds`, {}, time));
    expect(see([...of("started", started), ...of("finished", finished), fact("sluice_deployment_succeeded", {}, 1)]).deployment).toEqual(
      expected,
    );
  });
});

describe("alerts", () => {
  const START = "2026-03-01T12:00:00.000Z";
  const labels = { alertname: "DatabaseDown", severity: "critical", priority: "P0" };
  const annotations = { summary: "Postgres does not answer", runbook_url: "https://example.org/DatabaseDown.md" };
  const arrived = (more: object = {}, status: object = {}) => ({
    labels: { ...labels, estate: "shop", ...more },
    annotations,
    startsAt: START,
    status,
  });
  const ruled = (more: object = {}, state = "firing") => ({ labels: { ...labels, ...more }, annotations, activeAt: START, state });
  const rules = (...alerts: object[]) => ({ status: "success", data: { alerts } });

  it("are listed once, although both know them: external labels are added on the way", () => {
    const { alerts, estate } = alertsOf(rules(ruled()), [arrived()]);
    expect(alerts).toEqual([
      {
        name: "DatabaseDown",
        state: "firing",
        severity: "critical",
        priority: "P0",
        where: "",
        summary: "Postgres does not answer",
        since: Date.parse(START) / 1000,
        runbook: "https://example.org/DatabaseDown.md",
      },
    ]);
    expect(estate).toBe("shop");
  });

  it("of two slots stay two", () => {
    const { alerts } = alertsOf(rules(ruled({ slot: "blue" }), ruled({ slot: "green" })), [arrived({ slot: "blue" })]);
    expect(alerts.map(({ where }) => where)).toEqual(["blue", "green"]);
  });

  it("fire although Alertmanager is gone", () => {
    expect(alertsOf(rules(ruled()), null).alerts.map(({ state }) => state)).toEqual(["firing"]);
  });

  it("come in the order in which they want to be read", () => {
    const { alerts } = alertsOf(rules(ruled({ alertname: "Pending" }, "pending")), [
      arrived({ alertname: "Inhibited" }, { inhibitedBy: ["x"], silencedBy: [] }),
      arrived({ alertname: "Warning", severity: "warning" }),
      arrived({ alertname: "Silenced" }, { inhibitedBy: [], silencedBy: ["x"] }),
      arrived({ alertname: "Critical" }),
    ]);
    expect(alerts.map(({ name, state }) => `${name} ${state}`)).toEqual([
      "Critical firing",
      "Warning firing",
      "Pending pending",
      "Silenced silenced",
      "Inhibited inhibited",
    ]);
  });

  it("do not count the heartbeat, which always fires", () => {
    const answer = alertsOf(null, [arrived({ alertname: WATCHDOG_ALERT })]);
    expect(answer).toMatchObject({ alerts: [], heartbeat: true });
    expect(alertsOf(null, [arrived()]).heartbeat).toBe(false);
  });

  it.each(["javascript:alert(1)", "javascript://example.org/%0aalert(1)", "data:text/html,x", "docs/runbooks/X.md", ""])(
    "make no link of %j",
    (runbook_url) => {
      expect(alertsOf(null, [{ ...arrived(), annotations: { runbook_url } }]).alerts[0]?.runbook).toBeNull();
    },
  );
});

describe("the verdict", () => {
  const service = (name: string, more: Partial<ServiceView> = {}): ServiceView => ({
    name,
    frozen: false,
    answers: true,
    slots: [],
    ...more,
  });
  const alert = (severity: string, state: Alert["state"] = "firing"): Alert => ({
    name: "X",
    state,
    severity,
    priority: "",
    where: "",
    summary: "",
    since: 0,
    runbook: null,
  });

  it.each([
    [[service("api")], [], "good", "All is well. No alert fires."],
    [[], [], "unknown", "Nothing is known yet."],
    [[service("api")], [alert("critical"), alert("warning")], "critical", "1 critical and 1 warning alerts fire."],
    [[service("api")], [alert("warning")], "warning", "1 warning alert fires."],
    [
      [service("api")],
      [alert("critical", "pending"), alert("critical", "silenced"), alert("info")],
      "good",
      "All is well. No alert fires.",
    ],
    [[service("api", { frozen: true })], [], "warning", "api is frozen by a rollback."],
    [[service("api", { answers: false }), service("web", { answers: false })], [], "critical", "api, web do not answer."],
    [
      [service("api", { answers: false, frozen: true })],
      [alert("critical")],
      "critical",
      "api does not answer; 1 critical alert fires; api is frozen by a rollback.",
    ],
  ])("of %j and %j is %s: %s", (services, alerts, level, words) => {
    expect(verdict(services, alerts)).toEqual({ level, words });
  });
});

describe("numbers in words", () => {
  it.each([
    [formatRate, 0, "0"],
    [formatRate, 0.123, "0.12"],
    [formatRate, 41.26, "41.3"],
    [formatRate, 12345.6, "12,346"],
    [formatRatio, 0, "0 %"],
    [formatRatio, 0.00001, "< 0.01 %"],
    [formatRatio, 0.1256, "12.6 %"],
    [formatSeconds, 0.0123, "12.3 ms"],
    [formatSeconds, 1.5, "1.5 s"],
    [formatAge, 0.2, "0 s"],
    [formatAge, 72, "1 min 12 s"],
    [formatAge, 3600, "1 h"],
    [formatAge, 3 * 86_400 + 7200 + 60, "3 d 2 h"],
    [formatAge, -5, "0 s"],
  ])("%o of %d is %j", (format, value, words) => {
    expect(format(value)).toBe(words);
  });
});

describe("a chart", () => {
  const frame: Frame = { from: 0, to: 100, highest: 10, box: { left: 0, right: 200, top: 0, bottom: 50 } };

  it("has an axis of round steps that no value leaves, and that noise does not fill", () => {
    expect([[0.3], [1], [1.01], [480], [0.07]].map((values) => topOf(values, 0.01))).toEqual([0.5, 1, 2, 500, 0.1]);
    expect(topOf([], 1)).toBe(1);
    expect(topOf([0.0004], 0.01)).toBe(0.01);
  });

  it("puts time to the right and values upwards", () => {
    expect([xOf(frame, 0), xOf(frame, 100), yOf(frame, 0), yOf(frame, 10), yOf(frame, 99)]).toEqual([0, 200, 50, 0, 0]);
    expect([atOf(frame, 50), atOf(frame, -3), atOf(frame, 999)]).toEqual([25, 0, 100]);
  });

  it("draws a line, and breaks it where nothing was measured", () => {
    const at = (...times: number[]) => times.map((time) => ({ at: time, value: 5 }));
    expect(pathOf(frame, at(0, 10, 20), 25)).toBe("M0.0 25.0L20.0 25.0L40.0 25.0");
    expect(pathOf(frame, at(0, 10, 50, 60), 25)).toBe("M0.0 25.0L20.0 25.0M100.0 25.0L120.0 25.0");
    expect(pathOf(frame, at(0, 50), 25)).toBe("M0.0 25.0h0M100.0 25.0h0");
    expect(pathOf(frame, at(-10, 101), 25)).toBe("");
  });

  it("reads the nearest point, but none that is far", () => {
    const points = [
      { at: 10, value: 1 },
      { at: 20, value: 2 },
    ];
    expect(nearest(points, 16, 25)).toEqual({ at: 20, value: 2 });
    expect(nearest(points, 60, 25)).toBeUndefined();
  });

  it("can be read aloud", () => {
    expect(describeLine([{ at: 1, value: 3 }, { at: 2, value: 7 }, { at: 3, value: 5 }], formatRate)).toBe("now 5, between 3 and 7"); // biome-ignore format: one line reads better
    expect(describeLine([], formatRate)).toBe("no data");
  });
});

describe("the page's files", () => {
  const files = readdirSync(folder).filter((name) => !name.endsWith(".d.ts"));
  const text = (name: string) => readFileSync(`${folder}${name}`, "utf8");

  it("ask for nothing but each other, so that the policy default-src 'self' lets them work", () => {
    for (const name of files) {
      const addresses = [...text(name).matchAll(/(?:src|href)="([^"]+)"|from "([^"]+)"/g)].map((match) => match[1] ?? match[2] ?? "");
      expect(addresses.filter((address) => !address.startsWith("#") && !files.includes(address.replace("./", "")))).toEqual([]);
      // The one address of the web is the name of a format; it is never asked for.
      expect(text(name).replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/["'(]https?:/);
    }
  });

  it("have no script or style inside the page, and set no text as HTML", () => {
    expect(text("index.html")).not.toMatch(/<script(?![^>]*src=)|<style|style=|\son\w+=/);
    for (const name of files.filter((file) => file.endsWith(".js")))
      expect(text(name)).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|eval\(/);
  });

  it("ask about every label that tells slots apart, and never about requests without a service", () => {
    expect(TRAFFIC.match(/by \(service, slot/g)).toHaveLength(7);
    expect(TRAFFIC.match(/_(?:total|bucket)\{(?!service!="")/g)).toBeNull();
    expect(FACTS).toContain("|probe_success|");
  });

  it.each(["status-model", "chart-model"])(
    "tell TypeScript the truth: %s.d.ts is made from the script (after a change: vitest -u)",
    async (name) => {
      const emitted: string[] = [];
      const program = ts.createProgram([`${folder}${name}.js`], {
        allowJs: true,
        checkJs: true,
        declaration: true,
        emitDeclarationOnly: true,
        removeComments: true,
        strict: true,
        noUncheckedIndexedAccess: true,
        target: ts.ScriptTarget.ES2024,
        lib: ["lib.es2024.d.ts"],
        types: [],
        outDir: "/nowhere",
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
      });
      expect(ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
      program.emit(undefined, (_, content) => emitted.push(content));
      const formatted = execFileSync("node_modules/.bin/biome", ["format", "--vcs-enabled=false", `--stdin-file-path=${name}.d.ts`], {
        input: emitted.join(""),
      });
      await expect(formatted.toString()).toMatchFileSnapshot(`${folder}${name}.d.ts`);
    },
  );
});
