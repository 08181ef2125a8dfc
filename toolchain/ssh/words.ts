import type { SshAddress } from "../../components/host/ssh.ts";

/** Why a host cannot be used, and what to do about it: a half sentence each. */
export interface Trouble {
  readonly why: string;
  readonly todo: string;
}

/** What came of asking a host. */
export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** What is known of a host that can be used. */
export interface HostFacts {
  /** Version of the Docker engine, as in `20.10.24`. */
  readonly version: string;
  /** Free space where Docker keeps its data, MiB; absent where the host does not tell. */
  readonly freeMb?: number;
}

/** The oldest engine that has everything an estate uses: Debian 12's. */
const OLDEST_ENGINE = [20, 10] as const;

/** Below this nothing is deployed: an image's layer, or a database's log, would not fit. */
const LEAST_FREE_MB = 256;

/** Comes before the answers: what a login shell says of itself is none. */
const MARK = "sluice-host:";

/** Shell text that asks a host what has to be known of it, in one go; it changes nothing. */
export const QUESTION = `echo "${MARK}asked"
if ! command -v docker > /dev/null 2>&1; then echo "${MARK}docker missing"; exit 0; fi
if version=$(docker version --format '{{.Server.Version}}' 2>&1); then echo "${MARK}version $version"
else printf '%s' "$version" | tr '\\n' ' ' | sed 's/^/${MARK}refused /'; echo; exit 0; fi
root=$(docker info --format '{{.DockerRootDir}}' 2> /dev/null)
df -Pk "\${root:-/}" 2> /dev/null | awk 'NR == 2 { print "${MARK}free " int($4 / 1024) }'
`;

/** What a host's answers to that say: that it can be used, or why it cannot. */
export function readAnswers(said: Said, at: SshAddress, stack?: string): HostFacts | Trouble {
  const answers = said.stdout.split("\n").flatMap((line) => (line.startsWith(MARK) ? [line.slice(MARK.length)] : []));
  if (answers.length === 0) return sshTrouble(said, at, stack);
  const answer = (word: string) => answers.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
  const prepare = `npm run host -- prepare ${place({ ...at, user: "root" })}`;
  if (answer("docker") !== undefined) return { why: "the host has no Docker", todo: `make it ready: ${prepare}` };
  const refused = answer("refused");
  if (refused !== undefined) return dockerTrouble(refused, at);
  const version = (answer("version") ?? "").replace(/\+.*$/, "");
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldest, oldestMinor] = OLDEST_ENGINE;
  if (major < oldest || (major === oldest && minor < oldestMinor)) {
    return {
      why: `its Docker engine is ${version || "of no known version"}; ${OLDEST_ENGINE.join(".")} or later is needed`,
      todo: `update it there: ${prepare}`,
    };
  }
  const free = answer("free");
  return { version, ...(free !== undefined && { freeMb: Number(free) }) };
}

/** Why nothing can be deployed to a host that answers; nothing when there is room. */
export function fullDisk({ freeMb }: HostFacts): Trouble | undefined {
  if (freeMb === undefined || freeMb >= LEAST_FREE_MB) return undefined;
  return {
    why: `its disk is full: ${freeMb} MiB are free where Docker keeps its data, ${LEAST_FREE_MB} MiB are needed`,
    todo: "make room there: `docker system df` shows what takes it, `docker image prune` removes images that no container and no tag has",
  };
}

/** Why ssh could not sign in, by what it said. @param stack whose settings hold the pins. @default they are the person's own known_hosts */
export function sshTrouble({ stderr, timedOut }: Said, at: SshAddress, stack: string | undefined): Trouble {
  const has = (words: RegExp): boolean => words.test(stderr);
  const pins = stack === undefined ? "your known_hosts" : `sluice:host.hostKeys in Pulumi.${stack}.yaml`;
  const reach = `see that the machine runs and that port ${at.port} is open to you: ssh -p ${at.port} ${at.user}@${at.host}`;
  if (has(/REMOTE HOST IDENTIFICATION HAS CHANGED/)) {
    return {
      why: "the host shows another key than the pinned one, so nothing was sent to it: it was installed anew, or something stands in for it",
      todo: `if you know why it changed, put the new key into ${pins}: npm run host -- keys ${place(at)}`,
    };
  }
  if (has(/host key is known for|Host key verification failed/))
    return {
      why: "the host's key is not pinned, so nothing was sent to it",
      todo: `compare its key and put it into ${pins}: npm run host -- keys ${place(at)}`,
    };
  if (has(/no matching host key type found/))
    return {
      why: "the host shows no key of a pinned type",
      todo: `put the key that it has into ${pins}: npm run host -- keys ${place(at)}`,
    };
  if (has(/Permission denied \(|Too many authentication failures|agent refused operation|no mutual signature/)) {
    return {
      why: `the host refuses your key for ${at.user}`,
      todo: `see that \`ssh-add -l\` shows the right key, or name it in sluice:host.keySecret; on the host it belongs into ~${at.user}/.ssh/authorized_keys`,
    };
  }
  if (has(/Could not resolve hostname/)) return { why: `no name server knows ${at.host}`, todo: "correct the name" };
  if (has(/Connection refused/))
    return { why: `nothing listens on port ${at.port} there`, todo: "see that sshd runs, and that the port is right" };
  if (has(/timed out|No route to host|Network is unreachable/)) return { why: "it cannot be reached", todo: reach };
  if (has(/kex_exchange_identification|Connection (?:closed|reset)|banner exchange|Broken pipe|Connection to .* closed|Timeout, server/))
    return { why: "it breaks the connection off", todo: "try again; if it stays so, look there: journalctl -u ssh -n 20" };
  if (timedOut) return { why: "it does not answer in time", todo: reach };
  const words = stderr.trim().split("\n").at(-1) ?? "";
  return { why: words === "" ? "it gives no answer" : `ssh says: ${words}`, todo: reach };
}

function dockerTrouble(words: string, { user, ...at }: SshAddress): Trouble {
  if (/permission denied/i.test(words)) {
    return {
      why: `${user} may not use Docker there`,
      todo: `as root on the host: usermod -aG docker ${user}   (it holds for new connections: within a minute)`,
    };
  }
  if (/Cannot connect to the Docker daemon|Is the docker daemon running/i.test(words))
    return {
      why: "its Docker engine does not run",
      todo: `as root on the host: systemctl start docker   and see: journalctl -u docker -n 20`,
    };
  return { why: `its Docker engine says: ${words.trim()}`, todo: `look there: ssh -p ${at.port} ${user}@${at.host} docker version` };
}

/** `user@host`, with the port where it is not ssh's own. */
export const place = ({ user, host, port }: SshAddress): string =>
  `${user}@${host.includes(":") ? `[${host}]` : host}${port === 22 ? "" : `:${port}`}`;
