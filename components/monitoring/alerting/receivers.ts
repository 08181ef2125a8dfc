import { newsPeople, newsReceiver } from "./route.ts";
import { type AlertingSettings, type AlertmanagerConfig, type Email, NOBODY, type Receiver, WATCHDOG, type Webhook } from "./types.ts";

/** A secret as Alertmanager reads it: at each message, from the file that is mounted. The value is never in the configuration. */
const file = (secret: string): string => `/run/secrets/${secret}`;

const template = (name: string): string => `{{ template "sluice.${name}" . }}`;

type Rendered = AlertmanagerConfig["receivers"][number];

/** Every receiver under its own name, the dead-man's switch, and the one that reaches nobody. */
export function renderReceivers(settings: AlertingSettings): Rendered[] {
  const { receivers, watchdog } = settings;
  const news = newsPeople(settings);
  const dead = receivers.find(({ name }) => name === watchdog?.receiver);
  return [
    { name: NOBODY },
    ...receivers.map((receiver) => render(receiver.name, receiver, true)),
    ...receivers.filter(({ name }) => news.includes(name)).map((receiver) => render(newsReceiver(receiver.name), receiver, false)),
    // "Resolved" would count as a sign of life, and it is sent when the signs have stopped.
    ...(dead ? [render(WATCHDOG, dead, false)] : []),
  ];
}

/** Names of the secrets that must be mounted for those receivers, sorted. */
export function secretsOf({ receivers }: AlertingSettings): string[] {
  const names = receivers.flatMap(({ slack, pagerduty, email, discord, webhook }) => [
    slack?.webhookSecret,
    pagerduty?.routingKeySecret,
    email?.login?.passwordSecret,
    discord?.webhookSecret,
    webhook && "urlSecret" in webhook.address ? webhook.address.urlSecret : undefined,
    webhook?.tokenSecret,
  ]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

function render(name: string, { slack, pagerduty, email, discord, webhook }: Receiver, resolved: boolean): Rendered {
  const send_resolved = resolved;
  return {
    name,
    ...(slack && {
      slack_configs: [
        {
          api_url_file: file(slack.webhookSecret),
          ...(slack.channel !== undefined && { channel: slack.channel }),
          send_resolved,
          color: template("colour"),
          title: template("title"),
          title_link: "{{ .CommonAnnotations.runbook_url }}",
          text: template("slack"),
          fallback: template("title"),
        },
      ],
    }),
    ...(pagerduty && {
      pagerduty_configs: [
        {
          routing_key_file: file(pagerduty.routingKeySecret),
          send_resolved,
          description: template("title"),
          severity: template("pagerduty.severity"),
          class: "{{ .CommonLabels.alertname }}",
          component: "{{ .CommonLabels.service }}",
          group: template("estate"),
          details: { text: template("text") },
        },
      ],
    }),
    ...(email && { email_configs: [{ ...emailConfig(email), send_resolved }] }),
    ...(discord && {
      discord_configs: [
        { webhook_url_file: file(discord.webhookSecret), send_resolved, title: template("title"), message: template("text") },
      ],
    }),
    ...(webhook && { webhook_configs: [{ ...webhookConfig(webhook), send_resolved }] }),
  };
}

function emailConfig({ to, from, smarthost, tls, login }: Email) {
  return {
    to: to.join(", "),
    from,
    smarthost,
    require_tls: tls,
    ...(login && { auth_username: login.user, auth_password_file: file(login.passwordSecret) }),
    headers: { Subject: template("title") },
    // Plain text alone: it is read on any device, and nothing in a label can become markup.
    html: "",
    text: template("text"),
  };
}

function webhookConfig({ address, tokenSecret }: Webhook) {
  return {
    ...("url" in address ? { url: address.url } : { url_file: file(address.urlSecret) }),
    ...(tokenSecret !== undefined && { http_config: { authorization: { credentials_file: file(tokenSecret) } } }),
  };
}
