import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Problem } from "../../toolchain/problem.ts";
import type { JobWorld } from "../job.ts";
import { CLOSED_PIPE, type Ended, type Program, pipe, run, type Watching } from "../programs.ts";
import { repositoryAddress, type StoreFacts } from "./facts.ts";
import { areOwn } from "./locks.ts";
import { OCCASIONS, Snapshot } from "./snapshots.ts";
import { type Cause, causeOf, hopeless, lastWords } from "./words.ts";

/** A failure of the store or the repository whose cause is known. */
export class StoreProblem extends Problem {
  readonly kind: Cause["kind"];

  constructor({ kind, what, todo }: Cause) {
    super(`${what} ${todo}.`);
    this.kind = kind;
  }
}

/** What `restic backup` says at its end. */
const Summary = z.object({ snapshot_id: z.string(), total_bytes_processed: z.number(), data_added_packed: z.number() });
export type Summary = z.infer<typeof Summary>;

const Status = z.object({ message_type: z.literal("status"), bytes_done: z.number().default(0) });
const Stats = z.object({ total_size: z.number() });
const Config = z.object({ id: z.string() });
const Remembered = z.record(z.string(), z.string());

/** This long a run waits for a lock of somebody else. */
const LOCK_PATIENCE = "10m";
const PROGRESS_MS = 15_000;
const MB = 1_000_000;

/**
 * restic's repository of an estate. Everything that it does goes through restic's own program; this class watches what the program says, so that
 * what cannot come right ends at once and in words.
 *
 * Secrets reach restic in its environment: a command line is seen by everybody on the host, a process's environment only by its own user.
 */
export class Repository {
  private readonly world: JobWorld;
  private readonly facts: StoreFacts;
  private readonly env: Readonly<Record<string, string>>;

  private constructor(world: JobWorld, facts: StoreFacts, env: Readonly<Record<string, string>>) {
    this.world = world;
    this.facts = facts;
    this.env = env;
  }

  /** @throws when a secret is missing */
  static async of(world: JobWorld, facts: StoreFacts): Promise<Repository> {
    const { keyIdSecret, keySecret, passwordSecret, region } = facts;
    const [keyId, key, password] = await Promise.all([keyIdSecret, keySecret, passwordSecret].map((name) => world.secret(name)));
    // Packs are put together there before they are sent: more than the 64 MB that a container has in memory.
    const temporary = join(world.folder, "tmp");
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    return new Repository(world, facts, {
      RESTIC_REPOSITORY: repositoryAddress(facts),
      RESTIC_CACHE_DIR: join(world.folder, "cache"),
      TMPDIR: temporary,
      RESTIC_PROGRESS_FPS: "1",
      ...{ AWS_ACCESS_KEY_ID: `${keyId}`, AWS_SECRET_ACCESS_KEY: `${key}`, RESTIC_PASSWORD: `${password}` },
      ...(region !== undefined && { AWS_DEFAULT_REGION: region }),
    });
  }

  /**
   * Open the repository; make it where there has never been one. One that was there before and is gone, or is another one now, is not made anew:
   * somebody has to know.
   * @throws StoreProblem, Problem
   */
  async open({ make }: { readonly make: boolean }): Promise<void> {
    const address = repositoryAddress(this.facts);
    const known = (await this.remembered())[address];
    const asked = await this.ask(["cat", "config", "--json"]);
    if (asked.code === 0) {
      const { id } = Config.parse(JSON.parse(asked.stdout));
      if (known !== undefined && known !== id)
        throw new Problem(
          `At ${address} are other backups than last time (repository ${id.slice(0, 8)} instead of ${known.slice(0, 8)}). If somebody has begun anew there on purpose, take the line out of repository.json in the job's folder; else ask who has: the backups that were there are gone.`,
        );
      if (known === undefined) await this.remember(address, id);
      return;
    }
    const cause = causeOf(asked.code, asked.stderr, this.facts);
    if (cause?.kind !== "missing" || !make || known !== undefined) throw this.failed("open the backups", asked, known !== undefined);
    this.world.say(`there are no backups at ${address} yet: making a place for them`);
    const made = await this.must("make a place for the backups", ["init", "--json"]);
    const { id } = z.object({ id: z.string() }).parse(JSON.parse(made.stdout));
    await this.remember(address, id);
  }

  /** Take away locks of runs that died: those that nobody has renewed for half an hour, and a dead run's of this container. */
  async unlock(): Promise<void> {
    await this.must("take away old locks", ["unlock"]);
    if (await areOwn((args) => this.must("list the locks", args)))
      await this.must("take away the locks of a run that died", ["unlock", "--remove-all"]);
  }

  /** @param owner whose backups these are: the estate's name */
  async snapshots(owner: string): Promise<Snapshot[]> {
    const { stdout } = await this.must("list the backups", [
      "snapshots",
      "--json",
      "--host",
      owner,
      ...OCCASIONS.flatMap((occasion) => ["--tag", occasion]),
    ]);
    return z.array(Snapshot).parse(JSON.parse(stdout));
  }

  /**
   * Store files and folders, or what a program writes.
   * @param what for progress, e.g. "the database"
   */
  async backup(
    what: string,
    args: readonly string[],
    { env = {}, signal }: { readonly env?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
  ): Promise<Summary> {
    let summary: Summary | undefined;
    let [done, told] = [0, this.world.now().getTime()];
    const onLine = (line: string) => {
      const said: unknown = parsed(line);
      const status = Status.safeParse(said);
      if (status.success) {
        const now = this.world.now().getTime();
        if (status.data.bytes_done > done && now - told >= PROGRESS_MS) {
          this.world.say(`${what}: ${Math.round(status.data.bytes_done / MB)} MB read`);
          told = now;
        }
        done = status.data.bytes_done;
        return;
      }
      const end = Summary.safeParse(said);
      if (end.success) summary = end.data;
    };
    await this.must(`back up ${what}`, ["backup", "--json", ...args], { onLine, env, ...(signal && { signal }) });
    if (summary === undefined)
      throw new Problem(`restic has ended well, but has not said what it stored of ${what}: the run does not count.`);
    return summary;
  }

  /**
   * Whether everything is there, and whether a part of it reads as it was written.
   * @param part which packs are read, e.g. `1/7`
   */
  async check(part: string): Promise<void> {
    await this.must("check the backups", ["check", "--json", "--read-data-subset", part]);
  }

  /** Take backups out of the list; `prune` frees their space. */
  async forget(args: readonly string[]): Promise<void> {
    await this.must("take old backups out", ["forget", "--json", ...args]);
  }

  async prune(): Promise<void> {
    await this.must("free the space of old backups", ["prune"]);
  }

  /** Bytes that the repository takes in the store. */
  async size(): Promise<number> {
    const { stdout } = await this.must("measure the backups", ["stats", "--json", "--mode", "raw-data"]);
    return Stats.parse(JSON.parse(stdout)).total_size;
  }

  /** A stored file's content, as text. */
  async read(snapshot: string, path: string): Promise<string> {
    return (await this.must(`read ${path}`, ["dump", snapshot, path])).stdout;
  }

  /** Put stored files into a folder, and read them again to compare. */
  async restore(snapshot: string, into: string, include: readonly string[]): Promise<void> {
    const only = include.flatMap((path) => ["--include", path]);
    await this.must("bring files back", ["restore", snapshot, "--target", into, "--verify", "--json", ...only]);
  }

  /**
   * Give a stored file to a program's stdin.
   * @returns how that program ended; restic's own failures are thrown, but that nobody reads on is none
   */
  async into(snapshot: string, path: string, program: Program): Promise<Ended> {
    const [from, to] = await pipe(this.source(snapshot, path), program, this.world.signal);
    this.judge(path, from);
    return to;
  }

  /** The program that writes a stored file to its stdout. */
  source(snapshot: string, path: string): Program {
    return { name: "restic", args: [...this.always(), "dump", snapshot, path], env: this.env };
  }

  /** @throws StoreProblem, Problem when {@link source} has failed */
  judge(path: string, ended: Ended): void {
    this.world.signal.throwIfAborted();
    if (ended.code !== 0 && ended.code !== CLOSED_PIPE) throw this.failed(`read ${path}`, ended);
  }

  /** A request that moves nothing for as long as settings have patience is asked again; restic alone would wait for five minutes. */
  private always(): string[] {
    return ["--retry-lock", LOCK_PATIENCE, "--stuck-request-timeout", `${this.facts.patienceSeconds}s`];
  }

  private async must(what: string, args: readonly string[], more: Asking = {}): Promise<Ended> {
    const ended = await this.ask(args, more);
    this.world.signal.throwIfAborted();
    if (ended.code !== 0) throw this.failed(what, ended);
    return ended;
  }

  private failed(what: string, { code, stdout, stderr }: Ended, wasThere = false): Error {
    const cause = causeOf(code, `${stdout}\n${stderr}`, this.facts);
    if (cause === undefined) return new Problem(`restic could not ${what} (exit code ${code}): ${lastWords(stderr)}`);
    if (cause.kind === "missing" && wasThere)
      return new StoreProblem({
        ...{ kind: "missing", what: `The backups that were at ${repositoryAddress(this.facts)} are gone.` },
        todo: "Nothing is made anew in their place. Ask the store's owner for deleted objects or an older version of the bucket before anything else",
      });
    return new StoreProblem(cause);
  }

  private async ask(args: readonly string[], { env = {}, signal = this.world.signal, onLine }: Asking = {}): Promise<Ended> {
    const over = new AbortController();
    const watch = this.watch(over);
    const program = { name: "restic", args: [...this.always(), ...args], env: { ...this.env, ...env } };
    try {
      const ended = await run(program, {
        signal: AbortSignal.any([signal, over.signal]),
        onErrorLine: watch.line,
        ...(onLine && { onLine }),
      });
      const cause = watch.cause();
      if (cause !== undefined && ended.code !== 0) throw cause;
      return ended;
    } finally {
      watch.end();
    }
  }

  /** End restic when its words say that it cannot come right, or when nothing has come right for too long. */
  private watch(over: AbortController) {
    const { facts } = this;
    let [cause, timer]: [Error | undefined, NodeJS.Timeout | undefined] = [undefined, undefined];
    const give = (up: Error) => {
      cause ??= up;
      over.abort();
    };
    return {
      line: (line: string) => {
        if (!/retrying after/.test(line)) {
          if (/operation successful after/.test(line)) timer = void clearTimeout(timer);
          return;
        }
        const known = hopeless(line, facts);
        if (known !== undefined) give(new StoreProblem(known));
        else timer ??= setTimeout(() => give(new Problem(cutWords(facts, line))), facts.patienceSeconds * 1000);
      },
      cause: () => cause,
      end: () => clearTimeout(timer),
    };
  }

  private async remembered(): Promise<Record<string, string>> {
    const text = await readFile(this.memory(), "utf8").catch(() => "{}");
    return Remembered.parse(JSON.parse(text));
  }

  private async remember(address: string, id: string): Promise<void> {
    await mkdir(this.world.folder, { recursive: true });
    const next = `${this.memory()}.next`;
    await writeFile(next, `${JSON.stringify({ ...(await this.remembered()), [address]: id }, null, 2)}\n`);
    await rename(next, this.memory());
  }

  private memory(): string {
    return join(this.world.folder, "repository.json");
  }
}

interface Asking extends Partial<Pick<Watching, "signal" | "onLine">> {
  readonly env?: Readonly<Record<string, string>>;
}

/** @param line restic's last words about it */
export function cutWords({ endpoint, patienceSeconds }: StoreFacts, line: string): string {
  const said = line.replace(/.*returned error, retrying after [^:]*: /, "").slice(0, 300);
  return `The connection to ${endpoint} is cut: for ${patienceSeconds} seconds no request has succeeded (${said}). What was stored before is safe; run the job again when the store answers.`;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
