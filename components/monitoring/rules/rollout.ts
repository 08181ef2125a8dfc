import type { RuleSettings } from "./settings.ts";
import type { RuleGroup } from "./types.ts";

/** Seconds after the end of the guard's lease. The lease is 3 s, and renewed four times a second; scrapes are further apart. */
const GRACE = 15;
const LEASE = "sluice_rollout_guard_lease_until_seconds";

/** The guard, and what it has frozen. That it took a canary back it tells Alertmanager itself, at once: rollout/guard/alert.ts. */
export function rollout({ owner, hasGuard, scrapeSeconds }: RuleSettings): RuleGroup[] {
  if (!hasGuard) return [];
  const own = { area: "rollout", owner } as const;
  return [
    {
      name: "rollout",
      rules: [
        {
          ...own,
          name: "GuardNotWatching",
          // Blind, or gone: what it does not say any more, Prometheus forgets with the next scrape.
          expr: `time() - max(${LEASE}) > ${GRACE + scrapeSeconds}\nor absent(${LEASE})`,
          for: 30,
          severity: "critical",
          priority: "P1",
          summary: "Nobody watches canaries",
          description:
            "The guard does not answer, or cannot read the edge's log (value {{ $value }}): no bad canary is taken back, and no rollout goes on.",
        },
        {
          ...own,
          name: "ServiceFrozen",
          expr: "max by (service) (sluice_frozen) == 1",
          for: 0,
          severity: "warning",
          priority: "P2",
          summary: "{{ $labels.service }} is frozen: a release was taken back",
          description:
            "Its slot gets no clients ({{ $value }}) until somebody has looked into it: npm run rollout -- status {{ $labels.service }}, then acknowledge.",
        },
      ],
    },
  ];
}
