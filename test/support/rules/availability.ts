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

const labels = 'name="api-blue-1", role="service", service="api", slot="blue"';
const own = { name: "api-blue-1", role: "service", service: "api", slot: "blue" };
const info = (id: string, name = labels) => `sluice_container_info{job="node", id="${id}", ${name}, release="v1"}`;
const started = (id: string) => `sluice_container_started_seconds{job="node", id="${id}"}`;
const postgres = 'name="postgres", role="postgres", service="", slot=""';

export const availability: AreaCases = {
  needs: ["containers"],
  cases: [
    {
      says: "a container that does not run for 5 minutes is spoken of, its neighbours are not",
      series: { [info("a")]: "1x40", [info("b", postgres)]: "1x40", [started("a")]: "7x4 stale", [started("b")]: "9x40" },
      alerts: [
        silent("ContainerNotRunning", "6m"),
        fires("ContainerNotRunning", "6m15s", {
          level: "warning P1",
          labels: own,
          summary: "Container api-blue-1 does not run",
          description:
            "1 container of this name belongs to the estate and has not run for 5 minutes. A standby that does not run is no way back.",
        }),
      ],
    },
    {
      says: "where no container is measured, none is said to be down",
      series: { [info("a")]: "1x40", [info("b", postgres)]: "1x40" },
      alerts: [silent("ContainerNotRunning", "9m")],
    },
    {
      says: "a container that starts four times in 15 minutes is spoken of; three times is not",
      series: {
        [info("a")]: "1x80",
        [info("b", postgres)]: "1x80",
        [started("a")]: "7x3 8x3 9x3 10x3 11x67",
        [started("b")]: "7x3 8x3 9x3 10x71",
      },
      alerts: [
        silent("ContainerRestarting", "3m45s"),
        fires("ContainerRestarting", "4m", {
          level: "warning P2",
          labels: own,
          summary: "Container api-blue-1 starts again and again",
          description: "It has been started 4 times in 15 minutes: its program ends, or was ended because it stayed unhealthy.",
        }),
        silent("ContainerRestarting", "19m"),
      ],
    },
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
