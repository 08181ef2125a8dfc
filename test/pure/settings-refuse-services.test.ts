import { describe, expect, it } from "vitest";
import { parseSettings } from "../../settings/parse.ts";
import { type Case, goodSettings } from "../support/settings.ts";

const ROUTE = "/ or a path such as /api: letters, digits, `.`, `_`, `~`, `-`, no slash at the end";
const NOT_A_PATTERN = "a route is a plain path, not a pattern; for example /api";
const SERVICE_NAME = "1 to 21 lower-case letters, digits, `-`, starting with a letter";
const OWN_NAMES = "any name but edge, postgres, redis, network: those are the estate's own";

const services: Case[] = [
  [
    "a route that is a pattern",
    (s) => (s.services.api.route = "/api/{id}"),
    "sluice:services.api.route",
    '"/api/{id}"',
    ROUTE,
    NOT_A_PATTERN,
  ],
  ["a route with a space", (s) => (s.services.api.route = "/a b"), "sluice:services.api.route", '"/a b"', ROUTE, NOT_A_PATTERN],
  ["a route with ..", (s) => (s.services.api.route = "/a/../b"), "sluice:services.api.route", '"/a/../b"', ROUTE, NOT_A_PATTERN],
  ["a route without a slash", (s) => (s.services.api.route = "api"), "sluice:services.api.route", '"api"', ROUTE, "write /api"],
  ["a route with a slash at the end", (s) => (s.services.api.route = "/api/"), "sluice:services.api.route", '"/api/"', ROUTE, "write /api"],
  [
    "a route over the edge's own",
    (s) => (s.services.api.route = "/healthz"),
    "sluice:services.api.route",
    '"/healthz"',
    "any path but /healthz, where the edge answers for itself",
    "for example /health-service",
  ],
  [
    "two services on one route",
    (s) => (s.services.web.route = "/api"),
    "sluice:services.web.route",
    '"/api"',
    'a route of its own; api has "/api"',
    "for example /web",
  ],
  [
    "no port",
    (s) => delete s.services.api.port,
    "sluice:services.api.port",
    "nothing",
    "a whole number from 1024 to 65535",
    "add the port that the service listens on, for example 3000",
  ],
  [
    "a privileged port",
    (s) => (s.services.api.port = 80),
    "sluice:services.api.port",
    "80",
    "a whole number from 1024 to 65535",
    "set it to a whole number from 1024 to 65535, for example 3000",
  ],
  [
    "a port that does not exist",
    (s) => (s.services.api.port = 70_000),
    "sluice:services.api.port",
    "70000",
    "a whole number from 1024 to 65535",
    "set it to a whole number from 1024 to 65535, for example 3000",
  ],
  [
    "a health path without a slash",
    (s) => (s.services.api.health = "health"),
    "sluice:services.api.health",
    '"health"',
    "a path that starts with /",
    "start it with a slash: /health",
  ],
  [
    "no time for a health check",
    (s) => Object.assign(s.services.api, { readyTimeoutSeconds: 5, healthIntervalSeconds: 5 }),
    "sluice:services.api.readyTimeoutSeconds",
    "5",
    "more than `healthIntervalSeconds` (5), so that one check can happen",
    "set it to 50, or lower `healthIntervalSeconds`",
  ],
  [
    "no drain time",
    (s) => (s.services.api.drainSeconds = 0),
    "sluice:services.api.drainSeconds",
    "0",
    "a whole number of seconds from 1 to 600",
    "set it to a whole number of seconds from 1 to 600, for example 30",
  ],
  [
    "too little memory",
    (s) => (s.services.api.memoryMb = 8),
    "sluice:services.api.memoryMb",
    "8",
    "a whole number of MB from 16 to 1048576",
    "set it to a whole number of MB from 16 to 1048576, for example 512",
  ],
  [
    "no CPU",
    (s) => (s.services.api.cpus = 0),
    "sluice:services.api.cpus",
    "0",
    "a number from 0.01 to 64",
    "set it to a number from 0.01 to 64, for example 0.5",
  ],
  [
    "CPUs in quotes, as `config set` stores a fraction",
    (s) => (s.services.api.cpus = "0.5"),
    "sluice:services.api.cpus",
    '"0.5"',
    "a number from 0.01 to 64",
    "write it without quotes in the stack file: 0.5 (`config set` would keep the quotes)",
  ],
  [
    "a store that is not declared",
    (s) => delete s.redis,
    "sluice:services.api.uses[1]",
    "redis",
    "a store that the estate declares",
    "add `sluice:redis: {}`, or take redis off the list",
  ],
  [
    "a store that does not exist",
    (s) => s.services.api.uses.push("mysql"),
    "sluice:services.api.uses[2]",
    '"mysql"',
    "postgres or redis",
    "set it to postgres or redis, for example postgres",
  ],
  [
    "a secret that is not there",
    (s) => s.services.api.secrets.push("mail-key"),
    "sluice:services.api.secrets[1]",
    '"mail-key"',
    "a name from sluice:secrets: payment-key",
    "npm run pulumi -- config set --secret --path 'sluice:secrets.mail-key'",
  ],
  [
    "a block of the estate's own",
    (s) => (s.services.web.block = 3),
    "sluice:services.web.block",
    "3",
    "a whole number from 4 to 4094",
    "set it to a whole number from 4 to 4094, for example 20",
  ],
  [
    "a block outside the subnet",
    (s) => (s.services.web.block = 255),
    "sluice:services.web.block",
    "255",
    "a whole number from 4 to 254 in a /20 network",
    "remove it: 106 is derived from the service's name",
  ],
  [
    "two services on one block",
    (s) => (s.services.api.block = 20),
    "sluice:services.web.block",
    "20",
    "a block of its own; api has 20",
    "write `block: 21`, the next free one",
  ],
  [
    "two names with one hash",
    (s) => Object.assign(s.services, { svc57: { port: 3000, blue: { build: "x" } }, svc49: { port: 3000, blue: { build: "x" } } }),
    "sluice:services.svc57.block",
    "nothing, and the names svc49 and svc57 both give 81",
    "a block of its own; svc49 has 81",
    "write `block: 82`, the next free one",
  ],
  [
    "a service in capitals",
    (s) => (s.services.Mail = { port: 3000, blue: { build: "x" } }),
    "sluice:services.Mail",
    '"Mail"',
    SERVICE_NAME,
    "for example mail",
  ],
  [
    "a service's name too long",
    (s) => (s.services[`a${"b".repeat(21)}`] = { port: 3000, blue: { build: "x" } }),
    `sluice:services.a${"b".repeat(21)}`,
    `"a${"b".repeat(21)}"`,
    SERVICE_NAME,
    `for example a${"b".repeat(20)}`,
  ],
  [
    "a service named as the edge",
    (s) => (s.services.edge = { port: 3000, blue: { build: "x" } }),
    "sluice:services.edge",
    '"edge"',
    OWN_NAMES,
    "for example edge-app",
  ],
  [
    "a service that is text",
    (s) => (s.services.api = "images/api"),
    "sluice:services.api",
    '"images/api"',
    "a map with `port` and at least one of `blue`, `green`",
    'set it to a map with `port` and at least one of `blue`, `green`, for example {"port":3000,"blue":{"build":"images/api"}}',
  ],
];

describe("settings of a service", () => {
  it.each(services)("refuse %s", (_what, change, path, received, allowed, fix) => {
    const raw = goodSettings();
    change(raw);
    expect(parseSettings(raw, { stack: "dev" })).toEqual({ problems: [{ path, received, allowed, fix }] });
  });
});
