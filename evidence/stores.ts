import { randomBytes } from "node:crypto";
import getPort, { portNumbers } from "get-port";
import type { Docker } from "../estate/docker.ts";
import { toolImage } from "./images.ts";
import type { Throwaway } from "./throwaway.ts";

/** A data store of the estate's own image on a loopback port, with nothing in it. */
export interface Store {
  /** Name of its container. */
  readonly container: string;
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly password: string;
}

export interface PostgresStore extends Store {
  /** `postgres://…` with the password. */
  readonly url: string;
}

/** How long a store may take to answer. */
const READY_SECONDS = 60;
const USER = "sluice";

/** What a Postgres is to be like, beside empty. */
export interface PostgresChoices {
  /** By id. @default the one of this checkout's images/postgres */
  readonly image?: string;
  /** Role that can log in, and the database that it owns. @default "sluice" */
  readonly user?: string;
  readonly database?: string;
  /** Keep the data on the disk: there may be more than fits into memory. It goes with the container all the same. @default false */
  readonly onDisk?: boolean;
}

/** Its data goes with it. */
export async function startPostgres(docker: Docker, throwaway: Throwaway, choices: PostgresChoices = {}): Promise<PostgresStore> {
  const { image, user = USER, database = USER, onDisk = false } = choices;
  const kind: Kind = { role: "postgres", port: 5432, data: "/var/lib/postgresql/data", memoryMb: 256 };
  const env = { POSTGRES_USER: user, POSTGRES_DATABASE: database, ...(onDisk ? {} : { POSTGRES_DISK_RESERVE_MB: "0" }) };
  const store = await start(docker, throwaway, { ...kind, image, env, onDisk });
  return { ...store, url: `postgres://${user}:${store.password}@${store.host}:${store.port}/${database}` };
}

export async function startRedis(docker: Docker, throwaway: Throwaway): Promise<Store> {
  return start(docker, throwaway, { role: "redis", port: 6379, data: "/var/lib/redis", memoryMb: 96 });
}

interface Kind {
  readonly role: string;
  readonly port: number;
  readonly data: string;
  readonly memoryMb: number;
  readonly image?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly onDisk?: boolean;
}

async function start(docker: Docker, throwaway: Throwaway, kind: Kind): Promise<Store> {
  const { role, port: inside, data, memoryMb, env = {}, onDisk = false } = kind;
  const image = kind.image ?? (await toolImage(docker, `images/${role}`));
  const password = randomBytes(18).toString("base64url");
  // Below the ports that the kernel gives to outgoing connections.
  const from = 20_000 + Math.floor(Math.random() * 9000);
  const port = await getPort({ host: "127.0.0.1", port: portNumbers(from, 29_999) });
  const variable = `${role.toUpperCase()}_PASSWORD_FILE`;
  const container = await throwaway.container(docker, role, [
    ...["--publish", `127.0.0.1:${port}:${inside}`, "--memory", `${memoryMb}m`, "--cap-drop", "ALL"],
    // A volume without a name goes with its container.
    ...(onDisk ? ["--volume", data] : ["--tmpfs", `${data}:uid=10001,gid=10001,mode=0700`]),
    ...["--tmpfs", "/tmp:mode=1777", ...Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`])],
    // An image's own check is made for its estate; this one's readiness is asked below.
    ...["--no-healthcheck", "--env", `${variable}=/tmp/password`, "--env", `THROWAWAY_PASSWORD=${password}`],
    ...["--entrypoint", "sh", image, "-c"],
    `umask 077; printf %s "$THROWAWAY_PASSWORD" > /tmp/password; unset THROWAWAY_PASSWORD; exec ${role}-entrypoint`,
  ]);
  for (const deadline = Date.now() + READY_SECONDS * 1000; ; ) {
    if (await docker.try(["exec", container, "healthy"])) return { container, host: "127.0.0.1", port, password };
    const state = await docker.run(["container", "inspect", "--format", "{{.State.Status}}, exit code {{.State.ExitCode}}", container]);
    if (!state.startsWith("running")) throw new Error(`${role} ended before it answered: ${state.trim()}`);
    if (Date.now() > deadline) throw new Error(`${role} did not answer within ${READY_SECONDS} s`);
    await new Promise((later) => setTimeout(later, 200));
  }
}
