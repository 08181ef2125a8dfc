import { describe, expect, it } from "vitest";
import { parseSettings } from "../../settings/parse.ts";
import { type Case, goodSettings } from "../support/settings.ts";

const ENGINE = "unix:///path/to/socket or ssh://user@host";
const SUBNET = "a private IPv4 network in CIDR form, /16 to /22, within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16";

const estate: Case[] = [
  [
    "a bad estate name",
    (s) => (s.name = "My Shop"),
    "sluice:name",
    '"My Shop"',
    "1 to 31 lower-case letters, digits, `-`, starting with a letter",
    "for example my-shop",
  ],
  [
    "a public address without saying so",
    (s) => delete s.edge.public,
    "sluice:edge.bind",
    '"0.0.0.0"',
    "127.0.0.0/8, ::1 or localhost, unless `edge.public` is true",
    "write 127.0.0.1, or, to let other machines in, also `public: true`",
  ],
  [
    "an IPv6 address that is not loopback",
    (s) => Object.assign(s.edge, { bind: "::", public: false }),
    "sluice:edge.bind",
    '"::"',
    "127.0.0.0/8, ::1 or localhost, unless `edge.public` is true",
    "write 127.0.0.1, or, to let other machines in, also `public: true`",
  ],
  [
    "an IPv6 address that only starts like loopback",
    (s) => Object.assign(s.edge, { bind: "1270::1", public: false }),
    "sluice:edge.bind",
    '"1270::1"',
    "127.0.0.0/8, ::1 or localhost, unless `edge.public` is true",
    "write 127.0.0.1, or, to let other machines in, also `public: true`",
  ],
  [
    "a bind address that is a name",
    (s) => (s.edge.bind = "example.com"),
    "sluice:edge.bind",
    '"example.com"',
    "an IP address, or localhost",
    "set it to an IP address, or localhost, for example 127.0.0.1",
  ],
  [
    "a name that only starts like loopback",
    (s) => Object.assign(s.edge, { bind: "127.0.0.1.example.com", public: false }),
    "sluice:edge.bind",
    '"127.0.0.1.example.com"',
    "an IP address, or localhost",
    "set it to an IP address, or localhost, for example 127.0.0.1",
  ],
  [
    "one port for HTTP and HTTPS",
    (s) => (s.edge.tls.port = 80),
    "sluice:edge.tls.port",
    "80",
    "another port than `edge.port`",
    "set one of the two to another port, for example 8443",
  ],
  [
    "an edge port out of range",
    (s) => (s.edge.port = 0),
    "sluice:edge.port",
    "0",
    "a whole number from 1 to 65535",
    "set it to a whole number from 1 to 65535, for example 8080",
  ],
  [
    "a certificate without its key",
    (s) => delete s.edge.tls.key,
    "sluice:edge.tls.key",
    "nothing",
    "a path to a PEM file",
    "add the file that belongs to the certificate, or remove `tls`",
  ],
  [
    "a proxy that is no address",
    (s) => s.edge.trustedProxies.push("10.0.0.0/33"),
    "sluice:edge.trustedProxies[1]",
    '"10.0.0.0/33"',
    "an IP address or a CIDR range",
    "set it to an IP address or a CIDR range, for example 10.0.0.0/8",
  ],
  [
    "a flag in quotes",
    (s) => (s.edge.public = "true"),
    "sluice:edge.public",
    '"true"',
    "true or false",
    "write it without quotes in the stack file: true (`config set` would keep the quotes)",
  ],
  [
    "an engine behind TCP",
    (s) => (s.host.docker = "tcp://10.0.0.1:2375"),
    "sluice:host.docker",
    '"tcp://10.0.0.1:2375"',
    ENGINE,
    "an engine behind TCP takes orders from anybody who reaches it; use ssh://user@host",
  ],
  [
    "ssh without a user",
    (s) => (s.host.docker = "ssh://vps"),
    "sluice:host.docker",
    '"ssh://vps"',
    ENGINE,
    "say who signs in: ssh://deploy@vps",
  ],
  ["a public subnet", (s) => (s.host.subnet = "8.8.0.0/16"), "sluice:host.subnet", '"8.8.0.0/16"', SUBNET, "for example 10.213.0.0/16"],
  [
    "host bits in the subnet",
    (s) => (s.host.subnet = "10.20.5.1/20"),
    "sluice:host.subnet",
    '"10.20.5.1/20"',
    SUBNET,
    "clear the host bits: 10.20.0.0/20",
  ],
  [
    "a subnet too small",
    (s) => (s.host.subnet = "10.20.0.0/24"),
    "sluice:host.subnet",
    '"10.20.0.0/24"',
    SUBNET,
    "for example 10.20.0.0/22",
  ],
  [
    "172.32 is not private",
    (s) => (s.host.subnet = "172.32.0.0/16"),
    "sluice:host.subnet",
    '"172.32.0.0/16"',
    SUBNET,
    "for example 10.213.0.0/16",
  ],
  [
    "Redis data as large as its memory",
    (s) => (s.redis.maxMemoryMb = 200),
    "sluice:redis.maxMemoryMb",
    "200",
    "a whole number of MB below `redis.memoryMb` (200)",
    "set it to 100, or raise `redis.memoryMb`",
  ],
  [
    "a Postgres user of Postgres's own",
    (s) => (s.postgres.user = "postgres"),
    "sluice:postgres.user",
    '"postgres"',
    "1 to 63 lower-case letters, digits, `_`, not starting with a digit or pg_, not postgres",
    "set it to 1 to 63 lower-case letters, digits, `_`, not starting with a digit or pg_, not postgres, for example app",
  ],
  [
    "a database with a dash",
    (s) => (s.postgres.database = "my-shop"),
    "sluice:postgres.database",
    '"my-shop"',
    "1 to 63 lower-case letters, digits, `_`, not starting with a digit or pg_, not template0 or template1",
    "for example my_shop",
  ],
  ["another Postgres version", (s) => (s.postgres.version = 16), "sluice:postgres.version", "16", "17", "set it to 17, for example 17"],
  [
    "a misspelt setting",
    (s) => (s.services.api.canaryWieght = 5),
    "sluice:services.api.canaryWieght",
    'an unknown setting, "canaryWieght"',
    "route, stripRoute, port, health, healthIntervalSeconds, healthTimeoutSeconds, healthRetries, readyTimeoutSeconds, active, canaryWeight, replicas, block, uses, secrets, env, memoryMb, cpus, drainSeconds, blue, green",
    "write `canaryWeight`",
  ],
  [
    "a setting of nobody's",
    (s) => (s.redis.cluster = true),
    "sluice:redis.cluster",
    'an unknown setting, "cluster"',
    "image, build, maxMemoryMb, appendOnly, memoryMb, cpus, drainSeconds",
    "remove it",
  ],
  [
    "a list for a map",
    (s) => (s.redis = []),
    "sluice:redis",
    "an empty list",
    "a map",
    'set it to a map, for example {"build":"images/redis"}',
  ],
  [
    "a secret with a reserved name",
    (s) => (s.secrets["redis-password"] = "x"),
    "sluice:secrets.redis-password",
    '"redis-password"',
    "any name but postgres-password, redis-password",
    "set `sluice:redisPassword` instead",
  ],
  [
    "an empty secret",
    (s) => (s.secrets.mail = ""),
    "sluice:secrets.mail",
    "[secret]",
    "text, not empty",
    "set it again: npm run pulumi -- config set --secret --path 'sluice:secrets.<name>'",
  ],
  [
    "a short password",
    (s) => (s.postgresPassword = "hunter2"),
    "sluice:postgresPassword",
    "[secret]",
    "one line of 8 to 512 characters",
    "set a longer one, on one line: npm run pulumi -- config set --secret sluice:postgresPassword",
  ],
];

describe("settings of the estate", () => {
  it.each(estate)("refuse %s", (_what, change, path, received, allowed, fix) => {
    const raw = goodSettings();
    change(raw);
    expect(parseSettings(raw, { stack: "dev" })).toEqual({ problems: [{ path, received, allowed, fix }] });
  });
});

describe("what the rules know besides the settings", () => {
  it("refuses a stack whose name gives no estate name", () => {
    expect(parseSettings({}, { stack: "Prod_1" })).toEqual({
      problems: [
        {
          path: "sluice:name",
          received: 'nothing, and the stack\'s name gives "sluice-Prod_1"',
          allowed: "1 to 31 lower-case letters, digits, `-`, starting with a letter",
          fix: "set `sluice:name`",
        },
      ],
    });
  });

  it("refuses DOCKER_HOST over TCP where the settings name no engine", () => {
    expect(parseSettings({}, { stack: "dev", dockerHost: "tcp://root:planted-8c1f@10.0.0.1:2375" })).toEqual({
      problems: [
        {
          path: "sluice:host.docker",
          received: 'nothing, and DOCKER_HOST is "tcp://[secret]@10.0.0.1:2375"',
          allowed: ENGINE,
          fix: "an engine behind TCP takes orders from anybody who reaches it; use ssh://user@host",
        },
      ],
    });
  });

  it("refuses a password that is not encrypted", () => {
    expect(parseSettings({ postgresPassword: "planted-8c1f" }, { stack: "dev", secretKeys: [] })).toEqual({
      problems: [
        {
          path: "sluice:postgresPassword",
          received: "a value that is not encrypted",
          allowed: "a value set with `config set --secret`",
          fix: "npm run pulumi -- config set --secret sluice:postgresPassword, and change what was readable",
        },
      ],
    });
    expect(parseSettings({ postgresPassword: "planted-8c1f" }, { stack: "dev", secretKeys: ["postgresPassword"] })).toHaveProperty("ok");
  });
});
