import type { Decision } from "./answers.ts";

/** How long people see it as happening unless it is told again; the alert ServiceFrozen goes on for as long as the freeze. */
const FOR_MS = 5 * 60_000;

/** What Alertmanager is told at once, in its API's form: through the same channels as every alert. */
export function alertOf({ service, slot, release, reason, words, id, at, weight, canary, synthetic }: Decision, estate: string) {
  return {
    labels: {
      ...{ alertname: "CanaryTakenBack", estate, service, slot, release },
      ...{ severity: "critical", priority: "P1", area: "rollout", decision: id },
    },
    annotations: {
      summary: `${service}: ${release} was taken back, its clients are with the other slot`,
      description:
        `It had ${weight} % of the clients in slot ${slot}; ${canary.bad} of ${canary.total} responses were bad` +
        `${synthetic > 0 ? ` (${synthetic} of them the guard's own probes)` : ""}. ${words} (${reason}) ` +
        `The service is frozen until somebody has looked into it: npm run rollout -- acknowledge ${id}`,
      // What to do is the same as when it is found frozen later.
      runbook_url: "docs/runbooks/ServiceFrozen.md",
    },
    startsAt: new Date(at).toISOString(),
    endsAt: new Date(at + FOR_MS).toISOString(),
  };
}

/** Tell it; Alertmanager may be away, so a few times. It never holds anything up. */
export async function tell(url: string, alert: ReturnType<typeof alertOf>, say: (words: string) => void): Promise<void> {
  for (const pause of [0, 1000, 5000, 30_000]) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    try {
      const answer = await fetch(`${url}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify([alert]),
        signal: AbortSignal.timeout(5000),
      });
      if (answer.ok) return;
      say(`Alertmanager refused the alert: ${answer.status} ${await answer.text()}`);
    } catch (error) {
      say(`Alertmanager does not answer: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
