import { Document } from "yaml";
import { INHIBIT_RULES } from "./inhibition.ts";
import { renderTemplates } from "./messages.ts";
import { onCallIntervals } from "./on-call.ts";
import type { Waits } from "./priorities.ts";
import { quietIntervals } from "./quiet-hours.ts";
import { renderReceivers, secretsOf } from "./receivers.ts";
import { renderRoute } from "./route.ts";
import type { AlertingSettings, AlertmanagerConfig } from "./types.ts";

export interface AlertmanagerContext {
  /** Name of the estate. */
  readonly estate: string;
  /** Where a person finds Alertmanager's pages. @default - messages have no link to them */
  readonly externalUrl?: string;
  /** Times between messages for every priority alike, for trying things out. @default - those of the priority */
  readonly waits?: Waits;
}

export interface AlertmanagerFiles {
  /** Texts by path: `alertmanager.yml` and `templates/sluice.tmpl`, in one folder. */
  readonly files: Readonly<Record<string, string>>;
  /** Names in `sluice:secrets` that must be mounted under /run/secrets/. */
  readonly secrets: readonly string[];
}

/**
 * Alertmanager's configuration (0.28) as files. Same arguments, same text: nothing in it depends on time or on a secret's value.
 * Without any receiver every alert is still taken, grouped and shown; nobody is told.
 */
export function renderAlertmanager(settings: AlertingSettings, { estate, externalUrl, waits }: AlertmanagerContext): AlertmanagerFiles {
  const intervals = [
    ...(settings.quietHours ? [quietIntervals(settings.quietHours, settings.timeZone)] : []),
    ...(settings.onCall ? onCallIntervals(settings.onCall, settings.timeZone) : []),
  ];
  const config: AlertmanagerConfig = {
    templates: ["templates/*.tmpl"],
    route: renderRoute(settings, waits),
    inhibit_rules: INHIBIT_RULES,
    receivers: renderReceivers(settings),
    ...(intervals.length > 0 && { time_intervals: intervals }),
  };
  return {
    files: { "alertmanager.yml": yaml(config), "templates/sluice.tmpl": renderTemplates(estate, externalUrl) },
    secrets: secretsOf(settings),
  };
}

/** YAML with one line for each time interval: ten years of shifts are read as a table, not as a scroll. */
function yaml(config: AlertmanagerConfig): string {
  const document = new Document();
  const lines = config.time_intervals?.map(({ name, time_intervals }) => ({
    name,
    time_intervals: time_intervals.map((interval) => document.createNode(interval, { flow: true })),
  }));
  document.contents = document.createNode({ ...config, ...(lines && { time_intervals: lines }) }, { aliasDuplicateObjects: false });
  document.commentBefore = " Rendered by Sluice from sluice:monitoring.alerting.";
  return document.toString({ lineWidth: 0 });
}
