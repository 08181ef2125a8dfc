import { accessSync, constants, lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheRoot } from "../cache.ts";
import { Problem } from "../problem.ts";
import { CONFIG_VARIABLE, KNOWN_HOSTS_VARIABLE, type KnownHost, socketNameLength, sshFiles, WRAPPER_MARK, wrapper } from "./config.ts";

/** Everything of ssh that a checkout writes. */
const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "..", "..", ".sluice", "ssh");

/** Folder of the `ssh` that comes before the machine's own: first on the PATH of the engine and of every command. */
export const SSH_BIN = join(FOLDER, "bin");

/** Longest path of a Unix socket, with its end. */
const SOCKET_PATH = 104;

export interface Way {
  readonly stack: string;
  readonly hosts: readonly KnownHost[];
  /** Socket of an agent that holds the stack's own key. @default the person's agent and keys */
  readonly agent?: string | undefined;
}

/**
 * Let every `ssh` that this process starts, or what it starts, go by a stack's settings: pinned host keys, the stack's key, one connection
 * to each host.
 *
 * Docker's client and the engine's plugins take no options for ssh, and what is in the state must name no file of this machine: so the way is
 * a program called `ssh` that comes first on PATH.
 *
 * @throws Problem when this machine has no ssh
 */
export function layWay({ stack, hosts, agent }: Way): void {
  const { env } = process;
  const { config, files } = sshFiles({
    ...{ hosts, folder: join(FOLDER, stack), sockets: socketFolder(hosts), ownAgent: agent !== undefined },
    knownHosts: env[KNOWN_HOSTS_VARIABLE] || undefined,
  });
  for (const [path, text] of Object.entries(files)) write(path, text, 0o600);
  write(join(SSH_BIN, "ssh"), wrapper(realSsh(env.PATH ?? "")), 0o755);
  const rest = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== SSH_BIN);
  env.PATH = [SSH_BIN, ...rest].join(delimiter);
  env[CONFIG_VARIABLE] = config;
  if (agent !== undefined) env.SSH_AUTH_SOCK = agent;
}

/** The machine's own `ssh`: the first on PATH that Sluice did not put there. */
function realSsh(path: string): string {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, "ssh");
    try {
      accessSync(file, constants.X_OK);
      if (!readFileSync(file).subarray(0, 64).toString("latin1").includes(WRAPPER_MARK)) return file;
    } catch {
      // not here
    }
  }
  throw new Problem("The host is reached by ssh, which this machine lacks. Debian and Ubuntu: sudo apt-get install -y openssh-client");
}

/** A folder for the connections' sockets that nobody else may look into; a socket's path must be short. */
function socketFolder(hosts: readonly KnownHost[]): string {
  const usual = join(cacheRoot(), "ssh");
  const uid = process.getuid?.() ?? 0;
  const folder = usual.length + 1 + socketNameLength(hosts) < SOCKET_PATH ? usual : join(tmpdir(), `sluice-ssh-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid: owner, mode } = lstatSync(folder);
  if (owner === uid && (mode & 0o077) === 0) return folder;
  throw new Problem(`${folder} is where connections are kept, and others may look into it. Run: chmod 700 ${folder}   or remove it.`);
}

/** As a whole, so that a command beside this one never reads half a file; not at all when it says so already. */
function write(path: string, text: string, mode: number): void {
  try {
    if (readFileSync(path, "utf8") === text) return;
  } catch {
    // not there yet
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const working = `${path}.${process.pid}`;
  writeFileSync(working, text, { mode });
  renameSync(working, path);
}
