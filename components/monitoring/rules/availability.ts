import type { RuleSettings } from "./settings.ts";
import type { RuleGroup } from "./types.ts";

/**
 * What clients notice at once. A slot counts while it has clients; where its share is not known it counts as well, so that losing
 * the shares hides nothing. A slot with several containers is down when none of them answers.
 */
export function availability({ owner, certificateDays }: RuleSettings): RuleGroup[] {
  const own = { area: "availability", owner } as const;
  const slots = 'probe_success{job="slot"} unless on (service, slot) sluice_share_percent == 0';
  return [
    {
      name: "availability",
      rules: [
        {
          ...own,
          name: "ServiceDown",
          expr: `max by (service) (probe_success{job="route"}) == 0\nor\nmax by (service) (${slots}) == 0`,
          for: 120,
          severity: "critical",
          priority: "P0",
          summary: "{{ $labels.service }} is down",
          description:
            "{{ $value }} probes of {{ $labels.service }} succeed: its route, or every slot that has clients, has been failing for 2 minutes.",
        },
        {
          ...own,
          name: "SlotDown",
          expr: `max by (service, slot) (${slots}) == 0`,
          for: 120,
          severity: "warning",
          priority: "P1",
          summary: "Slot {{ $labels.slot }} of {{ $labels.service }} is down while it has clients",
          description:
            "{{ $value }} containers of slot {{ $labels.slot }} of {{ $labels.service }} have answered for 2 minutes. The other slot takes its requests, if it is up.",
        },
        {
          ...own,
          name: "ContainerNotRunning",
          // Where nothing is measured of any container, nothing is known of this one.
          expr: "(count by (name, role, service, slot) (sluice_container_info)\nunless on (name) container:started_seconds)\nand on () count(container:started_seconds)",
          for: 300,
          severity: "warning",
          priority: "P1",
          summary: "Container {{ $labels.name }} does not run",
          description:
            "{{ $value }} container of this name belongs to the estate and has not run for 5 minutes. A standby that does not run is no way back.",
        },
        {
          ...own,
          name: "ContainerRestarting",
          // It did not start just now, or there is nothing before to compare with.
          expr: "changes(container:started_seconds[15m]) > 3",
          for: 0,
          severity: "warning",
          priority: "P2",
          summary: "Container {{ $labels.name }} starts again and again",
          description: "It has been started {{ $value }} times in 15 minutes: its program ends, or was ended because it stayed unhealthy.",
        },
        {
          ...own,
          name: "CertificateExpiry",
          expr: `min by (service) (probe_ssl_earliest_cert_expiry{job="route"}) - time() < ${certificateDays * 86_400}`,
          for: 600,
          severity: "warning",
          priority: "P2",
          summary: "The certificate in front of {{ $labels.service }} ends soon",
          description: `It ends in {{ $value | humanizeDuration }}; ${certificateDays} days are left when this is first said.`,
        },
      ],
    },
  ];
}
