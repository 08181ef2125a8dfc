/** Where an engine is reached by ssh. */
export interface SshAddress {
  readonly user: string;
  /** Name or address; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
}

/** ssh's own port, where an address names none. */
const SSH_PORT = 22;

/** The parts of `ssh://user@host[:port]`; nothing for another kind of address. */
export function sshAddress(docker: string): SshAddress | undefined {
  const [, user, host, port] = /^ssh:\/\/([^@/]+)@(\[[^\]]+\]|[^:/]+)(?::(\d+))?$/.exec(docker) ?? [];
  if (user === undefined || host === undefined) return undefined;
  return { user, host: host.replace(/^\[|\]$/g, ""), port: port === undefined ? SSH_PORT : Number(port) };
}

/** The arguments of `ssh` that sign in there and start `command`, which that machine's shell reads. */
export const sshArguments = ({ user, host, port }: SshAddress, command: string): string[] => [
  ...["-T", "-l", user, "-p", `${port}`, "--"],
  ...[host, command],
];

/** A text as one word of a POSIX shell. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/**
 * Shell text, for the machine that one sits at, that runs `script` on the machine behind a Docker address: by ssh, or here where the
 * engine is this machine's own. What the command reads reaches the script.
 */
export function onHostShell(docker: string, script: string): string {
  const address = sshAddress(docker);
  if (address === undefined) return script;
  // The account may have any shell; `sh` is there on every machine.
  return ["ssh", ...sshArguments(address, `sh -c ${shellWord(script)}`)].map(plainOrQuoted).join(" ");
}

const plainOrQuoted = (word: string): string => (/^[A-Za-z0-9._:-]+$/.test(word) ? word : shellWord(word));
