import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownAddress } from "../../components/host/addresses.ts";
import { cacheRoot } from "../../toolchain/cache.ts";
import { ensureEngine } from "../../toolchain/engine.ts";
import { ProcessWatch } from "../support/process-watch.ts";
import { type Json, Project } from "../support/project.ts";
import { query, until } from "../support/prometheus.ts";
import { Search } from "../support/search.ts";

/** A planted secret: long, and with characters that quoting gets wrong. */
const plant = (name: string): string => `pl4nted-${name}-'"$\\{}%-${randomBytes(12).toString("hex")}`;

const FIRST = { postgres: plant("postgres-1"), redis: plant("redis-1"), mail: plant("mail-1") };
const SECOND = { postgres: plant("postgres-2"), redis: plant("redis-2"), mail: plant("mail-2") };
const NEEDLES = Object.fromEntries(
  [FIRST, SECOND].flatMap((set, index) => Object.entries(set).map(([name, text]) => [`${name} ${index + 1}`, text])),
);

/** Harmless texts, one of which is in every kind of place: a search that does not see them sees nothing. */
const CONTROLS = ["sluice", "localhost", '"service":'];

describe("planted secrets", () => {
  let project: Project;
  let watch: ProcessWatch;
  /** Everything that a command said, by the command. */
  const said = new Map<string, string>();
  beforeAll(async () => {
    project = await Project.make("secrets");
    // Without it, the engine hides its option --event-log.
    project.env.PULUMI_DEBUG_COMMANDS = "true";
    watch = new ProcessWatch(NEEDLES);
  });
  afterAll(async () => {
    const stopped = await project.remove();
    expect(stopped.exitCode, stopped.text).toBe(0);
    expect(await project.leftovers()).toEqual([]);
  });

  async function run(what: string, command: Promise<{ exitCode: number; text: string }>): Promise<void> {
    const { exitCode, text } = await command;
    said.set(what, text);
    expect(exitCode, text).toBe(0);
  }
  async function plantAll(secrets: typeof FIRST): Promise<void> {
    await run("config set postgresPassword", project.setSecret("sluice:postgresPassword", secrets.postgres));
    await run("config set redisPassword", project.setSecret("sluice:redisPassword", secrets.redis));
    await run("config set secrets.mail-key", project.setSecret("sluice:secrets.mail-key", secrets.mail));
  }

  it("reach the programs that use them", async () => {
    await project.pulumi("stack", "init", "dev");
    await plantAll(FIRST);
    await project.configure((config) => {
      const { web } = config["sluice:services"] as { web: Record<string, Json> };
      web.secrets = ["mail-key"];
      const monitoring = config["sluice:monitoring"] as Record<string, Json>;
      monitoring.alerting = {
        receivers: { hook: { webhook: { url: "http://127.0.0.1:9/none", tokenSecret: "mail-key" } } },
        default: ["hook"],
      };
      monitoring.remoteWrite = { url: "http://127.0.0.1:9/none", user: "sluice", passwordSecret: "mail-key" };
    });
    await run("start", project.script("start"));
    expect(await order(project, "first")).toBe(201);
    expect(await postgresTakes(project, FIRST.postgres)).toBe("yes");
    expect(await redisTakes(project, FIRST.redis)).toBe("yes");
    const readers = ["web-blue-1", "web-green-1", "alertmanager", "prometheus"];
    for (const reader of readers) expect(await secretFile(project, reader, "mail-key"), reader).toBe(FIRST.mail);
    // The exporters sign in with the stores' passwords.
    for (const exporter of ["pg_up", "redis_up"])
      await until(
        `${exporter} is 1`,
        60,
        () => query(project, exporter),
        ([one]) => one?.value === 1,
      );
  });

  it("change with one up: the services keep their data, the old passwords are refused", async () => {
    await plantAll(SECOND);
    await run("preview --diff", project.pulumi("preview", "--stack", "dev", "--diff"));
    const events = (name: string) => ["--event-log", join(project.root, "events", name)];
    await mkdir(join(project.root, "events"));
    await run("preview --json", project.pulumi("preview", "--stack", "dev", "--json", ...events("preview.json")));
    await run("up --diff", project.up("--diff", ...events("up.json")));
    expect(await order(project, "second")).toBe(201);
    const listed = await (await fetch(`${project.url}/api/orders`)).json();
    expect((listed as { orders: { item: string }[] }).orders.map(({ item }) => item).sort()).toEqual(["first", "second"]);
    expect(await postgresTakes(project, SECOND.postgres)).toBe("yes");
    expect(await postgresTakes(project, FIRST.postgres)).toContain("password authentication failed");
    expect(await redisTakes(project, SECOND.redis)).toBe("yes");
    expect(await redisTakes(project, FIRST.redis)).toContain("WRONGPASS");
    expect(await secretFile(project, "web-blue-1", "mail-key")).toBe(SECOND.mail);
    await run("status", project.script("status"));
    await run("status --json", project.script("status", "--json"));
    await run("stack output", project.pulumi("stack", "output", "--stack", "dev", "--json"));
    await run("stack export", project.pulumi("stack", "export", "--stack", "dev"));
    await run("stack history", project.pulumi("stack", "history", "--stack", "dev", "--json"));
    await run("config", project.pulumi("config", "--stack", "dev"));
  });

  it("were in no process list while all that ran", async () => {
    const { samples, processes, hits } = await watch.stop();
    console.log(`${samples} samples of the process table, ${processes} processes; hits:`, hits);
    expect(samples).toBeGreaterThan(100);
    expect(hits.filter((hit) => hit.includes("cmdline"))).toEqual([]);
    // Pulumi hands the program and the policy pack the settings, decrypted, in the environment of their own processes, which only their user
    // can read. `pulumi-analyzer` is the shell that starts the pack.
    expect(hits.filter((hit) => !/ in environ of (node|node-MainThread|MainThread|pulumi-analyzer)$/.test(hit))).toEqual([]);
  });

  it("are nowhere else: state, history, output, event logs, Docker, files readable by others", async () => {
    const search = new Search(NEEDLES, [project.estate, ...CONTROLS]);
    for (const [what, text] of said) search.place("output of commands", what, text);
    await search.folder("state, settings and event logs", project.root, [`${project.root}/node_modules`]);
    const { env } = await ensureEngine();
    await search.folder("the engine's home", env.PULUMI_HOME ?? "", ["/plugins/"]);
    await search.folder("notes about estates", join(cacheRoot(), "estates"));
    await search.docker(project.docker, project.estate);
    console.log(search.summary(["the engine's home"]));
    expect(search.hits).toEqual([]);
  });

  it("stay inside the estate's network: a store has no port on the host", async () => {
    for (const { Name, NetworkSettings } of await project.docker.containers(project.estate)) {
      const published = Object.values(NetworkSettings.Ports ?? {}).flatMap((ports) => ports ?? []);
      // The edge's own and the status page's, both on this machine only.
      expect(
        published.map(({ HostIp }) => HostIp),
        Name,
      ).toEqual(Name.endsWith("-edge") ? ["127.0.0.1", "127.0.0.1"] : []);
    }
  });
});

describe("passwords that nobody set", () => {
  it("are made at the first start, differ, and are nowhere but in their files and encrypted in the state", async () => {
    const project = Project.shared();
    const postgres = await secretFile(project, "postgres", "postgres-password");
    const redis = await secretFile(project, "redis", "redis-password");
    expect(postgres).toMatch(/^[0-9a-f]{48}$/);
    expect(redis).toMatch(/^[0-9a-f]{48}$/);
    expect(redis).not.toBe(postgres);

    const search = new Search({ postgres, redis }, [project.estate, ...CONTROLS]);
    for (const args of [
      ["preview", "--diff"],
      ["preview", "--json"],
      ["stack", "output", "--json"],
      ["stack", "export"],
    ]) {
      search.place("output of commands", args.join(" "), (await project.pulumi(...args, "--stack", "dev")).text);
    }
    search.place("output of commands", "status", (await project.script("status")).text);
    await search.folder("state and settings", project.root, [`${project.root}/node_modules`]);
    await search.docker(project.docker, project.estate);
    console.log(search.summary());
    expect(search.hits).toEqual([]);
  });
});

/** Store an order through the edge; the status of the answer. */
async function order(project: Project, item: string): Promise<number> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${project.url}/api/orders`, { method: "POST", headers, body: JSON.stringify({ item, quantity: 1 }) });
  await answer.text();
  return answer.status;
}

const secretFile = (project: Project, container: string, file: string): Promise<string> =>
  project.docker.run(["exec", `${project.estate}-${container}`, "cat", `/run/secrets/${file}`]);

/** Whether the estate's Postgres takes a password: `yes`, or its own words. */
async function postgresTakes(project: Project, password: string): Promise<string> {
  const client = new pg.Client({
    host: ownAddress(project.subnet, "postgres"),
    user: "app",
    database: "app",
    password,
    connectionTimeoutMillis: 5000,
  });
  try {
    await client.connect();
    await client.query("select 1");
    return "yes";
  } catch (error) {
    return `${error}`;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function redisTakes(project: Project, password: string): Promise<string> {
  const client = new Redis({
    host: ownAddress(project.subnet, "redis"),
    password,
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  // The library ends a refused connection without the reason; that comes by this event alone.
  let reason = "";
  client.on("error", (error) => {
    reason ||= `${error}`;
  });
  try {
    await client.connect();
    return (await client.ping()) === "PONG" ? "yes" : "no";
  } catch (error) {
    return reason || `${error}`;
  } finally {
    client.disconnect();
  }
}
