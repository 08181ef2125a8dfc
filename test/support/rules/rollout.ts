import { type AreaCases, fires, silent } from "./case.ts";

const lease = 'sluice_rollout_guard_lease_until_seconds{job="guard"}';
const notWatching = (value: number) => ({
  level: "critical P1",
  summary: "Nobody watches canaries",
  description: `The guard does not answer, or cannot read the edge's log (value ${value}): no bad canary is taken back, and no rollout goes on.`,
});
const frozen = (service: string) => ({
  level: "warning P2",
  labels: { service },
  summary: `${service} is frozen: a release was taken back`,
  description: `Its slot gets no clients (1) until somebody has looked into it: npm run rollout -- status ${service}, then acknowledge.`,
});

export const rollout: AreaCases = {
  cases: [
    {
      says: "a guard whose lease ended half a minute ago, for half a minute",
      series: { [lease]: "3x20" },
      // At 33 s the lease is exactly as old as it may be; samples come every 15 s.
      alerts: [silent("GuardNotWatching", "1m"), fires("GuardNotWatching", "1m15s", notWatching(72))],
    },
    {
      says: "a guard that has renewed its lease just in time",
      series: { [lease]: "3+15x40", 'up{job="guard"}': "1x40" },
      alerts: [silent("GuardNotWatching", "5m")],
    },
    {
      says: "a lease that ended exactly as long ago as it may, which is not too long",
      series: { [lease]: "-30+15x40" },
      alerts: [silent("GuardNotWatching", "5m")],
    },
    {
      says: "a guard that is gone",
      series: { [lease]: "3 18 _x40" },
      alerts: [silent("GuardNotWatching", "15s"), fires("GuardNotWatching", "7m", notWatching(1))],
    },
    {
      says: "a service that is frozen, and one that is not",
      series: { 'sluice_frozen{job="node", service="api"}': "0 1 1 0", 'sluice_frozen{job="node", service="web"}': "0x3" },
      alerts: [silent("ServiceFrozen", "0s"), fires("ServiceFrozen", "15s", frozen("api")), silent("ServiceFrozen", "45s")],
    },
  ],
};
