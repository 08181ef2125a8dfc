import { type AreaCases, fires, silent } from "./case.ts";

const route = (service: string) => `probe_success{job="route", service="${service}", instance="http://edge/${service}"}`;
const slot = (name: string, container = 1) =>
  `probe_success{job="slot", service="api", slot="${name}", release="v1", instance="api-${name}-${container}"}`;
const share = (name: string) => `sluice_share_percent{job="node", service="api", slot="${name}"}`;
const certificate = (service: string) =>
  `probe_ssl_earliest_cert_expiry{job="route", service="${service}", instance="https://edge/${service}"}`;

const down = (service: string) => ({
  level: "critical P0",
  labels: { service },
  summary: `${service} is down`,
  description: `0 probes of ${service} succeed: its route, or every slot that has clients, has been failing for 2 minutes.`,
});
const slotDown = (name: string) => ({
  level: "warning P1",
  labels: { service: "api", slot: name },
  summary: `Slot ${name} of api is down while it has clients`,
  description: `0 containers of slot ${name} of api have answered for 2 minutes. The other slot takes its requests, if it is up.`,
});

export const availability: AreaCases = {
  cases: [
    {
      says: "a route that fails for 2 minutes is an outage, of that service alone",
      series: { [route("web")]: "1 1 0x20", [route("api")]: "1x22" },
      alerts: [silent("ServiceDown", "2m15s"), fires("ServiceDown", "2m30s", down("web"))],
    },
    {
      says: "a route that fails for less is none",
      series: { [route("web")]: "1 1 0x7 1x20" },
      alerts: [silent("ServiceDown", "2m15s"), silent("ServiceDown", "2m30s"), silent("ServiceDown", "5m")],
    },
    {
      says: "a standby slot without clients does not hide that the slot with all of them is down",
      series: {
        [route("api")]: "1x20",
        [slot("blue")]: "0x20",
        [slot("green")]: "1x20",
        [share("blue")]: "100x20",
        [share("green")]: "0x20",
      },
      alerts: [
        silent("ServiceDown", "1m45s"),
        fires("ServiceDown", "2m", down("api")),
        silent("SlotDown", "1m45s"),
        fires("SlotDown", "2m", slotDown("blue")),
      ],
    },
    {
      says: "a slot that is down while the other one serves is no outage, but is spoken of",
      series: {
        [route("api")]: "1x20",
        [slot("blue")]: "1x20",
        [slot("green")]: "0x20",
        [share("blue")]: "90x20",
        [share("green")]: "10x20",
      },
      alerts: [silent("ServiceDown", "5m"), fires("SlotDown", "5m", slotDown("green"))],
    },
    {
      says: "a slot without clients may be down",
      series: { [slot("blue")]: "1x20", [slot("green")]: "0x20", [share("blue")]: "100x20", [share("green")]: "0x20" },
      alerts: [silent("ServiceDown", "5m"), silent("SlotDown", "5m")],
    },
    {
      says: "one of two containers of a slot may be down",
      series: { [slot("blue")]: "0x20", [slot("blue", 2)]: "1x20", [share("blue")]: "100x20" },
      alerts: [silent("ServiceDown", "5m"), silent("SlotDown", "5m")],
    },
    {
      says: "slots count when their shares are not known",
      series: { [slot("blue")]: "0x20", [slot("green")]: "0x20" },
      alerts: [fires("ServiceDown", "2m", down("api")), fires("SlotDown", "2m", slotDown("blue"), slotDown("green"))],
    },
    {
      says: "a certificate is spoken of when less than 14 days are left, for 10 minutes",
      // Exactly 14 days are left after 30 seconds.
      series: { [certificate("api")]: "1209630x60", [certificate("web")]: "2419200x60" },
      alerts: [
        silent("CertificateExpiry", "10m30s"),
        fires("CertificateExpiry", "10m45s", {
          level: "warning P2",
          labels: { service: "api" },
          summary: "The certificate in front of api ends soon",
          description: "It ends in 13d 23h 49m 45s; 14 days are left when this is first said.",
        }),
      ],
    },
  ],
};
