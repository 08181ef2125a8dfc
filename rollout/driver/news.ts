import { NEWS_ID_LABEL, NEWS_LABEL } from "../../components/monitoring/alerting/route.ts";
import type { Action, NotifyEffect, SlotRelease } from "../machine/index.ts";
import { moment } from "../records/words.ts";

/** An alert as Alertmanager's API v2 takes it. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

export interface About {
  readonly estate: string;
  readonly service: string;
  readonly rollout: string;
  readonly canary: SlotRelease | null;
  /** The decision that holds the service, if one does. */
  readonly decision: string | null;
  readonly at: number;
}

/** How long Alertmanager keeps news: long enough to survive a restart of it, short enough to be off its page soon. */
const KEPT_MS = 5 * 60_000;

const NAMES: Partial<Record<Action | "planned", string>> = {
  planned: "RolloutPlanned",
  started: "RolloutStarted",
  step: "RolloutStep",
  paused: "RolloutPaused",
  promoted: "RolloutPromoted",
  failed: "RolloutFailed",
  rollback: "RolloutRollback",
  rolledBack: "RolloutRolledBack",
  guardStale: "RolloutGuardSilent",
  stuck: "RolloutStuck",
};

/** What people do with it; without an entry: nothing. */
const ANSWERS: Partial<Record<Action | "planned", (about: About) => string>> = {
  paused: ({ service }) => `To go on: npm run rollout -- resume ${service}. To take it back: npm run rollout -- abort ${service}.`,
  guardStale: ({ service }) => `Nothing goes up without the guard. Look at it: npm run status; then npm run rollout -- status ${service}.`,
  stuck: ({ service }) => `Clients may still be on the bad release. By hand: npm run rollout -- rollback ${service}; see docs/rollouts.md.`,
  rolledBack: ({ decision, rollout }) => {
    const report = `The report: npm run rollout -- report ${rollout}.`;
    return decision === null ? report : `${report} When the cause is found: npm run rollout -- acknowledge ${decision}.`;
  },
};

/** One message about a rollout as an alert: who, what, why, and what to do about it. */
export function newsOf(
  { id, action, text }: Pick<NotifyEffect, "id" | "text"> & { readonly action: Action | "planned" },
  about: About,
): Alert {
  const { estate, service, canary, rollout, at } = about;
  const todo = ANSWERS[action]?.(about);
  return {
    labels: {
      ...{ alertname: NAMES[action] ?? "Rollout", [NEWS_LABEL]: "rollout", [NEWS_ID_LABEL]: id, estate, service, rollout },
      ...(canary && { slot: canary.slot, release: canary.release }),
      severity:
        action === "stuck"
          ? "critical"
          : ["failed", "rollback", "rolledBack", "guardStale", "paused"].includes(action)
            ? "warning"
            : "info",
    },
    annotations: { summary: text, ...(todo !== undefined && { description: todo }) },
    startsAt: new Date(at).toISOString(),
    endsAt: new Date(at + KEPT_MS).toISOString(),
  };
}

/** What is told before a planned rollout. */
export const plannedText = (service: string, release: string, by: string, begins: number): string =>
  `${service}: ${release} is rolled out at ${moment(begins)}, planned by ${by}`;
