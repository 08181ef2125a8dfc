import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { renderAlertmanager } from "../../components/monitoring/alerting/alertmanager.ts";
import { escalationRules } from "../../components/monitoring/alerting/escalation.ts";
import { deploymentSilence } from "../../components/monitoring/alerting/silence.ts";
import { defaultRuleSettings, renderGroups, ruleGroups } from "../../components/monitoring/rules/index.ts";
import { alerting, completeAlerting } from "../../settings/alerting.ts";
import { Alertmanager, Inbox, pause, tool } from "../support/alertmanager.ts";
import { alertingSecrets, goodAlerting } from "../support/refusals/alerting.ts";
import type { Raw } from "../support/settings.ts";

const SHORT = { first: 1, changed: 1, again: 3600 };
const filesOf = (raw: Raw, externalUrl?: string) =>
  renderAlertmanager(completeAlerting(alerting.parse(raw)), { estate: "shop", ...(externalUrl !== undefined && { externalUrl }) }).files;

const alone = (name: string): Raw => {
  const { receivers } = goodAlerting();
  return { receivers: { [name]: receivers[name] }, default: [name] };
};

describe("the rendered configuration", () => {
  it("is clean to amtool with nothing, with everything, and with each receiver alone", async () => {
    const names = Object.keys(goodAlerting().receivers);
    const cases: [string, Raw][] = [
      ["nothing", {}],
      ["everything", goodAlerting()],
      ...names.map((name) => [name, alone(name)] as [string, Raw]),
    ];
    const files = cases.flatMap(([what, raw]) => Object.entries(filesOf(raw)).map(([path, text]) => [`${what}/${path}`, text]));
    const { exitCode, text } = await tool("alertmanager", Object.fromEntries(files), "amtool check-config */alertmanager.yml");
    expect([exitCode, text]).toEqual([0, text]);
    expect(text.split(" - 1 templates")).toHaveLength(cases.length + 1);
  });

  it("is refused by amtool when a key is not one of Alertmanager's, so that the test above can fail", async () => {
    const keys = ["api_url_file", "routing_key_file", "webhook_url_file", "url_file", "auth_password_file", "credentials_file"];
    const script = `for key in ${keys.join(" ")}; do
      sed "s/ $key:/ \${key}x:/" alertmanager.yml > /tmp/spoilt.yml
      cmp -s alertmanager.yml /tmp/spoilt.yml || amtool check-config /tmp/spoilt.yml > /dev/null 2>&1 || echo "$key"
    done`;
    const { stdout } = await tool("alertmanager", filesOf(goodAlerting()), script);
    expect(stdout.split("\n")).toEqual(keys);
  });

  it("sends each alert to its receivers", async () => {
    const onCall = ["anna", "ben"];
    const table: [labels: string, receivers: string[]][] = [
      ["alertname=ServiceDown priority=P0 severity=critical service=api", ["pager", ...onCall, "team"]],
      ["alertname=ErrorRateCanary priority=P1 severity=critical service=api slot=green", [...onCall, "team"]],
      ["alertname=SlowDeploy priority=P2 severity=warning", ["team"]],
      ["alertname=MetricAnomaly priority=P3 severity=warning service=api", ["team"]],
      ["alertname=Strange severity=warning", ["team"]],
      ["alertname=RolloutPromoted news=rollout news_id=api-1/6/told severity=info", ["team/news"]],
      ["alertname=Watchdog priority=P3 severity=info", ["watchdog"]],
      ["alertname=ServiceDown priority=P0 severity=critical service=api escalation=1", ["team", ...onCall]],
      ["alertname=ServiceDown priority=P0 severity=critical service=api escalation=2", ["cto"]],
    ];
    const script = "while read -r labels; do amtool config routes test --config.file=alertmanager.yml $labels; done";
    const { stdout } = await tool("alertmanager", filesOf(goodAlerting()), script, `${table.map(([labels]) => labels).join("\n")}\n`);
    expect(stdout.split("\n").map((line) => line.split(","))).toEqual(table.map(([, receivers]) => receivers));
    const silent = await tool("alertmanager", filesOf({}), script, `${table.map(([labels]) => labels).join("\n")}\n`);
    expect(new Set(silent.stdout.split("\n"))).toEqual(new Set(["nobody"]));
  });

  it("knows the time zones that settings let through, whatever the shape of their names", async () => {
    const zones = ["UTC", "Asia/Kolkata", "America/Argentina/Buenos_Aires", "Africa/Dar_es_Salaam", "America/Port-au-Prince"];
    const files = zones.map((timeZone, index) => [`${index}.yml`, filesOf({ ...goodAlerting(), timeZone })["alertmanager.yml"] ?? ""]);
    const { exitCode, text } = await tool("alertmanager", Object.fromEntries(files), "amtool check-config *.yml");
    expect([exitCode, text]).toEqual([0, text]);
    expect(text.split("Checking ")).toHaveLength(zones.length + 1);
  });
});

describe("the rules of escalation", () => {
  const rules = defaultRuleSettings({ services: [{ name: "api" }], hasPostgres: true, runbookBase: "https://runbooks" });
  const groups = escalationRules(ruleGroups(rules), completeAlerting(alerting.parse(goodAlerting())).escalation);
  const files = (tests: object) => ({ "rules.yml": renderGroups(groups, "https://runbooks"), "tests.yml": stringify(tests) });
  const labels = { severity: "critical", priority: "P0", area: "data", owner: "platform", job: "postgres" };
  const at = (eval_time: string, steps: readonly string[]) => ({
    eval_time,
    alertname: "DatabaseDown",
    exp_alerts: steps.map((escalation) => ({
      exp_labels: { ...labels, escalation },
      exp_annotations: {
        summary: `Not acknowledged for ${escalation === "1" ? 15 : 30} minutes: Postgres is down`,
        description: "Postgres has not answered for a minute (0 of 1).",
        runbook_url: "https://runbooks/DatabaseDown.md",
      },
    })),
  });
  const tests = (alert_rule_test: object[]) => ({
    rule_files: ["rules.yml"],
    evaluation_interval: "15s",
    tests: [{ interval: "15s", input_series: [{ series: 'pg_up{job="postgres"}', values: "0x200" }], alert_rule_test }],
  });
  const script = "promtool check rules --lint=all --lint-fatal rules.yml && promtool test rules tests.yml";

  it("fire when the alert has fired for their delay, and not before", async () => {
    // DatabaseDown itself takes a minute.
    const moments = [at("15m45s", []), at("16m", ["1"]), at("30m45s", ["1"]), at("31m", ["1", "2"])];
    const { exitCode, text } = await tool("prometheus", files(tests(moments)), script);
    expect(text).toContain("SUCCESS");
    expect([exitCode, text]).toEqual([0, text]);
    expect((await tool("prometheus", files(tests([at("15m45s", ["1"])])), script)).exitCode).toBe(1);
  });
});

describe("a real Alertmanager", () => {
  let inbox: Inbox;
  let alertmanager: Alertmanager;

  beforeAll(async () => {
    inbox = await Inbox.open();
    const here = (path: string) => ({ webhook: { url: `${inbox.url}/${path}` } });
    // The shift of today's second person began twelve hours ago: no handover is near.
    const begun = new Date(Date.now() - 12 * 3_600_000);
    const before = new Date(begun.getTime() - 86_400_000);
    const raw = {
      receivers: {
        anna: here("anna"),
        ben: here("ben"),
        chat: { discord: { webhookSecret: "discord-webhook" } },
        "dead-man": here("dead-man"),
        lead: { webhook: { urlSecret: "sms-gateway", tokenSecret: "sms-token" } },
        mail: { email: { to: ["ops@example.com"], from: "alerts@example.com", smarthost: inbox.smarthost, tls: false } },
        pager: { pagerduty: { routingKeySecret: "pagerduty-key" } },
        team: { slack: { webhookSecret: "slack-webhook", channel: "#alerts" } },
      },
      default: ["team"],
      routes: { P0: ["team", "pager", "mail", "chat"], P1: ["team"], P3: ["on-call"] },
      watchdog: { receiver: "dead-man" },
      onCall: {
        rotation: ["anna", "ben"],
        shiftDays: 1,
        start: before.toISOString().slice(0, 10),
        handover: begun.toISOString().slice(11, 16),
      },
      escalation: { steps: [{ afterMinutes: 15, to: ["lead"] }] },
      quietHours: { priorities: ["P2"], wholeDays: ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] },
    };
    const settings = completeAlerting(alerting.parse(raw));
    const { files } = renderAlertmanager(settings, { estate: "shop", externalUrl: "https://alerts.example.com", waits: SHORT });
    // PagerDuty's address is a constant of Alertmanager; for this test it is here.
    const config = { ...parse(files["alertmanager.yml"] ?? ""), global: { pagerduty_url: `${inbox.url}/pagerduty` } };
    const secrets = {
      ...alertingSecrets,
      "slack-webhook": `${inbox.url}/slack\n`,
      "discord-webhook": `${inbox.url}/discord`,
      "sms-gateway": `${inbox.url}/sms`,
    };
    alertmanager = await Alertmanager.start({ ...files, "alertmanager.yml": stringify(config) }, secrets);
  });

  afterAll(async () => {
    await alertmanager?.stop();
    inbox?.close();
  });

  const alert = (alertname: string, service: string, more: Record<string, string>) => ({
    labels: { alertname, service, estate: "shop", severity: "critical", priority: "P1", area: "errors", ...more },
    annotations: { summary: `${alertname} of ${service}` },
  });

  it("says in every kind of message what is wrong, how soon to answer and where to read on", async () => {
    const down = {
      labels: {
        alertname: "ServiceDown",
        service: "pay",
        estate: "shop",
        severity: "critical",
        priority: "P0",
        area: "availability",
        release: "v2",
      },
      annotations: {
        summary: "pay is down",
        description: "0 probes succeed; <!channel> & more.",
        runbook_url: "https://runbooks/ServiceDown.md",
      },
    };
    await alertmanager.fire([down]);
    const slack = JSON.parse((await inbox.wait("/slack", "pay is down")).text);
    const since = String(slack.attachments[0].text).match(/Since .* UTC/)?.[0];
    expect(since).toBeDefined();
    const text = (strong: string, description: string) =>
      [
        "P0, service down: answer within 5 minutes.",
        "",
        `${strong}pay is down${strong}`,
        description,
        "critical · service pay · release v2",
        since,
        "Runbook: https://runbooks/ServiceDown.md",
        "",
        "Acknowledge with a silence: https://alerts.example.com",
      ].join("\n");
    const plain = text("", "0 probes succeed; <!channel> & more.");
    expect(slack).toMatchObject({
      channel: "#alerts",
      attachments: [
        {
          title: "P0 ServiceDown · pay · shop",
          title_link: "https://runbooks/ServiceDown.md",
          text: text("*", "0 probes succeed; &lt;!channel&gt; &amp; more."),
          color: "#b71c1c",
        },
      ],
    });
    const discord = JSON.parse((await inbox.wait("/discord", "pay is down")).text);
    expect(discord.embeds[0]).toMatchObject({ title: "P0 ServiceDown · pay · shop", description: plain });
    const pager = JSON.parse((await inbox.wait("/pagerduty", "pay is down")).text);
    expect(pager).toMatchObject({ routing_key: alertingSecrets["pagerduty-key"], event_action: "trigger" });
    expect(pager.payload).toMatchObject({
      summary: "P0 ServiceDown · pay · shop",
      severity: "critical",
      component: "pay",
      custom_details: { text: plain },
    });
    const mail = (await inbox.wait("mail", "pay is down")).text;
    expect(mail).toContain("To: ops@example.com");
    expect(mail).toMatch(/Content-Type: text\/plain/);
    expect(mail).not.toContain("text/html");

    await alertmanager.fire([down], true);
    const over = JSON.parse((await inbox.wait("/slack", "Resolved at")).text).attachments[0];
    expect(over).toMatchObject({ title: "Resolved: ServiceDown · pay · shop", color: "#2e7d32" });
    expect(over.text).toMatch(/^It is over\. There is nothing to do\.\n\nResolved at .* UTC: pay is down$/);
  });

  it("tells of a service that is down, and of its symptoms only when it is up again and they are still there", async () => {
    const down = alert("ServiceDown", "api", { priority: "P0", area: "availability" });
    const symptoms = [
      alert("HighErrorRate", "api", {}),
      alert("ErrorRateCanary", "api", { slot: "green" }),
      alert("HighLatencyP99", "api", { area: "latency", slot: "blue" }),
      alert("SlotDown", "api", { area: "availability", severity: "warning", slot: "blue" }),
    ];
    const others = [
      alert("HighErrorRate", "web", {}),
      alert("HeapAlmostFull", "api", { area: "resources" }),
      { labels: { alertname: "RateLimitNearlyUsed", severity: "warning", priority: "P1", area: "traffic", estate: "shop" } },
    ];
    await alertmanager.fire([down, ...symptoms, ...others]);
    await inbox.wait("/slack", "ServiceDown of api");
    await inbox.wait("/slack", "HighErrorRate of web");
    await inbox.wait("/slack", "HeapAlmostFull of api");
    await inbox.wait("/slack", "RateLimitNearlyUsed");
    await pause(2500);
    for (const { annotations } of symptoms) expect(inbox.about(annotations.summary)).toEqual([]);
    await alertmanager.fire([down], true);
    for (const { annotations } of symptoms) await inbox.wait("/slack", annotations.summary);
  });

  it("holds a warning back while the same is critical, but not one about another disk", async () => {
    const disk = (severity: string, mountpoint: string) => ({
      labels: {
        alertname: "Disk",
        severity,
        mountpoint,
        estate: "shop",
        area: "resources",
        priority: severity === "critical" ? "P0" : "P1",
      },
      annotations: { summary: `${severity} on ${mountpoint}` },
    });
    await alertmanager.fire([disk("critical", "/a"), disk("warning", "/a"), disk("warning", "/b")]);
    await inbox.wait("/slack", "critical on /a");
    await inbox.wait("/slack", "warning on /b");
    await pause(2500);
    expect(inbox.about("warning on /a")).toEqual([]);
  });

  it("lets what is critical through the silence of a deployment, and what is about the deployment", async () => {
    const deployment = { estate: "shop", service: "cart", release: "v3", startsAt: new Date(), minutes: 10, by: "ci" };
    await alertmanager.silence(deploymentSilence(deployment));
    await alertmanager.fire([
      alert("SlotDown", "cart", { area: "availability", severity: "warning" }),
      alert("ErrorRateCanary", "cart", { slot: "green" }),
      alert("SlowDeploy", "cart", { area: "deploy", severity: "warning" }),
      alert("SlotDown", "stock", { area: "availability", severity: "warning" }),
    ]);
    await inbox.wait("/slack", "ErrorRateCanary of cart");
    await inbox.wait("/slack", "SlowDeploy of cart");
    await inbox.wait("/slack", "SlotDown of stock");
    await pause(2500);
    expect(inbox.about("SlotDown of cart")).toEqual([]);
  });

  it("lets P2 wait in quiet hours, tells P3 to the one on call, and passes the sign of life on", async () => {
    await alertmanager.fire([
      alert("SlowQuery", "books", { priority: "P2", severity: "warning" }),
      alert("Untidy", "books", { priority: "P3", severity: "warning" }),
      { labels: { alertname: "Watchdog", severity: "info", priority: "P3", estate: "shop" } },
    ]);
    await inbox.wait("/ben", "Untidy of books");
    await inbox.wait("/dead-man", "Watchdog");
    await pause(2500);
    expect(inbox.about("Untidy of books").map(({ to }) => to)).toEqual(["/ben"]);
    expect(inbox.about("Watchdog").map(({ to }) => to)).toEqual(["/dead-man"]);
    expect(inbox.about("SlowQuery of books")).toEqual([]);
  });

  it("tells the next in line, unless somebody has acknowledged the alert with a silence", async () => {
    const first = (service: string) => alert("ServiceDown", service, { priority: "P0", area: "availability" });
    const again = (service: string) => alert("ServiceDown", service, { priority: "P0", area: "availability", escalation: "1" });
    // What the button in Alertmanager's page makes: one matcher for each label of the alert, as it was at its first message.
    const matchers = Object.entries(first("seen").labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
    const endsAt = new Date(Date.now() + 600_000).toISOString();
    await alertmanager.silence({ matchers, startsAt: new Date().toISOString(), endsAt, createdBy: "anna", comment: "I am on it" });
    await alertmanager.fire([first("seen"), again("seen"), first("unseen"), again("unseen")]);
    const { authorization } = await inbox.wait("/sms", "ServiceDown of unseen");
    expect(authorization).toBe(`Bearer ${alertingSecrets["sms-token"]}`);
    await pause(2500);
    expect(
      inbox
        .about("ServiceDown of unseen")
        .map(({ to }) => to)
        .sort(),
    ).toEqual(["/discord", "/pagerduty", "/slack", "/sms", "mail"]);
    expect(inbox.about("ServiceDown of seen")).toEqual([]);
  });
});
