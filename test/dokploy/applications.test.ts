import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DokployApi } from "../support/dokploy/server.ts";
import { DokployStack } from "../support/dokploy/stack.ts";
import { changes } from "../support/project.ts";
import { Search } from "../support/search.ts";

/** A planted secret: long, and with characters that quoting gets wrong. */
const plant = (name: string): string => `pl4nted-${name}-'$\\{}%#-ü-${randomBytes(12).toString("hex")}`;
const KEY = `dk_${randomBytes(20).toString("hex")}`;
const NEXT_KEY = `dk_${randomBytes(20).toString("hex")}`;
const DATABASE = plant("database");
const TOKEN = plant("registry");
const digest = (letter: string) => `@sha256:${letter.repeat(64)}`;
const V1 = `ghcr.io/example/api:1${digest("a")}`;
const V2 = `ghcr.io/example/api:2${digest("b")}`;
const WEB = `ghcr.io/example/web:1${digest("c")}`;

const SETTINGS = {
  ...{ keySecret: "dokploy-key", project: "shop", environment: "staging", registry: { user: "bot", passwordSecret: "registry-token" } },
  applications: {
    api: {
      ...{ image: V1, replicas: 2, memoryMb: 256, cpus: 0.5, health: "/health", deploy: "webhook" },
      env: { LOG_LEVEL: "info", GREETING: "it's #1" },
      secrets: { DATABASE_URL: "database" },
      domains: [{ host: "api.example.com" }, { host: "shop.example.com", path: "/api", https: false }],
    },
    web: { image: WEB, port: 8080, health: "/", domains: [{ host: "shop.example.com", port: 8081 }] },
  },
};

let api: DokployApi;
let stack: DokployStack;
/** Bodies and addresses of every request. */
const asked: string[] = [];
/** Tokens of webhooks: they are in no log. */
const tokens: string[] = [];

beforeAll(async () => {
  api = await DokployApi.start(KEY);
  stack = await DokployStack.make({ ...SETTINGS, url: api.url }, { "dokploy-key": KEY, database: DATABASE, "registry-token": TOKEN });
});
afterEach(() => {
  asked.push(...api.calls.map(({ method, url }) => `${method} ${url}`));
  tokens.push(...[...api.world.applications.values()].map(({ refreshToken }) => refreshToken ?? ""));
  api.forget();
  api.mend();
  expect(api.problems.splice(0), "requests that Dokploy's description does not have").toEqual([]);
});
afterAll(async () => {
  await api?.stop();
  await stack?.remove();
});

async function up(): Promise<string> {
  const { exitCode, text } = await stack.up();
  expect(exitCode, text).toBe(0);
  return text;
}

describe("applications in Dokploy", () => {
  it("are told in a preview, which changes nothing", async () => {
    const { exitCode, text } = await stack.preview();
    expect(exitCode, text).toBe(0);
    expect(text).toContain(`set the image to ${V1}`);
    expect(text).toContain("add https://api.example.com/ to port 3000");
    expect(api.writes).toEqual([]);
  });

  it("become what the settings say, and are deployed", async () => {
    const text = await up();
    expect(text).toContain("api: Dokploy deploys");
    expect(api.world.projects).toMatchObject([{ name: "shop", environments: [{ name: "production" }, { name: "staging" }] }]);
    expect(api.world.application("api")).toMatchObject({
      ...{ environmentId: api.world.projects[0]?.environments[1]?.environmentId, sourceType: "docker", dockerImage: V1, replicas: 2 },
      ...{ memoryLimit: String(256 * 1024 * 1024), cpuLimit: "500000000", username: "bot", password: TOKEN, registryUrl: "ghcr.io" },
      ...{ stopGracePeriodSwarm: 15_000_000_000, description: "[sluice:sluice-dokploy]", autoDeploy: true },
      healthCheckSwarm: { Test: ["CMD", "curl", "-fsS", "-o", "/dev/null", "--max-time", "5", "http://127.0.0.1:3000/health"] },
      updateConfigSwarm: { Order: "start-first", FailureAction: "rollback" },
    });
    expect(api.world.runningOf("api")).toEqual({
      ...{ image: V1, replicas: 2 },
      env: { LOG_LEVEL: "info", GREETING: "it's #1", DATABASE_URL: DATABASE },
    });
    expect(api.world.runningOf("web")).toEqual({ image: WEB, replicas: 1, env: {} });
    expect(api.world.domainsOf("api")).toEqual(["http://shop.example.com/api 3000 none", "https://api.example.com/ 3000 letsencrypt"]);
    expect(api.world.domainsOf("web")).toEqual(["https://shop.example.com/ 8081 letsencrypt"]);
    expect(api.writes.filter((one) => one === "webhook" || one === "application.deploy").sort()).toEqual(["application.deploy", "webhook"]);
    expect(await stack.outputs()).toMatchObject({ dokploy: { api: { image: V1, url: "https://api.example.com/" }, web: { image: WEB } } });
  });

  it("are left alone by a second up and a preview", async () => {
    expect(changes(await up())).toEqual({ unchanged: expect.any(Number) });
    const preview = await stack.preview("--expect-no-changes");
    expect(preview.exitCode, preview.text).toBe(0);
    expect(api.writes).toEqual([]);
  });

  it("are deployed once when their image changes, and nothing else is touched", async () => {
    await stack.change("api", { image: V2 });
    const preview = await stack.preview();
    expect(preview.text).toContain(`set the image to ${V2} (it is ${V1})`);
    expect(changes(await up())).toMatchObject({ updated: 1 });
    expect(api.writes).toEqual(["application.saveDockerProvider", "webhook"]);
    expect(api.world.runningOf("api")?.image).toBe(V2);
    expect(api.world.countOf("web")).toBe(1);
    api.forget();
    expect(changes(await up())).toEqual({ unchanged: expect.any(Number) });
  });

  it("get another domain without a deployment", async () => {
    await stack.change("web", { domains: [{ host: "www.example.com", port: 8081 }] });
    await up();
    expect(api.writes).toEqual(["domain.create", "domain.delete"]);
    expect(api.world.domainsOf("web")).toEqual(["https://www.example.com/ 8081 letsencrypt"]);
  });

  it("are put right by an up, whatever somebody changed by hand, twice the same too", async () => {
    for (const round of [1, 2]) {
      const { world } = api;
      const own = world.application("api");
      const domains = world.domainsOf("api");
      own.env = "LOG_LEVEL=debug\nBY_HAND=1";
      own.replicas = 7;
      for (const domain of world.domains.values()) if (domain.host === "api.example.com") domain.port = 9999;
      world.addDomain({ applicationId: own.applicationId, host: "by-hand.example.com" });
      const preview = await stack.preview();
      expect(preview.text, `round ${round}`).toContain("set the environment: changes DATABASE_URL, GREETING, LOG_LEVEL; takes out BY_HAND");
      expect(preview.text).toContain("remove http://by-hand.example.com/");
      expect(preview.text).toContain("set replicas");
      expect(api.writes).toEqual([]);
      expect(changes(await up()), `round ${round}`).toMatchObject({ updated: 1 });
      expect(own).toMatchObject({ replicas: 2 });
      expect(world.domainsOf("api")).toEqual(domains);
      expect(api.writes, "nothing of it ran, so nothing is deployed").toEqual([
        ...["application.saveEnvironment", "application.update", "domain.update", "domain.delete"],
      ]);
      api.forget();
      expect(changes(await up()), `round ${round}`).toEqual({ unchanged: expect.any(Number) });
    }
  });

  it("are deployed again when somebody deployed something else, stopped them, or removed them", async () => {
    const { world } = api;
    const own = world.application("api");
    const { env } = own;
    own.env = "BY_HAND=1";
    world.deployByHand(own.applicationId);
    own.env = env;
    world.application("web").applicationStatus = "idle";
    await up();
    expect(world.runningOf("api")?.env).toEqual({ LOG_LEVEL: "info", GREETING: "it's #1", DATABASE_URL: DATABASE });
    expect(world.application("web").applicationStatus).toBe("done");
    world.remove(world.application("web").applicationId);
    await up();
    expect(world.runningOf("web")?.image).toBe(WEB);
    api.forget();
    expect(changes(await up())).toEqual({ unchanged: expect.any(Number) });
    expect(api.writes).toEqual([]);
  });

  it("are changed by nothing but their settings: a new key is no change of them", async () => {
    api.key = NEXT_KEY;
    await stack.plant("dokploy-key", NEXT_KEY);
    await up();
    expect(api.writes).toEqual([]);
  });

  it("are listed, and told one by one", async () => {
    const list = await stack.script("dokploy", "list", "--stack", "dokploy");
    expect(list.exitCode, list.text).toBe(0);
    expect(list.text).toMatch(/api .*done.*ghcr\.io\/example\/api:2/);
    const status = await stack.script("dokploy", "status", "api", "--stack", "dokploy");
    expect(status.exitCode, status.text).toBe(0);
    expect(status.text).toContain("as the settings say");
    api.world.application("api").replicas = 9;
    const differs = await stack.script("dokploy", "status", "api", "--stack", "dokploy");
    expect([differs.exitCode, differs.text]).toEqual([1, expect.stringContaining("set replicas")]);
    await up();
  });

  it("go back to the image before, and forth", async () => {
    const back = await stack.script("dokploy", "rollback", "api", "--stack", "dokploy", "--yes");
    expect(back.exitCode, back.text).toBe(0);
    expect(api.world.runningOf("api")?.image).toBe(V1);
    const forth = await stack.script("dokploy", "deploy", "api", "--image", V2, "--stack", "dokploy", "--yes");
    expect(forth.exitCode, forth.text).toBe(0);
    expect(api.world.runningOf("api")?.image).toBe(V2);
    api.forget();
    expect(changes(await up())).toEqual({ unchanged: expect.any(Number) });
  });

  it("take over what people made only when they are told to", async () => {
    const { world } = api;
    const environmentId = world.application("api").environmentId;
    world.addApplication({ name: "worker", environmentId, description: "By people", dockerImage: "worker:old", sourceType: "docker" });
    await stack.configure(({ applications }) => {
      (applications as Record<string, object>).worker = { image: V1 };
    });
    const refused = await stack.up();
    expect(refused.exitCode).not.toBe(0);
    expect(refused.text).toContain("npm run dokploy -- adopt worker");
    expect(world.application("worker")).toMatchObject({ description: "By people", dockerImage: "worker:old" });
    const adopted = await stack.script("dokploy", "adopt", "worker", "--stack", "dokploy");
    expect(adopted.exitCode, adopted.text).toBe(0);
    expect(adopted.text).toContain(`set the image to ${V1} (it is worker:old)`);
    await up();
    expect(world.application("worker")).toMatchObject({ description: "By people [sluice:sluice-dokploy]", dockerImage: V1 });
  });

  it("go with the stack; what nobody could bring back stays, and what is others'", async () => {
    const { world } = api;
    world.application("web").mounts.push({ type: "volume", mountPath: "/data" });
    world.application("worker").description = "By people again [sluice:other]";
    const kept = await stack.destroy();
    expect(kept.exitCode).not.toBe(0);
    expect(kept.text).toContain("has 1 mount that somebody made in Dokploy");
    world.application("web").mounts = [];
    const { exitCode, text } = await stack.destroy();
    expect(exitCode, text).toBe(0);
    expect([...world.applications.values()].map(({ name }) => name)).toEqual(["worker"]);
    expect(world.domains.size).toBe(0);
    expect(world.projects).toHaveLength(1);
  });

  it("kept their secrets: none in state, history, output, event logs or addresses", async () => {
    const planted = { key: KEY, "next key": NEXT_KEY, database: DATABASE, "registry's token": TOKEN };
    const webhooks = Object.fromEntries(
      [...new Set(tokens)].filter((one) => one !== "").map((token, index) => [`webhook ${index}`, token]),
    );
    expect(Object.keys(webhooks).length).toBeGreaterThan(1);
    const search = new Search({ ...planted, ...webhooks }, ["shop", "localhost", "Pulumi", "api/"]);
    for (const [what, text] of stack.said) search.place("output of commands", what, text);
    await search.folder("state, settings and event logs", stack.root, ["/node_modules/"]);
    const addresses = new Search(planted, ["api/"]);
    for (const one of asked) addresses.place("addresses", one.split("?")[0] ?? "", one);
    console.log(search.summary(), addresses.summary());
    expect([...search.hits, ...addresses.hits]).toEqual([]);
  });
});
