import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { type AlertmanagerContext, renderAlertmanager } from "../../components/monitoring/alerting/alertmanager.ts";
import { escalationRules } from "../../components/monitoring/alerting/escalation.ts";
import { INHIBIT_RULES } from "../../components/monitoring/alerting/inhibition.ts";
import { onCallIntervals, YEARS_COVERED } from "../../components/monitoring/alerting/on-call.ts";
import { quietIntervals } from "../../components/monitoring/alerting/quiet-hours.ts";
import { deploymentSilence } from "../../components/monitoring/alerting/silence.ts";
import type { AlertingSettings, AlertmanagerConfig, OnCallSettings, Route } from "../../components/monitoring/alerting/types.ts";
import type { AlertRule } from "../../components/monitoring/rules/types.ts";
import { alerting, completeAlerting } from "../../settings/alerting.ts";
import { parseSettings } from "../../settings/parse.ts";
import { pathText } from "../../settings/problems.ts";
import { alertingFindings } from "../../settings/rules/alerting.ts";
import { inside } from "../support/intervals.ts";
import { alertingSecrets, goodAlerting } from "../support/refusals/alerting.ts";
import { goodSettings, type Raw } from "../support/settings.ts";

const SECRETS = Object.keys(alertingSecrets);
const complete = (raw: Raw): AlertingSettings => completeAlerting(alerting.parse(raw));
const everything = (): AlertingSettings => complete(goodAlerting());
const nothing = (): AlertingSettings => complete({});

const context: AlertmanagerContext = { estate: "shop", externalUrl: "http://127.0.0.1:8090/alertmanager" };
const render = (settings: AlertingSettings) => renderAlertmanager(settings, context);
const config = (settings: AlertingSettings): AlertmanagerConfig => parse(render(settings).files["alertmanager.yml"] ?? "");
const routeOf = (settings: AlertingSettings, matcher: string): Route | undefined =>
  config(settings).route.routes?.find(({ matchers }) => matchers?.includes(matcher));
const told = (route: Route | undefined): string[] => (route?.routes ?? []).map(({ receiver }) => receiver);

describe("settings of alerting", () => {
  it("hold with every kind of receiver, and with nothing at all", () => {
    expect(alertingFindings(alerting.parse(goodAlerting()), SECRETS)).toEqual([]);
    expect(alertingFindings(alerting.parse({}), [])).toEqual([]);
  });

  it("take a date as Pulumi hands it over when it stands without quotes", () => {
    for (const start of ["2026-01-05", "2026-01-05T00:00:00Z", "2026-01-05 00:00:00 +0000 UTC"]) {
      const raw = goodAlerting();
      raw.onCall.start = start;
      expect(complete(raw).onCall?.start).toBe("2026-01-05");
    }
  });

  it("are told everything that is wrong at once", () => {
    const raw = goodAlerting();
    raw.routes.P0 = ["pgaer"];
    raw.quietHours.priorities = ["P1"];
    raw.escalation.steps[0].to = [];
    delete raw.receivers.team.slack.webhookSecret;
    expect(
      alertingFindings(alerting.parse(raw), SECRETS)
        .map(({ at }) => pathText(at))
        .sort(),
    ).toEqual([
      "sluice:monitoring.alerting.escalation.steps[0].to",
      "sluice:monitoring.alerting.quietHours.priorities[0]",
      "sluice:monitoring.alerting.receivers.team.slack.webhookSecret",
      "sluice:monitoring.alerting.routes.P0[0]",
    ]);
  });

  it("never show what stands where a secret's name belongs", () => {
    const raw = goodAlerting();
    raw.receivers.pager.pagerduty.routingKeySecret = "planted8c1f";
    expect(JSON.stringify(alertingFindings(alerting.parse(raw), SECRETS).map(({ reads: _, ...shown }) => shown))).not.toContain("planted");
  });
});

describe("the configuration", () => {
  it("names every secret as a file, lists it for mounting, and says nothing else of it", () => {
    const { files, secrets } = render(everything());
    expect(secrets).toEqual(SECRETS);
    const text = Object.values(files).join("\n");
    for (const secret of secrets) expect(text).toContain(`_file: /run/secrets/${secret}\n`);
    // Every mention of a secret is the end of such a path.
    for (const secret of secrets) expect(text.split(secret)).toHaveLength(text.split(`_file: /run/secrets/${secret}\n`).length);
  });

  it("holds no value of a secret, however the settings got it", () => {
    const raw = goodSettings();
    Object.assign(raw, { monitoring: { alerting: goodAlerting() }, secrets: { ...raw.secrets, ...alertingSecrets } });
    const parsed = parseSettings(raw, { stack: "dev", secretKeys: ["secrets"] });
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    const { monitoring, secrets } = parsed.ok;
    expect(Object.values(secrets).join()).toContain("planted-2d7e");
    expect(JSON.stringify(monitoring && render(monitoring.alerting))).toContain("/run/secrets/slack-webhook");
    expect(JSON.stringify(monitoring && render(monitoring.alerting))).not.toContain("planted");
  });

  it("is the same text at any time", () => {
    const first = render(everything());
    vi.useFakeTimers({ now: new Date("2031-07-01T12:00:00Z") });
    try {
      expect(render(everything())).toEqual(first);
    } finally {
      vi.useRealTimers();
    }
  });

  it("shows every alert and tells nobody where there is no receiver", () => {
    const { route, receivers } = config(nothing());
    expect(receivers).toEqual([{ name: "nobody" }]);
    expect([route, ...(route.routes ?? [])].map(({ receiver }) => receiver)).toEqual(Array(8).fill("nobody"));
    expect(render(nothing()).secrets).toEqual([]);
  });

  it("repeats what is urgent sooner", () => {
    expect(["P0", "P1", "P2", "P3"].map((priority) => routeOf(everything(), `priority="${priority}"`)?.repeat_interval)).toEqual([
      "15m",
      "1h",
      "8h",
      "24h",
    ]);
  });

  it("tells receivers of a priority that has no route by `default`", () => {
    expect(told(routeOf(everything(), 'priority="P2"'))).toEqual(["team"]);
    expect(told(routeOf(everything(), 'priority="P0"'))).toEqual(["pager", "anna", "ben", "team"]);
  });

  it("goes on to the next receiver after each but the last", () => {
    const children = routeOf(everything(), 'priority="P0"')?.routes ?? [];
    expect(children.map((child) => child.continue ?? false)).toEqual([true, true, true, false]);
  });

  it("asks for shifts only where on-call is named, and tells nobody twice", () => {
    const raw = goodAlerting();
    raw.routes.P1 = ["anna", "on-call"];
    const route = routeOf(complete(raw), 'priority="P1"');
    expect(route?.routes).toEqual([
      { receiver: "anna", continue: true },
      { receiver: "ben", active_time_intervals: ["on-call-ben"] },
    ]);
  });

  it("lets only the priorities of the quiet hours wait", () => {
    const quiet = ["P0", "P1", "P2", "P3"].map((priority) =>
      (routeOf(everything(), `priority="${priority}"`)?.routes ?? []).flatMap(({ mute_time_intervals = [] }) => mute_time_intervals),
    );
    expect(quiet).toEqual([[], [], ["quiet-hours"], ["quiet-hours"]]);
  });

  it("tells news of rollouts at once, each by itself, to those who hear what can wait, and tells of no end", () => {
    const route = routeOf(everything(), 'news!=""');
    expect([route?.group_by, route?.group_wait, told(route)]).toEqual([["news_id"], "0s", ["team/news"]]);
    const receivers = config(everything()).receivers as unknown as Record<string, { send_resolved: boolean }[]>[];
    const [team] = receivers.filter(({ name }) => (name as unknown as string) === "team/news");
    const ways = Object.values(team ?? {}).flatMap((way) => (Array.isArray(way) ? way : []));
    expect(ways.length).toBeGreaterThan(0);
    expect(ways.map(({ send_resolved }) => send_resolved)).toEqual(ways.map(() => false));
    expect(receivers.filter(({ name }) => `${name}`.endsWith("/news"))).toHaveLength(1);
  });

  it("sends no end of the sign of life, which would count as one", () => {
    const receivers = config(everything()).receivers as unknown as Record<string, unknown>[];
    expect(receivers.find(({ name }) => name === "watchdog")).toEqual({
      name: "watchdog",
      webhook_configs: [{ url: "https://dead-man.example.com/beat", send_resolved: false }],
    });
  });

  it("writes a table of shifts in one line each, small enough to be read and sent", () => {
    const text = render(everything()).files["alertmanager.yml"] ?? "";
    const months = text.split("\n").filter((line) => line.includes("days_of_month"));
    // Two people, two statements a month, ten years.
    expect(months).toHaveLength(2 * 2 * 12 * YEARS_COVERED);
    expect(text.length).toBeLessThan(100_000);
  });
});

describe("messages", () => {
  const template = render(everything()).files["templates/sluice.tmpl"] ?? "";

  it.each([
    ["P0", "answer within 5 minutes"],
    ["P1", "answer within 30 minutes"],
    ["P2", "answer within 4 hours"],
    ["P3", "answer within 2 days"],
  ])("of %s say: %s", (priority, words) => {
    expect(template).toMatch(new RegExp(`eq .CommonLabels.priority "${priority}" }}${priority}, [a-z ]+: ${words}`));
  });

  it("have a link to Alertmanager only where somebody can follow it", () => {
    expect(template).toContain("Acknowledge with a silence: http://127.0.0.1:8090/alertmanager");
    expect(renderAlertmanager(everything(), { estate: "shop" }).files["templates/sluice.tmpl"]).not.toContain("Acknowledge");
  });
});

describe("shifts", () => {
  const day = 86_400_000;
  const people = ["anna", "ben", "cleo"];
  const shifts = fc.record({
    rotation: fc.array(fc.constantFrom(...people), { minLength: 1, maxLength: 5 }),
    shiftDays: fc.constantFrom(1, 2, 5, 7, 14, 30),
    start: fc
      .date({ min: new Date("2024-01-01"), max: new Date("2027-12-31"), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10)),
    handover: fc.constantFrom("00:00", "02:30", "09:00", "23:59"),
  });
  const onCallAt = (onCall: OnCallSettings, zone: string, at: Date): string[] =>
    onCallIntervals(onCall, zone)
      .filter(({ time_intervals }) => inside(time_intervals, at))
      .map(({ name }) => name);

  it("have exactly the one person on call whose turn it is, at any moment of ten years", () => {
    const minutes = fc.integer({ min: 0, max: (YEARS_COVERED - 4) * 365 * 1440 });
    fc.assert(
      fc.property(shifts, minutes, (onCall, minute) => {
        const at = new Date(Date.parse("2027-12-31T00:00:00Z") + minute * 60_000);
        const begun = Date.parse(`${onCall.start}T${onCall.handover}:00Z`);
        const turn = Math.floor((at.getTime() - begun) / day / onCall.shiftDays);
        expect(onCallAt(onCall, "UTC", at)).toEqual([`on-call-${onCall.rotation.at(turn % onCall.rotation.length)}`]);
      }),
      { numRuns: 60 },
    );
  });

  it("change at the handover on the clock of the place, on the days that the clock changes too", () => {
    const onCall = { rotation: ["anna", "ben"], shiftDays: 1, start: "2026-03-28", handover: "09:00" };
    // Berlin is one hour ahead of UTC until 29 March 2026, 01:00 UTC, then two.
    for (const [at, who] of [
      ["2026-03-28T07:59:59Z", "ben"],
      ["2026-03-28T08:00:00Z", "anna"],
      ["2026-03-29T06:59:59Z", "anna"],
      ["2026-03-29T07:00:00Z", "ben"],
      ["2026-03-30T06:59:59Z", "ben"],
      ["2026-03-30T07:00:00Z", "anna"],
    ] as const) {
      expect([at, onCallAt(onCall, "Europe/Berlin", new Date(at))]).toEqual([at, [`on-call-${who}`]]);
    }
  });

  it("have everybody on call where the table ends: a message to all is noticed, one to nobody is not", () => {
    const onCall = { rotation: people, shiftDays: 7, start: "2026-01-05", handover: "09:00" };
    const everybody = people.map((name) => `on-call-${name}`);
    expect(onCallAt(onCall, "UTC", new Date("2036-01-01T00:00:00Z"))).toEqual(everybody);
    expect(onCallAt(onCall, "UTC", new Date("2025-12-31T23:59:00Z"))).toEqual(everybody);
    expect(onCallAt(onCall, "UTC", new Date("2035-12-31T23:59:00Z"))).toHaveLength(1);
    expect(onCallAt(onCall, "UTC", new Date("2026-01-01T00:00:00Z"))).toHaveLength(1);
  });
});

describe("quiet hours", () => {
  const night = { priorities: ["P2"], start: "20:00", end: "08:00", days: ["friday"], wholeDays: ["sunday"] } as const;
  const noon = { ...night, start: "12:00", end: "13:00", wholeDays: [] } as const;

  // 2 January 2026 is a Friday.
  it.each([
    ["before the night", night, "2026-01-02T19:59:00Z", false],
    ["in the night", night, "2026-01-02T20:00:00Z", true],
    ["after midnight, which is Saturday", night, "2026-01-03T07:59:00Z", true],
    ["in the morning", night, "2026-01-03T08:00:00Z", false],
    ["on Saturday night, which is not named", night, "2026-01-03T22:00:00Z", false],
    ["on a whole day", night, "2026-01-04T12:00:00Z", true],
    ["on Friday before dawn, which is Thursday's night", night, "2026-01-02T05:00:00Z", false],
    ["in an hour of one day", noon, "2026-01-02T12:59:00Z", true],
    ["after it", noon, "2026-01-02T13:00:00Z", false],
    ["the day after", noon, "2026-01-03T12:30:00Z", false],
    ["until midnight sharp", { ...night, end: "00:00" } as const, "2026-01-03T00:00:00Z", false],
  ])("%s", (_when, quiet, at, expected) => {
    expect(inside(quietIntervals(quiet, "UTC").time_intervals, new Date(at))).toBe(expected);
  });
});

describe("escalation", () => {
  const alert = (name: string, priority: AlertRule["priority"]): AlertRule => ({
    name,
    expr: "up == 0",
    for: 120,
    severity: "critical",
    priority,
    area: "availability",
    owner: "platform",
    labels: { window: "1h" },
    summary: "It is down",
    description: "{{ $value }}",
  });
  const groups = [{ name: "one", rules: [{ record: "a:b:c", expr: "up" }, alert("ServiceDown", "P0"), alert("SlotDown", "P1")] }];

  it("is the same alert with a longer wait and one label more, for each step", () => {
    expect(escalationRules(groups, everything().escalation)).toEqual(
      [15, 30].map((minutes, index) => ({
        name: `escalation-${index + 1}`,
        rules: [
          {
            ...alert("ServiceDown", "P0"),
            for: 120 + minutes * 60,
            labels: { window: "1h", escalation: `${index + 1}` },
            summary: `Not acknowledged for ${minutes} minutes: It is down`,
          },
        ],
      })),
    );
  });

  it("is nothing where none is set, or no alert has such a priority", () => {
    expect(escalationRules(groups, undefined)).toEqual([]);
    expect(escalationRules([{ name: "one", rules: [alert("SlotDown", "P1")] }], everything().escalation)).toEqual([]);
  });

  it("has a route of its own before those of the priorities, so that a step reaches only its receivers", () => {
    const matchers = (config(everything()).route.routes ?? []).map((route) => route.matchers?.join());
    expect(matchers.indexOf('escalation="2"')).toBeLessThan(matchers.indexOf('priority="P0"'));
    expect(told(routeOf(everything(), 'escalation="1"'))).toEqual(["team", "anna", "ben"]);
    expect(told(routeOf(everything(), 'escalation="2"'))).toEqual(["cto"]);
  });
});

describe("inhibition", () => {
  it("asks both sides for every label that only some alerts have and that they must share", () => {
    for (const { source_matchers, target_matchers, equal } of INHIBIT_RULES) {
      if (!equal.includes("service") || equal.includes("alertname")) continue;
      expect([source_matchers, target_matchers].every((side) => side.includes('service!=""'))).toBe(true);
    }
  });
});

describe("the silence of a deployment", () => {
  const startsAt = new Date("2026-03-01T10:00:00Z");

  it("never covers a critical alert, and always names its estate", () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), fc.integer({ min: 1, max: 120 }), (estate, service, minutes) => {
        const silence = deploymentSilence({
          estate,
          ...(service !== undefined && { service }),
          release: "v2",
          startsAt,
          minutes,
          by: "ci",
        });
        expect(silence.matchers).toContainEqual({ name: "severity", value: "critical", isRegex: false, isEqual: false });
        expect(silence.matchers).toContainEqual({ name: "estate", value: estate, isRegex: false, isEqual: true });
      }),
    );
  });

  it("ends by itself, and says whose it is", () => {
    const silence = deploymentSilence({ estate: "shop", service: "api", release: "v2", startsAt, minutes: 15, by: "ci" });
    expect(silence).toMatchObject({
      startsAt: "2026-03-01T10:00:00.000Z",
      endsAt: "2026-03-01T10:15:00.000Z",
      createdBy: "ci",
      comment: "Deployment of api, release v2. Critical alerts are not silenced.",
    });
    expect(silence.matchers).toContainEqual({ name: "service", value: "api", isRegex: false, isEqual: true });
  });

  it.each([0, -5, 121, Number.NaN])("is refused for %d minutes", (minutes) => {
    expect(() => deploymentSilence({ estate: "shop", release: "v2", startsAt, minutes, by: "ci" })).toThrow(RangeError);
  });
});
