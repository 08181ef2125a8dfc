import type { Case, Raw } from "../settings.ts";

/** Settings of alerting that hold, with every kind of receiver. A fresh copy each time; the secrets they name are `alertingSecrets`. */
export function goodAlerting(): Raw {
  return {
    timeZone: "Europe/Berlin",
    receivers: {
      anna: {
        email: {
          to: ["anna@example.com"],
          from: "alerts@example.com",
          smarthost: "mail.example.com:587",
          user: "alerts",
          passwordSecret: "smtp-password",
        },
      },
      ben: { discord: { webhookSecret: "discord-webhook" } },
      cto: { webhook: { urlSecret: "sms-gateway", tokenSecret: "sms-token" } },
      "dead-man": { webhook: { url: "https://dead-man.example.com/beat" } },
      pager: { pagerduty: { routingKeySecret: "pagerduty-key" } },
      team: { slack: { webhookSecret: "slack-webhook", channel: "#alerts" } },
    },
    default: ["team"],
    routes: { P0: ["pager", "on-call", "team"], P1: ["on-call", "team"] },
    watchdog: { receiver: "dead-man", repeatMinutes: 5 },
    onCall: { rotation: ["anna", "ben"], start: "2026-01-05", handover: "09:00" },
    escalation: {
      steps: [
        { afterMinutes: 15, to: ["team", "on-call"] },
        { afterMinutes: 30, to: ["cto"] },
      ],
    },
    quietHours: { start: "20:00", end: "08:00", days: ["monday", "friday"], wholeDays: ["sunday"] },
  };
}

/** The secrets that `goodAlerting` names. */
export const alertingSecrets: Readonly<Record<string, string>> = Object.fromEntries(
  ["discord-webhook", "pagerduty-key", "slack-webhook", "sms-gateway", "sms-token", "smtp-password"].map((name) => [
    name,
    `planted-2d7e-${name}`,
  ]),
);

const PATH = "sluice:monitoring.alerting";
const RECEIVERS = "a receiver: anna, ben, cto, dead-man, pager, team";
const SECRETS =
  "a name from sluice:secrets: discord-webhook, pagerduty-key, payment-key, slack-webhook, sms-gateway, sms-token, smtp-password";
const SET = "npm run pulumi -- config set --secret --path";
const TIME = "a time of day, HH:MM, 00:00 to 23:59";

/** Spoil `goodAlerting`, in settings that hold everything it needs. */
const of = (change: (alerting: Raw) => void) => (settings: Raw) => {
  const alerting = goodAlerting();
  Object.assign(settings.secrets, alertingSecrets);
  settings.monitoring = { ...settings.monitoring, alerting };
  change(alerting);
};

/** Ways to spoil the settings of alerting. */
export const alerting: Case[] = [
  [
    "an unknown receiver in a route",
    of((a) => (a.routes.P1 = ["on-call", "tem"])),
    `${PATH}.routes.P1[1]`,
    '"tem"',
    `${RECEIVERS}, on-call`,
    "declare it under `receivers`, or name another one",
  ],
  [
    "a route to nobody",
    of((a) => (a.routes.P0 = [])),
    `${PATH}.routes.P0`,
    "an empty list",
    "at least one receiver",
    "name a receiver, or remove P0: then `default` is told",
  ],
  [
    "receivers without a default",
    of((a) => (a.default = [])),
    `${PATH}.default`,
    "an empty list",
    "at least one receiver",
    "name a receiver of whatever no route names, for example anna",
  ],
  ["a receiver twice", of((a) => a.default.push("team")), `${PATH}.default[1]`, '"team"', "each receiver once", "remove it here"],
  [
    "a name that has a meaning of its own",
    of((a) => (a.receivers["on-call"] = a.receivers.ben)),
    `${PATH}.receivers.on-call`,
    '"on-call"',
    "any name but on-call, nobody, watchdog",
    "choose another name",
  ],
  [
    "a name with capitals",
    of((a) => (a.receivers.Ben = a.receivers.ben)),
    `${PATH}.receivers.Ben`,
    '"Ben"',
    "1 to 31 lower-case letters, digits, `-`, starting with a letter",
    "for example team",
  ],
  [
    "a receiver that cannot be reached",
    of((a) => (a.receivers.ben = {})),
    `${PATH}.receivers.ben`,
    "no way to reach it",
    "at least one of slack, pagerduty, email, discord, webhook",
    "add one, or remove the receiver",
  ],
  [
    "a secret that does not exist",
    of((a) => (a.receivers.team.slack.webhookSecret = "slack-hook")),
    `${PATH}.receivers.team.slack.webhookSecret`,
    "a name that is not there",
    SECRETS,
    `set the secret under this name: ${SET} 'sluice:secrets.<name>'`,
  ],
  [
    "a secret itself where its name belongs, without showing it",
    of((a) => (a.receivers.team.slack.webhookSecret = "https://hooks.example.com/T0/planted-8c1f")),
    `${PATH}.receivers.team.slack.webhookSecret`,
    "[secret]",
    "a name from sluice:secrets",
    `put it into sluice:secrets and write its name here: ${SET} 'sluice:secrets.slack-webhook'`,
  ],
  [
    "a routing key where its secret's name belongs, without showing it",
    of((a) => (a.receivers.pager.pagerduty.routingKeySecret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0")),
    `${PATH}.receivers.pager.pagerduty.routingKeySecret`,
    "a name that is not there",
    SECRETS,
    `set the secret under this name: ${SET} 'sluice:secrets.<name>'`,
  ],
  [
    "a way without its secret",
    of((a) => (a.receivers.ben.discord = {})),
    `${PATH}.receivers.ben.discord.webhookSecret`,
    "nothing",
    SECRETS,
    "add the name of the secret that holds it",
  ],
  [
    "an address with something secret in it",
    of((a) => (a.receivers["dead-man"].webhook.url = "https://dead-man.example.com/beat?key=1")),
    `${PATH}.receivers.dead-man.webhook.url`,
    '"https://dead-man.example.com/beat?key=1"',
    "http:// or https://, host, port and path; no login, no query: those belong into `urlSecret`",
    "put the whole address into a secret and name it in `urlSecret`",
  ],
  [
    "two addresses for one webhook",
    of((a) => (a.receivers.cto.webhook.url = "https://sms.example.com/")),
    `${PATH}.receivers.cto.webhook`,
    "both `url` and `urlSecret`",
    "one of `url`, `urlSecret`",
    "remove `url`, if anything in the address is secret; else `urlSecret`",
  ],
  [
    "an e-mail to nobody",
    of((a) => (a.receivers.anna.email.to = [])),
    `${PATH}.receivers.anna.email.to`,
    "nothing",
    "at least one e-mail address",
    "say who gets it",
  ],
  [
    "a mail user without a password",
    of((a) => delete a.receivers.anna.email.passwordSecret),
    `${PATH}.receivers.anna.email.passwordSecret`,
    "nothing",
    "`user` and `passwordSecret` together",
    "add it, or remove `user`",
  ],
  [
    "a mail password without TLS",
    of((a) => (a.receivers.anna.email.tls = false)),
    `${PATH}.receivers.anna.email.tls`,
    "false",
    "true where there is a login: without TLS its password can be read on the way",
    "remove `tls: false`; or, where the mail server wants no login, remove `user` and `passwordSecret`",
  ],
  [
    "a mail server without a port",
    of((a) => (a.receivers.anna.email.smarthost = "mail.example.com")),
    `${PATH}.receivers.anna.email.smarthost`,
    '"mail.example.com"',
    "host:port",
    "set it to host:port, for example mail.example.com:587",
  ],
  [
    "a dead-man's switch that reaches whoever is on call",
    of((a) => (a.watchdog.receiver = "on-call")),
    `${PATH}.watchdog.receiver`,
    '"on-call"',
    RECEIVERS,
    "declare it under `receivers`, or name another one",
  ],
  [
    "a dead-man's switch without a receiver",
    of((a) => delete a.watchdog.receiver),
    `${PATH}.watchdog.receiver`,
    "nothing",
    "a name from `receivers`",
    "name the receiver that notices when messages stop",
  ],
  [
    "on call in a route where nobody is",
    of((a) => {
      delete a.onCall;
      a.routes = { P0: ["on-call"] };
      delete a.escalation;
    }),
    `${PATH}.routes.P0[0]`,
    '"on-call"',
    RECEIVERS,
    "say with `onCall` who is on call, or take it off the list",
  ],
  [
    "shifts that no route asks for",
    of((a) => {
      a.routes = {};
      delete a.escalation;
    }),
    `${PATH}.onCall`,
    "shifts that no list asks for",
    "`on-call` in `default`, in a route or in a step",
    "write `on-call` into a route, for example `P0: [on-call]`, or remove `onCall`",
  ],
  [
    "a shift of somebody unknown",
    of((a) => a.onCall.rotation.push("zoe")),
    `${PATH}.onCall.rotation[2]`,
    '"zoe"',
    RECEIVERS,
    "declare it under `receivers`, or name another one",
  ],
  [
    "a rotation of nobody",
    of((a) => (a.onCall.rotation = [])),
    `${PATH}.onCall.rotation`,
    "nothing",
    "at least one receiver",
    "name who takes turns, or remove `onCall`",
  ],
  [
    "a day that does not exist",
    of((a) => (a.onCall.start = "2026-02-30")),
    `${PATH}.onCall.start`,
    '"2026-02-30"',
    "a date, YYYY-MM-DD",
    "set it to a date, YYYY-MM-DD, for example 2026-01-05",
  ],
  [
    "a rotation without a first day",
    of((a) => delete a.onCall.start),
    `${PATH}.onCall.start`,
    "nothing",
    "a date, YYYY-MM-DD",
    "add the first day of the first shift",
  ],
  ["a time without its zero", of((a) => (a.onCall.handover = "9:00")), `${PATH}.onCall.handover`, '"9:00"', TIME, "write 09:00"],
  [
    "a time zone in small letters, which no file has",
    of((a) => (a.timeZone = "europe/berlin")),
    `${PATH}.timeZone`,
    '"europe/berlin"',
    "UTC, or an IANA time zone such as Europe/Berlin",
    "write Europe/Berlin",
  ],
  [
    "a time zone that does not exist",
    of((a) => (a.timeZone = "Europe/Atlantis")),
    `${PATH}.timeZone`,
    '"Europe/Atlantis"',
    "UTC, or an IANA time zone such as Europe/Berlin",
    "set it to UTC, or an IANA time zone such as Europe/Berlin, for example Europe/Berlin",
  ],
  [
    "quiet hours for what cannot wait",
    of((a) => (a.quietHours.priorities = ["P2", "P0"])),
    `${PATH}.quietHours.priorities[1]`,
    "P0",
    "P2 or P3",
    "remove it: P0 cannot wait",
  ],
  [
    "quiet hours of no length",
    of((a) => (a.quietHours.end = "20:00")),
    `${PATH}.quietHours.end`,
    "20:00",
    "another time than `start`",
    "set another end; for whole days, name them in `wholeDays`",
  ],
  [
    "an unknown day",
    of((a) => (a.quietHours.wholeDays = ["sundy"])),
    `${PATH}.quietHours.wholeDays[0]`,
    '"sundy"',
    "monday, tuesday, wednesday, thursday, friday, saturday, sunday",
    "write sunday",
  ],
  [
    "an escalation of what has days to be answered",
    of((a) => (a.escalation.priorities = ["P3"])),
    `${PATH}.escalation.priorities[0]`,
    "P3",
    "P0 or P1",
    "remove it: P3 has hours or days to be answered",
  ],
  [
    "an escalation that comes before the one before it",
    of((a) => (a.escalation.steps[1].afterMinutes = 15)),
    `${PATH}.escalation.steps[1].afterMinutes`,
    "15",
    "more than the step before it has (15)",
    "put the steps in the order of their delays",
  ],
  [
    "a step without a delay",
    of((a) => delete a.escalation.steps[1].afterMinutes),
    `${PATH}.escalation.steps[1].afterMinutes`,
    "nothing",
    "a whole number of minutes from 1 to 10080",
    "say how long an alert has fired by then",
  ],
  [
    "an escalation without steps",
    of((a) => (a.escalation.steps = [])),
    `${PATH}.escalation.steps`,
    "nothing",
    "at least one step",
    "add a step, for example `{ afterMinutes: 15, to: [platform-lead] }`, or remove `escalation`",
  ],
];
