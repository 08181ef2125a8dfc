import { createHash, randomBytes } from "node:crypto";
import type { Docker } from "../estate/docker.ts";
import { schemaLines } from "../evidence/dump.ts";
import { FACTS_SQL, Facts } from "./preflight.ts";

/** A Postgres in a container, spoken to from inside it: as its superuser, without a password. */
export class Database {
  readonly container: string;
  readonly user: string;
  readonly database: string;
  readonly #docker: Docker;

  constructor(docker: Docker, container: string, { user, database }: { readonly user: string; readonly database: string }) {
    this.#docker = docker;
    this.container = container;
    this.user = user;
    this.database = database;
  }

  /** One column of an answer. Statements come on stdin: they may hold a password. */
  async ask(sql: string, variables: Readonly<Record<string, string>> = {}): Promise<string[]> {
    const set = Object.entries(variables).flatMap(([name, value]) => ["-v", `${name}=${value}`]);
    const psql = ["psql", ...this.#where("postgres"), "-qtAX", "-v", "ON_ERROR_STOP=1", ...set];
    return (await this.#docker.run(["exec", "-i", this.container, ...psql], sql)).split("\n").filter((line) => line !== "");
  }

  async facts(patienceSeconds: number): Promise<Facts> {
    const [said = "{}"] = await this.ask(FACTS_SQL, { patience: `${patienceSeconds}` });
    const disk = await this.#docker.run(["exec", this.container, "stat", "-f", "-c", "%a %S", "/var/lib/postgresql/data"]);
    const [free = 0, size = 0] = disk.trim().split(" ").map(Number);
    return Facts.parse({ ...(JSON.parse(said) as object), freeMb: (free * size) / 2 ** 20 });
  }

  /** Everything in it, in pg_dump's own format, into a file. */
  async dump(file: string): Promise<void> {
    await this.#docker.save(["exec", this.container, "pg_dump", ...this.#where("postgres"), "--format=custom"], file);
  }

  /** A dump into an empty database. @param roles that the dump may speak of; they can not log in here */
  async restore(file: string, roles: readonly string[]): Promise<void> {
    await this.ask(roles.map((role) => `create role "${role}";`).join("\n"));
    await this.#docker.feed(["exec", "-i", this.container, "pg_restore", ...this.#where("postgres"), "--exit-on-error"], file);
    await this.ask("analyze");
  }

  /** Roles beside the server's own and the one that owns the database. */
  async otherRoles(): Promise<string[]> {
    const roles = await this.ask(`select rolname from pg_roles where rolname !~ '^pg_' and rolname <> 'postgres'`);
    return roles.filter((role) => role !== this.user && !role.startsWith(PREFIX));
  }

  /** The schema, without what differs from dump to dump, and a short name for it. */
  async schema(): Promise<{ readonly lines: readonly string[]; readonly hash: string }> {
    const text = await this.#docker.run(["exec", this.container, "pg_dump", ...this.#where("postgres"), "--schema-only"]);
    const lines = schemaLines(text);
    return { lines, hash: createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 12) };
  }

  /**
   * A role for one run: it acts as the owner of the database, with time limits of its own, whatever the tool knows of such things.
   * @returns name and password, and the way to take it away again
   */
  async temporaryRole(settings: Readonly<Record<string, string>>) {
    const name = `${PREFIX}${randomBytes(4).toString("hex")}`;
    const password = randomBytes(24).toString("hex");
    const own = { ...settings, role: this.user };
    const sets = Object.entries(own).map(([key, value]) => `alter role ${name} set ${key} = '${value}';`);
    await this.ask([`create role ${name} login password '${password}' valid until 'tomorrow' in role "${this.user}";`, ...sets].join("\n"));
    const remove = async (): Promise<void> => {
      await this.ask(
        [
          `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${name}';`,
          `reassign owned by ${name} to "${this.user}"; drop owned by ${name}; drop role if exists ${name};`,
        ].join("\n"),
      );
    };
    return { name, password, remove };
  }

  #where(as: string): string[] {
    return ["-h", "/tmp", "-U", as, "-d", this.database];
  }
}

/** Roles of runs begin so; one that a run which was killed has left can not log in tomorrow. */
const PREFIX = "sluice_migrate_";
