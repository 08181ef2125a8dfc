import { type Case, HOST_KEY, type Raw } from "../settings.ts";

const SECOND = { docker: "ssh://deploy@east.example.com", hostKeys: [HOST_KEY], subnet: "10.21.0.0/20" };
const NAME = "1 to 16 lower-case letters, digits, `-`, starting with a letter";

/** Settings with a second host, and one thing changed about it. */
const second =
  (change: (raw: Raw) => void) =>
  (raw: Raw): void => {
    raw.hosts = { east: { ...SECOND } };
    change(raw);
  };

/** Ways to spoil the settings of an estate on several hosts. */
export const hosts: Case[] = [
  [
    "a host of nobody's",
    second((s) => (s.services.api.host = "west")),
    "sluice:services.api.host",
    '"west"',
    "a name from sluice:hosts, or main: main, east",
    "for example east",
  ],
  [
    "a host where there is one",
    (s) => (s.edge.host = "east"),
    "sluice:edge.host",
    '"east"',
    "main: sluice:hosts has no other",
    "add `east` to sluice:hosts, or take `host` away",
  ],
  [
    "a host for monitoring that is none",
    second((s) => (s.monitoring.host = "west")),
    "sluice:monitoring.host",
    '"west"',
    "a name from sluice:hosts, or main: main, east",
    "for example east",
  ],
  [
    "a host's name with a capital",
    second((s) => Object.assign(s, { hosts: { East: SECOND } })),
    "sluice:hosts.East",
    '"East"',
    NAME,
    "for example east",
  ],
  [
    "a second host called main",
    second((s) => Object.assign(s, { hosts: { main: SECOND } })),
    "sluice:hosts.main",
    '"main"',
    "any name but main: that is the host of sluice:host",
    "for example east",
  ],
  [
    "a second host that is this machine",
    second((s) => (s.hosts.east.docker = "unix:///var/run/docker.sock")),
    "sluice:hosts.east.docker",
    '"unix:///var/run/docker.sock"',
    "ssh://user@host",
    "set it to ssh://user@host, for example ssh://deploy@east.example.com",
  ],
  [
    "a second host without an address",
    second((s) => delete s.hosts.east.docker),
    "sluice:hosts.east.docker",
    "nothing",
    "the Docker engine of this host: ssh://user@host",
    "for example ssh://deploy@east.example.com",
  ],
  [
    "a second host that nobody would know again",
    second((s) => delete s.hosts.east.hostKeys),
    "sluice:hosts.east.hostKeys",
    "nothing",
    "the host's public keys, so that nobody can stand in for it",
    "npm run host -- keys deploy@east.example.com   shows them; compare with the provider's console",
  ],
  [
    "a second host without a network",
    second((s) => delete s.hosts.east.subnet),
    "sluice:hosts.east.subnet",
    "nothing",
    "a private IPv4 network that no other host of the stack has, /16 to /22",
    "for example 10.214.0.0/16",
  ],
  [
    "two hosts that share addresses",
    second((s) => (s.hosts.east.subnet = "10.20.8.0/22")),
    "sluice:hosts.east.subnet",
    '"10.20.8.0/22"',
    "a network that shares no address with the one of main, 10.20.0.0/20",
    "for example 10.20.16.0/22",
  ],
  [
    "one machine under two names",
    second((s) => (s.hosts.east.docker = "ssh://other@VPS.example.com:22")),
    "sluice:hosts.east.docker",
    "ssh://other@VPS.example.com:22",
    "another machine than the one of main",
    "name this machine's own address, or place what runs on it with `host: main`",
  ],
  [
    "a second host beside this machine",
    second((s) => (s.host = { docker: "unix:///var/run/docker.sock", subnet: s.host.subnet })),
    "sluice:host.docker",
    '"unix:///var/run/docker.sock"',
    "ssh://user@host, where the estate has several hosts: they are joined by `npm run host -- link`",
    "name the machine as ssh://user@host, or take sluice:hosts away",
  ],
  [
    "a link's port that needs root",
    second((s) => (s.hosts.east.linkPort = 53)),
    "sluice:hosts.east.linkPort",
    "53",
    "a whole number from 1024 to 65535",
    "set it to a whole number from 1024 to 65535, for example 51820",
  ],
  [
    "a link's address that is a URL",
    second((s) => (s.host.linkAddress = "udp://10.0.0.2")),
    "sluice:host.linkAddress",
    '"udp://10.0.0.2"',
    "a host name or an IP address",
    "set it to a host name or an IP address, for example 10.0.0.2",
  ],
  [
    "a block of addresses twice, on the second host",
    second((s) => {
      s.services.one = { host: "east", port: 3000, block: 20, blue: { build: "images/web" } };
      s.services.two = { host: "east", port: 3000, block: 20, blue: { build: "images/web" } };
    }),
    "sluice:services.two.block",
    "20",
    "a block of its own; one has 20",
    "write `block: 21`, the next free one",
  ],
];
