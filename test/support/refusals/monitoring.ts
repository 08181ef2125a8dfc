import type { Case } from "../settings.ts";

const PERCENT = "a number from 0.01 to 100";
const NAME = "1 to 63 lower-case letters, digits, `_`, `-`, starting with a letter";

/** Monitoring as it must not be, beside what test/support/refusals/alerting.ts says of alerting. */
export const monitoring: readonly Case[] = [
  [
    "the edge's port for the status page",
    (s) => (s.monitoring.port = 80),
    "sluice:monitoring.port",
    "80",
    "a port of its own; `sluice:edge.port` has 80",
    "for example 90",
  ],
  [
    "the edge's HTTPS port for the status page",
    (s) => (s.monitoring.port = 8443),
    "sluice:monitoring.port",
    "8443",
    "a port of its own; `sluice:edge.tls.port` has 8443",
    "for example 8453",
  ],
  [
    "a share where percent is meant",
    (s) => (s.monitoring.thresholds.errorCriticalPercent = 0),
    "sluice:monitoring.thresholds.errorCriticalPercent",
    "0",
    PERCENT,
    `set it to ${PERCENT}, for example 5`,
  ],
  [
    "a scrape without a pause",
    (s) => (s.monitoring.scrapeSeconds = 0),
    "sluice:monitoring.scrapeSeconds",
    "0",
    "a whole number of seconds from 1 to 30",
    "set it to a whole number of seconds from 1 to 30, for example 15",
  ],
  [
    "a remote write to nowhere",
    (s) => delete s.monitoring.remoteWrite.url,
    "sluice:monitoring.remoteWrite.url",
    "nothing",
    "an http(s) address",
    "add the address that samples are sent to",
  ],
  [
    "a remote write whose user has no password",
    (s) => (s.monitoring.remoteWrite.user = "sluice"),
    "sluice:monitoring.remoteWrite.passwordSecret",
    "nothing",
    "both of `user` and `passwordSecret`, or neither",
    "add `passwordSecret`",
  ],
  [
    "a remote write whose secret is not there",
    (s) => Object.assign(s.monitoring.remoteWrite, { user: "sluice", passwordSecret: "metrics-password" }),
    "sluice:monitoring.remoteWrite.passwordSecret",
    '"metrics-password"',
    "a name from sluice:secrets: payment-key",
    "npm run pulumi -- config set --secret --path 'sluice:secrets.metrics-password'",
  ],
  [
    "Prometheus from two places",
    (s) => (s.monitoring.prometheus = { image: "prom/prometheus:1", build: "images/prometheus" }),
    "sluice:monitoring.prometheus",
    "both `image` and `build`",
    "one of `image`, `build`",
    "remove `build` to run the image as it is, or `image` to build it here",
  ],
  [
    "a backup job that cannot be a label",
    (s) => (s.monitoring.backups = { "Nightly backup": 26 }),
    'sluice:monitoring.backups["Nightly backup"]',
    '"Nightly backup"',
    NAME,
    "for example backup-to-r2",
  ],
  [
    "a backup that is never too old",
    (s) => (s.monitoring.backups["to-r2"] = 0),
    "sluice:monitoring.backups.to-r2",
    "0",
    "a number of hours from 0.1 to 8760",
    "set it to a number of hours from 0.1 to 8760, for example 26",
  ],
  [
    "a workflow that cannot be a label",
    (s) => (s.services.api.workflows = { "Sign in": ["/api/login"] }),
    'sluice:services.api.workflows["Sign in"]',
    '"Sign in"',
    "1 to 31 lower-case letters, digits, `-`, starting with a letter",
    "for example auth",
  ],
  [
    "an objective that leaves no budget",
    (s) => (s.services.api.slo = { availabilityPercent: 100 }),
    "sluice:services.api.slo.availabilityPercent",
    "100",
    "a number from 50 to 99.999",
    "set it to a number from 50 to 99.999, for example 99.9",
  ],
];
