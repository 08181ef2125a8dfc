import { createHash } from "node:crypto";
import { join } from "node:path";
import { type SshAddress, shellWord } from "../../components/host/ssh.ts";

/** Second line of every `ssh` that Sluice puts on a PATH: so that one finds the real one behind another. */
export const WRAPPER_MARK = "# Sluice's ssh";

/** Names the configuration that the wrapper gives to ssh; without it the wrapper is ssh itself. */
export const CONFIG_VARIABLE = "SLUICE_SSH_CONFIG";

/** Names the known_hosts that a pipeline handed over. */
export const KNOWN_HOSTS_VARIABLE = "SLUICE_KNOWN_HOSTS";

const SSH_PORT = 22;
const SOCKET_KEY_LENGTH = 12;

/** How long a connection that nobody uses stays open, seconds: a preview and the `up` after it share one. */
const IDLE_SECONDS = 60;

/** A host that is not there is told after this long; a name server and a handshake over a bad line fit in. */
const CONNECT_SECONDS = 15;

/** A connection that says nothing for three of these, seconds, is dead. */
const ALIVE_SECONDS = 10;

/** A host as a stack's settings know it. */
export interface KnownHost extends SshAddress {
  /** Public keys that it may show: type and base64 text. @default those of known_hosts */
  readonly hostKeys?: readonly string[] | undefined;
}

export interface SshPlan {
  readonly hosts: readonly KnownHost[];
  /** Folder of the files below. */
  readonly folder: string;
  /** Folder of the connections' sockets: short, and this user's alone. */
  readonly sockets: string;
  /** Whether the key comes from an agent that holds nothing else. */
  readonly ownAgent: boolean;
  /** known_hosts for hosts that the settings do not name. @default the person's own */
  readonly knownHosts?: string | undefined;
}

/** What a plan comes to: texts by path, to be written. */
export interface SshFiles {
  readonly config: string;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * The configuration of ssh for one stack.
 *
 * Hosts of the settings are known by the keys that stand there, whatever the person's own files say; every other host by known_hosts, and
 * nobody is ever asked. What else the person has in `~/.ssh/config` holds: another address for the name, a jump host, an identity.
 * One connection carries everything that goes to one host.
 */
export function sshFiles({ hosts, folder, sockets, ownAgent, knownHosts }: SshPlan): SshFiles {
  const config = join(folder, "config");
  const names = [...new Set(hosts.map(({ host }) => host))];
  const text = [
    "# Written by Sluice from the stack's settings: changes here are lost.",
    "IgnoreUnknown KnownHostsCommand",
    ...names.flatMap((name) => {
      const own = hosts.filter(({ host }) => host === name);
      return [
        `Match originalhost ${name}`,
        // An address without a port means this one; one with a port says it on the command line, which comes first.
        `  Port ${SSH_PORT}`,
        ...(own.some(({ hostKeys }) => hostKeys) ? pins(own, folder) : []),
        "  ControlMaster auto",
        `  ControlPersist ${IDLE_SECONDS}`,
        `  ControlPath "${escaped(sockets)}/${socketKey(own, ownAgent)}-%p-%r"`,
        ...(ownAgent ? ["  IdentityAgent SSH_AUTH_SOCK", "  IdentityFile none"] : []),
      ];
    }),
    "Match all",
    ...(knownHosts === undefined ? [] : [`  UserKnownHostsFile "${escaped(knownHosts)}"`, "  GlobalKnownHostsFile /dev/null"]),
    "  StrictHostKeyChecking yes",
    "  BatchMode yes",
    "  ForwardAgent no",
    "  ForwardX11 no",
    "  PermitLocalCommand no",
    `  ConnectTimeout ${CONNECT_SECONDS}`,
    `  ServerAliveInterval ${ALIVE_SECONDS}`,
    "  ServerAliveCountMax 3",
    "  Include ~/.ssh/config",
    "  Include /etc/ssh/ssh_config",
    "",
  ].join("\n");
  // A star for the name: ssh looks up the address that it has found in the end, which is the person's business.
  const keys = hosts.flatMap(({ host, port, hostKeys }) =>
    hostKeys ? [[join(folder, `keys-${host}-${port}`), hostKeys.map((key) => `* ${key}\n`).join("")]] : [],
  );
  return { config, files: { [config]: text, ...Object.fromEntries(keys) } };
}

const pins = (own: readonly KnownHost[], folder: string): string[] => [
  // By name and port as the settings have them: `%n` is not what the person's configuration makes of it.
  `  UserKnownHostsFile "${escaped(folder)}/keys-%n-%p"`,
  "  GlobalKnownHostsFile /dev/null",
  "  KnownHostsCommand none",
  "  UpdateHostKeys no",
  "  VerifyHostKeyDNS no",
  "  CheckHostIP no",
  `  HostKeyAlgorithms ${algorithms(own)}`,
];

/** Longest name that a socket gets in its folder; ssh adds 17 letters while it makes one. */
export const socketNameLength = (hosts: readonly KnownHost[]): number =>
  SOCKET_KEY_LENGTH + "-65535-".length + Math.max(0, ...hosts.map(({ user }) => user.length)) + 17;

/** The `ssh` that stands first on PATH. @param real the one behind it */
export const wrapper = (real: string): string =>
  [
    "#!/bin/sh",
    WRAPPER_MARK,
    `[ -n "$${CONFIG_VARIABLE}" ] || exec ${shellWord(real)} "$@"`,
    `exec ${shellWord(real)} -F "$${CONFIG_VARIABLE}" "$@"`,
    "",
  ].join("\n");

/** Only the pinned keys' own algorithms: a host with several keys then shows one that is known. */
function algorithms(own: readonly KnownHost[]): string {
  const types = new Set(own.flatMap(({ hostKeys = [] }) => hostKeys.map((key) => key.split(" ")[0] ?? "")));
  // An RSA key signs with a hash of its own time, not with SHA-1.
  return [...types].flatMap((type) => (type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type])).join(",");
}

/** A connection that was opened with other pins, or with another key, is not this one. */
function socketKey(own: readonly KnownHost[], ownAgent: boolean): string {
  const known = own.map(({ host, port, hostKeys = [] }) => [host, port, [...hostKeys].sort()]);
  return createHash("sha256")
    .update(JSON.stringify([known, ownAgent]))
    .digest("hex")
    .slice(0, SOCKET_KEY_LENGTH);
}

/** A path in ssh's configuration, where `%` begins a token. */
const escaped = (path: string): string => path.replaceAll("%", "%%");
