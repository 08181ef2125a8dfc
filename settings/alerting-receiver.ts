import { z } from "zod";
import type { Email, Receiver } from "../components/monitoring/alerting/types.ts";
import { field, flag, text } from "./field.ts";
import { SECRET_NAME } from "./service.ts";

/** Nothing but the address: a login or a query would be a secret in plain text. */
const PLAIN_URL = /^https?:\/\/[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:\/[A-Za-z0-9._~/-]*)?$/;
const EMAIL = /^[^\s@<>,;"]{1,64}@[A-Za-z0-9.-]{1,255}$/;
const SMARTHOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?:[0-9]{1,5}$/;
const CHANNEL = /^[#@]?[\p{L}\p{N}._-]{1,80}$/u;

const secret = (means: string, example: string) =>
  text(SECRET_NAME, {
    means: `${means}: the name of a secret, not the secret.`,
    allowed: "a name from sluice:secrets",
    example,
    fix: () =>
      `put it into sluice:secrets and write its name here: npm run pulumi -- config set --secret --path 'sluice:secrets.${example}'`,
  });

const email = (means: string, example: string) => text(EMAIL, { means, allowed: "an e-mail address", example });
const webhookSecret = (tool: string, example: string) => secret(`Webhook address that ${tool} gave you`, example).optional();

/** A secret is written by its name only: what is in this field is readable in the stack file and in the state. */
export const receiver = field(
  z.strictObject({
    slack: field(
      z.strictObject({
        webhookSecret: webhookSecret("Slack", "slack-webhook"),
        channel: text(CHANNEL, {
          means: "Channel to write to.",
          allowed: "a channel such as #alerts, or a person such as @anna",
          example: "#alerts",
          whenAbsent: "the one that the webhook was made for",
        }).optional(),
      }),
      {
        means: "Slack, by an incoming webhook.",
        allowed: "a map with `webhookSecret`",
        example: { webhookSecret: "slack-webhook", channel: "#alerts" },
        whenAbsent: "not by Slack",
        jsonSchema: { required: ["webhookSecret"] },
      },
    ).optional(),
    pagerduty: field(
      z.strictObject({ routingKeySecret: secret("Integration key of the service in PagerDuty", "pagerduty-key").optional() }),
      {
        means: "PagerDuty, by its Events API v2.",
        allowed: "a map with `routingKeySecret`",
        example: { routingKeySecret: "pagerduty-key" },
        whenAbsent: "not by PagerDuty",
        jsonSchema: { required: ["routingKeySecret"] },
      },
    ).optional(),
    email: field(
      z.strictObject({
        to: field(z.array(email("A person.", "anna@example.com")), {
          means: "Who gets it.",
          allowed: "a list of e-mail addresses",
          example: ["anna@example.com"],
        }).default([]),
        from: email("Sender.", "alerts@example.com").optional(),
        smarthost: text(SMARTHOST, {
          means: "Mail server; port 465 speaks TLS at once, any other port by STARTTLS.",
          allowed: "host:port",
          example: "mail.example.com:587",
        }).optional(),
        user: text(/^[^\r\n\0]{1,255}$/, {
          means: "User at the mail server.",
          allowed: "one line of text",
          example: "alerts",
          whenAbsent: "no login",
        }).optional(),
        passwordSecret: secret("Password at the mail server", "smtp-password").optional(),
        tls: flag("Whether a mail server without TLS is refused.", true).default(true),
      }),
      {
        means: "E-mail.",
        allowed: "a map with `to`, `from` and `smarthost`",
        example: { to: ["anna@example.com"], from: "alerts@example.com", smarthost: "mail.example.com:587" },
        whenAbsent: "not by e-mail",
        jsonSchema: { required: ["to", "from", "smarthost"] },
      },
    ).optional(),
    discord: field(z.strictObject({ webhookSecret: webhookSecret("Discord", "discord-webhook") }), {
      means: "Discord, by a webhook.",
      allowed: "a map with `webhookSecret`",
      example: { webhookSecret: "discord-webhook" },
      whenAbsent: "not by Discord",
      jsonSchema: { required: ["webhookSecret"] },
    }).optional(),
    webhook: field(
      z.strictObject({
        url: text(PLAIN_URL, {
          means: "Address, where it holds nothing secret.",
          allowed: "http:// or https://, host, port and path; no login, no query: those belong into `urlSecret`",
          example: "https://sms.example.com/alerts",
          fix: (received) =>
            typeof received === "string" && /[?@]/.test(received)
              ? "put the whole address into a secret and name it in `urlSecret`"
              : undefined,
        }).optional(),
        urlSecret: secret("Address, where it holds something secret", "sms-gateway").optional(),
        tokenSecret: secret("Bearer token that is sent along", "sms-token").optional(),
      }),
      {
        means: "Anything that takes Alertmanager's JSON by POST: a gateway to SMS, a receiver of your own.",
        allowed: "a map with `url` or `urlSecret`",
        example: { urlSecret: "sms-gateway" },
        whenAbsent: "not by webhook",
        jsonSchema: { oneOf: [{ required: ["url"] }, { required: ["urlSecret"] }] },
      },
    ).optional(),
  }),
  {
    means: "One person, team or machine, and every way to reach it.",
    allowed: "a map with at least one of slack, pagerduty, email, discord, webhook",
    example: { slack: { webhookSecret: "slack-webhook" } },
    jsonSchema: { minProperties: 1 },
  },
);

export type WrittenReceiver = z.output<typeof receiver>;

/** A receiver as the components take it. Only for what the rules have let through: what they require is there. */
export function completeReceiver(name: string, { slack, pagerduty, email, discord, webhook }: WrittenReceiver): Receiver {
  return {
    name,
    ...(slack && { slack: { webhookSecret: slack.webhookSecret ?? "", ...(slack.channel !== undefined && { channel: slack.channel }) } }),
    ...(pagerduty && { pagerduty: { routingKeySecret: pagerduty.routingKeySecret ?? "" } }),
    ...(email && { email: completeEmail(email) }),
    ...(discord && { discord: { webhookSecret: discord.webhookSecret ?? "" } }),
    ...(webhook && {
      webhook: {
        address: webhook.url === undefined ? { urlSecret: webhook.urlSecret ?? "" } : { url: webhook.url },
        ...(webhook.tokenSecret !== undefined && { tokenSecret: webhook.tokenSecret }),
      },
    }),
  };
}

function completeEmail({ to, from = "", smarthost = "", tls, user, passwordSecret }: NonNullable<WrittenReceiver["email"]>): Email {
  return { to, from, smarthost, tls, ...(user !== undefined && passwordSecret !== undefined && { login: { user, passwordSecret } }) };
}
