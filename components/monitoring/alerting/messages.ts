import { MEANINGS, PRIORITIES, type Priority } from "./priorities.ts";
import { ESCALATION_LABEL, NEWS_LABEL } from "./route.ts";

/** Alerts of one group that are written out; a message that lists a hundred is read by nobody. */
const MOST = 10;

const define = (name: string, text: string): string => `{{ define "sluice.${name}" }}${text}{{ end }}`;

/** One text for each priority, chosen when the message is made. */
function byPriority(textOf: (priority: Priority) => string, otherwise: string): string {
  const cases = PRIORITIES.map((priority) => `if eq .CommonLabels.priority "${priority}" }}${textOf(priority)}`);
  return `{{ ${cases.join("{{ else ")}{{ else }}${otherwise}{{ end }}`;
}

/** How a kind of message writes a value, and a line that stands out. */
interface Hand {
  readonly value: (field: string) => string;
  readonly strong: (text: string) => string;
}

const PLAIN: Hand = { value: (field) => `{{ ${field} }}`, strong: (text) => text };
/** Slack reads `<…>` as a link or a mention and `&` as the start of an entity. */
const SLACK: Hand = {
  value: (field) => `{{ ${field} | reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;" }}`,
  strong: (text) => `*${text}*`,
};

const TIME = '.UTC.Format "2006-01-02 15:04:05"';

/** The whole message: how soon to answer, each alert, each one that is over. Every part after the first begins its own line. */
function message({ value, strong }: Hand, where: string): string {
  const ifThere = (field: string, before: string): string => `{{ with ${field} }}${before}${value(".")}{{ end }}`;
  const firing = [
    `\n\n${strong(value(".Annotations.summary"))}`,
    ifThere(".Annotations.description", "\n"),
    ifThere(".Labels.severity", "\n"),
    ...["service", "slot", "release", "instance"].map((label) => ifThere(`.Labels.${label}`, ` · ${label} `)),
    `\nSince {{ .StartsAt${TIME} }} UTC`,
    ifThere(".Annotations.runbook_url", "\nRunbook: "),
  ];
  const resolved = `\n\nResolved at {{ .EndsAt${TIME} }} UTC: ${value(".Annotations.summary")}`;
  const each = (list: string, text: string): string =>
    `{{ range $index, $alert := ${list} }}{{ if lt $index ${MOST} }}${text}{{ end }}{{ end }}`;
  return [
    '{{ if eq .Status "firing" }}{{ template "sluice.answer" . }}{{ else }}It is over. There is nothing to do.{{ end }}',
    each(".Alerts.Firing", firing.join("")),
    `{{ if gt (len .Alerts.Firing) ${MOST} }}\n\n{{ len .Alerts.Firing }} alerts in all; ${MOST} are shown.{{ end }}`,
    each(".Alerts.Resolved", resolved),
    where,
  ].join("");
}

/**
 * What messages say, as a template file: Slack, Discord, e-mail and PagerDuty all speak from it.
 *
 * @param estate shown where an alert carries no label `estate`
 * @param externalUrl where a person finds Alertmanager's pages; undefined: messages have no link to them
 */
export function renderTemplates(estate: string, externalUrl: string | undefined): string {
  const where =
    externalUrl === undefined
      ? ""
      : `{{ if and (eq .Status "firing") (not .CommonLabels.${NEWS_LABEL}) }}\n\nAcknowledge with a silence: ${externalUrl}{{ end }}`;
  const answer = (priority: Priority): string => `${priority}, ${MEANINGS[priority].means}: answer within ${MEANINGS[priority].answer}.`;
  const title = [
    '{{ if eq .Status "firing" }}',
    `{{ with .CommonLabels.priority }}{{ . }} {{ end }}{{ with .CommonLabels.${ESCALATION_LABEL} }}escalation {{ . }} {{ end }}`,
    "{{ else }}Resolved: {{ end }}",
    "{{ .CommonLabels.alertname }}{{ with .CommonLabels.service }} · {{ . }}{{ end }}{{ with .CommonLabels.slot }} {{ . }}{{ end }}",
    ' · {{ template "sluice.estate" . }}',
  ];
  return [
    "{{/* Rendered by Sluice from sluice:monitoring.alerting. */}}",
    define("estate", `{{ or .CommonLabels.estate "${estate}" }}`),
    define("title", title.join("")),
    define(
      "answer",
      byPriority(
        answer,
        `{{ if .CommonLabels.${NEWS_LABEL} }}News of a {{ .CommonLabels.${NEWS_LABEL} }}: nothing fires.{{ else }}It has no priority: answer when you can.{{ end }}`,
      ),
    ),
    define(
      "colour",
      `{{ if eq .Status "resolved" }}#2e7d32{{ else }}${byPriority((priority) => MEANINGS[priority].colour, "#616161")}{{ end }}`,
    ),
    define(
      "pagerduty.severity",
      byPriority((priority) => MEANINGS[priority].pagerduty, "warning"),
    ),
    define("text", message(PLAIN, where)),
    define("slack", message(SLACK, where)),
    "",
  ].join("\n");
}
