import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "../../toolchain/problem.ts";
import { run } from "../programs.ts";
import type { Database } from "./connection.ts";

/** As the estate's own image lays its data out (images/postgres/bin/postgres-entrypoint), without waiting for the disk. */
const INITDB = [
  ..."--username=postgres --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C".split(" "),
  ..."--auth=trust --no-sync --no-instructions".split(" "),
];
/** No port, and nothing that only matters to data which must outlive the machine. */
const SERVER = [
  ..."listen_addresses='' fsync=off full_page_writes=off synchronous_commit=off wal_level=minimal max_wal_senders=0".split(" "),
  // Without parallel workers: they share memory, of which a container has 64 MB.
  ..."max_parallel_workers=0 max_parallel_maintenance_workers=0 max_parallel_workers_per_gather=0".split(" "),
  ..."autovacuum=off max_wal_size=1GB shared_buffers=128MB maintenance_work_mem=64MB jit=off timezone=UTC".split(" "),
];

/**
 * A Postgres of our own that is gone afterwards: on a socket in a folder that only we may enter, with its data in `folder`.
 * @throws Problem when it does not start
 */
export async function withServer<T>(folder: string, signal: AbortSignal, work: (database: Database) => Promise<T>): Promise<T> {
  const [data, log] = [join(folder, "data"), join(folder, "postgres.log")];
  // A run that was killed may have left its own.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Not in `folder`: the name of a socket has 107 characters at most.
  const socket = await mkdtemp(join(tmpdir(), "pg-"));
  const never = new AbortController().signal;
  try {
    const made = await run({ name: "initdb", args: ["--pgdata", data, ...INITDB] }, { signal });
    if (made.code !== 0) throw new Problem(`The throw-away Postgres could not be made: ${made.stderr.trim() || made.stdout.trim()}`);
    const options = [...SERVER, `unix_socket_directories='${socket}'`].map((option) => `-c ${option}`).join(" ");
    const started = await run({ name: "pg_ctl", args: ["start", "--wait", "--silent", "-D", data, "-l", log, "-o", options] }, { signal });
    try {
      if (started.code !== 0)
        throw new Problem(
          `The throw-away Postgres does not start: ${(await readFile(log, "utf8").catch(() => started.stderr)).trim().slice(-600)}`,
        );
      return await work({ host: socket, port: 5432, user: "postgres", database: "postgres" });
    } finally {
      await run({ name: "pg_ctl", args: ["stop", "--mode=immediate", "--wait", "--silent", "-D", data] }, { signal: never });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(socket, { recursive: true, force: true });
  }
}
